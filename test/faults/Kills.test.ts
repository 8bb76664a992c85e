import { check } from "@outcry/exchange-sim/Checker"
import { prefix } from "@outcry/model/ClientOrderId"
import { describe, expect, it } from "vitest"
import { killRun, type KillRun } from "@outcry/runtime/chaos/KillRun"
import { testFloor } from "./TestFloor.ts"

const floor = testFloor({ accounts: 4, seed: 3 })
/** One before the wire, one between the last check and the send, one after the answer. */
const points = ["intent.committed", "wire.checked", "ack.appending"]
let finished: KillRun | undefined

const run = (): KillRun => {
  if (finished === undefined) throw new Error("the run of kills did not finish")
  return finished
}

describe("a floor whose nodes are killed", { timeout: 180_000 }, () => {
  it("loses and doubles nothing, whichever fail point a node dies at", async () => {
    finished = await floor.run((harness) => killRun(harness, points.length, () => undefined))
    const { kills, outcome, violations } = run()
    expect(kills.map(({ point }) => point)).toEqual(points)
    expect(violations).toEqual([])
    expect(outcome.verdict.ordersJoined).toBeGreaterThan(50)
    expect(outcome.fills).toBeGreaterThan(50)
  })

  it("dies with an order between its commit and its acknowledgement, and the journal settles it afterwards", () => {
    for (const kill of run().kills) {
      expect(kill.inFlight).toBeGreaterThan(0)
      expect(kill.settledMs.length).toBe(kill.inFlight)
      expect(kill.acceptMs.length).toBe(kill.accountsOnIt.length)
      expect(kill.accountsOnIt.length).toBeGreaterThan(0)
    }
    const known = new Map(run().kills.map(({ atExchange, point }) => [point, atExchange]))
    // Before the wire the exchange cannot know the order; once it has answered it must.
    expect(known).toEqual(
      new Map([
        ["intent.committed", false],
        ["wire.checked", false],
        ["ack.appending", true]
      ])
    )
  })

  it("would have been told of an order that the journal lost", () => {
    const { acceptLog, journal, verdict } = run().outcome
    expect(verdict.ordersLost).toEqual([])
    const victim = acceptLog.find((line) => line.type === "order")
    if (victim?.type !== "order") throw new Error("the exchange accepted nothing")
    const without = journal.filter(({ payload }) => payload["clientOrderId"] !== victim.clientOrderId)
    const { foreign, ordersLost } = check({ acceptLog, journal: without, prefix })
    expect(ordersLost.map(({ clientOrderId }) => clientOrderId)).toEqual([victim.clientOrderId])
    expect(foreign).toEqual([victim.clientOrderId])
  })

  it("would have been told of an order that reached the exchange twice", () => {
    const { acceptLog, journal } = run().outcome
    const first = acceptLog.find((line) => line.type === "order")
    if (first?.type !== "order") throw new Error("the exchange accepted nothing")
    const again = { ...first, seq: acceptLog.length + 1, venueOrderId: `${first.venueOrderId}9` }
    const { ordersDuplicated } = check({ acceptLog: [...acceptLog, again], journal, prefix })
    expect(ordersDuplicated.map(({ clientOrderId }) => clientOrderId)).toEqual([first.clientOrderId])
  })

  it("would have been told of a fill that the journal does not have", () => {
    const { acceptLog, journal } = run().outcome
    const fill = journal.findIndex(({ type }) => type === "OrderFilled")
    const { misfilled } = check({ acceptLog, journal: journal.toSpliced(fill, 1), prefix })
    expect(misfilled.map(({ clientOrderId }) => clientOrderId)).toContain(journal[fill]?.payload["clientOrderId"])
  })
})

/** What time alone does to orders: it ends them, or lets them be sent once more. */
import { AccountFixture } from "@outcry/testkit/AccountFixture"
import { btcUsdt } from "@outcry/testkit/Instruments"
import { describe, expect, it } from "vitest"
import { invariants } from "../src/Account.ts"
import type { AccountEvent } from "../src/AccountEvent.ts"
import { encode } from "../src/AccountEventCodec.ts"
import { decode } from "../src/AccountEventDecode.ts"
import { versions } from "../src/AccountEventVersions.ts"
import { stateHash } from "../src/AccountHash.ts"
import { evolve, initial, instrumentAt } from "../src/AccountState.ts"

const stop = { side: "sell", type: "stop", priceTicks: 0, triggerTicks: 5_900_000, reduceOnly: true } as const

const holding = (): AccountFixture => {
  const account = new AccountFixture()
  account.native = false
  account.run(account.filled(account.working()))
  return account
}

describe("good until a date", () => {
  it("cancels what is at the venue and expires what sleeps, when the time has come", () => {
    const account = holding()
    const until = { timeInForce: "GTD", expiresUs: account.now + 1_000_000 } as const
    const resting = account.working({ priceTicks: 5_900_000, ...until })
    const asleep = account.placed({ ...stop, ...until })
    account.now += 999_999
    expect(account.tick(6_000_000)).toEqual([])
    account.now += 1
    expect(account.tick()).toEqual(["CancelRequested", "OrderExpired"])
    expect([account.statusOf(resting), account.statusOf(asleep)]).toEqual(["pendingCancel", "expired"])
    expect(account.tick()).toEqual([])
  })
})

describe("an order that the venue never had", () => {
  const notPlaced = (account: AccountFixture, clientOrderId: string): ReadonlyArray<AccountEvent> =>
    account.run({ type: "ReportNotPlaced", clientOrderId, reason: "not sent" })

  /** The id of the attempt at the end of these facts. */
  const nextOf = (events: ReadonlyArray<AccountEvent>): string => {
    const event = events.at(-1)
    if (event?.type !== "OrderIntended") throw new Error(`No attempt in ${JSON.stringify(events)}`)
    return event.clientOrderId
  }

  it("is submitted again until its time has passed, under an id of its own", () => {
    const account = new AccountFixture()
    let id = account.linked({}, { resubmitUntilUs: account.now + 20_000_000 })
    for (const attempt of [2, 3]) {
      const events = notPlaced(account, id)
      expect(events).toMatchObject([
        { type: "OrderNotPlaced" },
        { type: "OrderIntended", attempt, intentSeq: 1, placement: "venue" }
      ])
      expect(nextOf(events)).not.toBe(id)
      id = nextOf(events)
      account.now += 10_000_000
      account.mark(btcUsdt.id, 5_999_990, 6_000_000)
    }
    expect(notPlaced(account, id).map(({ type }) => type)).toEqual(["OrderNotPlaced"])
  })

  it("is submitted again after growing pauses, however fast the venue is found out of reach", () => {
    const account = new AccountFixture()
    const from = account.now
    const first = account.linked({}, { resubmitUntilUs: from + 60_000_000 })
    const child = account.linked(stop, { contingency: { parent: first } })
    const went: Array<number> = [0]
    for (let step = 1; step <= 30_000 / 4; step++) {
      account.now += 4000
      for (const { clientOrderId, status } of Array.from(account.state.orders.values()))
        if (status === "intended") notPlaced(account, clientOrderId)
      account.tick(5_999_990)
      if (account.events.at(-1)?.type === "OrderReleased") went.push((account.now - from) / 1000)
    }
    const intended = account.events.filter((event) => event.type === "OrderIntended" && event.intentSeq === 1)
    const early = intended.filter((event) => event.type === "OrderIntended" && event.timeIntent < from + 1_000_000)
    expect(early.length).toBeLessThan(10)
    expect(intended.length).toBeLessThan(20)
    const pauses = went.slice(1).map((at, index) => at - went[index]!)
    expect(pauses.every((pause, index) => pause >= (pauses[index - 1] ?? 0) - 10 && pause <= 5100)).toBe(true)
    const alive = Array.from(account.state.orders.values(), ({ intentSeq }) => intentSeq)
    expect(new Set(alive)).toEqual(new Set([1, 2]))
    expect(account.state.orders.get(child)?.contingency?.parent).not.toBe(first)
    expect(invariants(account.state)).toEqual([])
    // Another account's life goes on from the same facts, as they are stored.
    const state = initial("alpha")
    for (const event of account.events) {
      const payload = encode(event, (id, version) => instrumentAt(account.state, id, version))
      const stored = JSON.parse(JSON.stringify(payload))
      evolve(
        state,
        decode(event.type, versions[event.type], stored, (id, version) => instrumentAt(account.state, id, version))
      )
    }
    expect(stateHash(state)).toBe(stateHash(account.state))
  })

  /** An order whose third attempt pauses. */
  const pausing = (over: Parameters<AccountFixture["linked"]>[0] = {}, forUs = 1_000_000) => {
    const account = new AccountFixture()
    const first = account.linked(over, { resubmitUntilUs: account.now + forUs })
    const second = nextOf(notPlaced(account, first))
    const events = notPlaced(account, second)
    expect(events[1]).toMatchObject({ placement: "held", releaseUs: account.now + 50_000 })
    return { account, first, second, third: nextOf(events) }
  }

  it("is not sent before its pause has passed, and is canceled like any other meanwhile", () => {
    const { account, third } = pausing()
    account.now += 49_999
    expect(account.tick()).toEqual([])
    account.now += 1
    expect(account.tick()).toEqual(["OrderReleased"])
    expect(account.statusOf(third)).toBe("intended")
    const canceled = pausing()
    canceled.account.cancel(canceled.third)
    expect(canceled.account.statusOf(canceled.third)).toBe("canceled")
    canceled.account.now += 50_000
    expect(canceled.account.tick()).toEqual([])
  })

  it("is not sent once its pause has passed where the attempt before came to light, or would trade with our own", () => {
    const { account, second, third } = pausing()
    account.run(account.shown(second))
    expect([account.statusOf(second), account.statusOf(third)]).toEqual(["working", "canceled"])
    const crossing = pausing({ side: "sell", priceTicks: 6_000_000 })
    crossing.account.working({ priceTicks: 6_000_000 }, "s2")
    crossing.account.now += 50_000
    expect(crossing.account.run({ type: "Tick" })).toMatchObject([{ type: "OrderRejected", code: "SelfTrade" }])
  })

  it("ends where no price came to send it at while it was wanted", () => {
    const { account, third } = pausing({}, 60_000)
    account.marks.clear()
    account.now += 55_000
    expect(account.types({ type: "Tick" })).toEqual([])
    account.now += 5000
    expect(account.types({ type: "Tick" })).toEqual(["OrderExpired"])
    expect(account.statusOf(third)).toBe("expired")
  })

  it("is not submitted again until a time that is none", () => {
    const account = new AccountFixture()
    const id = account.linked({}, { resubmitUntilUs: Number.NaN })
    expect(account.state.orders.get(id)?.resubmitUntilUs).toBe(0)
    expect(account.types({ type: "ReportNotPlaced", clientOrderId: id, reason: "absent" })).toEqual(["OrderNotPlaced"])
  })

  it("is not submitted again where it was canceled, or no longer passes", () => {
    const account = new AccountFixture()
    const until = { resubmitUntilUs: account.now + 1_000_000 }
    const unwanted = account.linked({}, until)
    account.cancel(unwanted)
    expect(notPlaced(account, unwanted).map(({ type }) => type)).toEqual(["OrderNotPlaced"])
    const refused = account.linked({}, until)
    account.run({ type: "SetTradingState", state: "halted", by: "test", reason: "" })
    expect(notPlaced(account, refused).map(({ type }) => type)).toEqual(["OrderNotPlaced"])
  })
})

describe("a tick", () => {
  it("says nothing where nothing waits", () => {
    const account = new AccountFixture()
    account.working()
    expect(account.tick(5_000_000)).toEqual([])
    expect(account.state.watched.size).toBe(0)
  })
})

import * as AccountEventCodec from "@outcry/model/AccountEventCodec"
import { versionKey } from "@outcry/model/AccountState"
import { btcUsdt } from "@outcry/testkit/Instruments"
import { AccountFixture } from "@outcry/testkit/AccountFixture"
import { describe, expect, it } from "vitest"
import { type Dossier, DossierFold, type StoredFact } from "../src/report/Dossier.ts"
import { dossierText } from "../src/report/DossierText.ts"

const factsOf = (fixture: AccountFixture): Array<StoredFact> =>
  fixture.events.map((event, index) => ({
    seq: index + 1,
    type: event.type,
    version: AccountEventCodec.versions[event.type],
    timeUs: fixture.now,
    payload: JSON.parse(
      JSON.stringify(
        AccountEventCodec.encode(event, (id, version) => fixture.state.versions.get(versionKey(id, version)))
      )
    )
  }))

/** Of the fact of that sequence. */
const dossierOf = (fixture: AccountFixture, seq: number, facts = factsOf(fixture)): Dossier => {
  const event = fixture.events[seq - 1]!
  const fold = new DossierFold({
    account: "alpha",
    seq,
    clientOrderId: "clientOrderId" in event ? event.clientOrderId : ""
  })
  for (const fact of facts) fold.add(fact)
  return fold.end()
}

const checkOf = (dossier: Dossier, name: string) => dossier.decision?.checks.find(({ check }) => check === name)

describe("the dossier of an order", () => {
  it("decides it again the same, with every check passed, and tells its life", () => {
    const fixture = new AccountFixture()
    const id = fixture.placed()
    const { seq } = fixture.state
    fixture.run(fixture.shown(id))
    fixture.run(fixture.filled(id))
    const dossier = dossierOf(fixture, seq)
    expect(dossier).toMatchObject({
      clientOrderId: id,
      venueOrderId: `v-${id}`,
      strategy: "s1",
      intentSeq: 1,
      status: "filled",
      terms: "buy 0.01000 sim:BTC/USDT limit 60000.00 GTC",
      decision: { seq, same: true, instead: "", mark: "59999.90 / 60000.00", tradingState: "active" }
    })
    expect(dossier.decision?.checks.every(({ verdict }) => verdict === "passed")).toBe(true)
    expect(dossier.life.map(({ type }) => type)).toEqual(["OrderIntended", "OrderAccepted", "OrderFilled"])
    expect(dossierText({ dossier, wire: [], cost: undefined })).toMatch(/same: .*yes/)
  })

  it("shows the check that stopped an intent, with its figures, and what was not reached", () => {
    const fixture = new AccountFixture()
    fixture.place({ priceTicks: 6_700_000 })
    const dossier = dossierOf(fixture, fixture.state.seq)
    expect(dossier).toMatchObject({
      status: "refused",
      reason: expect.stringMatching(/^PriceCollar: /),
      venueOrderId: ""
    })
    expect(dossier.decision?.same).toBe(true)
    expect(checkOf(dossier, "InvalidPrice")).toMatchObject({ verdict: "passed" })
    expect(checkOf(dossier, "PriceCollar")).toMatchObject({
      verdict: "stopped",
      detail: expect.stringContaining("bps")
    })
    expect(checkOf(dossier, "InsufficientBalance")).toMatchObject({ verdict: "not reached" })
  })

  it("decides a repeated cause again the same, before any check", () => {
    const fixture = new AccountFixture()
    const cause = { seq: 100 }
    fixture.run(fixture.batch("s1", [fixture.placing()], cause))
    fixture.run(fixture.batch("s1", [fixture.placing()], cause))
    const dossier = dossierOf(fixture, fixture.state.seq)
    expect(dossier).toMatchObject({ reason: expect.stringMatching(/^CauseAlreadyActedOn/), decision: { same: true } })
    expect(dossier.decision?.checks.every(({ verdict }) => verdict === "not reached")).toBe(true)
  })

  it("says no, and what would come instead, where the journal does not bear the decision out", () => {
    const fixture = new AccountFixture()
    fixture.placed()
    const { seq } = fixture.state
    const facts = factsOf(fixture)
    const limits = facts.findIndex(({ type }) => type === "LimitsSet")
    const payload = JSON.parse(JSON.stringify(facts[limits]!.payload))
    payload.limits.positionNotionalMax = "1"
    facts[limits] = { ...facts[limits]!, payload }
    const dossier = dossierOf(fixture, seq, facts)
    expect(dossier.decision).toMatchObject({
      same: false,
      instead: expect.stringMatching(/would be refused: PositionLimit/)
    })
    expect(dossierText({ dossier, wire: [], cost: undefined })).toMatch(/same: .*no.*PositionLimit/)
  })

  it("names the orders whose fate is bound to it, whichever came first", () => {
    const fixture = new AccountFixture()
    const entry = fixture.working()
    const entrySeq = fixture.events.findIndex((event) => "clientOrderId" in event && event.clientOrderId === entry) + 1
    const stop = fixture.linked(
      { side: "sell", type: "stop", priceTicks: 0, triggerTicks: 5_900_000, reduceOnly: true },
      { contingency: { parent: entry, group: "g" } }
    )
    const stopSeq = fixture.state.seq
    const target = fixture.linked(
      { side: "sell", priceTicks: 6_100_000, reduceOnly: true },
      { contingency: { parent: entry, group: "g" } }
    )
    expect(dossierOf(fixture, entrySeq).relatives).toMatchObject([
      { clientOrderId: stop, relation: expect.stringMatching(/^child/), status: "held" },
      { clientOrderId: target, relation: expect.stringMatching(/^child/) }
    ])
    const ofStop = dossierOf(fixture, stopSeq)
    expect(ofStop.decision?.same).toBe(true)
    expect(ofStop.relatives.map(({ clientOrderId }) => clientOrderId)).toEqual([entry, target])
    expect(ofStop.terms).toBe(`sell 0.01000 ${btcUsdt.id} stop trigger 59000.00 GTC reduce-only`)
  })
})

import { AccountFixture, terms } from "@outcry/testkit/AccountFixture"
import { btcUsdt } from "@outcry/testkit/Instruments"
import { describe, expect, it } from "vitest"
import { invariants } from "../src/Account.ts"
import * as Amount from "../src/Amount.ts"
import { derive } from "../src/ClientOrderId.ts"

const detailOf = (account: AccountFixture): string => {
  const event = account.events.at(-1)!
  return event.type === "DifferenceFlagged" || event.type === "IntentRefused" ? event.detail : event.type
}

describe("funds of an account", () => {
  it("are held at the limit for a buy, in base for a sell, and come back with each end", () => {
    const account = new AccountFixture({ limits: { selfTrade: "allow" } })
    const buy = account.working()
    const sell = account.working({ side: "sell" })
    expect([account.reserved("USDT"), account.reserved("BTC")]).toEqual(["600", "0.01"])
    account.run(account.filled(buy, { lots: 400 }))
    expect(account.reserved("USDT")).toBe("360")
    account.run(account.shown(buy, { status: "canceled" }))
    account.run(account.shown(sell, { status: "expired" }))
    expect([account.reserved("USDT"), account.reserved("BTC")]).toEqual(["0", "0"])
    const lost = account.placed()
    account.run({ type: "ReportRejected", clientOrderId: lost, code: "-2010", reason: "no" })
    expect(account.reserved("USDT")).toBe("0")
    expect(account.state.closed.get(lost)?.reason).toBe("-2010 no")
  })

  it("are held for a market buy at the ask moved by the collar", () => {
    const account = new AccountFixture()
    account.placed({ type: "market", priceTicks: 0, timeInForce: "IOC" })
    expect(account.reserved("USDT")).toBe("606")
  })

  it("pay the price of the fill, not of the limit, and the fee in its own asset", () => {
    const account = new AccountFixture()
    const id = account.working()
    account.run(account.filled(id, { priceTicks: 5_900_000, fee: Amount.from("0.00001"), feeAsset: "BTC" }))
    expect(Amount.format(account.state.balances.get("USDT")!.total)).toBe("999410")
    expect(Amount.format(account.state.balances.get("BTC")!.total)).toBe("10.00999")
    expect(account.state.fees.get("BTC")).toBe(Amount.from("0.00001"))
    expect(account.state.strategies.get("s1")!.fees.get("BTC")).toBe(Amount.from("0.00001"))
  })

  it("are adopted once, also when an order placed by hand was seen first", () => {
    const account = new AccountFixture({ balances: {} })
    const id = "web_1"
    expect(account.types(account.shown(id, { terms: terms({ side: "buy" }) }))).toEqual(["ExternalOrderAdopted"])
    const balances = [{ asset: "USDT", amount: Amount.from("700") }]
    expect(account.types({ type: "AdoptBalances", balances })).toEqual(["BalancesAdopted"])
    expect(account.types({ type: "AdoptBalances", balances })).toEqual([])
    expect(account.state.balances.get("USDT")).toEqual({ total: Amount.from("700"), reserved: Amount.from("600") })
  })
})

describe("reports of the venue", () => {
  it("count a fill once, whatever the number of times it is told", () => {
    const account = new AccountFixture()
    const id = account.working()
    const fill = account.filled(id, { lots: 300 })
    expect(account.types(fill)).toEqual(["OrderFilled"])
    expect(account.types(fill)).toEqual([])
    expect(account.state.positions.get(btcUsdt.id)?.lots).toBe(300)
  })

  it("count both fills of a trade with ourselves, which share its id", () => {
    const account = new AccountFixture({ limits: { selfTrade: "allow" } })
    const buy = account.working()
    const sell = account.working({ side: "sell" })
    account.run(account.filled(buy, { venueTradeId: "77" }))
    expect(account.types(account.filled(sell, { venueTradeId: "77", side: "sell" }))).toEqual(["OrderFilled"])
    expect(account.types(account.filled(sell, { venueTradeId: "77", side: "sell" }))).toEqual([])
    expect([account.state.orders.size, account.state.positions.get(btcUsdt.id)?.lots]).toEqual([0, 0])
  })

  it("may tell of a fill before the acceptance, and of one by the venue's id alone", () => {
    const account = new AccountFixture()
    const id = account.placed()
    account.run(account.filled(id, { lots: 300 }))
    expect(account.statusOf(id)).toBe("working")
    expect(account.types(account.shown(id))).toEqual(["OrderAccepted"])
    expect(account.types(account.filled(id, { clientOrderId: "" }))).toEqual(["OrderFilled"])
    expect(account.statusOf(id)).toBe("filled")
  })

  it("apply fills that come after the cancel, and call the order filled where they complete it", () => {
    const account = new AccountFixture()
    const id = account.working()
    account.cancel(id)
    account.run(account.shown(id, { status: "canceled" }))
    account.run(account.filled(id, { lots: 600 }))
    expect([account.statusOf(id), account.reserved("USDT")]).toEqual(["canceled", "0"])
    account.run(account.filled(id))
    expect(account.statusOf(id)).toBe("filled")
    expect(account.state.strategies.get("s1")!.outcomes).toEqual(
      new Map([
        ["canceled", 0],
        ["filled", 1]
      ])
    )
  })

  it("leave a canceled order open until the fills it speaks of are known", () => {
    const account = new AccountFixture()
    const id = account.working()
    expect(account.types(account.shown(id, { status: "canceled", filledLots: 250 }))).toEqual([])
    account.run(account.filled(id, { lots: 250 }))
    expect(account.types(account.shown(id, { status: "canceled", filledLots: 250 }))).toEqual(["OrderCanceled"])
  })

  it("make the venue's id known also of an order that was canceled before it was accepted", () => {
    const account = new AccountFixture()
    const id = account.placed()
    expect(account.types(account.shown(id, { status: "canceled" }))).toEqual(["OrderAccepted", "OrderCanceled"])
    expect(account.types(account.filled(id, { clientOrderId: "", lots: 10 }))).toEqual(["OrderFilled"])
  })

  it("flag one client id under two of the venue's: the order was doubled", () => {
    const account = new AccountFixture()
    const id = account.working()
    expect(account.types(account.shown(id, { venueOrderId: "v-other" }))).toEqual(["DifferenceFlagged"])
    expect(detailOf(account)).toContain("shown twice")
    expect(account.state.orders.get(id)?.venueOrderId).toBe(`v-${id}`)
  })

  it("flag, and never book, a fill that does not fit its order", () => {
    const account = new AccountFixture()
    const id = account.working()
    const faults = [
      { side: "sell" as const },
      { lots: 1001 },
      { lots: 0 },
      { lots: Number.NaN },
      { lots: 1.5 },
      { lots: -1 },
      { priceTicks: 0 },
      { priceTicks: 0.5 },
      { venueTradeId: "" },
      { instrument: "sim:ETH/USDT" }
    ]
    for (const over of faults) {
      const fill = account.filled(id, { ...over })
      expect(account.types(fill), JSON.stringify(over)).toEqual(["DifferenceFlagged"])
      expect(account.types(fill), `again ${JSON.stringify(over)}`).toEqual([])
    }
    expect(account.state.positions.size).toBe(0)
    expect(account.types(account.filled("web_9"))).toEqual(["DifferenceFlagged"])
  })

  it("flag a difference once, however often a look-up meets it, and count it", () => {
    const account = new AccountFixture()
    const id = account.placed()
    account.run({ type: "ReportRejected", clientOrderId: id, code: "1", reason: "no" })
    for (let i = 0; i < 3; i++) account.run(account.shown(id))
    expect(account.state.differences).toBe(1)
    expect(detailOf(account)).toBe("shown as open though rejected")
  })

  it("bust a working order, and flag a fill after that, which is booked all the same", () => {
    const account = new AccountFixture()
    const id = account.working()
    expect(account.types(account.shown(id, { status: "rejected" }))).toEqual(["OrderRejected"])
    expect([account.statusOf(id), account.reserved("USDT")]).toEqual(["rejected", "0"])
    expect(account.types(account.filled(id))).toEqual(["DifferenceFlagged", "OrderFilled"])
  })

  it("raise a foreign writer where an id of our form is in no journal", () => {
    const account = new AccountFixture()
    account.run(account.shown(derive("elsewhere", "alpha", "s1", 1)))
    expect(detailOf(account)).toContain("foreign writer")
    expect(account.state.orders.size).toBe(0)
  })
})

describe("an order placed by hand", () => {
  it("is adopted, holds its funds, belongs to no strategy, and fills", () => {
    const account = new AccountFixture()
    expect(account.types(account.shown("web_1"))).toEqual(["ExternalOrderAdopted"])
    expect(account.reserved("USDT")).toBe("600")
    account.run(account.filled("web_1"))
    expect([account.statusOf("web_1"), account.reserved("USDT")]).toEqual(["filled", "0"])
    expect(account.state.positions.get(btcUsdt.id)?.lots).toBe(1000)
    expect(account.state.strategies.size).toBe(0)
  })

  it("goes by the venue's id where it has no client id", () => {
    const account = new AccountFixture()
    for (const venueOrderId of ["77", "78"]) account.run(account.shown("", { venueOrderId }))
    expect([...account.state.orders.keys()]).toEqual(["77", "78"])
    expect(account.types(account.filled("", { clientOrderId: "", venueOrderId: "78", lots: 5 }))).toEqual([
      "OrderFilled"
    ])
    expect(account.types(account.shown("", { venueOrderId: "77" }))).toEqual([])
  })
})

describe("an order whose fate is not known", () => {
  it("freezes its instrument alone, keeps its funds, and thaws when it is found", () => {
    const account = new AccountFixture()
    const id = account.placed()
    account.run({ type: "ReportUnknown", clientOrderId: id, reason: "timeout" })
    expect([account.statusOf(id), account.reserved("USDT")]).toEqual(["unknown", "600"])
    expect(account.place()).toMatchObject({ type: "IntentRefused", reason: "InstrumentFrozen" })
    expect(account.place({ priceTicks: 300_000 }, "s1", "sim:ETH/USDT")).toMatchObject({ type: "OrderIntended" })
    account.run(account.shown(id))
    expect(account.statusOf(id)).toBe("working")
    expect(account.place()).toMatchObject({ type: "OrderIntended" })
  })

  it("stays frozen until the last of several is settled", () => {
    const account = new AccountFixture()
    const lost = [account.placed(), account.placed()]
    for (const clientOrderId of lost) account.run({ type: "ReportUnknown", clientOrderId, reason: "timeout" })
    account.run({ type: "ReportNotPlaced", clientOrderId: lost[0]!, reason: "absent" })
    expect(account.place()).toMatchObject({ reason: "InstrumentFrozen" })
    account.run(account.filled(lost[1]!))
    expect(account.place()).toMatchObject({ type: "OrderIntended" })
  })

  it("is not made unknown by a lost reply once the venue has spoken", () => {
    const account = new AccountFixture()
    const id = account.working()
    expect(account.types({ type: "ReportUnknown", clientOrderId: id, reason: "timeout" })).toEqual([])
    expect(account.types({ type: "ReportNotPlaced", clientOrderId: id, reason: "absent" })).toEqual([])
  })

  it("comes back to life with its funds when it arrived after all", () => {
    const account = new AccountFixture()
    const id = account.placed()
    account.run({ type: "ReportUnknown", clientOrderId: id, reason: "timeout" })
    account.run({ type: "ReportNotPlaced", clientOrderId: id, reason: "absent" })
    expect([account.statusOf(id), account.reserved("USDT")]).toEqual(["notPlaced", "0"])
    account.run(account.filled(id, { lots: 250 }))
    expect([account.statusOf(id), account.reserved("USDT")]).toEqual(["working", "450"])
    expect(invariants(account.state)).toEqual([])
  })
})

describe("a cancel", () => {
  it("asked for before the acceptance goes out with it, and when refused may be asked again", () => {
    const account = new AccountFixture()
    const id = account.placed()
    account.cancel(id)
    expect(account.statusOf(id)).toBe("intended")
    account.run(account.shown(id))
    expect(account.statusOf(id)).toBe("pendingCancel")
    expect(account.types({ type: "ReportCancelRefused", clientOrderId: id, code: "-2011" })).toEqual(["CancelRefused"])
    expect(account.types({ type: "CancelOrders", clientOrderIds: "all" })).toEqual(["CancelRequested"])
  })

  it("refused while the order's fate was open does not block the next", () => {
    const account = new AccountFixture()
    const id = account.placed()
    account.cancel(id)
    account.run({ type: "ReportUnknown", clientOrderId: id, reason: "timeout" })
    account.run(account.filled(id, { lots: 1 }))
    expect(account.types({ type: "ReportCancelRefused", clientOrderId: id, code: "-2011" })).toEqual(["CancelRefused"])
    expect(account.types({ type: "CancelOrders", clientOrderIds: [id] })).toEqual(["CancelRequested"])
  })

  it("that loses the race leaves a filled order", () => {
    const account = new AccountFixture()
    const id = account.working()
    account.cancel(id)
    account.run(account.filled(id))
    expect(account.types({ type: "ReportCancelRefused", clientOrderId: id, code: "-2011" })).toEqual([])
    expect(account.statusOf(id)).toBe("filled")
  })

  it("reaches only the strategy's own open orders", () => {
    const account = new AccountFixture()
    const id = account.working({}, "s1")
    expect(account.cancel(id, "s2")[0]).toMatchObject({ type: "IntentRefused", reason: "OrderNotOpen" })
    expect(account.cancel("never", "s2")[0]).toMatchObject({ reason: "OrderNotOpen" })
    expect(account.types({ type: "CancelOrders", clientOrderIds: ["never"] })).toEqual([])
  })
})

describe("intents", () => {
  it("of a batch sent twice are acted on once", () => {
    const account = new AccountFixture()
    const batch = account.batch("s1", [account.placing(), account.placing()])
    expect(account.types(batch)).toEqual(["OrderIntended", "OrderIntended"])
    expect(account.types(batch)).toEqual([])
  })

  it("with one sequence number in one batch are acted on once", () => {
    const account = new AccountFixture()
    const intent = account.placing()
    expect(account.types(account.batch("s1", [intent, intent]))).toEqual(["OrderIntended"])
  })

  it("of an old cause are refused, and the refusal does not open the door to the causes after it", () => {
    const account = new AccountFixture()
    account.run(account.batch("s1", [account.placing()], { seq: 10 }))
    for (const [feedEpoch, seq] of [
      [1, 5],
      [1, 8],
      [1, 10],
      [0, 99]
    ] as const)
      expect(account.run(account.batch("s1", [account.placing()], { feedEpoch, seq }))[0]).toMatchObject({
        reason: "CauseAlreadyActedOn"
      })
    expect(account.types(account.batch("s1", [account.placing()], { seq: 11 }))).toEqual(["OrderIntended"])
    expect(account.types(account.batch("s1", [account.placing()], { feedEpoch: 2, seq: 1 }))).toEqual(["OrderIntended"])
    expect(account.types(account.batch("s2", [account.placing({}, "s2")], { seq: 3 }))).toEqual(["OrderIntended"])
  })

  it("that waited too long on their way are refused, though not the cancels among them", () => {
    const account = new AccountFixture({ limits: { intentAgeMsMax: 1000 } })
    const working = account.working()
    const late = account.batch("s1", [
      account.placing(),
      { kind: "cancel", intentSeq: account.nextIntentSeq("s1"), clientOrderId: working }
    ])
    const events = account.run({ ...late, timeDecided: account.now - 1_001_000 })
    expect(events.map((event) => event.type)).toEqual(["IntentRefused", "CancelRequested"])
    expect(events[0]).toMatchObject({ reason: "IntentExpired", detail: "decided 1001 ms ago, at most 1000" })
    const inTime = account.batch("s1", [account.placing()])
    expect(account.types({ ...inTime, timeDecided: account.now - 1_000_000 })).toEqual(["OrderIntended"])
  })

  it("to cancel pass though their cause was acted on before", () => {
    const account = new AccountFixture()
    const id = account.working()
    account.run(account.batch("s1", [account.placing()], { seq: 50 }))
    const intentSeq = account.nextIntentSeq("s1")
    const again = account.batch("s1", [{ kind: "cancel", intentSeq, clientOrderId: id }], { seq: 50 })
    expect(account.types(again)).toEqual(["CancelRequested"])
  })

  it("to cancel pass whatever their cause or age: not canceling may do harm", () => {
    const account = new AccountFixture()
    const id = account.working()
    const intent = { kind: "cancel", intentSeq: account.nextIntentSeq("s1"), clientOrderId: id } as const
    const late = { ...account.batch("s1", [intent], { seq: 1 }), timeDecided: account.now - 60_000_000 }
    expect(account.types(late)).toEqual(["CancelRequested"])
  })

  it("that waited longer than the limit on their way are refused", () => {
    const account = new AccountFixture({ limits: { intentAgeMsMax: 500 } })
    const decided = (ageUs: number): ReturnType<AccountFixture["run"]> =>
      account.run({ ...account.batch("s1", [account.placing()]), timeDecided: account.now - ageUs })
    expect(decided(500_999)[0]).toMatchObject({ type: "OrderIntended" })
    expect(decided(501_000)[0]).toMatchObject({ reason: "IntentExpired", detail: "decided 501 ms ago, at most 500" })
  })

  it("are checked against what the ones before them in the batch used up", () => {
    const account = new AccountFixture({ balances: { USDT: "1000" } })
    expect(account.types(account.batch("s1", [account.placing(), account.placing()]))).toEqual([
      "OrderIntended",
      "IntentRefused"
    ])
    expect(detailOf(account)).toBe("needs 600 USDT, free 400")
  })

  it("for an unlisted instrument or under a known id are refused by name", () => {
    const account = new AccountFixture()
    expect(account.place({}, "s1", "sim:DOGE/USDT")).toMatchObject({ reason: "UnknownInstrument" })
    const twice = account.placing()
    account.run(account.batch("s1", [twice]))
    const again = { ...twice, intentSeq: account.nextIntentSeq("s1") }
    expect(account.run(account.batch("s1", [again]))[0]).toMatchObject({ reason: "DuplicateOrder" })
  })
})

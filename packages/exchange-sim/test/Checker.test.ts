import { describe, expect, it } from "vitest"
import type { LogEntry, LogLine } from "../src/AcceptLog.ts"
import { check, type JournalOrderFact } from "../src/Checker.ts"

const prefix = "our"
const clientOrderId = "our-1"
const common = {
  timeMs: 1,
  account: "alpha",
  symbol: "BTCUSDT",
  venueOrderId: "7",
  side: "buy" as const,
  cumulative: "0"
}

const ordered = (id = clientOrderId, venueOrderId = "7"): LogEntry => ({
  ...common,
  type: "order",
  clientOrderId: id,
  venueOrderId,
  price: "60000.00",
  quantity: "0.30000",
  orderType: "LIMIT",
  timeInForce: "GTC"
})
const filled = (tradeId: string, quantity: string, price = "60000.00", type: "fill" | "bust" = "fill"): LogEntry => ({
  ...common,
  type,
  clientOrderId,
  price,
  quantity,
  tradeId,
  fee: "0",
  feeAsset: "BTC",
  maker: false
})
const canceled: LogEntry = { ...common, type: "cancel", clientOrderId, price: "60000.00", quantity: "0.1" }

const log = (...entries: ReadonlyArray<LogEntry>): ReadonlyArray<LogLine> =>
  entries.map((entry, index) => ({ seq: index + 1, ...entry }))

type Fact = readonly [type: string, payload: Record<string, unknown>]
const intended: Fact = ["OrderIntended", { instrument: "sim:BTC/USDT", side: "buy", quantity: "0.3" }]
const accepted: Fact = ["OrderAccepted", { venueOrderId: "7" }]
const fill = (venueTradeId: string, quantity: string, price = "60000"): Fact => [
  "OrderFilled",
  { venueTradeId, quantity, price }
]

const journal = (...facts: ReadonlyArray<Fact>): ReadonlyArray<JournalOrderFact> =>
  facts.map(([type, payload], index) => ({
    entityId: "account-1",
    seq: index + 1,
    type,
    payload: { clientOrderId, ...payload }
  }))

const verdict = (acceptLog: ReadonlyArray<LogLine>, facts: ReadonlyArray<JournalOrderFact>) =>
  check({ acceptLog, journal: facts, prefix })

const cleanLog = log(ordered(), filled("1", "0.10000"), filled("2", "0.20000"))
const cleanJournal = journal(intended, accepted, fill("1", "0.1"), fill("2", "0.2"))
const clean = { ordersLost: [], ordersDuplicated: [], misfilled: [], foreign: [] }

describe("the checker", () => {
  it("passes a log and a journal that agree", () => {
    expect(verdict(cleanLog, cleanJournal)).toMatchObject({ ...clean, ordersJoined: 1, open: [] })
  })

  it("passes fills that the journal learnt before the acceptance and in another order", () => {
    const facts = journal(intended, fill("2", "0.2"), fill("1", "0.1"), accepted)
    expect(verdict(cleanLog, facts)).toMatchObject({ ...clean, ordersJoined: 1 })
  })

  it("passes an order canceled after a part of it was filled", () => {
    const acceptLog = log(ordered(), filled("1", "0.2"), canceled)
    const facts = journal(intended, accepted, fill("1", "0.2"), ["OrderCanceled", {}])
    expect(verdict(acceptLog, facts)).toMatchObject({ ...clean, ordersJoined: 1, open: [] })
  })

  it.each([
    ["of which the journal has no intent", journal()],
    ["that the journal calls rejected", journal(intended, ["OrderRejected", {}])],
    ["that the journal calls not placed", journal(intended, ["OrderNotPlaced", {}])]
  ])("catches a lost order: accepted by the exchange, %s", (_, facts) => {
    expect(verdict(cleanLog, facts).ordersLost).toEqual([expect.objectContaining({ clientOrderId })])
  })

  it("catches a lost order: accepted only in the journal", () => {
    const lost = verdict(log(), journal(intended, accepted))
    expect(lost.ordersLost).toEqual([expect.objectContaining({ clientOrderId })])
  })

  it("catches an acceptance under an id that the exchange never gave", () => {
    expect(verdict(cleanLog, journal(intended, ["OrderAccepted", { venueOrderId: "8" }])).ordersLost.length).toBe(1)
  })

  it("names an order with our prefix that nobody intended foreign, and passes over others' orders", () => {
    const others = log(ordered("our-stray", "9"), ordered("theirs", "10"))
    expect(verdict(others, journal())).toMatchObject({
      foreign: ["our-stray"],
      ordersLost: [{ clientOrderId: "our-stray" }]
    })
  })

  it("catches a doubled order, also where the first had closed and the exchange took the id again", () => {
    const twice = log(ordered(), canceled, ordered(clientOrderId, "8"))
    expect(verdict(twice, journal(intended, accepted)).ordersDuplicated).toEqual([
      expect.objectContaining({ reason: expect.stringContaining("7, 8") })
    ])
  })

  it("catches an intent that is in the journal twice, and one of two accounts", () => {
    expect(verdict(cleanLog, journal(intended, intended, accepted)).ordersDuplicated.length).toBe(1)
    const other = cleanJournal.map((fact) => ({ ...fact, entityId: "account-2", type: "OrderAccepted" }))
    expect(verdict(cleanLog, [...cleanJournal, ...other]).ordersDuplicated.length).toBe(1)
  })

  it.each([
    ["missing", [fill("1", "0.1")], /2 is missing/],
    ["doubled", [fill("1", "0.1"), fill("2", "0.2"), fill("2", "0.2")], /2 times/],
    ["of another quantity", [fill("1", "0.1"), fill("2", "0.2000001")], /quantity 0.2000001, not 0.2$/],
    ["of another price", [fill("1", "0.1"), fill("2", "0.2", "60000.01")], /price/],
    ["invented", [fill("1", "0.1"), fill("2", "0.2"), fill("3", "0.1")], /3 never happened/]
  ])("catches a mis-filled order: a fill is %s", (_, fills, reason) => {
    const { misfilled, ordersJoined } = verdict(cleanLog, journal(intended, accepted, ...fills))
    expect(misfilled).toEqual([{ clientOrderId, reason: expect.stringMatching(reason) }])
    expect(ordersJoined).toBe(0)
  })

  it("catches an order that only one side calls closed", () => {
    const closedHere = verdict(log(ordered()), journal(intended, accepted, ["OrderCanceled", {}]))
    expect(closedHere.misfilled.length).toBe(1)
    const closedThere = verdict(log(ordered(), canceled), journal(intended, accepted))
    expect(closedThere.misfilled.length).toBe(1)
  })

  it("lists apart what is still open and counts how the others ended", () => {
    expect(verdict(log(ordered()), journal(intended, accepted))).toMatchObject({ ...clean, open: [clientOrderId] })
    expect(verdict(log(ordered()), journal(intended))).toMatchObject({ ...clean, open: [clientOrderId] })
    expect(verdict(cleanLog, journal(intended))).toMatchObject({ ...clean, open: [clientOrderId], ordersJoined: 0 })
    expect(verdict(cleanLog, journal(intended, ["OrderUnknown", {}]))).toMatchObject({
      ...clean,
      unknown: [clientOrderId]
    })
    expect(verdict(log(), journal(intended))).toMatchObject({ ...clean, pending: [clientOrderId] })
    expect(verdict(log(), journal(intended, ["OrderUnknown", {}]))).toMatchObject({
      ...clean,
      unknown: [clientOrderId]
    })
    expect(verdict(log(), journal(intended, ["OrderNotPlaced", {}]))).toMatchObject({
      ...clean,
      notPlaced: [clientOrderId]
    })
    expect(verdict(log(), journal(intended, ["OrderRejected", {}]))).toMatchObject({
      ...clean,
      rejected: [clientOrderId]
    })
  })

  it("settles an unknown order that was found after all", () => {
    const facts = journal(intended, ["OrderUnknown", {}], accepted, fill("1", "0.1"), fill("2", "0.2"))
    expect(verdict(cleanLog, facts)).toMatchObject({ ...clean, ordersJoined: 1, unknown: [] })
  })

  describe("busts", () => {
    const acceptLog = log(ordered(), filled("1", "0.1"), filled("2", "0.2"), filled("2", "0.2", "60000.00", "bust"))
    const takenBack: Fact = ["FillBusted", { venueTradeId: "2", quantity: "0.2", price: "60000" }]

    it("pass where both sides took the fill back, or the journal never had it", () => {
      const both = journal(intended, accepted, fill("1", "0.1"), fill("2", "0.2"), takenBack)
      expect(verdict(acceptLog, both)).toMatchObject({ ...clean, ordersJoined: 1 })
      expect(verdict(acceptLog, journal(intended, accepted, fill("1", "0.1")))).toMatchObject(clean)
    })

    it("are caught where only one side took it back", () => {
      const there = verdict(acceptLog, journal(intended, accepted, fill("1", "0.1"), fill("2", "0.2")))
      expect(there.misfilled).toEqual([
        { clientOrderId, reason: expect.stringMatching(/2 was taken back by the exchange/) }
      ])
      const here = verdict(cleanLog, journal(intended, accepted, fill("1", "0.1"), fill("2", "0.2"), takenBack))
      expect(here.misfilled).toEqual([{ clientOrderId, reason: expect.stringMatching(/2 was taken back only by/) }])
    })
  })

  it("compares what an operator vouches for with what was traded, without trade ids", () => {
    const vouched = (quantity: string) => journal(intended, fill(`operator:${clientOrderId}`, quantity))
    expect(verdict(cleanLog, vouched("0.3"))).toMatchObject({ ...clean, ordersJoined: 1 })
    expect(verdict(cleanLog, vouched("0.2")).misfilled).toEqual([
      { clientOrderId, reason: expect.stringMatching(/says that 0.2 was filled, and at the exchange it is 0.3/) }
    ])
    expect(verdict(log(), vouched("0.2")).ordersLost.length).toBe(1)
  })

  it("knows an order that the journal keeps back, and catches it at the exchange", () => {
    const held: Fact = ["OrderIntended", { ...intended[1], placement: "held" }]
    const released: Fact = ["OrderReleased", {}]
    expect(verdict(log(), journal(held))).toMatchObject({ ...clean, held: [clientOrderId], pending: [] })
    expect(verdict(log(), journal(held, released))).toMatchObject({ ...clean, held: [], pending: [clientOrderId] })
    const facts = [held, accepted, fill("1", "0.1"), fill("2", "0.2")]
    expect(verdict(cleanLog, journal(...facts)).ordersLost).toEqual([
      { clientOrderId, reason: expect.stringMatching(/has not released it/) }
    ])
    expect(verdict(cleanLog, journal(held, released, ...facts.slice(1)))).toMatchObject({ ...clean, ordersJoined: 1 })
  })

  it("counts an order that was amended as complete with its lower quantity", () => {
    const amended: LogEntry = { ...canceled, type: "amend", quantity: "0.1" }
    const facts = journal(intended, accepted, fill("1", "0.1"))
    expect(verdict(log(ordered(), amended, filled("1", "0.1")), facts)).toMatchObject({
      ...clean,
      ordersJoined: 1,
      open: []
    })
  })
})

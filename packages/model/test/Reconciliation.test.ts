/** What each difference between the venue and the account is taken for. */
import { AccountFixture, terms } from "@outcry/testkit/AccountFixture"
import { describe, expect, it } from "vitest"
import * as Amount from "../src/Amount.ts"
import { reconcile } from "../src/Reconciliation.ts"
import { noMemory } from "../src/ReconciliationFinding.ts"
import { btc, Desk, external, foreignId, lagUs } from "./ReconciliationDesk.ts"

describe("a venue that agrees", () => {
  it("gives rise to nothing", () => {
    const desk = new Desk()
    const id = desk.account.working()
    const fill = desk.account.filled(id, { lots: 400 })
    desk.account.run(fill)
    desk.listed = [fill]
    expect(desk.look()).toEqual([])
  })

  it("says nothing where it does not answer: no order, fill or balance is taken for gone", () => {
    const desk = new Desk()
    const id = desk.account.working()
    desk.account.run(desk.account.filled(id, { lots: 400 }))
    const silent = { openOrders: undefined, executions: new Map(), balances: undefined }
    for (let view = 0; view < 10; view++) expect(desk.look(60, silent)).toEqual([])
  })

  it("remembers across unanswered views what it had seen before them", () => {
    const desk = new Desk()
    desk.balances = { USDT: "1000500" }
    expect(desk.words()).toEqual(["explained standing"])
    expect(desk.words(5, { balances: undefined })).toEqual([])
    expect(desk.words()).toEqual(["explained standing"])
    expect(desk.words()).toEqual(["adopted AdjustBalance"])
  })
})

describe("open orders", () => {
  it("adopts one placed by hand, and its executions after it", () => {
    const desk = new Desk()
    desk.orders = [external({ filledLots: 300 })]
    desk.listed = [desk.account.filled("by-hand", { venueOrderId: "v-hand", clientOrderId: "", lots: 300 })]
    const findings = desk.look()
    expect(findings.map(({ kind, subject }) => `${kind} ${subject}`)).toEqual([
      `adopted order ${btc} by-hand`,
      `adopted fill ${btc}#1/buy`
    ])
    desk.obey(findings)
    expect(desk.account.state.orders.get("by-hand")).toMatchObject({ status: "working", filledLots: 300 })
  })

  it("flags one of our form that is in no journal, and one on an instrument that is not listed", () => {
    const desk = new Desk()
    desk.orders = [external({ clientOrderId: foreignId }), external({ instrument: "sim:XRP/USDT" })]
    const findings = desk.look()
    expect(findings.map(({ kind }) => kind)).toEqual(["flagged", "flagged"])
    expect(findings.map(({ detail }) => detail).join("\n")).toMatch(/in no journal[^]*does not list/)
  })

  it("settles one in flight that the venue lists", () => {
    const desk = new Desk()
    const id = desk.account.placed()
    desk.orders = [desk.seen({ clientOrderId: id })]
    desk.obey(desk.look(0))
    expect(desk.account.statusOf(id)).toBe("working")
  })

  it("leaves one in flight alone that the venue does not list", () => {
    const desk = new Desk()
    desk.account.placed()
    for (let view = 0; view < 5; view++) expect(desk.words(30)).toEqual(["explained inFlight"])
  })

  it("looks up one that is no longer listed, and calls it unknown only when it stays away; never ended", () => {
    const desk = new Desk()
    const id = desk.account.working()
    desk.orders = []
    expect(desk.words(1)).toEqual(["explained young"])
    expect(desk.words()).toEqual(["explained missing"])
    expect(desk.words()).toEqual(["explained missing"])
    const findings = desk.look()
    expect(findings).toMatchObject([{ kind: "adopted", command: { type: "ReportForgotten", clientOrderId: id } }])
    desk.obey(findings)
    expect(desk.account.statusOf(id)).toBe("unknown")
  })

  it("does not call one unknown while its executions were not answered", () => {
    const desk = new Desk()
    desk.account.working()
    desk.orders = []
    for (let view = 0; view < 6; view++)
      expect(desk.words(10, { executions: new Map() })).toEqual(["explained missing"])
  })

  it("takes one that this view's executions fill for filled, not for missing", () => {
    const desk = new Desk()
    const id = desk.account.working()
    desk.orders = []
    desk.listed = [desk.account.filled(id)]
    const findings = desk.look()
    expect(findings.map(({ kind }) => kind)).toEqual(["explained", "adopted"])
    desk.obey(findings)
    expect(desk.account.statusOf(id)).toBe("filled")
  })

  it("flags one that has ended here once the venue has gone on listing it", () => {
    const desk = new Desk()
    const id = desk.account.working()
    desk.orders = [desk.seen({ clientOrderId: id })]
    desk.account.run(desk.account.shown(id, { status: "canceled" }))
    expect(desk.words()).toEqual(["explained young"])
    expect(desk.words()).toEqual(["explained young"])
    expect(desk.words()).toEqual(["flagged ReportDifference"])
  })

  it("adopts one that came to light after it had been given up", () => {
    const desk = new Desk()
    const id = desk.account.placed()
    desk.account.run({ type: "ReportNotPlaced", clientOrderId: id, reason: "absent" })
    desk.orders = [desk.seen({ clientOrderId: id })]
    desk.obey(desk.look())
    expect(desk.account.statusOf(id)).toBe("working")
  })

  it("flags one that was changed outside, and one that is listed twice", () => {
    const desk = new Desk()
    const changed = desk.account.working()
    const twice = desk.account.working()
    desk.orders = [
      desk.seen({ clientOrderId: changed, terms: terms({ lots: 900 }) }),
      desk.seen({ clientOrderId: twice }),
      desk.seen({ clientOrderId: twice, venueOrderId: "another" })
    ]
    const findings = desk.look()
    expect(findings.map(({ kind }) => kind)).toEqual(["flagged", "flagged"])
    expect(findings.map(({ detail }) => detail).join("\n")).toMatch(/with 900 lots instead of 1000/)
    expect(findings.map(({ detail }) => detail).join("\n")).toMatch(/also as another/)
  })

  it("tells which cancels are still on their way", () => {
    const desk = new Desk()
    const id = desk.account.working()
    desk.account.cancel(id)
    expect(desk.look()).toMatchObject([{ kind: "explained", why: "canceling", clientOrderId: id }])
  })
})

describe("executions", () => {
  it("books those that were not reported, in the order they happened", () => {
    const desk = new Desk()
    const id = desk.account.working()
    const [first, second_] = [
      desk.account.filled(id, { lots: 400, timeVenue: 1 }),
      desk.account.filled(id, { lots: 600, timeVenue: 2 })
    ]
    desk.orders = []
    desk.listed = [second_, first]
    desk.obey(desk.look())
    expect(desk.account.events.filter(({ type }) => type === "OrderFilled")).toMatchObject([
      { lots: 400 },
      { lots: 600 }
    ])
    expect(desk.account.statusOf(id)).toBe("filled")
  })

  it("flags what would fill an order beyond its quantity, and an execution without a name", () => {
    const desk = new Desk()
    const id = desk.account.working()
    desk.listed = [
      desk.account.filled(id, { lots: 700, timeVenue: 1 }),
      desk.account.filled(id, { lots: 700, timeVenue: 2 }),
      desk.account.filled(id, { lots: 1, venueTradeId: "", timeVenue: 3 })
    ]
    desk.orders = [desk.seen({ clientOrderId: id, filledLots: 700 })]
    expect(desk.words()).toEqual(["adopted ReportFill", "flagged ReportDifference", "flagged ReportDifference"])
  })

  it("does not choose between two contents of one execution", () => {
    const desk = new Desk()
    const id = desk.account.working()
    const fill = desk.account.filled(id, { lots: 100 })
    desk.listed = [fill, { ...fill, lots: 200 }]
    const findings = desk.look()
    expect(findings).toHaveLength(1)
    expect(findings[0]).toMatchObject({ kind: "flagged", detail: expect.stringMatching(/listed twice/) })
  })

  it("notices an execution that the venue's list passes over, and asks again from before it", () => {
    const desk = new Desk()
    const id = desk.account.working()
    const fills = [1, 2, 3].map((timeVenue) => desk.account.filled(id, { lots: 100, timeVenue }))
    for (const fill of fills) desk.account.run(fill)
    desk.listed = [fills[0]!, fills[2]!]
    expect(desk.words()).toEqual(["explained young"])
    expect(desk.memory.readUpTo.get(btc)).toBeUndefined()
    expect(desk.words()).toEqual(["explained young"])
    expect(desk.look()).toMatchObject([{ kind: "flagged", detail: expect.stringMatching(/execution 2 .* hole/) }])
    expect(desk.memory.readUpTo.get(btc)).toBe("3")
  })

  it("does not read on over a hole that fills", () => {
    const desk = new Desk()
    const id = desk.account.working()
    const fills = [1, 2, 3].map((timeVenue) => desk.account.filled(id, { lots: 100, timeVenue }))
    for (const fill of fills) desk.account.run(fill)
    desk.listed = [fills[0]!, fills[2]!]
    desk.look()
    desk.listed = fills
    expect(desk.look()).toEqual([])
    expect(desk.memory.readUpTo.get(btc)).toBe("3")
  })

  it("counts provisionally what the venue counts and does not list, and flags that it never lists it", () => {
    const desk = new Desk()
    const id = desk.account.working()
    desk.orders = [desk.seen({ clientOrderId: id, filledLots: 300, averageTicks: 5_999_000 })]
    expect(desk.words()).toEqual(["explained young"])
    const findings = desk.look()
    expect(findings).toMatchObject([
      { kind: "adopted", command: { type: "ReportExecuted", filledLots: 300, averageTicks: 5_999_000 } }
    ])
    desk.obey(findings)
    expect(desk.account.state.orders.get(id)).toMatchObject({ filledLots: 0, inferredLots: 300 })
    expect(desk.words()).toEqual(["flagged ReportDifference"])
  })

  it("does not book an execution of an order that is in no journal, whoever placed it", () => {
    const desk = new Desk()
    desk.listed = [
      desk.account.filled(foreignId, { venueOrderId: "x" }),
      desk.account.filled("", { venueOrderId: "y", clientOrderId: "" })
    ]
    expect(desk.words()).toEqual(["flagged ReportDifference", "flagged ReportDifference"])
  })
})

describe("balances", () => {
  it("takes over a deposit and a withdrawal once they stood still over three views and ten seconds", () => {
    const desk = new Desk()
    desk.balances = { USDT: "1000500", BTC: "9.5" }
    expect(desk.words()).toEqual(["explained standing", "explained standing"])
    expect(desk.words(1)).toEqual(["explained standing", "explained standing"])
    expect(desk.words(1)).toEqual(["explained standing", "explained standing"])
    const findings = desk.look(10)
    expect(findings).toMatchObject([
      { command: { type: "AdjustBalance", asset: "BTC", amount: Amount.from("-0.5"), adjustment: "withdrawal" } },
      { command: { type: "AdjustBalance", asset: "USDT", amount: Amount.from("500"), adjustment: "deposit" } }
    ])
    desk.obey(findings)
    expect(desk.look()).toEqual([])
  })

  it("waits while anything is in flight, and begins anew when the difference changes", () => {
    const desk = new Desk()
    desk.balances = { USDT: "1000500" }
    desk.look()
    desk.look()
    desk.account.mark(btc, 5_999_990, 6_000_000)
    const id = desk.account.placed()
    expect(desk.words(30)).toEqual(["explained inFlight", "explained inFlight"])
    desk.account.run({ type: "ReportRejected", clientOrderId: id, code: "-1", reason: "no" })
    desk.balances = { USDT: "1000600" }
    expect(desk.words()).toEqual(["explained standing"])
    expect(desk.words()).toEqual(["explained standing"])
    expect(desk.words()).toEqual(["adopted AdjustBalance"])
  })

  it("explains what the executions of the view did, and books nothing twice", () => {
    const desk = new Desk()
    const id = desk.account.working({ lots: 1000 })
    desk.orders = []
    desk.listed = [desk.account.filled(id)]
    desk.balances = { USDT: "999400", BTC: "10.01" }
    const findings = desk.look()
    expect(findings.map(({ kind, subject }) => `${kind} ${subject}`)).toEqual([
      `explained order ${btc} ${id}`,
      `adopted fill ${btc}#1/buy`,
      "explained balance BTC",
      "explained balance USDT"
    ])
    desk.obey(findings)
    expect(desk.look()).toEqual([])
  })

  it("calls what executions outside did a correction, not a deposit", () => {
    const desk = new Desk()
    desk.listed = [desk.account.filled("", { clientOrderId: "", venueOrderId: "y", lots: 1000, side: "sell" })]
    desk.balances = { USDT: "1000600", BTC: "9.99" }
    desk.look()
    desk.look()
    expect(desk.look().flatMap((finding) => (finding.kind === "adopted" ? [finding.command] : []))).toMatchObject([
      { asset: "BTC", adjustment: "venueCorrection" },
      { asset: "USDT", adjustment: "venueCorrection" }
    ])
  })

  it("leaves rounded fees alone for ever", () => {
    const desk = new Desk()
    desk.balances = { BTC: "10.000000004" }
    for (let view = 0; view < 30; view++) expect(desk.words(60)).toEqual(["explained dust"])
  })

  it("does not take an asset that the list leaves out for spent", () => {
    const desk = new Desk()
    const balances = [{ asset: "USDT", total: Amount.from("1000000") }]
    expect(desk.words(5, { balances })).toEqual(["explained standing", "explained standing"])
    desk.look(5, { balances })
    expect(desk.words(5, { balances })).toEqual(["flagged ReportDifference", "flagged ReportDifference"])
  })

  it("shows an operator a difference that never stands still", () => {
    const desk = new Desk()
    const words = new Set<string>()
    for (let view = 0; view < 130; view++) {
      desk.balances = { USDT: `${1_000_500 + view}` }
      for (const word of desk.words(5)) words.add(word)
    }
    expect([...words]).toEqual(["explained standing", "flagged ReportDifference"])
  })

  it("adopts the first balances whole", () => {
    const { state } = new AccountFixture({ balances: {} })
    const balances = [{ asset: "USDT", total: 5n }]
    const view = { time: 1, lagUs, openOrders: [], executions: new Map(), balances }
    expect(reconcile(state, view, noMemory).findings).toMatchObject([
      { kind: "adopted", command: { type: "AdoptBalances", balances: [{ asset: "USDT", amount: 5n }] } }
    ])
  })
})

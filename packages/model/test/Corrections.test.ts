/** What is put right afterwards: by the venue, by an operator, or by looking twice. */
import { AccountFixture } from "@outcry/testkit/AccountFixture"
import { btcUsdt } from "@outcry/testkit/Instruments"
import { describe, expect, it } from "vitest"
import { execute, invariants } from "../src/Account.ts"
import type { ReportBust } from "../src/AccountCommand.ts"
import { type Resolution, resolutions } from "../src/AccountEvent.ts"
import { evolve, initial } from "../src/AccountState.ts"
import * as Amount from "../src/Amount.ts"

describe("an order resolved by an operator", () => {
  const resolve = (account: AccountFixture, clientOrderId: string, as: Resolution, priceTicks?: number) =>
    account.types({
      type: "ResolveOrder",
      clientOrderId,
      as,
      ...(priceTicks === undefined ? {} : { priceTicks }),
      by: "operator",
      reason: "told by the venue's desk"
    })

  for (const as of resolutions)
    it(`as ${as} is settled, gives its funds back and thaws the instrument`, () => {
      const account = new AccountFixture()
      const id = account.placed()
      expect(resolve(account, id, as)).toEqual([])
      account.run({ type: "ReportUnknown", clientOrderId: id, reason: "timeout" })
      expect(resolve(account, id, as)).toEqual(as === "filled" ? ["OrderResolved", "OrderFilled"] : ["OrderResolved"])
      expect([account.statusOf(id), account.reserved("USDT")]).toEqual([as, "0"])
      expect(account.state.positions.get(btcUsdt.id)?.lots ?? 0).toBe(as === "filled" ? 1000 : 0)
      expect(resolve(account, id, as)).toEqual([])
      expect(account.place()).toMatchObject({ type: "OrderIntended" })
      expect(invariants(account.state)).toEqual([])
    })

  it("as filled needs a price where the order has none", () => {
    const account = new AccountFixture()
    const id = account.placed({ type: "market", priceTicks: 0, timeInForce: "IOC" })
    account.run({ type: "ReportUnknown", clientOrderId: id, reason: "timeout" })
    expect(resolve(account, id, "filled")).toEqual([])
    expect(resolve(account, id, "filled", 6_000_500)).toEqual(["OrderResolved", "OrderFilled"])
    expect(account.events.at(-1)).toMatchObject({ venueTradeId: `operator:${id}`, priceTicks: 6_000_500 })
  })

  it("as filled leaves the venue's own trade ids as the mark to go on from", () => {
    const account = new AccountFixture()
    account.run(account.filled(account.working()))
    const id = account.placed()
    account.run({ type: "ReportUnknown", clientOrderId: id, reason: "timeout" })
    resolve(account, id, "filled")
    expect(account.state.lastTradeIds.get(btcUsdt.id)).toBe("1")
  })

  it("yields to a real report that comes later", () => {
    const account = new AccountFixture()
    const id = account.placed()
    account.run({ type: "ReportUnknown", clientOrderId: id, reason: "timeout" })
    resolve(account, id, "notPlaced")
    account.run(account.filled(id, { lots: 250 }))
    expect(account.statusOf(id)).toBe("working")
  })
})

describe("an order that the venue does not know any more", () => {
  it("is unknown until it is found or settled", () => {
    const account = new AccountFixture()
    const id = account.working()
    const forgotten = { type: "ReportForgotten", clientOrderId: id, reason: "not listed" } as const
    expect(account.types(forgotten)).toEqual(["OrderUnknown"])
    expect(account.types(forgotten)).toEqual([])
    expect(account.place()).toMatchObject({ reason: "InstrumentFrozen" })
    account.run(account.shown(id))
    expect(account.statusOf(id)).toBe("working")
  })

  it("and that fills though its cancel was asked for is canceled again", () => {
    const account = new AccountFixture()
    const id = account.working()
    account.cancel(id)
    account.run({ type: "ReportForgotten", clientOrderId: id, reason: "not listed" })
    expect(account.types(account.filled(id, { lots: 300 }))).toEqual(["OrderFilled", "CancelRequested"])
    expect(account.statusOf(id)).toBe("pendingCancel")
    // In a journal of before it was left at work: whoever asks next is heard.
    const old = account.events.slice(0, -1).reduce(evolve, initial("alpha"))
    const all = { type: "CancelOrders", clientOrderIds: "all" } as const
    expect(execute(old, all, account.circumstances).map(({ type }) => type)).toEqual(["CancelRequested"])
    expect(execute(old, all, account.circumstances)).toEqual([])
    // The next fill finds the cancel on its way.
    expect(account.types(account.filled(id, { lots: 100 }))).toEqual(["OrderFilled"])
    expect(account.types(account.shown(id, { status: "canceled" }))).toEqual(["OrderCanceled"])
    expect(invariants(account.state)).toEqual([])
  })

  it("and that is filled whole though its cancel was asked for has nothing left to cancel", () => {
    const account = new AccountFixture()
    const id = account.working()
    account.cancel(id)
    account.run({ type: "ReportForgotten", clientOrderId: id, reason: "not listed" })
    expect(account.types(account.filled(id))).toEqual(["OrderFilled"])
  })
})

describe("a fill that is only counted", () => {
  it("is provisional until the executions come, and moves no position", () => {
    const account = new AccountFixture()
    const id = account.working()
    const executed = (filledLots: number): ReadonlyArray<string> =>
      account.types({
        type: "ReportExecuted",
        clientOrderId: id,
        filledLots,
        averageTicks: 5_999_000,
        timeVenue: account.now
      })
    expect(executed(600)).toEqual(["FillInferred"])
    expect(executed(600)).toEqual([])
    expect(account.state.orders.get(id)).toMatchObject({ inferredLots: 600, filledLots: 0 })
    expect(account.state.positions.size).toBe(0)
    account.run(account.filled(id, { lots: 400 }))
    expect(account.state.orders.get(id)).toMatchObject({ inferredLots: 200, filledLots: 400 })
    expect(executed(100)).toEqual([])
    account.run(account.filled(id, { lots: 600 }))
    expect(account.state.closed.get(id)).toMatchObject({ inferredLots: 0, status: "filled" })
  })

  it("at no price is flagged, since it could not be stored", () => {
    for (const averageTicks of [Number.NaN, 5_999_000.5, -1, 1e300]) {
      const account = new AccountFixture()
      const id = account.working()
      const report = { clientOrderId: id, filledLots: 600, averageTicks, timeVenue: account.now }
      expect(account.types({ type: "ReportExecuted", ...report })).toEqual(["DifferenceFlagged"])
    }
  })

  it("counts as filled for the limits", () => {
    const account = new AccountFixture({ limits: { positionNotionalMax: "600" } })
    const id = account.working()
    account.run({ type: "ReportExecuted", clientOrderId: id, filledLots: 1000, averageTicks: 6_000_000, timeVenue: 0 })
    expect(account.place({ lots: 10 })).toMatchObject({ reason: "PositionLimit" })
  })
})

describe("a fill that the venue takes back", () => {
  const bustOf = (account: AccountFixture, id: string, over: Partial<ReportBust> = {}): ReportBust => {
    const fill = account.events.findLast((event) => event.type === "OrderFilled" && event.clientOrderId === id)
    if (fill?.type !== "OrderFilled") throw new Error("There is no fill to take back")
    const { clientOrderId, fee, feeAsset, instrument, lots, priceTicks, side, venueTradeId } = fill
    const booked = { clientOrderId, fee, feeAsset, instrument, lots, priceTicks, side, venueTradeId }
    return { type: "ReportBust", reason: "clearly erroneous", ...booked, ...over }
  }

  it("is booked the other way round, and the order is canceled", () => {
    const account = new AccountFixture()
    const id = account.working()
    const fill = account.filled(id, { fee: Amount.from("0.6") })
    account.run(fill)
    const bust = bustOf(account, id)
    expect(account.types(bust)).toEqual(["FillBusted"])
    expect(account.types(bust)).toEqual([])
    expect(account.types(fill)).toEqual([])
    expect(account.state.closed.get(id)).toMatchObject({ status: "canceled", filledLots: 0 })
    expect(Amount.format(account.state.balances.get("USDT")!.total)).toBe("1000000")
    expect(account.state.fees.get("USDT")).toBe(0n)
    for (const positions of [account.state.positions, account.state.strategies.get("s1")!.positions])
      expect(positions.get(btcUsdt.id)).toEqual({ lots: 0, cost: 0n, realised: 0n, fills: 0 })
    expect(invariants(account.state)).toEqual([])
  })

  it("of an open order is to be filled once more, and holds its funds again", () => {
    const account = new AccountFixture()
    const id = account.working()
    account.run(account.filled(id, { lots: 400 }))
    expect(account.reserved("USDT")).toBe("360")
    account.run(bustOf(account, id))
    expect([account.statusOf(id), account.reserved("USDT")]).toEqual(["working", "600"])
    expect(account.types(account.filled(id))).toEqual(["OrderFilled"])
    expect(invariants(account.state)).toEqual([])
  })

  it("and was never booked says nothing; one that does not fit is flagged", () => {
    const account = new AccountFixture()
    const id = account.working()
    account.run(account.filled(id, { lots: 400 }))
    expect(account.types(bustOf(account, id, { venueTradeId: "999" }))).toEqual([])
    expect(account.types(bustOf(account, id, { lots: 401 }))).toEqual(["DifferenceFlagged"])
    expect(account.types(bustOf(account, id, { clientOrderId: "gone" }))).toEqual(["DifferenceFlagged"])
  })
})

describe("money that no order explains", () => {
  it("is funding once per id of the venue", () => {
    const account = new AccountFixture()
    const paid = {
      type: "ReportFunding",
      instrument: btcUsdt.id,
      asset: "USDT",
      amount: -Amount.from("1.5"),
      venueFundingId: "f1",
      timeVenue: account.now
    } as const
    expect(account.types(paid)).toEqual(["FundingPaid"])
    expect(account.types(paid)).toEqual([])
    expect(Amount.format(account.state.balances.get("USDT")!.total)).toBe("999998.5")
  })

  it("is taken over by name, each time that it is asked for", () => {
    const account = new AccountFixture()
    const deposit = { asset: "USDT", adjustment: "deposit", by: "operator", reason: "wire" } as const
    expect(account.types({ type: "AdjustBalance", ...deposit, amount: 5n })).toEqual(["BalanceAdjusted"])
    expect(account.types({ type: "AdjustBalance", ...deposit, amount: 0n })).toEqual([])
    expect(account.state.balances.get("USDT")!.total).toBe(Amount.from("1000000") + 5n)
  })

  it("is a flagged difference once where nobody can explain or adopt it", () => {
    const account = new AccountFixture()
    const odd = { type: "ReportDifference", clientOrderId: "", detail: "1 BTC too many" } as const
    expect([account.types(odd), account.types(odd)]).toEqual([["DifferenceFlagged"], []])
  })
})

/** Orders that wait: for a price, for others, for a date. */
import { AccountFixture } from "@outcry/testkit/AccountFixture"
import { btcUsdt } from "@outcry/testkit/Instruments"
import { describe, expect, it } from "vitest"
import { invariants } from "../src/Account.ts"
import type { OrderReleased } from "../src/AccountEvent.ts"
import type { OrderTerms } from "../src/Order.ts"

const stop = { side: "sell", type: "stop", priceTicks: 0, triggerTicks: 5_900_000, reduceOnly: true } as const
const market = { type: "market", priceTicks: 0, timeInForce: "IOC" } as const

/** An account that emulates, long of 1000 lots. */
const holding = (lots = 1000): AccountFixture => {
  const account = new AccountFixture()
  account.native = false
  account.run(account.filled(account.working({ lots })))
  return account
}

const released = (account: AccountFixture): ReadonlyArray<OrderReleased> =>
  account.events.filter((event) => event.type === "OrderReleased")

const lastReleased = (account: AccountFixture): OrderTerms | undefined => released(account).at(-1)?.terms

/** The venue confirms the cancel of an order. */
const canceled = (account: AccountFixture, id: string, filledLots = 0): ReadonlyArray<string> =>
  account.types(account.shown(id, { status: "canceled", filledLots }))

describe("an emulated trigger", () => {
  const cases: ReadonlyArray<readonly [string, Partial<OrderTerms>, number, number]> = [
    ["a sell stop fires at or below", { side: "sell", type: "stop" }, 5_900_001, 5_900_000],
    ["a buy stop fires at or above", { side: "buy", type: "stop", triggerTicks: 6_100_000 }, 6_099_989, 6_099_990],
    [
      "a sell that takes a profit fires at or above",
      { side: "sell", type: "takeProfit", triggerTicks: 6_100_000 },
      6_099_999,
      6_100_000
    ],
    ["a buy that takes a profit fires at or below", { side: "buy", type: "takeProfit" }, 5_899_991, 5_899_990]
  ]
  for (const [name, over, before, at] of cases)
    it(name, () => {
      const account = holding()
      const id = account.placed({ priceTicks: 0, triggerTicks: 5_900_000, ...over })
      expect(account.statusOf(id)).toBe("held")
      expect(account.tick(before)).toEqual([])
      expect(account.tick(at)).toEqual(["OrderTriggered", "OrderReleased"])
      expect(lastReleased(account)).toMatchObject({ type: "market", priceTicks: 0, side: over.side })
      expect(lastReleased(account)).not.toHaveProperty("triggerTicks")
      expect(account.statusOf(id)).toBe("intended")
      expect(invariants(account.state)).toEqual([])
    })

  it("becomes a limit order where a price was given, and not at a price that has run away", () => {
    const account = holding()
    const id = account.placed({ ...stop, type: "stopLimit", priceTicks: 5_899_000 })
    account.tick(5_899_500)
    expect(lastReleased(account)).toMatchObject({ type: "limit", priceTicks: 5_899_000 })
    expect(account.state.orders.get(id)).toMatchObject({ status: "intended", emulated: true, protective: true })
  })

  it("waits while the price is stale, and holds no funds meanwhile", () => {
    const account = holding()
    account.placed(stop)
    expect(account.reserved("BTC")).toBe("0")
    account.mark(btcUsdt.id, 5_800_000, 5_800_010)
    account.now += 2_000_001
    expect(account.types({ type: "Tick" })).toEqual([])
    expect(account.tick()).toEqual(["OrderTriggered", "OrderReleased"])
    expect(account.reserved("BTC")).toBe("0.01")
  })

  it("waits, triggered, while the instrument is frozen", () => {
    const account = holding()
    const id = account.placed(stop)
    const lost = account.placed()
    account.run({ type: "ReportUnknown", clientOrderId: lost, reason: "timeout" })
    expect(account.tick(5_899_000)).toEqual(["OrderTriggered"])
    expect(account.statusOf(id)).toBe("triggered")
    expect(account.types({ type: "ReportNotPlaced", clientOrderId: lost, reason: "absent" })).toEqual([
      "OrderNotPlaced",
      "OrderReleased"
    ])
  })

  it("goes to the venue as it is where the venue works it by itself", () => {
    const account = holding()
    account.native = true
    const id = account.placed(stop)
    expect(account.state.orders.get(id)).toMatchObject({ status: "intended", emulated: false })
    expect(account.tick(5_800_000)).toEqual([])
  })

  it("that only reduces sells what is left, and ends where nothing is", () => {
    const account = holding()
    account.placed(stop)
    account.run(account.filled(account.working({ side: "sell", priceTicks: 5_999_990, lots: 600 })))
    account.tick(5_899_000)
    expect(lastReleased(account)).toMatchObject({ lots: 400 })
    const gone = holding()
    gone.placed(stop)
    gone.run(gone.filled(gone.working({ side: "sell", priceTicks: 5_999_990 })))
    expect(gone.tick(5_899_000)).toEqual(["OrderTriggered", "CancelRequested", "OrderCanceled"])
  })

  it("is clipped to what is free, since a fee may have been taken from what was bought", () => {
    const account = new AccountFixture({ balances: { USDT: "1000000" } })
    account.native = false
    account.run(account.filled(account.working(), { fee: 10_000_000n, feeAsset: "BTC" }))
    account.placed(stop)
    account.tick(5_899_000)
    expect(lastReleased(account)).toMatchObject({ lots: 999 })
  })

  it("passes a halted account where it only reduces, and not where it opens", () => {
    const account = holding()
    account.placed(stop)
    const entry = account.placed({ ...stop, reduceOnly: false, side: "buy", triggerTicks: 6_100_000 })
    account.run({ type: "SetTradingState", state: "halted", by: "test", reason: "drill" })
    expect(account.tick(6_100_000)).toEqual(["OrderTriggered", "OrderRejected"])
    expect(account.state.closed.get(entry)?.reason).toContain("TradingHalted")
    expect(account.tick(5_899_000)).toEqual(["OrderTriggered", "OrderReleased"])
  })
})

describe("a trailing stop", () => {
  it("follows the best price in steps of a twentieth of its trail, and never back", () => {
    const account = holding()
    const id = account.placed({ ...stop, type: "trailingStop", triggerTicks: undefined, trailTicks: 2000 } as object)
    const trigger = (): number | undefined => account.state.orders.get(id)?.terms.triggerTicks
    expect(trigger()).toBe(5_997_990)
    expect(account.tick(6_000_000)).toEqual([])
    expect(account.tick(6_000_089)).toEqual([])
    expect(account.tick(6_000_090)).toEqual(["TrailMoved"])
    expect(trigger()).toBe(5_998_090)
    expect(account.tick(5_998_091)).toEqual([])
    expect(account.tick(5_998_090)).toEqual(["OrderTriggered", "OrderReleased"])
  })

  it("in basis points, of a buy, follows downwards", () => {
    const account = new AccountFixture()
    account.native = false
    const id = account.placed({ type: "trailingStop", priceTicks: 0, trailBps: 100 })
    expect(account.state.orders.get(id)?.terms.triggerTicks).toBe(6_060_000)
    expect(account.tick(4_999_990)).toEqual(["TrailMoved"])
    expect(account.state.orders.get(id)?.terms.triggerTicks).toBe(5_050_000)
    expect(account.tick(5_049_990)).toEqual(["OrderTriggered", "OrderReleased"])
  })
})

describe("a parent", () => {
  it("wakes its child when it has ended, for at most what it filled", () => {
    const account = new AccountFixture()
    const parent = account.working()
    const child = account.linked({ ...market, side: "sell", reduceOnly: true }, { contingency: { parent } })
    account.run(account.filled(parent, { lots: 300 }))
    expect(account.statusOf(child)).toBe("held")
    account.run({ type: "CancelOrders", clientOrderIds: [parent] })
    expect(canceled(account, parent, 300)).toEqual(["OrderCanceled", "OrderReleased"])
    expect(lastReleased(account)).toMatchObject({ lots: 300 })
  })

  it("that ends without a fill ends its child", () => {
    const account = new AccountFixture()
    const parent = account.working()
    const child = account.linked(stop, { contingency: { parent } })
    expect(account.types(shownRejected(account, parent))).toEqual(["OrderRejected", "CancelRequested", "OrderCanceled"])
    expect(account.statusOf(child)).toBe("canceled")
  })

  it("must be known and one's own", () => {
    const account = new AccountFixture()
    const other = account.working({}, "s2")
    const ask = (parent: string): unknown =>
      account.run(account.batch("s1", [{ ...account.placing(stop), contingency: { parent } }]))[0]
    expect(ask("nobody")).toMatchObject({ reason: "InvalidTerms", detail: expect.stringContaining("place it first") })
    expect(ask(other)).toMatchObject({ reason: "InvalidTerms", detail: expect.stringContaining("another strategy") })
  })

  it("is remembered though a thousand orders have ended since", () => {
    const account = new AccountFixture({ limits: { orderRateMax: 1_000_000 } })
    account.native = false
    const parent = account.working()
    const child = account.linked(stop, { contingency: { parent } })
    account.run(account.filled(parent))
    for (let i = 0; i < 1300; i++) canceled(account, account.working({ lots: 10 }))
    expect(account.state.closed.has(parent)).toBe(false)
    expect(account.tick(5_899_000)).toEqual(["OrderTriggered", "OrderReleased"])
    expect(account.state.orders.get(child)?.terms.lots).toBe(1000)
  })

  it("that is submitted again or replaced keeps its child", () => {
    const account = new AccountFixture()
    const parent = account.linked({}, { resubmitUntilUs: account.now + 1_000_000 })
    const child = account.linked(stop, { contingency: { parent } })
    expect(account.types({ type: "ReportNotPlaced", clientOrderId: parent, reason: "absent" })).toEqual([
      "OrderNotPlaced",
      "OrderIntended"
    ])
    const second = account.state.orders.get(child)!.contingency!.parent!
    expect(second).not.toBe(parent)
    account.run(account.shown(second))
    account.run(account.filled(second, { lots: 100 }))
    const { clientOrderId: third } = account.modify(second, { priceTicks: 5_999_000 })
    canceled(account, second, 100)
    account.run(account.shown(third))
    account.run(account.filled(third))
    expect(account.state.orders.get(child)).toMatchObject({ parentLots: 1000, status: "intended" })
  })
})

const shownRejected = (account: AccountFixture, id: string): ReturnType<AccountFixture["shown"]> =>
  account.shown(id, { status: "rejected" })

describe("orders of one group", () => {
  const bracket = (account: AccountFixture, entry: string): readonly [string, string] => [
    account.linked(
      { side: "sell", priceTicks: 6_100_000, reduceOnly: true },
      { contingency: { parent: entry, group: "g" } }
    ),
    account.linked(stop, { contingency: { parent: entry, group: "g" } })
  ]

  it("wait for their entry, then one rests at the venue and the other watches", () => {
    const account = new AccountFixture()
    const entry = account.working()
    const [profit, loss] = bracket(account, entry)
    expect(account.reserved("BTC")).toBe("0")
    expect(account.types(account.filled(entry))).toEqual(["OrderFilled", "OrderReleased"])
    expect([account.statusOf(profit), account.statusOf(loss)]).toEqual(["intended", "held"])
    account.run(account.shown(profit))
    expect(account.types(account.filled(profit))).toEqual(["OrderFilled", "CancelRequested", "OrderCanceled"])
    expect(account.state.orders.size).toBe(0)
    expect(account.state.groups.size).toBe(0)
  })

  it("make way for the one that is triggered, which takes what they left", () => {
    const account = new AccountFixture()
    const entry = account.working()
    const [profit, loss] = bracket(account, entry)
    account.run(account.filled(entry))
    account.run(account.shown(profit))
    account.run(account.filled(profit, { lots: 400 }))
    expect(account.tick(5_899_000)).toEqual(["OrderTriggered", "CancelRequested"])
    expect(account.statusOf(loss)).toBe("triggered")
    account.run(account.filled(profit, { lots: 100 }))
    expect(canceled(account, profit, 500)).toEqual(["OrderCanceled", "OrderReleased"])
    expect(account.state.orders.get(loss)?.terms).toMatchObject({ type: "market", lots: 500 })
    expect(invariants(account.state)).toEqual([])
  })

  it("end together when one is canceled by hand, at the venue or here", () => {
    for (const byHand of [true, false]) {
      const account = new AccountFixture()
      const entry = account.working()
      const [profit, loss] = bracket(account, entry)
      account.run(account.filled(entry))
      account.run(account.shown(profit))
      if (byHand) account.cancel(profit)
      else account.cancel(loss)
      if (byHand) canceled(account, profit)
      else expect(account.statusOf(profit)).toBe("pendingCancel")
      expect(account.statusOf(loss)).toBe("canceled")
    }
  })

  it("stay when one of them is rejected: the stop goes on watching", () => {
    const account = new AccountFixture()
    const entry = account.working()
    const [profit, loss] = bracket(account, entry)
    account.run(account.filled(entry))
    account.run({ type: "ReportRejected", clientOrderId: profit, code: "-2010", reason: "no" })
    expect(account.statusOf(loss)).toBe("held")
    expect(account.tick(5_899_000)).toEqual(["OrderTriggered", "OrderReleased"])
  })

  it("stay when one is replaced, which is no cancel by hand", () => {
    const account = new AccountFixture()
    const entry = account.working()
    const [profit, loss] = bracket(account, entry)
    account.run(account.filled(entry))
    account.run(account.shown(profit))
    const { clientOrderId } = account.modify(profit, { priceTicks: 6_200_000 })
    canceled(account, profit)
    expect([account.statusOf(clientOrderId), account.statusOf(loss)]).toEqual(["intended", "held"])
  })

  it("of limits on both sides share one place: the second goes when its price is touched", () => {
    const account = new AccountFixture()
    const low = account.linked({ priceTicks: 5_990_000 }, { contingency: { group: "o" } })
    account.run(account.shown(low))
    const high = account.linked({ side: "sell", priceTicks: 6_010_000 }, { contingency: { group: "o" } })
    expect([account.statusOf(low), account.statusOf(high)]).toEqual(["working", "held"])
    expect(account.tick(6_010_000)).toEqual(["OrderTriggered", "CancelRequested"])
    expect(canceled(account, low)).toEqual(["OrderCanceled", "OrderReleased"])
    expect(account.state.orders.get(high)?.terms).toMatchObject({ type: "limit", lots: 1000 })
  })
})

describe("an order replaced", () => {
  it("goes out with what its predecessor left, once that has ended", () => {
    const account = new AccountFixture()
    const old = account.working()
    account.run(account.filled(old, { lots: 100 }))
    const { clientOrderId, events } = account.modify(old, { priceTicks: 5_990_000, lots: 1500 })
    expect(events.map((event) => event.type)).toEqual(["OrderIntended", "CancelRequested"])
    account.run(account.filled(old, { lots: 200 }))
    expect(canceled(account, old, 300)).toEqual(["OrderCanceled", "OrderReleased"])
    expect(account.state.orders.get(clientOrderId)?.terms).toMatchObject({ priceTicks: 5_990_000, lots: 1200 })
  })

  it("ends where the old one filled everything before the cancel", () => {
    const account = new AccountFixture()
    const old = account.working()
    const { clientOrderId } = account.modify(old, { priceTicks: 5_990_000 })
    expect(account.types(account.filled(old))).toEqual(["OrderFilled", "CancelRequested", "OrderCanceled"])
    expect(account.statusOf(clientOrderId)).toBe("canceled")
  })

  it("twice before the first change went through keeps count of what was filled", () => {
    const account = new AccountFixture()
    const old = account.working()
    const second = account.modify(old, { priceTicks: 5_990_000 }).clientOrderId
    const third = account.modify(second, { priceTicks: 5_980_000 }).clientOrderId
    expect(account.statusOf(second)).toBe("canceled")
    account.run(account.filled(old, { lots: 300 }))
    canceled(account, old, 300)
    expect(account.state.orders.get(third)?.terms).toMatchObject({ priceTicks: 5_980_000, lots: 700 })
  })

  it("stays as it is where the change does not pass, and says why", () => {
    const account = new AccountFixture()
    const old = account.working()
    const [event] = account.modify(old, { lots: 0 }).events
    expect(event).toMatchObject({ type: "IntentRefused", reason: "InvalidQuantity" })
    expect(account.statusOf(old)).toBe("working")
    account.cancel(old)
    expect(account.modify(old, { lots: 5 }).events[0]).toMatchObject({ reason: "OrderNotOpen" })
    expect(account.modify("gone", { lots: 5 }).events[0]).toMatchObject({ detail: "gone is not open" })
    expect(account.modify(account.working(), {}, "s2").events[0]).toMatchObject({ reason: "OrderNotOpen" })
  })

  it("that was held is replaced at once", () => {
    const account = holding()
    const old = account.placed(stop)
    const { clientOrderId, events } = account.modify(old, { triggerTicks: 5_800_000 })
    expect(events.map((event) => event.type)).toEqual(["OrderIntended", "CancelRequested", "OrderCanceled"])
    expect(account.tick(5_850_000)).toEqual([])
    expect(account.tick(5_800_000)).toEqual(["OrderTriggered", "OrderReleased"])
    expect(account.statusOf(clientOrderId)).toBe("intended")
  })
})

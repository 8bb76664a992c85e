/** Positions that must not stand bare, and positions that are to be closed. */
import { AccountFixture } from "@outcry/testkit/AccountFixture"
import { btcUsdt, btcUsdtSpec } from "@outcry/testkit/Instruments"
import { describe, expect, it } from "vitest"
import { invariants } from "../src/Account.ts"
import type { AccountEvent, OrderIntended } from "../src/AccountEvent.ts"
import { stateHash } from "../src/AccountHash.ts"
import { evolve, findOrder, initial } from "../src/AccountState.ts"
import { named } from "../src/NamedIntents.ts"
import { closedOrdersMax } from "../src/OrderLedger.ts"

const stop = { side: "sell", type: "stop", priceTicks: 0, triggerTicks: 5_900_000, reduceOnly: true } as const

const holding = (lots = 1000): AccountFixture => {
  const account = new AccountFixture()
  account.run(account.filled(account.working({ lots })))
  return account
}

const successor = (events: ReadonlyArray<AccountEvent>): OrderIntended => {
  const event = events.find((candidate) => candidate.type === "OrderIntended")
  if (event === undefined) throw new Error(`No successor in ${events.map(({ type }) => type).join(", ")}`)
  return event
}

const reject = (account: AccountFixture, clientOrderId: string): ReadonlyArray<AccountEvent> =>
  account.run({ type: "ReportRejected", clientOrderId, code: "-2010", reason: "no" })

/** For so many seconds whatever is sent never leaves: the types of the facts. */
const unreachable = (account: AccountFixture, seconds: number): ReadonlyArray<string> => {
  const types: Array<string> = []
  for (let i = 0; i < seconds * 10; i++) {
    for (const { clientOrderId, status } of Array.from(account.state.orders.values()))
      if (status === "intended")
        types.push(...account.types({ type: "ReportNotPlaced", clientOrderId, reason: "not sent" }))
    account.now += 100_000
    types.push(...account.tick(5_899_000))
  }
  return types
}

describe("a stop that guards a position", () => {
  it("is watched here once the venue has rejected it", () => {
    const account = holding()
    const id = account.placed(stop)
    const next = successor(reject(account, id))
    expect(next).toMatchObject({ attempt: 2, placement: "held", emulated: true, intentSeq: 2, strategy: "s1" })
    expect(account.tick(5_899_000)).toEqual(["OrderTriggered", "OrderReleased"])
    account.run(account.shown(next.clientOrderId))
    account.run(account.filled(next.clientOrderId))
    expect(account.state.positions.get(btcUsdt.id)?.lots).toBe(0)
    expect(invariants(account.state)).toEqual([])
  })

  it("is watched here once the venue is found never to have had it", () => {
    const account = holding()
    const id = account.placed(stop)
    const events = account.run({ type: "ReportNotPlaced", clientOrderId: id, reason: "absent" })
    expect(successor(events)).toMatchObject({ attempt: 2, terms: { triggerTicks: 5_900_000 } })
  })

  it("is tried again after growing pauses when it cannot get out, and then only reducing is left", () => {
    const account = holding()
    account.native = false
    let id = account.placed(stop)
    account.tick(5_899_000)
    const pauses: Array<number> = []
    let last: ReadonlyArray<AccountEvent> = reject(account, id)
    for (;;) {
      const from = account.now
      while (last.length === 0) {
        account.now += 100_000
        account.mark(btcUsdt.id, 5_899_000, 5_899_010)
        last = account.run({ type: "Tick" })
      }
      if (last.some((event) => event.type === "ProtectionLost")) break
      if (last.some((event) => event.type === "OrderIntended")) {
        pauses.push((account.now - from) / 1000)
        id = successor(last).clientOrderId
        expect(last.map((event) => event.type)).toEqual(["OrderIntended", "OrderReleased"])
        last = reject(account, id).filter((event) => event.type !== "OrderRejected")
      } else last = []
    }
    expect(pauses).toEqual([400, 800, 1600, 3200, 6400])
    expect(last.map((event) => event.type)).toEqual(["ProtectionLost", "TradingStateChanged"])
    expect(account.state.tradingState).toBe("reducing")
    expect(account.tick()).toEqual([])
  })

  it("is tried on after long pauses while nothing reaches the venue, and that it stands bare is said once", () => {
    const account = holding()
    account.native = false
    account.placed(stop)
    account.tick(5_899_000)
    const outage = unreachable(account, 60)
    expect(outage.filter((type) => type === "ProtectionLost")).toHaveLength(1)
    expect(outage.filter((type) => type === "OrderIntended").length).toBeLessThan(12)
    expect(account.state.tradingState).toBe("reducing")
    const late = unreachable(account, 600)
    expect(late).not.toContain("ProtectionLost")
    expect(late.filter((type) => type === "OrderIntended").length).toBeGreaterThan(50)
    // The venue is back.
    const back: Array<string> = []
    for (let i = 0; i < 110; i++) {
      account.now += 100_000
      back.push(...account.tick(5_899_000))
    }
    expect(back).toEqual(["OrderIntended", "OrderReleased"])
    const [last] = account.state.orders.keys()
    account.run(account.filled(last!))
    expect(account.state.positions.get(btcUsdt.id)?.lots).toBe(0)
    expect(account.state.unprotected.size).toBe(0)
    expect(invariants(account.state)).toEqual([])
    expect(stateHash(account.events.reduce(evolve, initial("alpha")))).toBe(stateHash(account.state))
  })

  it("is not forgotten between two attempts, however many orders end meanwhile", () => {
    const account = new AccountFixture({ limits: { orderRateMax: 1_000_000 } })
    account.run(account.filled(account.working()))
    account.native = false
    account.placed(stop)
    account.tick(5_899_000)
    unreachable(account, 60)
    for (let i = 0; i < closedOrdersMax * 2; i++) {
      const other = account.working({ side: "sell", lots: 10, reduceOnly: true, priceTicks: 5_950_000 })
      account.run(account.shown(other, { status: "canceled" }))
    }
    expect(account.state.closed.size).toBeLessThanOrEqual(closedOrdersMax)
    account.now += 10_000_000
    expect(account.tick(5_899_000)).toEqual(["OrderIntended", "OrderReleased"])
    expect(invariants(account.state)).toEqual([])
  })

  it("is known by its number after however many attempts: its cancel reaches the last", () => {
    const account = holding()
    account.native = false
    const id = account.placed(stop)
    account.tick(5_899_000)
    unreachable(account, 700)
    account.now += 10_000_000
    account.tick(5_899_000)
    const [last] = account.state.orders.values()
    expect(last!.attempt).toBeGreaterThan(64)
    const order = findOrder(account.state, id)!
    const cancel = { kind: "cancel", intentSeq: 3, orderSeq: order.intentSeq } as const
    const [intent] = named(account.state, "s1", [cancel], account.circumstances.idOf)
    expect(intent).toMatchObject({ clientOrderId: last!.clientOrderId })
  })

  it("has no successor where the venue filled what it had rejected", () => {
    const account = holding(2000)
    account.native = false
    const id = account.placed(stop)
    account.tick(5_899_000)
    reject(account, id)
    account.run(account.filled(id))
    expect([account.statusOf(id), account.state.unprotected.size]).toEqual(["filled", 0])
    account.now += 400_000
    expect(account.tick(5_899_000)).toEqual([])
  })

  it("has no successor where it was canceled, or where the position is gone", () => {
    const canceled = holding()
    const id = canceled.placed(stop)
    canceled.cancel(id)
    expect(reject(canceled, id).map((event) => event.type)).toEqual(["OrderRejected"])
    const gone = holding()
    const guard = gone.placed(stop)
    gone.run({ type: "ReportUnknown", clientOrderId: guard, reason: "timeout" })
    gone.run(gone.shown(guard))
    expect(gone.run(gone.shown(guard, { status: "canceled" })).map((event) => event.type)).toEqual(["OrderCanceled"])
    expect(gone.state.unprotected.size).toBe(0)
  })

  it("gives way when it comes to life at the venue after all", () => {
    const account = holding()
    const id = account.placed(stop)
    account.run({ type: "ReportUnknown", clientOrderId: id, reason: "timeout" })
    account.run({ type: "ReportNotPlaced", clientOrderId: id, reason: "absent" })
    account.run(account.shown(id))
    expect([account.statusOf(id), account.state.unprotected.size]).toEqual(["working", 0])
    // The watched one finds the position held by the other, and does not sell twice.
    expect(account.tick(5_899_000)).toEqual(["OrderTriggered", "CancelRequested", "OrderCanceled"])
  })

  it("that finds its position held by other orders tries on, and then says so", () => {
    const account = holding()
    account.native = false
    account.working({ side: "sell", priceTicks: 6_200_000 })
    account.placed(stop)
    expect(account.tick(5_899_000)).toEqual(["OrderTriggered", "OrderRejected"])
    const types: Array<string> = []
    for (let i = 0; i < 200; i++) {
      account.now += 100_000
      types.push(...account.tick(5_899_000))
    }
    expect(types.filter((type) => type === "OrderIntended")).toHaveLength(5)
    expect(types.slice(-2)).toEqual(["ProtectionLost", "TradingStateChanged"])
  })

  it("sells again what the venue took back of it", () => {
    const account = holding()
    const id = account.placed(stop)
    account.mark(btcUsdt.id, 5_899_000, 5_899_010)
    const fill = account.filled(id, { priceTicks: 5_899_000 })
    account.run(fill)
    const { liquidity: _l, timeVenue: _t, venueOrderId: _v, ...made } = fill
    const facts = account.types({ ...made, type: "ReportBust", reason: "erroneous" })
    expect(facts).toEqual(["FillBusted", "OrderIntended", "OrderTriggered", "OrderReleased"])
    expect(account.events.at(-1)).toMatchObject({ terms: { side: "sell", type: "market", lots: 1000 } })
    expect(invariants(account.state)).toEqual([])
  })

  it("that sold only part, its rest expired, is tried again with what is left", () => {
    const account = holding()
    account.native = false
    const id = account.placed(stop)
    account.tick(5_899_000)
    account.run(account.shown(id))
    account.run(account.filled(id, { lots: 300, priceTicks: 5_899_000 }))
    account.run(account.shown(id, { status: "expired", filledLots: 300 }))
    account.now += 400_000
    expect(account.tick(5_899_000)).toEqual(["OrderIntended", "OrderReleased"])
    expect(account.events.at(-1)).toMatchObject({ terms: { type: "market", lots: 700 } })
  })
})

describe("closing positions", () => {
  const close = (account: AccountFixture, instruments: ReadonlyArray<string> | "all" = "all"): ReadonlyArray<string> =>
    account.types({ type: "ClosePositions", instruments, by: "operator", reason: "end of day" })

  it("cancels what is open, waits for it, and sells all that is held then", () => {
    const account = holding()
    const buy = account.working({ lots: 500 })
    const guard = account.working(stop)
    expect(close(account)).toEqual(["CancelRequested", "CancelRequested", "OrderIntended"])
    expect(close(account)).toEqual([])
    account.run(account.filled(buy, { lots: 200 }))
    account.run(account.shown(buy, { status: "canceled", filledLots: 200 }))
    expect(account.types(account.shown(guard, { status: "canceled" }))).toEqual(["OrderCanceled", "OrderReleased"])
    expect(account.events.at(-1)).toMatchObject({
      terms: { side: "sell", type: "market", lots: 1200, reduceOnly: true }
    })
    const id = [...account.state.orders.keys()][0]!
    account.run(account.filled(id))
    expect(account.state.positions.get(btcUsdt.id)?.lots).toBe(0)
    expect(invariants(account.state)).toEqual([])
    expect(close(account)).toEqual([])
  })

  it("buys back what is short, and touches the named instruments only", () => {
    const account = new AccountFixture()
    account.run(account.filled(account.working({ side: "sell", priceTicks: 5_999_990, lots: 300 })))
    const other = account.working({ priceTicks: 300_000 }, "s1", "sim:ETH/USDT")
    expect(close(account, [btcUsdt.id, "sim:DOGE/USDT"])).toEqual(["OrderIntended", "OrderReleased"])
    expect(account.events.at(-1)).toMatchObject({ terms: { side: "buy", lots: 300 } })
    expect(account.statusOf(other)).toBe("working")
  })

  it("also sells what an order fills while its cancel is under way", () => {
    const account = new AccountFixture()
    const buy = account.working()
    expect(close(account)).toEqual(["CancelRequested", "OrderIntended"])
    account.run(account.filled(buy, { lots: 100 }))
    expect(account.types(account.shown(buy, { status: "canceled", filledLots: 100 }))).toContain("OrderReleased")
    const none = new AccountFixture()
    const idle = none.working()
    close(none)
    expect(none.types(none.shown(idle, { status: "canceled" }))).toEqual([
      "OrderCanceled",
      "CancelRequested",
      "OrderCanceled"
    ])
  })

  it("works though the account is halted, and waits for a price where there is none", () => {
    const account = holding()
    account.run({ type: "SetTradingState", state: "halted", by: "operator", reason: "drill" })
    account.marks.delete(btcUsdt.id)
    expect(close(account)).toEqual(["OrderIntended"])
    expect(account.tick(5_999_990)).toEqual(["OrderReleased"])
  })

  it("goes on once the venue is back, however long it was out of reach", () => {
    const account = holding()
    expect(close(account)).toEqual(["OrderIntended", "OrderReleased"])
    expect(unreachable(account, 60).filter((type) => type === "ProtectionLost")).toHaveLength(1)
    account.now += 10_000_000
    account.tick(5_899_000)
    const [last] = account.state.orders.keys()
    account.run(account.filled(last!))
    expect(account.state.positions.get(btcUsdt.id)?.lots).toBe(0)
  })

  it("buys back where an order that was to be canceled has turned the position", () => {
    const account = new AccountFixture()
    account.run(account.filled(account.working({ lots: 100 })))
    const sell = account.working({ side: "sell", priceTicks: 6_100_000, lots: 300 })
    expect(close(account)).toEqual(["CancelRequested", "OrderIntended"])
    expect(account.types(account.filled(sell))).toEqual(["OrderFilled", "OrderReleased"])
    expect(account.events.at(-1)).toMatchObject({ terms: { side: "buy", lots: 200, reduceOnly: true } })
    expect(invariants(account.state)).toEqual([])
  })

  it("sells in several orders what the venue does not take at once", () => {
    const account = new AccountFixture({ instruments: [{ ...btcUsdtSpec, maxQuantity: "0.01000" }] })
    for (let i = 0; i < 5; i++) account.run(account.filled(account.working({ lots: 500 })))
    expect(close(account).filter((type) => type === "OrderReleased")).toHaveLength(3)
    const lots = account.events.flatMap((event) => (event.type === "OrderReleased" ? [event.terms.lots] : []))
    expect(lots).toEqual([1000, 1000, 500])
  })

  it("ends an order of which only what is too small is left, and says why: no difference with the venue", () => {
    const account = new AccountFixture({ instruments: [{ ...btcUsdtSpec, minQuantity: "0.00100" }] })
    const buy = account.working()
    expect(close(account)).toEqual(["CancelRequested", "OrderIntended"])
    account.run(account.filled(buy, { lots: 50 }))
    const events = account.run(account.shown(buy, { status: "canceled", filledLots: 50 }))
    expect(events.map(({ type }) => type)).toEqual(["OrderCanceled", "CancelRequested", "OrderCanceled"])
    expect(events[1]).toMatchObject({ reason: "dust: 0.00050 BTC is too small to be traded and stays" })
    expect(account.state.differences).toBe(0)
    expect(invariants(account.state)).toEqual([])
  })

  it("leaves what is too small to be traded, and says so once", () => {
    const account = new AccountFixture({ instruments: [{ ...btcUsdtSpec, minQuantity: "0.00100" }] })
    const id = account.working()
    account.run(account.filled(id, { lots: 50 }))
    account.run(account.shown(id, { status: "canceled", filledLots: 50 }))
    expect(close(account)).toEqual(["DifferenceFlagged"])
    expect(account.events.at(-1)).toMatchObject({ detail: expect.stringContaining("dust: 0.00050 BTC") })
    expect(close(account)).toEqual([])
  })
})

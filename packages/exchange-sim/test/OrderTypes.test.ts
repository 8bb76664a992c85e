import * as Amount from "@outcry/model/Amount"
import { describe, expect, it } from "vitest"
import type { OrderRequest } from "../src/Filters.ts"
import { limit, makeExchange } from "./Heart.ts"
import { btcUsdt } from "./TestExchange.ts"

const price = (ticks: number): string => Amount.format(BigInt(ticks) * btcUsdt.tick)

const setUp = (seed = 1) => {
  const made = makeExchange(seed)
  const [one, two] = made.exchange.accounts
  const top = () => made.exchange.market("BTCUSDT").top()
  const last = (): number => {
    const { askTicks, bidTicks } = top()
    return (askTicks + bidTicks) >> 1
  }
  /** Pushes the price by trading through the book with another account. */
  const push = (side: "buy" | "sell", quantity: string): void => {
    made.exchange.place(two!, limit(side, undefined, quantity, { type: "MARKET" }))
  }
  const locked = (asset: string): string => Amount.format(one!.balance(asset).locked)
  return { ...made, one: one!, two: two!, top, last, push, locked }
}

const stop = (side: "buy" | "sell", stopPrice: string, quantity: string, more: Partial<OrderRequest> = {}) =>
  limit(side, undefined, quantity, { type: "STOP_LOSS", stopPrice, ...more })

describe("conditional orders", () => {
  it("wait outside the book with their funds locked, and keep their ids when they fire", () => {
    const { changes, exchange, last, locked, one, push, log } = setUp()
    const trigger = last() - 1_000
    const order = exchange.place(one, stop("sell", price(trigger), "0.5"))
    expect(order).toMatchObject({ status: "NEW", waits: true, workingTimeMs: -1, executedLots: 0 })
    expect(locked("BTC")).toBe("0.5")
    push("sell", "1.9")
    expect(order.status).toBe("FILLED")
    expect(locked("BTC")).toBe("0")
    expect(
      changes.filter((each) => each.order.venueOrderId === order.venueOrderId).map(({ change }) => change)
    ).toEqual(["NEW", "NEW"])
    const ids = new Set(
      log.lines.flatMap((line) =>
        "clientOrderId" in line && line.clientOrderId === order.clientOrderId ? [line.venueOrderId] : []
      )
    )
    expect([...ids]).toEqual([String(order.venueOrderId)])
  })

  it("fire with the crowd's own prints, between one agent's action and the next", () => {
    const { advance, exchange, last, one } = setUp(5)
    const order = exchange.place(one, stop("sell", price(last() - 500), "0.01"))
    for (let second = 0; second < 600 && order.status === "NEW"; second++) advance(1_000)
    expect(order.status).toBe("FILLED")
  })

  it("rest at their limit where they have one", () => {
    const { exchange, last, one, push } = setUp()
    const above = price(last() + 20_000)
    const trigger = price(last() - 1_000)
    const order = exchange.place(one, limit("sell", above, "0.5", { type: "STOP_LOSS_LIMIT", stopPrice: trigger }))
    push("sell", "1.9")
    expect(order).toMatchObject({ status: "NEW", waits: false, executedLots: 0 })
    expect(order.workingTimeMs).toBeGreaterThan(0)
  })

  it("are refused where they would fire at once, and where there are too many", () => {
    const { advance, exchange, last, one } = setUp()
    advance(5_000)
    expect(() => exchange.place(one, stop("sell", price(last() + 5_000), "0.1"))).toThrow(/trigger immediately/)
    expect(() => exchange.place(one, stop("buy", price(last() - 5_000), "0.1"))).toThrow(/trigger immediately/)
    for (let each = 0; each < 5; each++) exchange.place(one, stop("sell", price(last() - 50_000), "0.01"))
    expect(() => exchange.place(one, stop("sell", price(last() - 50_000), "0.01"))).toThrow(/MAX_NUM_ALGO_ORDERS/)
  })

  it("follow the best price by their delta", () => {
    const { exchange, last, one, push } = setUp()
    const order = exchange.place(one, limit("sell", undefined, "0.1", { type: "STOP_LOSS", trailingDelta: 10 }))
    expect(order.waits).toBe(true)
    const before = last()
    push("buy", "1.5")
    expect(last()).toBeGreaterThan(before)
    expect(order.status).toBe("NEW")
    push("sell", "1.9")
    expect(order.status).toBe("FILLED")
  })

  it("are refused with a delta out of range", () => {
    const { exchange, one } = setUp()
    for (const trailingDelta of [9, 2_001]) {
      const request = limit("sell", undefined, "0.1", { type: "STOP_LOSS" as const, trailingDelta })
      expect(() => exchange.place(one, request)).toThrow(/TRAILING_DELTA/)
    }
  })

  it("expire where the money is no longer enough for what they cost", () => {
    const { exchange, last, one, push } = setUp()
    const order = exchange.place(one, stop("buy", price(last() + 200), "1.6"))
    const lots = one.balance("USDT").free / (5_000_000n * btcUsdt.tickLot)
    exchange.place(one, limit("buy", "50000", Amount.format(lots * btcUsdt.lot)))
    push("buy", "1.6")
    expect(order).toMatchObject({ status: "EXPIRED", executedLots: 0, reserved: 0n })
    expect(one.balance("USDT").locked).toBe(lots * 5_000_000n * btcUsdt.tickLot)
  })

  it("can be canceled while they wait", () => {
    const { exchange, last, locked, one, push } = setUp()
    const order = exchange.place(one, stop("sell", price(last() - 1_000), "0.5"))
    exchange.cancel(one, order, "cancel")
    expect(locked("BTC")).toBe("0")
    push("sell", "1.9")
    expect(order).toMatchObject({ status: "CANCELED", executedLots: 0 })
  })
})

describe("icebergs", () => {
  it("show a part at a time in the public book", () => {
    const { exchange, one, top, two } = setUp()
    const between = price(top().askTicks - 1)
    exchange.place(one, limit("sell", between, "1", { icebergQty: "0.2" }))
    expect(top().askLots).toBe(20_000)
    const taken = exchange.place(two, limit("buy", between, "0.7", { timeInForce: "IOC" }))
    expect(taken.status).toBe("FILLED")
    expect(top().askLots).toBe(10_000)
  })

  it("are refused with too many parts or more than they are", () => {
    const { exchange, one } = setUp()
    expect(() => exchange.place(one, limit("buy", "50000", "1", { icebergQty: "0.01" }))).toThrow(/ICEBERG_PARTS/)
    expect(() => exchange.place(one, limit("buy", "50000", "1", { icebergQty: "2" }))).toThrow(/exceeds QTY/)
  })
})

describe("self-trade prevention", () => {
  const own = (mode: OrderRequest["selfTradePreventionMode"]) => {
    const made = setUp()
    const between = price(made.top().askTicks - 1)
    const maker = made.exchange.place(made.one, limit("sell", between, "0.2"))
    const taker = made.exchange.place(
      made.one,
      limit("buy", between, "0.1", { ...(mode !== undefined && { selfTradePreventionMode: mode }) })
    )
    return { ...made, maker, taker }
  }

  it.each([
    ["NONE", "PARTIALLY_FILLED", "FILLED"],
    ["EXPIRE_TAKER", "NEW", "EXPIRED_IN_MATCH"],
    ["EXPIRE_MAKER", "EXPIRED_IN_MATCH", "NEW"],
    ["EXPIRE_BOTH", "EXPIRED_IN_MATCH", "EXPIRED_IN_MATCH"],
    [undefined, "EXPIRED_IN_MATCH", "NEW"]
  ] as const)("%s leaves the maker %s and the taker %s", (mode, makerStatus, takerStatus) => {
    const { locked, maker, taker } = own(mode)
    expect([maker.status, taker.status]).toEqual([makerStatus, takerStatus])
    expect(Number(locked("BTC"))).toBe(makerStatus === "NEW" ? 0.2 : makerStatus === "PARTIALLY_FILLED" ? 0.1 : 0)
  })

  it("does not let a market order cost more than was locked for it", () => {
    const { exchange, one, top } = setUp()
    exchange.place(one, limit("sell", price(top().askTicks - 1), "1"))
    const before = one.balance("USDT").free
    const bought = exchange.place(one, limit("buy", undefined, "1.2", { type: "MARKET" }))
    expect(bought.status).toBe("FILLED")
    expect(one.balance("USDT")).toEqual({ free: before - bought.executedQuote, locked: 0n })
  })
})

describe("amendments", () => {
  it("lower an order in its place and free what it no longer needs", () => {
    const { changes, exchange, locked, log, one } = setUp()
    const order = exchange.place(one, limit("buy", "50000", "0.3", { clientOrderId: "first" }))
    exchange.amend(one, order, "0.1", "second")
    expect(order).toMatchObject({ lots: 10_000, clientOrderId: "second", status: "NEW" })
    expect(locked("USDT")).toBe("5000")
    expect(exchange.history(one).openByClientId("second")).toBe(order)
    expect(changes.at(-1)?.change).toBe("REPLACED")
    expect(log.lines.at(-1)).toMatchObject({ type: "amend", clientOrderId: "first", quantity: "0.10000" })
    expect(() => exchange.amend(one, order, "0.2", "third")).toThrow(/-2038/)
  })
})

describe("order lists", () => {
  const pair = (made: ReturnType<typeof setUp>) =>
    made.exchange.placeList(made.one, {
      listClientOrderId: "pair",
      contingencyType: "OCO",
      working: undefined,
      legs: [
        limit("sell", price(made.last() + 1_500), "0.5", { type: "LIMIT_MAKER" }),
        stop("sell", price(made.last() - 1_500), "0.5")
      ]
    })

  it("lock the funds of a pair once", () => {
    const made = setUp()
    pair(made)
    expect(made.locked("BTC")).toBe("0.5")
  })

  it("end the stop when the limit order trades", () => {
    const made = setUp()
    const [profit, loss] = pair(made).legs
    made.push("buy", "1.6")
    expect(profit!.executedLots).toBeGreaterThan(0)
    expect(loss).toMatchObject({ status: "EXPIRED", executedLots: 0 })
  })

  it("end the limit order when the stop fires, and are then done", () => {
    const made = setUp()
    const list = pair(made)
    made.push("sell", "1.9")
    expect(list.legs.map(({ status }) => status)).toEqual(["EXPIRED", "FILLED"])
    expect(list.done).toBe(true)
    expect(made.lists.map(({ done }) => done)).toEqual([false, true])
    expect(made.locked("BTC")).toBe("0")
  })

  it("are canceled whole with one of them", () => {
    const made = setUp()
    const list = pair(made)
    made.exchange.cancel(made.one, list.legs[0], "cancel")
    expect(list.legs.map(({ status }) => status)).toEqual(["CANCELED", "CANCELED"])
    expect(made.locked("BTC")).toBe("0")
    expect(() => made.exchange.cancelList(made.one, list, "again")).toThrow(/Unknown order/)
  })

  it("place the legs of a bracket once the entry is filled, with the funds that it brought", () => {
    const made = setUp()
    const { exchange, last, locked, one, push, top } = made
    exchange.place(one, limit("sell", undefined, "2", { type: "MARKET" }))
    const list = exchange.placeList(one, {
      listClientOrderId: "bracket",
      contingencyType: "OTO",
      working: limit("buy", price(top().bidTicks + 1), "0.5"),
      legs: [
        limit("sell", price(last() + 3_000), "0.4", { type: "LIMIT_MAKER" }),
        stop("sell", price(last() - 30_000), "0.4")
      ]
    })
    expect(list.legs.map(({ status }) => status)).toEqual(["PENDING_NEW", "PENDING_NEW"])
    expect(locked("BTC")).toBe("0")
    push("sell", "0.6")
    expect(list.working!.status).toBe("FILLED")
    expect(list.legs.map(({ status }) => status)).toEqual(["NEW", "NEW"])
    expect(locked("BTC")).toBe("0.4")
  })

  it("end the legs with an entry that is canceled", () => {
    const made = setUp()
    const list = made.exchange.placeList(made.one, {
      listClientOrderId: "bracket",
      contingencyType: "OTO",
      working: limit("buy", "50000", "0.5"),
      legs: [stop("sell", "40000", "0.4")]
    })
    made.exchange.cancel(made.one, list.working, "cancel")
    expect(list.legs[0]!.status).toBe("CANCELED")
    expect(list.done).toBe(true)
  })
})

describe("a bust", () => {
  it("takes the trade out of both accounts as if it had not been, and says so in the log", () => {
    const { exchange, log, one, top, two } = setUp()
    const assets = ["USDT", "BTC"]
    const money = () => [one, two].map((account) => assets.map((asset) => account.balance(asset)))
    const before = money()
    const between = price(top().askTicks - 1)
    const sold = exchange.place(one, limit("sell", between, "0.1"))
    const bought = exchange.place(two, limit("buy", between, "0.1"))
    const { venueTradeId } = exchange.history(two).executions("BTCUSDT")[0]!
    expect(exchange.bust("BTCUSDT", venueTradeId)).toHaveLength(2)
    expect(money()).toEqual(before)
    expect(exchange.history(one).executions("BTCUSDT")).toEqual([])
    for (const order of [sold, bought]) expect(order).toMatchObject({ status: "CANCELED", executedLots: 0 })
    expect(log.lines.slice(-2)).toMatchObject(
      [sold, bought].map(({ clientOrderId }) => ({ type: "bust", clientOrderId, cumulative: "0.00000" }))
    )
    expect(exchange.fees("BTC")).toBe(0n)
    expect(exchange.bust("BTCUSDT", venueTradeId)).toBeUndefined()
  })

  it("is refused where what was received has been spent", () => {
    const { exchange, one } = setUp()
    exchange.place(one, limit("buy", undefined, "0.1", { type: "MARKET" }))
    const { venueTradeId } = exchange.history(one).executions("BTCUSDT")[0]!
    const { free } = one.balance("BTC")
    exchange.place(one, limit("sell", "90000", Amount.format(free - (free % btcUsdt.lot))))
    expect(exchange.bust("BTCUSDT", venueTradeId)).toMatch(/has spent/)
  })
})

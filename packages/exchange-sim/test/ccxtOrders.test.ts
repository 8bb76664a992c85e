/** Conditional orders, icebergs, replacements and lists through an unmodified ccxt client. */
import ccxt, { type Order } from "ccxt"
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest"
import * as CcxtBinance from "./CcxtBinance.ts"
import * as LoopbackGuard from "@outcry/testkit/LoopbackGuard"
import * as TestExchange from "./TestExchange.ts"
import * as UserEvents from "./UserEvents.ts"

const symbol = "BTC/USDT"
let exchange: TestExchange.TestExchange
let guard: LoopbackGuard.LoopbackGuard
let client: ReturnType<typeof CcxtBinance.rest>
let other: ReturnType<typeof CcxtBinance.rest>

beforeAll(async () => {
  guard = LoopbackGuard.install()
  exchange = await TestExchange.start()
  client = CcxtBinance.rest(exchange.port, TestExchange.alpha)
  other = CcxtBinance.rest(exchange.port, TestExchange.beta)
  await client.loadMarkets()
  await other.loadMarkets()
})

afterEach(async () => {
  const [account] = exchange.exchange.accounts
  for (const order of exchange.exchange.history(account!).open(undefined)) {
    if (order.status === "NEW" || order.status === "PARTIALLY_FILLED" || order.status === "PENDING_NEW")
      exchange.exchange.cancel(account!, order, "clean-up")
  }
  expect(guard.violations).toEqual([])
  expect(exchange.failures).toEqual([])
})

afterAll(async () => {
  await client.close()
  await exchange.close()
  guard.remove()
})

type Reply = Record<string, unknown>
/** ccxt makes a method of every path, which its types do not know. */
const raw = (name: string, params: Record<string, string | number> = {}): Promise<Reply> => {
  const method: unknown = Reflect.get(client, name)
  if (typeof method !== "function") throw new TypeError(`ccxt has no method ${name}`)
  return Promise.resolve(Reflect.apply(method, client, [params])) as Promise<Reply>
}

const failure = async (attempt: Promise<unknown>): Promise<Error> => {
  const outcome = await attempt.then(
    (value) => new Error(`it succeeded: ${JSON.stringify(value)}`),
    (error: unknown) => error
  )
  if (!(outcome instanceof Error)) throw new TypeError(String(outcome))
  return outcome
}

const idOf = (order: { readonly id?: string | undefined }): string => {
  if (order.id === undefined) throw new TypeError("The order has no id")
  return order.id
}

const bid = (): number => exchange.exchange.market("BTCUSDT").top().bidTicks / 100
const locked = async (asset: string): Promise<number | undefined> => (await client.fetchBalance())[asset]?.used
let ids = 0
const newId = (): string => `cond-${++ids}`

describe("what the instruments allow", () => {
  it("is in the exchange information: types, filters, flags, self-trade prevention", async () => {
    const info = (await client.loadMarkets(true))[symbol]!.info as Reply
    expect(info["orderTypes"]).toEqual(expect.arrayContaining(["STOP_LOSS", "TAKE_PROFIT_LIMIT", "LIMIT_MAKER"]))
    expect(info).toMatchObject({
      icebergAllowed: true,
      ocoAllowed: true,
      otoAllowed: true,
      allowTrailingStop: true,
      cancelReplaceAllowed: true,
      amendAllowed: true,
      defaultSelfTradePreventionMode: "EXPIRE_MAKER",
      allowedSelfTradePreventionModes: ["NONE", "EXPIRE_TAKER", "EXPIRE_MAKER", "EXPIRE_BOTH"]
    })
    const filters = (info["filters"] as ReadonlyArray<Reply>).map((filter) => filter["filterType"])
    expect(filters).toEqual(expect.arrayContaining(["TRAILING_DELTA", "ICEBERG_PARTS", "MAX_NUM_ALGO_ORDERS"]))
  })
})

describe("conditional orders through ccxt", () => {
  it("wait with their funds locked and are listed as open with their stop price", async () => {
    const params = { stopLossPrice: bid() - 5_000, clientOrderId: newId() }
    const stop = await client.createOrder(symbol, "market", "sell", 0.5, undefined, params)
    expect(stop).toMatchObject({ status: "open", filled: 0 })
    expect(await locked("BTC")).toBe(0.5)
    const [open] = await client.fetchOpenOrders(symbol)
    expect(open).toMatchObject({ id: stop.id, stopPrice: params.stopLossPrice, clientOrderId: params.clientOrderId })
    expect(open!.info).toMatchObject({ type: "STOP_LOSS", isWorking: false })
    expect((await client.cancelOrder(idOf(stop), symbol)).status).toBe("canceled")
    expect(await locked("BTC")).toBe(0)
  })

  it("fire on the way through their price and are told on the user stream by the same id", async () => {
    const stream = await UserEvents.open(exchange.port, TestExchange.alpha)
    const clientOrderId = newId()
    // The last print may be below already: then it is refused, and sent again with another trigger.
    const take = async (): Promise<{ readonly trigger: number; readonly order: Order }> => {
      const trigger = bid() - 10
      const params = { takeProfitPrice: trigger, clientOrderId }
      try {
        return { trigger, order: await client.createOrder(symbol, "limit", "buy", 0.1, trigger + 1_000, params) }
      } catch (error) {
        if (!(error instanceof ccxt.OrderImmediatelyFillable)) throw error
        return take()
      }
    }
    const { order, trigger } = await take()
    await other.createOrder(symbol, "market", "sell", 5)
    await expect.poll(async () => (await client.fetchOrder(idOf(order), symbol)).status).toBe("closed")
    await expect
      .poll(() => stream.events.filter((event) => event["c"] === clientOrderId).map((event) => event["x"]))
      .toEqual(expect.arrayContaining(["NEW", "TRADE"]))
    const reports = stream.events.filter((event) => event["e"] === "executionReport" && event["c"] === clientOrderId)
    expect(reports[0]).toMatchObject({ x: "NEW", w: false, o: "TAKE_PROFIT_LIMIT", P: trigger.toFixed(8), g: -1 })
    expect(reports[0]).not.toHaveProperty("W")
    expect(reports[1]).toMatchObject({ x: "NEW", w: true, W: expect.any(Number) })
    expect(new Set(reports.map((report) => report["i"]))).toEqual(new Set([Number(order.id)]))
    stream.close()
  })

  it("trail by a delta", async () => {
    const trail = await client.createOrder(symbol, "STOP_LOSS", "sell", 0.1, undefined, { trailingDelta: 200 })
    const shown = await client.fetchOrder(idOf(trail), symbol)
    expect(shown.info).toMatchObject({ trailingDelta: 200, type: "STOP_LOSS" })
  })

  it("are refused where they would fire at once, as ccxt knows it", async () => {
    const params = { stopLossPrice: bid() + 2_000 }
    const refused = await failure(client.createOrder(symbol, "market", "sell", 0.1, undefined, params))
    expect(refused).toBeInstanceOf(ccxt.OrderImmediatelyFillable)
  })
})

describe("icebergs through ccxt", () => {
  it("show the part that is asked for", async () => {
    const params = { icebergQty: "0.2" }
    const order = await client.createOrder(symbol, "limit", "buy", 1, 40_000, params)
    const [level] = exchange.exchange.market("BTCUSDT").depth(5_000).bids.slice(-2)
    expect(level).toBe(4_000_000)
    expect((await client.fetchOrder(idOf(order), symbol)).info).toMatchObject({ icebergQty: "0.20000000" })
  })
})

describe("replacing orders through ccxt", () => {
  it("cancels one and sends another", async () => {
    const order = await client.createOrder(symbol, "limit", "buy", 0.01, 50_000)
    const edited = await client.editOrder(idOf(order), symbol, "limit", "buy", 0.02, 49_000)
    expect(edited).toMatchObject({ amount: 0.02, price: 49_000, status: "open" })
    expect(edited.id).not.toBe(order.id)
    expect((await client.fetchOrder(idOf(order), symbol)).status).toBe("canceled")
    expect(await locked("USDT")).toBe(980)
  })

  const replacement = (cancelOrderId: string, more: Record<string, string | number> = {}) =>
    raw("privatePostOrderCancelReplace", {
      symbol: "BTCUSDT",
      side: "BUY",
      type: "LIMIT",
      timeInForce: "GTC",
      quantity: "0.01",
      price: "48000",
      cancelReplaceMode: "STOP_ON_FAILURE",
      cancelOrderId,
      ...more
    })

  it("says with -2022 that nothing was done, with -2021 what was", async () => {
    const nothing = await failure(replacement("999"))
    expect(nothing.message).toMatch(/-2022.*"newOrderResult":"NOT_ATTEMPTED"/)
    const placed = await failure(replacement("999", { cancelReplaceMode: "ALLOW_FAILURE" }))
    expect(placed.message).toMatch(/-2021.*"cancelResult":"FAILURE".*"newOrderResult":"SUCCESS"/)
    expect((await client.fetchOpenOrders(symbol)).length).toBe(1)
    const order = await client.createOrder(symbol, "limit", "buy", 0.01, 50_000)
    const canceled = await failure(replacement(idOf(order), { quantity: "30" }))
    expect(canceled.message).toMatch(/-2021.*"cancelResult":"SUCCESS".*"newOrderResult":"FAILURE".*-2010/)
  })

  it("cancels nothing for an order that the filters refuse", async () => {
    const order = await client.createOrder(symbol, "limit", "buy", 0.01, 50_000)
    expect((await failure(replacement(idOf(order), { quantity: "0.000001" }))).message).toMatch(/LOT_SIZE/)
    expect((await client.fetchOrder(idOf(order), symbol)).status).toBe("open")
  })

  it("amends an order in its place, under a new client id or its own", async () => {
    const clientOrderId = newId()
    const order = await client.createOrder(symbol, "limit", "buy", 0.02, 50_000, { clientOrderId })
    const params = { symbol: "BTCUSDT", orderId: idOf(order), newQty: "0.01", newClientOrderId: clientOrderId }
    const reply = await client.request("order/amend/keepPriority", "private", "PUT", params)
    expect(reply["amendedOrder"]).toMatchObject({ orderId: Number(idOf(order)), clientOrderId, origQty: "0.01000000" })
  })
})

describe("order lists through ccxt", () => {
  const oco = (listClientOrderId: string) =>
    raw("privatePostOrderListOco", {
      symbol: "BTCUSDT",
      side: "SELL",
      quantity: "0.5",
      listClientOrderId,
      aboveType: "LIMIT_MAKER",
      abovePrice: String(bid() + 3_000),
      belowType: "STOP_LOSS_LIMIT",
      belowPrice: "30000",
      belowStopPrice: String(bid() - 9_000),
      belowTimeInForce: "GTC"
    })

  it("lock the funds of a pair once, can be asked for and are canceled whole", async () => {
    const placed = await oco("pair-1")
    expect(placed).toMatchObject({
      contingencyType: "OCO",
      listStatusType: "EXEC_STARTED",
      listOrderStatus: "EXECUTING",
      listClientOrderId: "pair-1",
      orderReports: [
        { type: "LIMIT_MAKER", status: "NEW" },
        { type: "STOP_LOSS_LIMIT", status: "NEW" }
      ]
    })
    expect(await locked("BTC")).toBe(0.5)
    const { orderListId } = placed as { orderListId: string }
    expect(await raw("privateGetOrderList", { orderListId })).toMatchObject({ listOrderStatus: "EXECUTING" })
    const params = { symbol: "BTCUSDT", orderListId }
    const canceled = await raw("privateDeleteOrderList", params)
    expect(canceled).toMatchObject({
      listOrderStatus: "ALL_DONE",
      orderReports: [{ status: "CANCELED" }, { status: "CANCELED" }]
    })
    expect(await locked("BTC")).toBe(0)
  })

  it("refuse legs on the wrong sides of the price", async () => {
    const params = {
      symbol: "BTCUSDT",
      side: "SELL",
      quantity: "0.5",
      aboveType: "STOP_LOSS",
      aboveStopPrice: "90000",
      belowType: "LIMIT_MAKER",
      belowPrice: "30000"
    }
    expect((await failure(raw("privatePostOrderListOco", params))).message).toMatch(/relationship of the prices/)
  })

  it("hold the legs of a bracket back until the entry is filled", async () => {
    const placed = await raw("privatePostOrderListOtoco", {
      symbol: "BTCUSDT",
      workingType: "LIMIT",
      workingSide: "BUY",
      workingPrice: "50000",
      workingQuantity: "0.01",
      workingTimeInForce: "GTC",
      pendingSide: "SELL",
      pendingQuantity: "0.009",
      pendingAboveType: "LIMIT_MAKER",
      pendingAbovePrice: "90000",
      pendingBelowType: "STOP_LOSS",
      pendingBelowStopPrice: "40000"
    })
    expect(placed).toMatchObject({
      contingencyType: "OTO",
      orderReports: [{ status: "NEW" }, { status: "PENDING_NEW" }, { status: "PENDING_NEW" }]
    })
    expect(await locked("BTC")).toBe(0)
    expect(await locked("USDT")).toBe(500)
  })
})

describe("self-trade prevention", () => {
  it("is told on the user stream as what it is", async () => {
    const stream = await UserEvents.open(exchange.port, TestExchange.alpha)
    const [account] = exchange.exchange.accounts
    // Both at one moment of the market, so that nobody of the crowd comes in between.
    const price = ((exchange.exchange.market("BTCUSDT").top().askTicks - 1) / 100).toFixed(2)
    const common = { symbol: "BTCUSDT", type: "LIMIT", timeInForce: "GTC", price, quoteOrderQty: undefined } as const
    const [makerId, takerId] = [newId(), newId()]
    exchange.exchange.place(account!, { ...common, side: "sell", quantity: "0.2", clientOrderId: makerId })
    exchange.exchange.place(account!, { ...common, side: "buy", quantity: "0.1", clientOrderId: takerId })
    const ended = () => stream.events.filter((event) => event["x"] === "TRADE_PREVENTION")
    await expect.poll(() => ended().length).toBe(1)
    expect(ended()[0]).toMatchObject({
      c: makerId,
      X: "EXPIRED_IN_MATCH",
      V: "EXPIRE_MAKER",
      A: "0.20000000",
      l: "0.00000000"
    })
    const shown = await client.fetchOrder("", symbol, { origClientOrderId: makerId })
    expect(shown).toMatchObject({ status: "expired", filled: 0 })
    stream.close()
  })
})

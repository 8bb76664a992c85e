import ccxt from "ccxt"
import { once } from "node:events"
import { connect } from "node:net"
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest"
import * as CcxtBinance from "./CcxtBinance.ts"
import * as LoopbackGuard from "@outcry/testkit/LoopbackGuard"
import * as TestExchange from "./TestExchange.ts"

const symbol = "BTC/USDT"
let exchange: TestExchange.TestExchange
let guard: LoopbackGuard.LoopbackGuard
let client: ReturnType<typeof CcxtBinance.rest>
let poor: ReturnType<typeof CcxtBinance.rest>

beforeAll(async () => {
  guard = LoopbackGuard.install()
  exchange = await TestExchange.start()
  client = CcxtBinance.rest(exchange.port, TestExchange.alpha)
  poor = CcxtBinance.rest(exchange.port, TestExchange.poor)
  await client.loadMarkets()
  await poor.loadMarkets()
})

afterEach(async () => {
  await exchange.setFaults([])
  expect(guard.violations).toEqual([])
  expect(exchange.failures).toEqual([])
})

afterAll(async () => {
  await client.close()
  await exchange.close()
  guard.remove()
})

const askPrice = async (): Promise<number> => (await client.fetchOrderBook(symbol, 5)).asks[0]![0]!
const farBelow = 50_000
let ids = 0
const newId = (): string => `test-${++ids}`
const rest = (clientOrderId = newId(), price = farBelow) =>
  client.createOrder(symbol, "limit", "buy", 0.001, price, { clientOrderId })

const limitOrder = {
  symbol: "BTCUSDT",
  side: "BUY",
  type: "LIMIT",
  timeInForce: "GTC",
  price: "50000",
  quantity: "0.001"
}

const failure = async (attempt: Promise<unknown>): Promise<Error> => {
  const outcome = await attempt.then(
    (value) => new Error(`it succeeded: ${JSON.stringify(value)}`),
    (error: unknown) => error
  )
  if (!(outcome instanceof Error)) throw new TypeError(String(outcome))
  return outcome
}

describe("public data through ccxt", () => {
  it("loads the markets with their filters, using a key, without leaving the machine", async () => {
    const markets = await client.loadMarkets(true)
    expect(Object.keys(markets).toSorted()).toEqual(["BTC/USDT", "ETH/USDT"])
    const market = markets[symbol]!
    expect(market.precision).toMatchObject({ price: 0.01, amount: 0.00001 })
    expect(market.limits.amount).toEqual({ min: 0.00001, max: 9000 })
    expect(market.limits.cost!.min).toBe(5)
    expect(market.active).toBe(true)
    expect(guard.allowed()).toBeGreaterThan(0)
  })

  it("tells the real time", async () => {
    const before = Date.now()
    const time = await client.fetchTime()
    expect(time).toBeGreaterThanOrEqual(before - 1)
    expect(time).toBeLessThanOrEqual(Date.now() + 1)
  })

  it("shows a book that is sorted and not crossed", async () => {
    const book = await client.fetchOrderBook(symbol, 20)
    const bids = book.bids.map(([price]) => price!)
    const asks = book.asks.map(([price]) => price!)
    expect(bids).toEqual(bids.toSorted((a, b) => b - a))
    expect(asks).toEqual(asks.toSorted((a, b) => a - b))
    expect(bids[0]).toBeLessThan(asks[0]!)
    expect(book.nonce).toBeGreaterThan(0)
  })

  it("shows prints, and candles of one minute that hold the seconds' volume", async () => {
    const trades = await client.fetchTrades(symbol, undefined, 100)
    expect(trades.length).toBe(100)
    expect(new Set(trades.map(({ id }) => id)).size).toBe(100)
    const minutes = await client.fetchOHLCV(symbol, "1m", undefined, 3)
    const [openMs, open, high, low, close, volume] = minutes.at(-2)!
    expect(high).toBeGreaterThanOrEqual(Math.max(open!, close!))
    expect(low).toBeLessThanOrEqual(Math.min(open!, close!))
    const seconds = await client.fetchOHLCV(symbol, "1s", openMs, 60)
    expect(seconds.map(([ms]) => ms)).toEqual(Array.from({ length: 60 }, (_, index) => openMs! + index * 1_000))
    const inMinute = seconds.filter(([ms]) => ms! < openMs! + 60_000)
    expect(inMinute.reduce((sum, candle) => sum + candle[5]!, 0)).toBeCloseTo(volume!, 6)
  })

  it("shows tickers", async () => {
    const ticker = await client.fetchTicker(symbol)
    expect(ticker.bid).toBeLessThan(ticker.ask!)
    expect(ticker.baseVolume).toBeGreaterThan(0)
    expect(ticker.high).toBeGreaterThanOrEqual(ticker.low!)
    const all = await client.fetchBidsAsks([symbol, "ETH/USDT"])
    expect(all["ETH/USDT"]!.bid).toBeGreaterThan(0)
  })
})

describe("orders through ccxt", () => {
  it("rests a limit order and finds it by either id", async () => {
    const placed = await rest("mine-1")
    expect(placed).toMatchObject({ status: "open", clientOrderId: "mine-1", filled: 0, amount: 0.001, side: "buy" })
    expect(await client.fetchOrder(placed.id!, symbol)).toMatchObject({ id: placed.id, status: "open" })
    const byClientId = await client.fetchOrder("", symbol, { origClientOrderId: "mine-1" })
    expect(byClientId).toMatchObject({ id: placed.id, price: farBelow })
    const open = await client.fetchOpenOrders(symbol)
    expect(open.map(({ id }) => id)).toContain(placed.id)
    await client.cancelOrder(placed.id!, symbol)
    expect(await client.fetchOrder(placed.id!, symbol)).toMatchObject({ status: "canceled", clientOrderId: "mine-1" })
  })

  it("cancels by client id and frees what was locked", async () => {
    const before = await client.fetchBalance()
    await rest("mine-2")
    const during = await client.fetchBalance()
    expect(during["USDT"]!.used! - before["USDT"]!.used!).toBeCloseTo(50, 8)
    await client.cancelOrder("", symbol, { origClientOrderId: "mine-2" })
    expect((await client.fetchBalance())["USDT"]).toEqual(before["USDT"])
  })

  it("fills a market order and takes the commission from what was received", async () => {
    const before = await client.fetchBalance()
    const order = await client.createOrder(symbol, "market", "buy", 0.01)
    expect(order).toMatchObject({ status: "closed", filled: 0.01, remaining: 0 })
    const after = await client.fetchBalance()
    expect(after["BTC"]!.total! - before["BTC"]!.total!).toBeCloseTo(0.01 * 0.999, 10)
    expect(before["USDT"]!.total! - after["USDT"]!.total!).toBeCloseTo(order.cost!, 6)
    const trades = await client.fetchMyTrades(symbol, undefined, undefined, { orderId: order.id })
    expect(trades.reduce((sum, trade) => sum + trade.amount!, 0)).toBeCloseTo(0.01, 10)
    expect(trades.every((trade) => trade.fee!.currency === "BTC" && trade.takerOrMaker === "taker")).toBe(true)
    const later = await client.fetchMyTrades(symbol, undefined, undefined, { fromId: trades[0]!.id })
    expect(later[0]!.id).toBe(trades[0]!.id)
  })

  it("spends a quote amount, never more", async () => {
    const order = await client.createOrder(symbol, "market", "buy", 0, undefined, { quoteOrderQty: 1000 })
    expect(order.status).toBe("closed")
    expect(order.cost).toBeLessThanOrEqual(1000)
    expect(order.cost).toBeGreaterThan(998)
    const sold = await client.createOrder(symbol, "market", "sell", 0, undefined, { quoteOrderQty: 500 })
    expect(sold.status).toBe("closed")
    expect(sold.cost).toBeLessThanOrEqual(500)
    expect(sold.cost).toBeGreaterThan(498)
  })

  it("expires what an immediate-or-cancel order cannot trade at once", async () => {
    const order = await client.createOrder(symbol, "limit", "buy", 0.001, farBelow, { timeInForce: "IOC" })
    expect(order).toMatchObject({ status: "expired", filled: 0 })
  })

  it("fills a fill-or-kill order whole or not at all", async () => {
    const ask = await askPrice()
    const filled = await client.createOrder(symbol, "limit", "buy", 0.001, ask + 50, { timeInForce: "FOK" })
    expect(filled).toMatchObject({ status: "closed", filled: 0.001 })
    const killed = await client.createOrder(symbol, "limit", "buy", 15, farBelow + 5_000, { timeInForce: "FOK" })
    expect(killed).toMatchObject({ status: "expired", filled: 0 })
  })

  it("rests a post-only order and refuses one that would trade", async () => {
    const order = await client.createOrder(symbol, "limit", "buy", 0.001, farBelow, { postOnly: true })
    expect(order).toMatchObject({ status: "open", postOnly: true })
    await client.cancelOrder(order.id!, symbol)
    const crossing = client.createOrder(symbol, "limit", "buy", 0.001, (await askPrice()) + 100, { postOnly: true })
    expect(await failure(crossing)).toBeInstanceOf(ccxt.OrderImmediatelyFillable)
  })

  it("accepts the id of a closed order again and refuses that of an open one", async () => {
    const first = await rest("again-1")
    expect(await failure(rest("again-1"))).toMatchObject({ message: expect.stringContaining("Duplicate order sent") })
    await client.cancelOrder(first.id!, symbol)
    const second = await rest("again-1")
    expect(second.id).not.toBe(first.id)
    const found = await client.fetchOrder("", symbol, { origClientOrderId: "again-1" })
    expect(found.id).toBe(second.id)
    await client.cancelOrder(second.id!, symbol)
  })

  it("lists all orders, open and closed, and cancels all that are open", async () => {
    const orders = await Promise.all([rest(), rest()])
    const canceled = await client.cancelAllOrders(symbol)
    expect(canceled.length).toBe(2)
    expect(await client.fetchOpenOrders()).toEqual([])
    const all = await client.fetchOrders(symbol)
    for (const order of orders) expect(all.find(({ id }) => id === order.id)!.status).toBe("canceled")
  })

  it("tells fees and checks a test order without placing it", async () => {
    const fee = await client.privateGetAccountCommission({ symbol: "BTCUSDT" })
    expect(fee.standardCommission).toMatchObject({ maker: "0.00100000", taker: "0.00100000" })
    await client.createOrder(symbol, "limit", "buy", 0.001, farBelow, { test: true, clientOrderId: "tested" })
    expect(await failure(client.fetchOrder("", symbol, { origClientOrderId: "tested" }))).toBeInstanceOf(
      ccxt.OrderNotFound
    )
    expect((await client.privateGetRateLimitOrder()).length).toBe(2)
  })
})

describe("refusals through ccxt", () => {
  it("has too little balance", async () => {
    const order = poor.createOrder(symbol, "limit", "buy", 0.001, farBelow)
    expect(await failure(order)).toBeInstanceOf(ccxt.InsufficientFunds)
  })

  it("does not know an order that is asked for or canceled", async () => {
    expect(await failure(client.fetchOrder("1", symbol))).toBeInstanceOf(ccxt.OrderNotFound)
    expect(await failure(client.cancelOrder("1", symbol))).toBeInstanceOf(ccxt.OrderNotFound)
  })

  it.each([
    ["PRICE_FILTER", { price: "50000.001" }],
    ["LOT_SIZE", { quantity: "0.0000150" }],
    ["PERCENT_PRICE_BY_SIDE", { price: "900000" }]
  ])("is an invalid order that breaks the filter %s", async (filter, wrong) => {
    const before = exchange.log.lines.length
    const error = await failure(client.privatePostOrder({ ...limitOrder, ...wrong }))
    expect(error).toBeInstanceOf(ccxt.InvalidOrder)
    expect(error.message).toContain(`Filter failure: ${filter}`)
    expect(exchange.log.lines.length).toBe(before)
  })

  it.each([
    [-1013, "NOTIONAL", { quantity: "0.00001" }],
    [-1100, "Illegal characters found in parameter 'price'", { price: "1e5" }],
    [-1111, "too much precision", { price: "50000.123456789" }],
    [-1104, "Not all sent parameters were read", { colour: "red" }],
    [-1106, "'quoteOrderQty' sent when not required", { quoteOrderQty: "10" }],
    [-1115, "Invalid timeInForce", { timeInForce: "SOON" }],
    [-1116, "Invalid orderType", { type: "WISH" }],
    [-1117, "Invalid side", { side: "HOLD" }],
    [-1121, "Invalid symbol", { symbol: "DOGEUSDT" }],
    [-1102, "Mandatory parameter 'price'", { price: undefined }],
    [-1100, "newClientOrderId", { newClientOrderId: "spaces are not allowed" }]
  ])("answers %i %s", async (code, message, wrong) => {
    const error = await failure(client.privatePostOrder({ ...limitOrder, ...wrong }))
    expect(error.message).toContain(`"code":${code},`)
    expect(error.message).toContain(message)
  })

  it("refuses a timestamp that is too old or more than a second ahead", async () => {
    for (const offset of [-3_000, 2_000]) {
      const error = await failure(client.privateGetAccount({ timestamp: Date.now() + offset }))
      expect(error).toBeInstanceOf(ccxt.InvalidNonce)
    }
    await client.privateGetAccount({ timestamp: Date.now() + 500 })
  })

  it("refuses a wrong signature and an unknown key", async () => {
    const forged = CcxtBinance.rest(exchange.port, { ...TestExchange.alpha, secret: "wrong" })
    const error = await failure(forged.fetchBalance())
    expect(error).toBeInstanceOf(ccxt.AuthenticationError)
    expect(error.message).toContain("-1022")
    const unknown = CcxtBinance.rest(exchange.port, { apiKey: "nobody-knows-this", secret: "x" })
    expect((await failure(unknown.fetchBalance())).message).toContain("-2015")
  })

  it("refuses too many orders of an account and too much weight of an address", async () => {
    const none = { weightPerMinute: 19, ordersPerTenSeconds: 0, ordersPerDay: 100 }
    const limited = await TestExchange.start({ limits: none })
    const one = CcxtBinance.rest(limited.port, TestExchange.alpha)
    const order = await failure(one.privatePostOrder(limitOrder))
    expect(order).toBeInstanceOf(ccxt.DDoSProtection)
    expect(order.message).toContain("-1015")
    expect(one.last_response_headers).toMatchObject({ "X-Mbx-Used-Weight-1m": expect.stringMatching(/^\d+$/) })
    const info = await failure(one.publicGetExchangeInfo())
    expect(info).toBeInstanceOf(ccxt.DDoSProtection)
    expect(info.message).toContain("-1003")
    expect(one.last_response_headers).toMatchObject({ "Retry-After": expect.stringMatching(/^\d+$/) })
    await one.close()
    await limited.close()
  })
})

it("takes a client that hangs up in the middle of its request for no defect", async () => {
  const socket = connect(exchange.port, "127.0.0.1")
  const head = "POST /api/v3/order HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nsymbol="
  await new Promise((resolve) => socket.write(head, resolve))
  // It waits for the rest of the body by then.
  await client.fetchTime()
  socket.destroy()
  await once(socket, "close")
  await client.fetchTime()
  await new Promise((resolve) => setTimeout(resolve, 100))
  expect(exchange.failures).toEqual([])
})

describe("faults through ccxt", () => {
  const accepted = (clientOrderId: string): boolean =>
    exchange.log.lines.some((line) => line.type === "order" && line.clientOrderId === clientOrderId)

  it.each([
    ["timeoutAfterAccept", ccxt.NetworkError, true, {}],
    ["errorAfterAccept", ccxt.ExchangeNotAvailable, true, {}],
    ["errorAfterAccept", ccxt.RequestTimeout, true, { status: 504 }],
    ["resetAfterAccept", ccxt.NetworkError, true, {}],
    ["errorBeforeAccept", ccxt.ExchangeNotAvailable, false, {}],
    ["resetBeforeAccept", ccxt.NetworkError, false, {}],
    ["rateLimit", ccxt.DDoSProtection, false, {}],
    ["rateLimit", ccxt.RateLimitExceeded, false, { status: 400 }],
    ["ban", ccxt.DDoSProtection, false, {}]
  ])("%s is %o and leaves the order accepted: %s", async (kind, error, isAccepted, more) => {
    const id = newId()
    await exchange.setFaults([{ kind, count: 1, delayMs: 50, ...more }])
    expect(await failure(rest(id))).toBeInstanceOf(error)
    expect(accepted(id)).toBe(isAccepted)
    expect(exchange.faults?.report()).toMatchObject([{ struck: 1, orders: isAccepted ? [id] : [] }])
    if (isAccepted) await client.cancelOrder("", symbol, { origClientOrderId: id })
    else await client.cancelOrder((await rest(id)).id!, symbol)
  })

  it("delays a request past its receive window, so that it is refused", async () => {
    await exchange.setFaults([{ kind: "latency", count: 1, delayMs: 120 }])
    const error = await failure(
      client.createOrder(symbol, "limit", "buy", 0.001, farBelow, { recvWindow: 50, clientOrderId: newId() })
    )
    expect(error).toBeInstanceOf(ccxt.InvalidNonce)
  })

  it("strikes as often as its chance and seed say, the same each time", async () => {
    const strikes = async () => {
      await exchange.setFaults([
        { kind: "errorBeforeAccept", probability: 0.5, seed: 3, method: "GET", path: "/api/v3/ping" }
      ])
      const statuses: Array<number> = []
      for (let index = 0; index < 20; index++) {
        statuses.push((await fetch(`http://127.0.0.1:${exchange.port}/api/v3/ping`)).status)
      }
      return statuses
    }
    const first = await strikes()
    expect(new Set(first)).toEqual(new Set([200, 503]))
    expect(await strikes()).toEqual(first)
  })

  it("has no control where it was started without faults, and names what is wrong in a rule", async () => {
    const plain = await TestExchange.start({ faults: false })
    expect((await fetch(`http://127.0.0.1:${plain.port}/sim/faults`)).status).toBe(404)
    await plain.close()
    await expect(exchange.setFaults([{ kind: "meteor" }])).rejects.toThrow(/kind/)
  })
})

describe("the guard of outgoing connections", () => {
  it("catches a client that is left with its own addresses", async () => {
    const other = LoopbackGuard.install()
    const stray = new ccxt.binance({ enableRateLimit: false })
    expect((await failure(stray.fetchTime())).message).toContain("which is not this machine")
    expect(other.violations).toContain("api.binance.com")
    other.remove()
  })
})

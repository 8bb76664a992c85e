/** What the exchange can be made to do wrong beyond lost replies: as ccxt sees it. */
import ccxt from "ccxt"
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest"
import * as CcxtBinance from "./CcxtBinance.ts"
import * as TestExchange from "./TestExchange.ts"
import * as UserEvents from "./UserEvents.ts"

const symbol = "BTC/USDT"
let exchange: TestExchange.TestExchange
let client: ReturnType<typeof CcxtBinance.rest>

const put = async (path: string, body: unknown): Promise<Response> =>
  fetch(`http://127.0.0.1:${exchange.port}/sim/${path}`, { method: "PUT", body: JSON.stringify(body) })

const failure = async (attempt: Promise<unknown>): Promise<Error> => {
  const outcome = await attempt.then(
    (value) => new Error(`it succeeded: ${JSON.stringify(value)}`),
    (error: unknown) => error
  )
  if (!(outcome instanceof Error)) throw new TypeError(String(outcome))
  return outcome
}

const history = () => exchange.exchange.history(exchange.exchange.accounts[0]!)
const rest = () => client.createOrder(symbol, "limit", "buy", 0.001, 50_000)
const buy = () => client.createOrder(symbol, "market", "buy", 0.001)
const idOf = (order: { readonly id?: string | undefined }): string => {
  if (order.id === undefined) throw new TypeError("The order has no id")
  return order.id
}

beforeAll(async () => {
  exchange = await TestExchange.start()
  client = CcxtBinance.rest(exchange.port, TestExchange.alpha)
  await client.loadMarkets()
})

afterEach(async () => {
  await exchange.setFaults([])
  await put("clock", { offsetMs: 0 })
  expect(exchange.failures).toEqual([])
})

afterAll(async () => {
  await client.close()
  await exchange.close()
})

describe("faults of queries", () => {
  it("lookupAbsent: says of an order that is there that it is not, so many times", async () => {
    const order = await rest()
    await exchange.setFaults([{ kind: "lookupAbsent", count: 2 }])
    for (let time = 0; time < 2; time++)
      expect(await failure(client.fetchOrder(idOf(order), symbol))).toBeInstanceOf(ccxt.OrderNotFound)
    expect((await client.fetchOrder(idOf(order), symbol)).id).toBe(order.id)
  })

  it("lookupWrongOrder: answers with another order", async () => {
    const order = await rest()
    await exchange.setFaults([{ kind: "lookupWrongOrder", count: 1 }])
    expect((await client.fetchOrder(idOf(order), symbol)).id).not.toBe(order.id)
    expect((await client.fetchOrder(idOf(order), symbol)).id).toBe(order.id)
  })

  it("tradesLag: lists executions only some time after they happened, while the order shows them", async () => {
    await exchange.setFaults([{ kind: "tradesLag", delayMs: 600_000 }])
    const order = await buy()
    expect((await client.fetchOrder(idOf(order), symbol)).filled).toBe(0.001)
    expect(await client.fetchMyTrades(symbol)).toEqual([])
    await exchange.setFaults([])
    expect((await client.fetchMyTrades(symbol)).map((trade) => trade.order)).toContain(order.id)
  })
})

describe("faults of replies", () => {
  it("garbageReply: works the order and answers with a text that breaks off", async () => {
    const before = history().openCount
    await exchange.setFaults([{ kind: "garbageReply", count: 1 }])
    await failure(client.createOrder(symbol, "limit", "buy", 0.001, 50_000))
    expect(history().openCount).toBe(before + 1)
  })

  it("garbageReply, shape missing: works the order and answers without its id", async () => {
    const before = history().openCount
    await exchange.setFaults([{ kind: "garbageReply", shape: "missing", count: 1 }])
    const reply = await client.createOrder(symbol, "limit", "buy", 0.001, 50_000)
    expect(reply.id).toBeUndefined()
    expect(history().openCount).toBe(before + 1)
  })
})

describe("faults that last", () => {
  it("maintenance: signed calls answer 503 and instruments are on BREAK, market data goes on", async () => {
    const before = history().openCount
    await exchange.setFaults([{ kind: "maintenance" }])
    expect(await failure(rest())).toBeInstanceOf(ccxt.ExchangeNotAvailable)
    expect(await failure(client.fetchBalance())).toBeInstanceOf(ccxt.ExchangeNotAvailable)
    expect((await client.fetchOrderBook(symbol, 5)).bids.length).toBe(5)
    expect((await client.loadMarkets(true))[symbol]!.active).toBe(false)
    await exchange.setFaults([])
    expect((await client.loadMarkets(true))[symbol]!.active).toBe(true)
    expect(history().openCount).toBe(before)
  })

  it("maintenance with delayMs: is over by itself", async () => {
    await exchange.setFaults([{ kind: "maintenance", delayMs: 0 }])
    expect((await rest()).status).toBe("open")
  })

  it("userFreeze: sends nothing more for an account on a connection that answers", async () => {
    const stream = await UserEvents.open(exchange.port, TestExchange.alpha)
    await exchange.setFaults([{ kind: "userFreeze", count: 1 }])
    await rest()
    await rest()
    expect((await stream.ask({ method: "ping" }))["status"]).toBe(200)
    expect(stream.events).toEqual([])
    stream.close()
  })

  it("clock: the venue's time is off, and requests by the right time are refused", async () => {
    const reply = await put("clock", { offsetMs: 30_000 })
    expect(await reply.json()).toEqual({ offsetMs: 30_000 })
    expect(((await client.fetchTime()) ?? 0) - Date.now()).toBeGreaterThan(25_000)
    expect(await failure(client.fetchBalance())).toBeInstanceOf(ccxt.InvalidNonce)
    expect((await put("clock", { offsetMs: "soon" })).status).toBe(400)
  })
})

describe("a bust", () => {
  it("takes a trade out of the list and puts the money back", async () => {
    const before = await client.fetchBalance()
    const orderId = String((await buy()).id)
    const trades = await client.fetchMyTrades(symbol, undefined, undefined, { orderId })
    expect(trades.length).toBeGreaterThan(0)
    for (const trade of trades) {
      const tradeId = Number(trade.id)
      const reply = await put("bust", { symbol: "BTCUSDT", tradeId })
      expect(await reply.json()).toMatchObject({ busts: [{ account: "alpha", orderId: Number(orderId) }] })
      expect((await client.fetchMyTrades(symbol)).map(({ id }) => id)).not.toContain(trade.id)
      expect((await put("bust", { symbol: "BTCUSDT", tradeId })).status).toBe(404)
      expect(exchange.log.lines.at(-1)).toMatchObject({ type: "bust", tradeId: String(tradeId) })
    }
    expect((await client.fetchBalance())["BTC"]).toEqual(before["BTC"])
    expect((await client.fetchOrder(orderId, symbol)).filled).toBe(0)
  })
})

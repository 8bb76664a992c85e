import { OrderImmediatelyFillable, type OrderBook } from "ccxt"
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest"
import * as CcxtBinance from "./CcxtBinance.ts"
import * as LoopbackGuard from "@outcry/testkit/LoopbackGuard"
import * as TestExchange from "./TestExchange.ts"
import * as UserEvents from "./UserEvents.ts"

const symbol = "BTC/USDT"
const farBelow = 50_000
type Client = ReturnType<typeof CcxtBinance.pro>

let exchange: TestExchange.TestExchange
let guard: LoopbackGuard.LoopbackGuard
let client: Client
let taker: ReturnType<typeof CcxtBinance.rest>

beforeAll(async () => {
  guard = LoopbackGuard.install()
  exchange = await TestExchange.start()
  taker = CcxtBinance.rest(exchange.port, TestExchange.beta)
  client = CcxtBinance.pro(exchange.port, TestExchange.alpha)
  await client.loadMarkets()
  await taker.loadMarkets()
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

/** Subscribed for sure: ccxt has its answer, so that no event of what follows is missed. */
const subscribed = async (): Promise<void> => {
  await client.authenticate()
  await expect.poll(() => exchange.userStream.subscriptionCount).toBeGreaterThan(0)
}

describe("market streams through ccxt.pro", () => {
  it("keeps a book that follows the exchange's own without a checksum error", async () => {
    let book: OrderBook = await client.watchOrderBook(symbol)
    const first = book.nonce!
    for (let updates = 0; updates < 10; updates++) book = await client.watchOrderBook(symbol)
    expect(book.nonce).toBeGreaterThan(first)
    expect(book.bids[0]![0]).toBeLessThan(book.asks[0]![0]!)
    // Just after a frame the exchange's own book mostly has the same update id: then both must hold the same levels.
    for (let attempt = 0; ; attempt++) {
      expect(attempt).toBeLessThan(100)
      const built = await client.watchOrderBook(symbol)
      const { nonce } = built
      const [bids, asks] = [built.bids.slice(0, 50), built.asks.slice(0, 50)]
      const own = await taker.fetchOrderBook(symbol, 50)
      if (own.nonce !== nonce) continue
      expect(bids).toEqual(own.bids)
      expect(asks).toEqual(own.asks)
      break
    }
  })

  it("notices a gap in the depth stream", async () => {
    await client.watchOrderBook(symbol)
    await exchange.setFaults([{ kind: "depthDrop", count: 1, symbol: "BTCUSDT" }])
    const watch = async () => {
      for (;;) await client.watchOrderBook(symbol)
    }
    await expect(watch()).rejects.toThrow(/nonce|checksum/i)
  })

  it("prints trades, the touch, the ticker and candles", async () => {
    const trade = (await client.watchTrades(symbol))[0]!
    expect(trade).toMatchObject({ symbol, side: expect.stringMatching(/buy|sell/) })
    const touch = (await client.watchBidsAsks([symbol]))[symbol]!
    expect(touch.bid).toBeLessThan(touch.ask!)
    const ticker = await client.watchTicker(symbol)
    expect(ticker.last).toBeGreaterThan(0)
    expect(ticker.high).toBeGreaterThanOrEqual(ticker.low!)
    const candle = (await client.watchOHLCV(symbol, "1s")).at(-1)!
    expect(candle[0]! % 1_000).toBe(0)
    expect(candle[2]).toBeGreaterThanOrEqual(candle[3]!)
  })

  it("shows an account's own print to everyone", async () => {
    const trades = client.watchTrades(symbol)
    await trades
    const order = await taker.createOrder(symbol, "market", "buy", 0.00123)
    const fills = await taker.fetchMyTrades(symbol, undefined, undefined, { orderId: order.id })
    const mine = fills.map(({ id }) => id!)
    const seen = new Set<string>()
    while (!mine.every((id) => seen.has(id))) for (const { id } of await client.watchTrades(symbol)) seen.add(id!)
    expect(mine.length).toBeGreaterThan(0)
  })
})

describe("the user stream through ccxt.pro", () => {
  it("reports an order from acceptance to cancel", async () => {
    await subscribed()
    const opened = client.watchOrders(symbol)
    const order = await taker.createOrder(symbol, "limit", "buy", 0.001, farBelow)
    await taker.cancelOrder(order.id!, symbol)
    const mine = await CcxtBinance.rest(exchange.port, TestExchange.alpha).createOrder(
      symbol,
      "limit",
      "buy",
      0.001,
      farBelow,
      {
        clientOrderId: "watched-1"
      }
    )
    // The first that is seen is alpha's: beta's are not alpha's to see.
    expect((await opened)[0]).toMatchObject({ id: mine.id, clientOrderId: "watched-1", status: "open" })
    const ended = client.watchOrders(symbol)
    await client.cancelOrder(mine.id!, symbol)
    expect((await ended)[0]).toMatchObject({ id: mine.id, clientOrderId: "watched-1", status: "canceled" })
  })

  it("reports fills once each, with the commission, and the balances after them", async () => {
    await subscribed()
    const seen = new Map<string, number>()
    const watching = (async () => {
      while ([...seen.values()].reduce((sum, amount) => sum + amount, 0) < 0.01 - 1e-12) {
        for (const trade of await client.watchMyTrades(symbol)) {
          expect(trade.fee).toMatchObject({ currency: "BTC" })
          seen.set(trade.id!, trade.amount!)
        }
      }
    })()
    const balances = client.watchBalance()
    const order = await client.createOrder(symbol, "market", "buy", 0.01)
    await watching
    expect(order.trades.map(({ id }) => id!).toSorted()).toEqual([...seen.keys()].toSorted())
    expect((await balances)["USDT"]).toBeDefined()
    const rest = await client.fetchBalance()
    // What the stream told last is what the account has.
    expect(client.balance["spot"]["BTC"]["free"]).toBe(rest["BTC"]!.free)
  })

  it("fills a resting order when another account takes it", async () => {
    await subscribed()
    // The touch may move while the order is on its way: then it is refused, and sent again.
    const restAtTheTouch = async () => {
      for (;;) {
        const { bid } = await client.fetchTicker(symbol)
        try {
          return await client.createOrder(symbol, "limit", "buy", 0.2, bid! + 0.01, { postOnly: true })
        } catch (error) {
          if (!(error instanceof OrderImmediatelyFillable)) throw error
        }
      }
    }
    const maker = await restAtTheTouch()
    let filled = 0
    const watching = (async () => {
      while (filled === 0) {
        for (const order of await client.watchOrders(symbol)) if (order.id === maker.id) filled = order.filled!
      }
    })()
    // Others may have bid more in the meantime: they are sold to until it is the order's turn.
    for (let sales = 0; filled === 0 && sales < 50; sales++) await taker.createOrder(symbol, "market", "sell", 0.05)
    await watching
    await client.cancelAllOrders(symbol).catch(() => undefined)
    const trades = await client.fetchMyTrades(symbol, undefined, undefined, { orderId: maker.id })
    expect(trades.length).toBeGreaterThan(0)
    expect(trades.every(({ takerOrMaker }) => takerOrMaker === "maker")).toBe(true)
  })

  it("can be faulted: events doubled, dropped, reordered, late, and the stream cut", async () => {
    const stream = await UserEvents.open(exchange.port, TestExchange.alpha)
    const place = async (id: string) => {
      await client.createOrder(symbol, "limit", "buy", 0.001, farBelow, { clientOrderId: id })
      await client.cancelOrder("", symbol, { origClientOrderId: id })
    }
    const kinds = (id: string) =>
      stream
        .reports()
        .filter((report) => report.id === id)
        .map((report) => report.kind)
    await exchange.setFaults([{ kind: "userDuplicate", count: 1 }])
    await place("doubled")
    await expect.poll(() => kinds("doubled")).toEqual(["NEW", "NEW", "CANCELED"])
    await exchange.setFaults([{ kind: "userDrop", count: 1 }])
    await place("dropped")
    await expect.poll(() => kinds("dropped")).toEqual(["CANCELED"])
    await exchange.setFaults([{ kind: "userReorder", count: 1 }])
    await place("reordered")
    await expect.poll(() => kinds("reordered")).toEqual(["CANCELED", "NEW"])
    await exchange.setFaults([{ kind: "userDelay", count: 1, delayMs: 2_000 }])
    await place("delayed")
    await expect.poll(() => kinds("delayed"), { timeout: 15_000 }).toEqual(["CANCELED", "NEW"])
    await exchange.setFaults([{ kind: "userDisconnect", count: 1 }])
    await place("cut")
    await stream.closed
    expect(kinds("cut")).toEqual([])
  })

  it("answers a wrong secret, wrong parameters and nonsense with errors", async () => {
    // Asked by hand: ccxt 4.5.84 leaves a rejection unhandled when its subscription is refused.
    const stream = await UserEvents.connect(exchange.port)
    const forged = await stream.subscribe({ ...TestExchange.alpha, secret: "wrong" })
    expect(forged).toMatchObject({ status: 400, error: { code: -1022 } })
    const stale = await stream.subscribe(TestExchange.alpha, { timestamp: Date.now() - 60_000 })
    expect(stale).toMatchObject({ status: 400, error: { code: -1021 } })
    const unread = await stream.subscribe(TestExchange.alpha, { colour: "red" })
    expect(unread).toMatchObject({ status: 400, error: { code: -1104 } })
    expect(await stream.ask({ method: "wish" })).toMatchObject({ status: 400, error: { code: -1020 } })
    expect(await stream.ask({ method: "time" })).toMatchObject({
      status: 200,
      result: { serverTime: expect.any(Number) }
    })
    expect(await stream.askText("{")).toMatchObject({ id: null, status: 400, error: { code: -1135 } })
    stream.close()
  })
})

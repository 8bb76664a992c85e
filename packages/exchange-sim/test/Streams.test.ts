import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest"
import { WebSocket } from "ws"
import * as TestExchange from "./TestExchange.ts"

type Message = Readonly<Record<string, unknown>>

let exchange: TestExchange.TestExchange
const sockets: Array<WebSocket> = []

beforeAll(async () => {
  exchange = await TestExchange.start({
    limits: { weightPerMinute: 1_000_000, ordersPerTenSeconds: 100, ordersPerDay: 200_000 }
  })
})

afterEach(async () => {
  await exchange.setFaults([])
  for (const socket of sockets.splice(0)) socket.terminate()
  await expect.poll(() => exchange.streams.clientCount).toBe(0)
  expect(exchange.failures).toEqual([])
})

afterAll(() => exchange.close())

const connect = async (path: string, port = exchange.port) => {
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`)
  sockets.push(socket)
  const messages: Array<Message> = []
  socket.on("message", (data: Buffer) => messages.push(JSON.parse(data.toString()) as Message))
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()))
  await new Promise<void>((resolve, reject) => {
    socket.once("open", () => resolve())
    socket.once("error", reject)
  })
  const seen = async (count: number, wanted: (message: Message) => boolean = () => true) => {
    await expect.poll(() => messages.filter(wanted).length, { timeout: 15_000 }).toBeGreaterThanOrEqual(count)
    return messages.filter(wanted)
  }
  return { socket, messages, seen, closed, ask: (request: unknown) => socket.send(JSON.stringify(request)) }
}

const spanOf = (frame: Message): readonly [number, number] => [Number(frame["U"]), Number(frame["u"])]

describe("market streams", () => {
  it("sends depth frames whose update ids have no gap, at both speeds", async () => {
    for (const name of ["btcusdt@depth@100ms", "btcusdt@depth"]) {
      const { seen } = await connect(`/ws/${name}`)
      const frames = (await seen(4)).map(spanOf)
      for (const [index, [first, last]] of frames.entries()) {
        expect(first).toBeLessThanOrEqual(last)
        if (index > 0) expect(first).toBe(frames[index - 1]![1] + 1)
      }
    }
  })

  it("builds from snapshot and frames the very book that REST shows", async () => {
    const { seen, messages } = await connect("/ws/ethusdt@depth@100ms")
    await seen(1)
    const get = async () =>
      (await (await fetch(`http://127.0.0.1:${exchange.port}/api/v3/depth?symbol=ETHUSDT&limit=5000`)).json()) as {
        readonly lastUpdateId: number
        readonly bids: ReadonlyArray<readonly [string, string]>
        readonly asks: ReadonlyArray<readonly [string, string]>
      }
    const before = await get()
    await seen(6)
    // Compared at a snapshot that falls together with the end of a frame: no later change is in either.
    const endsAt = (id: number) => messages.some((frame) => spanOf(frame)[1] === id)
    let after = await get()
    for (let attempt = 0; !endsAt(after.lastUpdateId); attempt++) {
      expect(attempt).toBeLessThan(200)
      await seen(messages.length + 1)
      after = await get()
    }
    const bids = new Map(before.bids)
    const asks = new Map(before.asks)
    for (const frame of messages) {
      const [, last] = spanOf(frame)
      if (last <= before.lastUpdateId || last > after.lastUpdateId) continue
      for (const [side, book] of [
        ["b", bids],
        ["a", asks]
      ] as const) {
        for (const [price, quantity] of frame[side] as ReadonlyArray<readonly [string, string]>) {
          if (Number(quantity) === 0) book.delete(price)
          else book.set(price, quantity)
        }
      }
    }
    const sorted = (book: ReadonlyMap<string, string>) => [...book].toSorted((a, b) => Number(a[0]) - Number(b[0]))
    expect(sorted(bids)).toEqual(sorted(new Map(after.bids)))
    expect(sorted(asks)).toEqual(sorted(new Map(after.asks)))
  })

  it("wraps combined streams with their names", async () => {
    const names = [
      "btcusdt@trade",
      "btcusdt@bookTicker",
      "btcusdt@aggTrade",
      "btcusdt@kline_1s",
      "btcusdt@depth5@100ms"
    ]
    const { seen } = await connect(`/stream?streams=${names.join("/")}`)
    for (const name of names) {
      const [message] = await seen(1, ({ stream }) => stream === name)
      const data = message!["data"] as Message
      if (name.endsWith("@trade")) expect(data).toMatchObject({ e: "trade", s: "BTCUSDT", t: expect.any(Number) })
      if (name.endsWith("depth5@100ms")) expect((data["bids"] as Array<unknown>).length).toBe(5)
      if (name.endsWith("kline_1s")) expect(data).toMatchObject({ e: "kline", k: { i: "1s" } })
    }
  })

  it("closes every second's candle, also where nothing was traded", async () => {
    const { seen } = await connect("/ws/btcusdt@kline_1s")
    const closedOnes = (await seen(3, (message) => (message["k"] as Message)["x"] === true)).map(
      (message) => (message["k"] as { readonly t: number }).t
    )
    for (let index = 1; index < closedOnes.length; index++)
      expect(closedOnes[index]! - closedOnes[index - 1]!).toBe(1_000)
  })

  it("subscribes, lists and unsubscribes on request", async () => {
    const client = await connect("/ws")
    client.ask({ method: "SUBSCRIBE", params: ["btcusdt@bookTicker", "ethusdt@trade"], id: 1 })
    await client.seen(1, ({ id, result }) => id === 1 && result === null)
    await client.seen(1, ({ s }) => s === "BTCUSDT")
    client.ask({ method: "UNSUBSCRIBE", params: ["btcusdt@bookTicker"], id: 2 })
    await client.seen(1, ({ id }) => id === 2)
    client.ask({ method: "LIST_SUBSCRIPTIONS", id: "three" })
    const [list] = await client.seen(1, ({ id }) => id === "three")
    expect(list!["result"]).toEqual(["ethusdt@trade"])
  })

  it.each([
    ["{", 3],
    ['{"method":"WISH","id":1}', 2],
    ['{"method":"SUBSCRIBE","id":1}', 2],
    ['{"method":"SUBSCRIBE","params":["no spaces allowed"],"id":1}', 2],
    ['{"method":"SUBSCRIBE","params":[7],"id":1}', 2],
    ["[]", 2]
  ])("answers %s with an error and stays open", async (text, code) => {
    const client = await connect("/ws")
    client.socket.send(text)
    const [reply] = await client.seen(1)
    expect(reply).toMatchObject({ error: { code, msg: expect.any(String) } })
    client.ask({ method: "LIST_SUBSCRIPTIONS", id: 9 })
    await client.seen(1, ({ id }) => id === 9)
  })

  it("cuts off who sends frames larger than a request can be", async () => {
    const client = await connect("/ws")
    client.socket.send("x".repeat(100_000))
    await client.closed
  })

  it("knows no other paths", async () => {
    await expect(connect("/other")).rejects.toThrow(/404/)
  })

  it("pings its clients and drops one that does not answer", async () => {
    const quick = await TestExchange.start({ socketLimits: { bufferedBytesMost: 1_000_000, pingMs: 20 } })
    const answering = await connect("/ws", quick.port)
    let pings = 0
    answering.socket.on("ping", () => pings++)
    const silent = new WebSocket(`ws://127.0.0.1:${quick.port}/ws`, { autoPong: false })
    await new Promise<void>((resolve) => silent.once("close", () => resolve()))
    await expect.poll(() => pings).toBeGreaterThan(2)
    expect(answering.socket.readyState).toBe(WebSocket.OPEN)
    await quick.close()
  })

  it("disconnects a client that does not read, and only that one", async () => {
    const bounded = await TestExchange.start({
      socketLimits: { bufferedBytesMost: 500_000, pingMs: 600_000 },
      speed: 500
    })
    const names = ["btcusdt", "ethusdt"].flatMap((symbol) => [`${symbol}@depth20@100ms`, `${symbol}@depth@100ms`])
    const reader = await connect(`/stream?streams=${names.join("/")}`, bounded.port)
    const sleeper = await connect(`/stream?streams=${names.join("/")}`, bounded.port)
    sleeper.socket.pause()
    await expect.poll(() => bounded.streams.clientCount, { timeout: 20_000 }).toBe(1)
    const before = reader.messages.length
    await expect.poll(() => reader.messages.length).toBeGreaterThan(before)
    await bounded.close()
  })
})

describe("faults of the market streams", () => {
  it.each([
    ["depthDrop", (first: number, before: number) => first > before + 1],
    ["depthGap", (first: number, before: number) => first > before + 1],
    ["depthBack", (first: number, before: number) => first <= before]
  ])("%s breaks the sequence", async (kind, broken) => {
    const { messages, seen } = await connect("/ws/btcusdt@depth@100ms")
    await seen(1)
    await exchange.setFaults([{ kind, count: 1, symbol: "BTCUSDT" }])
    const isBroken = () =>
      messages.map(spanOf).some(([first], index, spans) => index > 0 && broken(first, spans[index - 1]![1]))
    await expect.poll(isBroken, { timeout: 10_000 }).toBe(true)
  })

  it("crosses the book", async () => {
    const { seen } = await connect("/ws/btcusdt@depth@100ms")
    await seen(1)
    const { askPrice } = (await (
      await fetch(`http://127.0.0.1:${exchange.port}/api/v3/ticker/bookTicker?symbol=BTCUSDT`)
    ).json()) as { readonly askPrice: string }
    await exchange.setFaults([{ kind: "depthCrossed", count: 1 }])
    await seen(1, (frame) =>
      (frame["b"] as ReadonlyArray<readonly [string, string]>).some(
        ([price, quantity]) => quantity === "1.00000000" && Number(price) > Number(askPrice)
      )
    )
  })

  it("falls silent without closing, then goes on", async () => {
    const { messages, seen, socket } = await connect("/ws/btcusdt@depth@100ms")
    await seen(1)
    await exchange.setFaults([{ kind: "streamFreeze", count: 1, delayMs: 400 }])
    const hole = () =>
      messages.map(spanOf).some(([first], index, spans) => index > 0 && first > spans[index - 1]![1] + 1)
    await expect.poll(hole, { timeout: 10_000 }).toBe(true)
    expect(socket.readyState).toBe(WebSocket.OPEN)
  })

  it("cuts the connection", async () => {
    const { closed } = await connect("/ws/btcusdt@depth@100ms")
    await exchange.setFaults([{ kind: "streamDisconnect", count: 1 }])
    await closed
  })
})

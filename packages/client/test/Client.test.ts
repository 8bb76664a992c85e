import { once } from "node:events"
import { afterEach, beforeEach, expect, it } from "vitest"
import { type RawData, type WebSocket, WebSocketServer } from "ws"
import { Client, type ClientOptions, RequestFailed } from "../src/Client.ts"
import { type Envelope, protocolVersion } from "../src/Wire.ts"

const textOf = (data: RawData): string => (Buffer.isBuffer(data) ? data.toString("utf8") : "")

interface Asked {
  readonly id: number
  readonly method: string
  readonly params?: { readonly channel?: string; readonly afterSeq?: number; readonly token?: string }
}

/** A gateway that the test drives: it notes what it is asked and answers as told. */
class FakeGateway {
  readonly #server = new WebSocketServer({ port: 0, host: "127.0.0.1" })
  readonly asked: Array<Asked> = []
  readonly sockets: Array<WebSocket> = []
  answer: (request: Asked) => unknown = (request) =>
    request.method === "auth"
      ? { id: request.id, result: { version: protocolVersion, node: "n" } }
      : { id: request.id, result: { channel: request.params?.channel ?? "" } }

  constructor() {
    this.#server.on("connection", (socket) => {
      this.sockets.push(socket)
      socket.on("message", (data) => {
        const request: Asked = JSON.parse(textOf(data))
        this.asked.push(request)
        const reply = this.answer(request)
        if (reply !== undefined) socket.send(JSON.stringify(reply))
      })
    })
  }

  async listening(): Promise<string> {
    if (this.#server.address() === null) await once(this.#server, "listening")
    const address = this.#server.address()
    return `ws://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}/ws`
  }

  send(message: Omit<Envelope, "ts">): void {
    this.sockets.at(-1)?.send(JSON.stringify({ ...message, ts: 1 }))
  }

  subscriptions(): ReadonlyArray<Asked> {
    return this.asked.filter(({ method }) => method === "subscribe")
  }

  close(): void {
    for (const socket of this.sockets) socket.terminate()
    this.#server.close()
  }
}

let gateway: FakeGateway
const clients: Array<Client> = []
beforeEach(() => {
  gateway = new FakeGateway()
})
afterEach(() => {
  for (const client of clients.splice(0)) client.close()
  gateway.close()
})

const connect = async (options: Partial<ClientOptions> = {}): Promise<Client> => {
  const client = await Client.connect({
    url: await gateway.listening(),
    token: "t",
    reconnectMs: { first: 5, most: 20 },
    ...options
  })
  clients.push(client)
  return client
}

/** Collects a channel; `next(n)` resolves when n messages have come. */
const collect = async (client: Client, channel: string) => {
  const messages: Array<Envelope> = []
  let wake = (): void => undefined
  const subscription = await client.subscribe(channel, (message) => {
    messages.push(message)
    wake()
  })
  const next = async (count: number): Promise<ReadonlyArray<Envelope>> => {
    while (messages.length < count)
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    return messages
  }
  return { subscription, next }
}

/** Resolves when the gateway has been asked to subscribe that often. */
const subscribed = async (count: number): Promise<void> => {
  while (gateway.subscriptions().length < count) await new Promise((resolve) => setImmediate(resolve))
}

it("sends its token first", async () => {
  await connect()
  expect(gateway.asked[0]).toMatchObject({ method: "auth", params: { token: "t" } })
})

it("resumes orders from the last sequence after a lost connection, and prices from a snapshot", async () => {
  const states: Array<string> = []
  const client = await connect({ onConnection: (state) => states.push(state) })
  const orders = await collect(client, "orders.a")
  const prices = await collect(client, "prices.sim.BTC/USDT")
  gateway.send({ channel: "orders.a", type: "snapshot", seq: 4, data: {} })
  gateway.send({ channel: "orders.a", type: "delta", seq: 7, data: {} })
  gateway.send({ channel: "prices.sim.BTC/USDT", type: "delta", seq: 99, data: {} })
  await orders.next(2)
  await prices.next(1)
  gateway.sockets.at(-1)?.terminate()
  await subscribed(4)
  expect(
    gateway
      .subscriptions()
      .slice(2)
      .map(({ params }) => params)
  ).toEqual([{ channel: "orders.a", afterSeq: 7 }, { channel: "prices.sim.BTC/USDT" }])
  expect(states).toEqual(["open", "lost", "open"])
  gateway.send({ channel: "orders.a", type: "delta", seq: 8, data: {} })
  expect((await orders.next(3)).map(({ seq }) => seq)).toEqual([4, 7, 8])
  expect(orders.subscription.seq).toBe(8)
})

it("keeps trying while the gateway refuses, and does not resume what was closed meanwhile", async () => {
  const client = await connect()
  const orders = await collect(client, "orders.a")
  await collect(client, "fills.a")
  await orders.subscription.close()
  let refusals = 3
  const normal = gateway.answer
  gateway.answer = (request) => {
    if (request.method === "auth" && refusals-- > 0)
      return { id: request.id, error: { code: "unavailable", message: "not yet" } }
    return normal(request)
  }
  gateway.sockets.at(-1)?.terminate()
  await subscribed(3)
  expect(
    gateway
      .subscriptions()
      .slice(2)
      .map(({ params }) => params?.channel)
  ).toEqual(["fills.a"])
  expect(refusals).toBe(-1)
})

it("turns an error frame into a failure with its code", async () => {
  const client = await connect()
  gateway.answer = ({ id }) => ({ id, error: { code: "unknown_channel", message: "There is none." } })
  await expect(client.subscribe("x", () => undefined)).rejects.toEqual(
    new RequestFailed("unknown_channel", "There is none.")
  )
})

it("does not wait for ever for an answer", async () => {
  const client = await connect({ requestTimeoutMs: 1_000 })
  gateway.answer = () => undefined
  await expect(client.ping()).rejects.toMatchObject({ code: "timeout" })
})

it("gives up a connection that does not get all its subscriptions back, before it makes the next", async () => {
  const client = await connect()
  const orders = await collect(client, "orders.a")
  await collect(client, "fills.a")
  let refusals = 2
  const normal = gateway.answer
  gateway.answer = (request) =>
    request.params?.channel === "fills.a" && refusals-- > 0
      ? { id: request.id, error: { code: "unavailable", message: "not yet" } }
      : normal(request)
  gateway.sockets.at(-1)?.terminate()
  // Two of one connection at the start, then twice one that is taken and one that is not, then both.
  await subscribed(8)
  const [, ...again] = gateway.sockets
  expect(again.length).toBe(3)
  // What an older connection still sends is not heard a second time.
  for (const socket of again)
    socket.send(JSON.stringify({ channel: "orders.a", type: "delta", seq: 9, ts: 1, data: {} }))
  await client.ping()
  gateway.send({ channel: "orders.a", type: "delta", seq: 10, data: {} })
  expect((await orders.next(2)).map(({ seq }) => seq)).toEqual([9, 10])
  for (const socket of again.slice(0, 2)) if (socket.readyState !== socket.CLOSED) await once(socket, "close")
})

it("refuses a gateway of another protocol version", async () => {
  gateway.answer = ({ id }) => ({ id, result: { version: protocolVersion + 1, node: "n" } })
  await expect(connect()).rejects.toThrow(/speaks protocol/)
})

it("says that nobody is there", async () => {
  const url = await gateway.listening()
  gateway.close()
  await expect(Client.connect({ url, token: "t" })).rejects.toMatchObject({ code: "closed" })
})

it("ignores frames that are none of the protocol", async () => {
  const client = await connect()
  const orders = await collect(client, "orders.a")
  gateway.sockets.at(-1)?.send("{")
  gateway.sockets.at(-1)?.send('{"channel":"orders.a","type":"odd","seq":1,"ts":1,"data":1}')
  gateway.send({ channel: "orders.a", type: "delta", seq: 2, data: 1 })
  expect((await orders.next(1)).map(({ seq }) => seq)).toEqual([2])
})

it("tells an iterator that is read too slowly what it lost", async () => {
  const client = await connect()
  const iterator = client.messages("orders.a")
  const first = iterator.next()
  await subscribed(1)
  for (let seq = 1; seq <= 1_200; seq++) gateway.send({ channel: "orders.a", type: "delta", seq, data: seq })
  expect((await first).value).toMatchObject({ seq: 1 })
  await client.ping()
  expect((await iterator.next()).value).toMatchObject({ type: "gap", seq: 201 })
  expect((await iterator.next()).value).toMatchObject({ type: "delta", seq: 201 })
  await iterator.return()
})

it("ends its iterators when it is closed", async () => {
  const client = await connect()
  const iterator = client.messages("orders.a")
  const first = iterator.next()
  await subscribed(1)
  gateway.send({ channel: "orders.a", type: "delta", seq: 1, data: 1 })
  expect((await first).value).toMatchObject({ seq: 1 })
  const next = iterator.next()
  client.close()
  expect((await next).done).toBe(true)
})

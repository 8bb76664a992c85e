import { Client, RequestFailed } from "@outcry/client/Client"
import { closeCodes, limits, type Envelope } from "@outcry/client/Wire"
import { Effect, Exit, Layer, Context, Scope } from "effect"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { type RawData, WebSocket } from "ws"
import { Gateway } from "../src/gateway/Gateway.ts"
import { until } from "./Outcry.ts"
import { account, PaperFloor, token } from "./PaperFloor.ts"

const textOf = (data: RawData): string => (Buffer.isBuffer(data) ? data.toString("utf8") : "")

let floor: PaperFloor
let scope: Scope.Closeable
let port: number
const clients: Array<Client> = []
const sockets: Array<WebSocket> = []

beforeEach(async () => {
  scope = Scope.makeUnsafe()
  floor = await Effect.runPromise(PaperFloor.make)
  const services = await Effect.runPromise(Layer.buildWithScope(floor.layer, scope))
  port = Context.get(services, Gateway).port
})

afterEach(async () => {
  for (const client of clients.splice(0)) client.close()
  for (const socket of sockets.splice(0)) socket.terminate()
  await Effect.runPromise(Scope.close(scope, Exit.void))
})

const http = (path: string, init: RequestInit = {}) => fetch(`http://127.0.0.1:${port}${path}`, init)
const authorised = { headers: { authorization: `Bearer ${token}` } }

const connect = async (): Promise<Client> => {
  const client = await Client.connect({ url: `ws://127.0.0.1:${port}/ws`, token })
  clients.push(client)
  return client
}

/** A raw connection: what it received, and how it was closed. */
const open = async (path = `/ws?token=${token}`, options: { readonly origin?: string } = {}) => {
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, options)
  sockets.push(socket)
  const frames: Array<Record<string, unknown>> = []
  let closed: number | undefined
  let refused: number | undefined
  socket.on("message", (data) => frames.push(JSON.parse(textOf(data))))
  socket.on("close", (code) => {
    closed = code
  })
  socket.on("error", () => undefined)
  socket.on("unexpected-response", (_request, response) => {
    refused = response.statusCode
    response.resume()
    socket.terminate()
  })
  await until(
    "the connection",
    () => socket.readyState === WebSocket.OPEN || refused !== undefined || closed !== undefined
  )
  return { socket, frames, closed: () => closed, refused: () => refused }
}

const replyTo = async (text: string | Buffer): Promise<Record<string, unknown>> => {
  const connection = await open()
  connection.socket.send(text)
  await until("the reply", () => connection.frames.length > 0)
  return connection.frames[0]!
}

const follow = async (client: Client, channel: string, options = {}) => {
  const messages: Array<Envelope> = []
  const subscription = await client.subscribe(channel, (message) => messages.push(message), options)
  return { messages, subscription }
}

const commit = () => Effect.runPromise(floor.commit)
const quote = (bid: number, ask: number) => Effect.runPromise(floor.publishQuote(bid, ask))

describe("over HTTP", () => {
  it("says that it is up without a token", async () => {
    const response = await http("/health")
    expect(response.status).toBe(200)
    expect(await response.json()).toMatchObject({ node: "node-1", status: "up" })
  })

  it("is ready once the database answers, shards are owned and prices flow, and says what it waits for", async () => {
    expect((await http("/ready")).status).toBe(503)
    await quote(100, 101)
    await until("readiness", async () => (await http("/ready")).status === 200)
    floor.databaseUp = false
    const response = await http("/ready")
    expect(response.status).toBe(503)
    const { checks } = (await response.json()) as { checks: ReadonlyArray<{ name: string; ok: boolean }> }
    expect(checks.filter(({ ok }) => !ok).map(({ name }) => name)).toEqual(["database"])
  })

  it("gives metrics as Prometheus text", async () => {
    await http("/health")
    const response = await http("/metrics")
    expect(response.headers.get("content-type")).toContain("text/plain")
    expect(await response.text()).toMatch(/^outcry_http_request_duration_seconds_count\{.*route="\/health".*\} [1-9]/m)
  })

  it("shows the status of every actor to whoever has the token", async () => {
    const response = await http("/api/v1/status", authorised)
    expect(response.status).toBe(200)
    expect(await response.json()).toMatchObject({
      node: "node-1",
      feeds: [{ instrument: "sim:BTC/USDT", condition: "live" }],
      accounts: [{ account, condition: "ready" }],
      strategies: [{ strategy: "maker", condition: "running" }],
      missing: []
    })
  })

  it.each([
    ["nothing", {}],
    ["a wrong token", { headers: { authorization: "Bearer wrong" } }]
  ])("refuses the status to whoever brings %s", async (_what, init) => {
    const response = await http("/api/v1/status", init)
    expect(response.status).toBe(401)
    expect(await response.text()).toContain("outcry start")
  })

  it("winds down only for whoever has the token", async () => {
    expect((await http("/api/v1/wind-down", { method: "POST" })).status).toBe(401)
    expect(floor.paused.size).toBe(0)
    expect((await http("/api/v1/wind-down", { method: "POST", ...authorised })).status).toBe(200)
    expect([...floor.paused]).toEqual(["maker"])
    expect(floor.cancelled).toBe(1)
  })

  it("refuses pages of other origins and paths it does not know", async () => {
    expect((await http("/health", { headers: { origin: "https://evil.example" } })).status).toBe(403)
    expect((await http("/nothing")).status).toBe(404)
    expect((await http("/health", { method: "DELETE" })).status).toBe(405)
  })
})

describe("the door of the WebSocket", () => {
  it("refuses a wrong token with 401", async () => {
    expect((await open("/ws?token=wrong")).refused()).toBe(401)
  })

  it("refuses pages of other origins with 403", async () => {
    expect((await open(undefined, { origin: "https://evil.example" })).refused()).toBe(403)
  })

  it("answers nothing but errors before the token came", async () => {
    const { frames, socket } = await open("/ws")
    socket.send('{"id":1,"method":"list"}')
    await until("the refusal", () => frames.length > 0)
    expect(frames[0]).toMatchObject({ id: 1, error: { code: "unauthorized" } })
  })

  it("closes with 4401 after a wrong token in a message", async () => {
    const { closed, frames, socket } = await open("/ws")
    socket.send('{"id":1,"method":"auth","params":{"token":"wrong"}}')
    await until("the close", () => closed() !== undefined)
    expect(frames[0]).toMatchObject({ error: { code: "unauthorized" } })
    expect(closed()).toBe(closeCodes.unauthorized)
  })
})

describe("a bad frame gets an error that says why", () => {
  it.each([
    ["{", null, "bad_json"],
    ["[]", null, "bad_request"],
    ["null", null, "bad_request"],
    ['{"method":{"toString":0}}', null, "unknown_method"],
    ['{"id":6,"method":[[{"toString":1}]]}', 6, "unknown_method"],
    ['{"id":5,"method":"subscribe","params":{"channel":{"toString":0}}}', 5, "bad_request"],
    ['{"id":7,"method":"order"}', 7, "unknown_method"],
    ['{"id":8,"method":"subscribe"}', 8, "bad_request"],
    ['{"id":9,"method":"subscribe","params":{"channel":1}}', 9, "bad_request"],
    ['{"id":10,"method":"subscribe","params":{"channel":"orders.alpha","afterSeq":-1}}', 10, "bad_request"],
    ['{"id":11,"method":"subscribe","params":{"channel":"orders.nobody"}}', 11, "unknown_channel"],
    ['{"id":12,"method":"unsubscribe","params":{"channel":"orders.alpha"}}', 12, "not_subscribed"],
    ['{"id":13,"method":"ping","extra":true}', 13, "bad_request"],
    [`{"id":14,"method":"ping","params":${"[".repeat(50)}${"]".repeat(50)}}`, null, "too_deep"]
  ])("%s", async (text, id, code) => {
    expect(await replyTo(text)).toMatchObject({ id, error: { code } })
  })

  it.each(['{"method":{"toString":0}}', '{"method":[[{"toString":1}]]}'])(
    "%s before the token came, and the node goes on for others",
    async (text) => {
      const { frames, socket } = await open("/ws")
      socket.send(text)
      await until("the reply", () => frames.length > 0)
      expect(frames[0]).toMatchObject({ error: { code: "unknown_method" } })
      expect(await replyTo('{"id":2,"method":"ping"}')).toEqual({ id: 2, result: "pong" })
    }
  )

  it("a binary frame", async () => {
    expect(await replyTo(Buffer.from([1, 2, 3]))).toMatchObject({ error: { code: "bad_json" } })
  })

  it("an oversize frame closes the connection", async () => {
    const { closed, socket } = await open()
    socket.send(`{"method":"${"x".repeat(limits.frameBytesMax)}"}`)
    await until("the close", () => closed() !== undefined)
    expect(closed()).toBe(closeCodes.tooLarge)
  })

  it("frames without end close the connection", async () => {
    const { closed, socket } = await open()
    for (let n = 0; n < 30; n++) socket.send("{")
    await until("the close", () => closed() !== undefined)
    expect(closed()).toBe(closeCodes.protocol)
  })

  it("and the connection goes on after one", async () => {
    const { frames, socket } = await open()
    socket.send("{")
    socket.send('{"id":2,"method":"ping"}')
    await until("both replies", () => frames.length === 2)
    expect(frames[1]).toEqual({ id: 2, result: "pong" })
  })
})

describe("subscriptions", () => {
  it("lists the channels there are", async () => {
    const client = await connect()
    expect(await client.list()).toEqual([
      "prices.sim.BTC/USDT",
      "orders.alpha",
      "fills.alpha",
      "positions.alpha",
      "strategies"
    ])
  })

  it("sends prices as decimals, the snapshot first and then every change", async () => {
    const client = await connect()
    const { messages } = await follow(client, "prices.sim.BTC/USDT")
    await quote(5_999_990, 6_000_000)
    await until("the price", () => messages.some(({ type }) => type === "delta"))
    expect(messages[0]?.type).toBe("snapshot")
    expect(messages.at(-1)).toMatchObject({
      channel: "prices.sim.BTC/USDT",
      seq: 1,
      data: { bid: "59999.90", bidQuantity: "0.01000", ask: "60000.00", askQuantity: "0.02000" }
    })
    const late = await follow(await connect(), "prices.sim.BTC/USDT")
    await until("the snapshot", () => late.messages.length > 0)
    expect(late.messages[0]).toMatchObject({ type: "snapshot", data: { bid: "59999.90" } })
  })

  it("shows an order's way and its fill by the journal's sequence", async () => {
    const { fixture } = floor
    const client = await connect()
    const orders = await follow(client, `orders.${account}`)
    const fills = await follow(client, `fills.${account}`)
    const id = fixture.working()
    fixture.run(fixture.filled(id))
    await commit()
    await until("the fill", () => fills.messages.some(({ type }) => type === "delta"))
    await until("the order's end", () => orders.messages.some(({ data }) => JSON.stringify(data).includes('"filled"')))
    const deltas = orders.messages.filter(({ type }) => type === "delta")
    expect(deltas.map(({ data }) => (data as { event: string }).event)).toEqual([
      "OrderIntended",
      "OrderAccepted",
      "OrderFilled"
    ])
    expect(deltas.map(({ seq }) => seq)).toEqual([1, 2, 3].map((n) => fixture.state.seq - 3 + n))
    expect(fills.messages.at(-1)).toMatchObject({
      seq: fixture.state.seq,
      data: { clientOrderId: id, price: "60000.00", quantity: "0.01000", side: "buy", strategy: "s1" }
    })
  })

  it("resumes orders and fills after the sequence the client has seen, without a snapshot", async () => {
    const { fixture } = floor
    const client = await connect()
    const watched = await follow(client, `orders.${account}`)
    const id = fixture.placed()
    await commit()
    await until("the intent", () => watched.messages.some(({ type }) => type === "delta"))
    const seen = watched.subscription.seq
    await watched.subscription.close()
    fixture.run(fixture.shown(id))
    fixture.run(fixture.filled(id))
    await commit()
    await until("the mirror", async () => {
      const probe = await follow(await connect(), `fills.${account}`)
      await until("a snapshot", () => probe.messages.length > 0)
      return probe.messages[0]?.seq === fixture.state.seq
    })
    const resumed = await follow(client, `orders.${account}`, { afterSeq: seen })
    await until("what was missed", () => resumed.messages.length === 2)
    expect(resumed.messages.map(({ seq, type }) => [type, seq])).toEqual([
      ["delta", seen + 1],
      ["delta", seen + 2]
    ])
  })

  it("falls back to a snapshot where the sequence is from another life of the journal", async () => {
    const client = await connect()
    await commit()
    const { messages } = await follow(client, `orders.${account}`, { afterSeq: 99_999 })
    await until("the snapshot", () => messages.length > 0)
    expect(messages[0]?.type).toBe("snapshot")
  })

  it("shows positions with their profit at the present mark", async () => {
    const { fixture } = floor
    const client = await connect()
    const { messages } = await follow(client, `positions.${account}`)
    const id = fixture.working()
    fixture.run(fixture.filled(id))
    await commit()
    await quote(6_009_990, 6_010_010)
    await until("the position", () => JSON.stringify(messages.at(-1)?.data).includes('"mark":"60100.00"'))
    expect(messages.at(-1)).toMatchObject({
      data: { positions: [{ instrument: "sim:BTC/USDT", quantity: "0.01000", averagePrice: "60000", unrealised: "1" }] }
    })
  })

  it("refuses a second subscription to the same channel, and more than its limit", async () => {
    const { frames, socket } = await open()
    const subscribe = '{"id":1,"method":"subscribe","params":{"channel":"strategies"}}'
    socket.send(subscribe)
    socket.send(subscribe)
    await until("the refusal", () => frames.some((frame) => "error" in frame))
    expect(frames.find((frame) => "error" in frame)).toMatchObject({ error: { code: "bad_request" } })
  })

  it("spares a client that does not read the prices in between, and tells it so", async () => {
    const { frames, socket } = await open()
    socket.send('{"id":1,"method":"subscribe","params":{"channel":"prices.sim.BTC/USDT"}}')
    await until("the subscription", () => frames.length > 0)
    socket.pause()
    let sent = 0
    const last = () => JSON.stringify(frames.at(-1))
    for (let batch = 0; batch < 60; batch++) {
      await Effect.runPromise(
        Effect.forEach(Array.from({ length: 400 }), () => floor.publishQuote(100 + ++sent, 100_000 + sent), {
          discard: true
        })
      )
      await new Promise((resolve) => setImmediate(resolve))
    }
    socket.resume()
    await until("the newest price", () => last().includes(`"seq":${sent}`), last)
    expect(frames.some(({ data, type }) => type === "notice" && JSON.stringify(data).includes('"conflated"'))).toBe(
      true
    )
    expect(frames.length).toBeLessThan(sent)
  })

  it("says goodbye before the node goes", async () => {
    const { closed, frames } = await open()
    await Effect.runPromise(Scope.close(scope, Exit.void))
    await until("the close", () => closed() !== undefined)
    expect(frames.at(-1)).toMatchObject({ type: "notice", data: { event: "shutdown" } })
    expect(closed()).toBe(closeCodes.shutdown)
  })
})

describe("the client", () => {
  it("is told that its token is wrong", async () => {
    const failed = Client.connect({ url: `ws://127.0.0.1:${port}/ws`, token: "wrong" })
    await expect(failed).rejects.toBeInstanceOf(RequestFailed)
    await expect(failed).rejects.toMatchObject({ code: "unauthorized" })
  })

  it("gives a channel as an iterator and unsubscribes when the loop ends", async () => {
    const client = await connect()
    await quote(1, 2)
    const types: Array<string> = []
    for await (const message of client.messages("prices.sim.BTC/USDT")) {
      types.push(message.type)
      break
    }
    expect(types).toEqual(["snapshot"])
    await until("the end of the subscription", async () => {
      const again = await client.subscribe("prices.sim.BTC/USDT", () => undefined).catch(() => undefined)
      return again !== undefined
    })
  })
})

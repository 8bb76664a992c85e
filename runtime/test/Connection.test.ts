/** What a client is sent when it does not read fast enough, over a socket that the test fills and empties. */
import { Effect } from "effect"
import { EventEmitter } from "node:events"
import { afterEach, beforeEach, expect, it } from "vitest"
import { WebSocket } from "ws"
import { Connection } from "../src/gateway/Connection.ts"
import { TopicHub } from "../src/gateway/Topic.ts"
import { until } from "./Outcry.ts"

const full = 128 * 1024

/** What a connection uses of a socket. */
class FakeSocket extends EventEmitter {
  readonly OPEN = WebSocket.OPEN
  readyState: number = WebSocket.OPEN
  bufferedAmount = 0
  readonly sent: Array<Record<string, unknown>> = []
  closed: number | undefined
  send(text: string): void {
    this.sent.push(JSON.parse(text))
  }
  close(code: number): void {
    this.closed = code
    this.readyState = WebSocket.CLOSING
  }
  terminate(): void {
    this.emit("close")
  }
  ping(): void {}
}

let socket: FakeSocket
let seq: number
let hub: TopicHub
let defects: Array<unknown>

beforeEach(async () => {
  socket = new FakeSocket()
  seq = 0
  defects = []
  hub = new TopicHub({ snapshot: () => ({ seq, ts: 0, data: seq }), conflated: true, keep: 0 })
  const connection = new Connection({
    // The socket's many other members are of no concern to a connection.
    socket: socket as unknown as WebSocket,
    channels: {
      list: ["prices", "broken"],
      open: (address) => (address === "broken" ? Effect.die(new Error("no such luck")) : Effect.succeed(hub)),
      account: () => undefined
    },
    token: "",
    authenticated: true,
    node: "node-1",
    onDefect: (defect) => defects.push(defect)
  })
  expect(connection).toBeDefined()
  ask("prices")
  await until("the snapshot", () => socket.sent.length === 2)
})
afterEach(() => socket.emit("close"))

const ask = (channel: string): void => {
  socket.emit("message", Buffer.from(JSON.stringify({ id: 1, method: "subscribe", params: { channel } })), false)
}

const step = (): void => {
  seq += 1
  hub.publish({ type: "delta", seq, ts: 0, data: seq })
}

/** What came after the acknowledgement and the first snapshot. */
const received = (): ReadonlyArray<string> =>
  socket.sent
    .slice(2)
    .map(({ data, seq: at, type }) => `${String(type)} ${type === "notice" ? JSON.stringify(data) : String(at)}`)

const spared = (messages: number): string => `notice ${JSON.stringify({ event: "conflated", messages })}`

it("is never sent a message older than one it has", async () => {
  socket.bufferedAmount = full
  step()
  step()
  socket.bufferedAmount = 0
  step()
  expect(received()).toEqual([spared(2), "delta 3"])
  socket.bufferedAmount = full
  step()
  socket.bufferedAmount = 0
  await until("the one that waited", () => received().length > 2)
  expect(received().slice(2)).toEqual(["delta 4"])
})

it("is sent nothing from before a gap after it", () => {
  socket.bufferedAmount = full
  step()
  hub.gap("the stream broke", seq, 0)
  hub.renew()
  step()
  socket.bufferedAmount = 0
  step()
  expect(received()).toEqual([spared(1), "gap 1", "snapshot 1", spared(1), "delta 3"])
})

it("is closed where its request fails in a way nobody foresaw, and the process goes on", async () => {
  ask("broken")
  await until("the close", () => socket.closed !== undefined)
  expect(socket.closed).toBe(1011)
  expect(String(defects)).toContain("no such luck")
})

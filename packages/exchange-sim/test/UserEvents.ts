/**
 * A client of the WebSocket API written by hand: subscribes by signature, keeps every event, asks anything.
 */
import { WebSocket } from "ws"
import { sign } from "../src/Signature.ts"

interface Key {
  readonly apiKey: string
  readonly secret: string
}

type Values = Readonly<Record<string, string | number>>
type Reply = Readonly<Record<string, unknown>>

export const connect = async (port: number) => {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws-api/v3`)
  const events: Array<Reply> = []
  const waiting: Array<(reply: Reply) => void> = []
  socket.on("message", (data: Buffer) => {
    const message = JSON.parse(data.toString()) as Reply
    if ("event" in message) events.push(message["event"] as Reply)
    else waiting.shift()?.(message)
  })
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()))
  await new Promise<void>((resolve, reject) => {
    socket.once("open", () => resolve())
    socket.once("error", reject)
  })
  const askText = (text: string): Promise<Reply> =>
    new Promise((resolve) => {
      waiting.push(resolve)
      socket.send(text)
    })
  const ask = (request: { readonly method: string; readonly params?: Values }) =>
    askText(JSON.stringify({ id: "1", ...request }))
  const subscribe = (key: Key, more: Values = {}) => {
    const params: Values = { apiKey: key.apiKey, timestamp: Date.now(), ...more }
    const payload = Object.keys(params)
      .toSorted()
      .map((name) => `${name}=${params[name]}`)
      .join("&")
    return ask({
      method: "userDataStream.subscribe.signature",
      params: { ...params, signature: sign(payload, key.secret) }
    })
  }
  /** The order reports so far, with the id of the order itself. */
  const reports = () =>
    events
      .filter((event) => event["e"] === "executionReport")
      .map((event) => ({ id: event["C"] === "" ? event["c"] : event["C"], kind: event["x"] }))
  return { ask, askText, subscribe, events, reports, closed, close: () => socket.close() }
}

/** Connected and subscribed. */
export const open = async (port: number, key: Key) => {
  const stream = await connect(port)
  const reply = await stream.subscribe(key)
  if (reply["status"] !== 200) throw new Error(JSON.stringify(reply))
  return stream
}

/**
 * Loaded into a node of a fault run before anything else, never into a shipped one. It leads the node's connections
 * through the run's proxies, shifts its wall clock, and adds two fail points that lie between the last check of an
 * order's deadline and the venue: right before the bytes are written, and right after.
 *
 * The monotonic clock is left alone, as setting a machine's clock does.
 */
import { failPoint } from "@outcry/actor-account/FailPointArmed"
import { existsSync, readFileSync } from "node:fs"
import { ClientRequest } from "node:http"
import { Socket } from "node:net"

const proxiesFile = process.env["OUTCRY_PROXIES_FILE"]
const clockFile = process.env["OUTCRY_CLOCK_FILE"]

/** Port of the real listener → port of the proxy in front of it, for this node. */
const proxies = new Map<number, number>(
  proxiesFile === undefined ? [] : (JSON.parse(readFileSync(proxiesFile, "utf8")) as ReadonlyArray<[number, number]>)
)

const isPort = (value: unknown): value is { port: number | string } =>
  typeof value === "object" && value !== null && "port" in value

/** `net.connect` hands on its arguments as one array, a caller of `Socket.connect` as they are. */
const redirected = (options: unknown): unknown => {
  if (!isPort(options)) return options
  const port = proxies.get(Number(options.port))
  return port === undefined ? options : { ...options, port }
}

const connect = Socket.prototype.connect as (this: Socket, ...args: ReadonlyArray<unknown>) => Socket
Socket.prototype.connect = function (this: Socket, ...args: ReadonlyArray<unknown>): Socket {
  const [first, ...rest] = args
  if (typeof first === "number") return connect.call(this, proxies.get(first) ?? first, ...rest)
  if (!Array.isArray(first)) return connect.call(this, redirected(first), ...rest)
  // Node marks its normalised array with a symbol, so the array itself must be passed on.
  first[0] = redirected(first[0])
  return connect.call(this, first, ...rest)
}

let offsetMs = 0
const readOffset = (): void => {
  if (clockFile === undefined || !existsSync(clockFile)) return
  offsetMs = Number(readFileSync(clockFile, "utf8").trim()) || 0
}
readOffset()
process.on("SIGUSR2", readOffset)

const RealDate = Date
class ShiftedDate extends RealDate {
  constructor(...args: ReadonlyArray<unknown>) {
    if (args.length === 0) super(RealDate.now() + offsetMs)
    else super(...(args as [number]))
  }
  static override now(): number {
    return RealDate.now() + offsetMs
  }
}
globalThis.Date = ShiftedDate as DateConstructor

const orderIdIn = (text: string): string => /newClientOrderId=([^&]+)/.exec(text)?.[1] ?? ""

const end = ClientRequest.prototype.end as (this: ClientRequest, ...args: ReadonlyArray<unknown>) => ClientRequest
ClientRequest.prototype.end = function (this: ClientRequest, ...args: ReadonlyArray<unknown>): ClientRequest {
  const places = this.method === "POST" && /^\/api\/v3\/order(?:\?|$)/.test(this.path)
  const id = places ? orderIdIn(`${this.path}&${typeof args[0] === "string" ? args[0] : ""}`) : ""
  if (places) failPoint("wire.checked", id)
  const request = end.call(this, ...args)
  // The bytes are with the kernel once the request has finished.
  if (places) this.once("finish", () => failPoint("wire.sent", id))
  return request
}

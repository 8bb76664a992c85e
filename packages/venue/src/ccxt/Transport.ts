/**
 * The sockets under ccxt: its `fetchImplementation`, on Node's own HTTP client so that we know what ccxt cannot tell:
 * whether a request touched the wire, and what exactly came back.
 *
 * The deadline is checked on the monotonic clock in the same turn in which the bytes are written, on a connection that
 * is already open. Nothing is retried or redirected, and no request goes to another host than the venue's.
 */
import { AsyncLocalStorage } from "node:async_hooks"
import http from "node:http"
import https from "node:https"
import type { ReadClock } from "../VenueClock.ts"

/** What became of one request; filled in as it happens. */
export interface Attempt {
  /** Monotonic µs from which on nothing may be sent. */
  readonly deadlineUs: number
  /** A connection was asked for. */
  tried: boolean
  /** Not sent for a reason of ours, whatever the venue's state. */
  withheld: boolean
  sent: boolean
  /** HTTP status; 0 until the whole reply is here. */
  status: number
  body: string
  headers: http.IncomingHttpHeaders
  method: string
  path: string
  /** Query or body as sent; holds key and signature. */
  request: string
  /** Epoch µs by our clock. */
  sentUs: number
  answeredUs: number
}

export const attemptUntil = (deadlineUs: number): Attempt => ({
  deadlineUs,
  tried: false,
  withheld: false,
  sent: false,
  status: 0,
  body: "",
  headers: {},
  method: "",
  path: "",
  request: "",
  sentUs: 0,
  answeredUs: 0
})

/** The request was not sent, for a reason of ours. */
export class SendRefused extends Error {
  override readonly name = "SendRefused"
}

interface FetchParams {
  readonly method: string
  readonly headers: Record<string, string>
  readonly body?: string | undefined
  readonly signal: AbortSignal
}

interface FetchReply {
  readonly status: number
  readonly statusText: string
  readonly headers: http.IncomingHttpHeaders
  readonly text: () => Promise<string>
}

export interface Transport {
  readonly fetch: (url: string, params: FetchParams) => Promise<FetchReply>
  /** Runs ccxt calls so that their request reports to the attempt. One request a run. */
  readonly during: <A>(attempt: Attempt, run: () => Promise<A>) => Promise<A>
  readonly close: () => void
}

export interface TransportOptions {
  /** The only origin that is spoken to. */
  readonly restUrl: string
  readonly read: ReadClock
}

/** Connections to a venue at once, for each of the two lanes. */
const connectionsMost = 32
const replyBytesMost = 64 * 1024 * 1024
const idleMs = 4_000

export const make = (options: TransportOptions): Transport => {
  const origin = new URL(options.restUrl).origin
  const secure = origin.startsWith("https:")
  const agentOf = () =>
    new (secure ? https : http).Agent({ keepAlive: true, maxSockets: connectionsMost, timeout: idleMs })
  // Cancels never wait for a connection that a placement holds.
  const lanes = { cancel: agentOf(), rest: agentOf() }
  const attempts = new AsyncLocalStorage<Attempt>()

  const fetch = (url: string, params: FetchParams): Promise<FetchReply> =>
    new Promise((resolve, reject) => {
      const target = new URL(url)
      const attempt = attempts.getStore()
      if (attempt === undefined)
        return reject(new SendRefused(`${params.method} ${target.pathname} without a deadline`))
      const withhold = (why: string): SendRefused => {
        if (!attempt.sent) attempt.withheld = true
        return new SendRefused(why)
      }
      if (target.origin !== origin) return reject(withhold(`${target.origin} is not the venue ${origin}`))
      // A second request under one attempt would be a retry that nobody decided on.
      if (attempt.tried) return reject(withhold(`${params.method} ${target.pathname} would be a second request`))
      attempt.tried = true
      attempt.method = params.method
      attempt.path = target.pathname
      attempt.request = params.body ?? target.search.slice(1)
      const request = (secure ? https : http).request(target, {
        method: params.method,
        headers: { ...params.headers, "accept-encoding": "identity" },
        agent: params.method === "DELETE" ? lanes.cancel : lanes.rest,
        signal: params.signal
      })
      request.on("socket", (socket) => {
        const send = (): void => {
          if (request.destroyed) return
          const now = options.read()
          if (now.monotonicUs >= attempt.deadlineUs) {
            return void request.destroy(withhold("the deadline had passed before the request could be sent"))
          }
          attempt.sent = true
          attempt.sentUs = now.epochUs
          request.end(params.body)
        }
        if (socket.connecting) socket.once(secure ? "secureConnect" : "connect", send)
        else send()
      })
      request.on("error", reject)
      request.on("response", (response) => {
        const chunks: Array<Buffer> = []
        let sizeBytes = 0
        response.on("data", (chunk: Buffer) => {
          sizeBytes += chunk.length
          chunks.push(chunk)
          if (sizeBytes > replyBytesMost) request.destroy(new Error(`the reply is larger than ${replyBytesMost} bytes`))
        })
        response.on("error", reject)
        response.on("aborted", () => reject(new Error("the connection was cut within the reply")))
        response.on("end", () => {
          if (!response.complete) return
          const body = Buffer.concat(chunks).toString("utf8")
          attempt.status = response.statusCode ?? 0
          attempt.body = body
          attempt.headers = response.headers
          attempt.answeredUs = options.read().epochUs
          resolve({
            status: attempt.status,
            statusText: response.statusMessage ?? "",
            headers: response.headers,
            text: () => Promise.resolve(body)
          })
        })
      })
    })

  return {
    fetch,
    during: (attempt, run) => attempts.run(attempt, run),
    close: () => {
      lanes.cancel.destroy()
      lanes.rest.destroy()
    }
  }
}

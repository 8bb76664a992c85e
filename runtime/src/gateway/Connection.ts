/**
 * One WebSocket client: its requests, its subscriptions and what it has not read yet.
 *
 * Memory per client is bounded: of a conflated channel only the newest message waits, with a notice of how many were
 * spared; where nothing may be left out a client that reads too slowly is closed, and resumes by sequence.
 */
import { closeCodes, type Envelope, type Failure, limits, protocolVersion, type Request } from "@outcry/client/Wire"
import { wsConflated, wsDisconnects, wsMessages } from "@outcry/telemetry/Metrics"
import { Context, Effect, Metric, type Schema } from "effect"
import type { WebSocket } from "ws"
import type { Channels } from "./Channels.ts"
import { parseRequest } from "./RequestText.ts"
import { tokenMatches } from "./Token.ts"
import type { Message, Topic } from "./Topic.ts"

/** Unread bytes from which conflated messages wait. */
const softBytesMax = 64 * 1024
/** Unread bytes at which the client is given up. */
const hardBytesMax = 1024 * 1024
const flushEveryMs = 50
/** Of RFC 6455: something unexpected at the server. */
const internalError = 1011
/** Frames in a row that are no requests, until the client is closed. */
const mistakesMax = 20

interface Subscription {
  readonly topic: Topic
  unsubscribe: () => void
  /** The newest message that waits, and how many it stands for. */
  waiting: Message | undefined
  spared: number
}

export interface ConnectionOptions {
  readonly socket: WebSocket
  readonly channels: Context.Service.Shape<typeof Channels>
  readonly token: string
  readonly authenticated: boolean
  readonly node: string
  /** Told of what a request must not throw and threw all the same. */
  readonly onDefect: (defect: unknown) => void
}

type Metered = Metric.Counter<number>

export class Connection {
  readonly #options: ConnectionOptions
  readonly #subscriptions = new Map<string, Subscription>()
  #authenticated: boolean
  #mistakes = 0
  #unansweredPings = 0
  /** Requests are answered in the order they came. */
  #turn: Promise<void> = Promise.resolve()
  #queued = 0
  readonly #timers: ReadonlyArray<ReturnType<typeof setInterval>>

  constructor(options: ConnectionOptions) {
    this.#options = options
    this.#authenticated = options.authenticated
    const { socket } = options
    socket.on("message", (data, binary) =>
      this.#take(binary || !Buffer.isBuffer(data) ? undefined : data.toString("utf8"))
    )
    socket.on("pong", () => {
      this.#unansweredPings = 0
    })
    // Oversize and malformed frames end as errors; `ws` has closed the connection with the right code then.
    socket.on("error", () => this.#count(wsDisconnects, "reason", "protocol"))
    socket.on("close", () => this.#end())
    this.#timers = [
      setInterval(() => this.#flush(), flushEveryMs),
      setInterval(() => this.#heartbeat(), limits.heartbeatMs),
      setTimeout(() => {
        if (!this.#authenticated)
          this.#close(closeCodes.unauthorized, "no token within the time to authenticate", "auth")
      }, limits.authTimeoutMs)
    ]
  }

  /** Says goodbye before the node goes. */
  shutdown(): void {
    this.#send({
      channel: "system",
      type: "notice",
      seq: 0,
      ts: 0,
      data: { event: "shutdown", node: this.#options.node }
    })
    this.#close(closeCodes.shutdown, "the node is shutting down; connect to another one", "shutdown")
  }

  #take(text: string | undefined): void {
    // A client that asks faster than it is answered would fill our memory with its requests.
    if (this.#queued >= limits.subscriptionsMax * 2) {
      this.#close(closeCodes.protocol, "too many requests without waiting for the answers", "protocol")
      return
    }
    this.#queued += 1
    this.#turn = this.#turn
      .then(() => this.#answer(text))
      // A rejection that nobody handles would end the node.
      .catch((defect: unknown) => {
        this.#options.onDefect(defect)
        this.#close(internalError, "this request failed; the node's log says why", "failed")
      })
      .finally(() => {
        this.#queued -= 1
      })
  }

  async #answer(text: string | undefined): Promise<void> {
    const parsed = parseRequest(text)
    if ("error" in parsed) {
      this.#send(parsed)
      this.#mistakes += 1
      if (this.#mistakes >= mistakesMax)
        this.#close(closeCodes.protocol, "too many frames that are no requests", "protocol")
      return
    }
    this.#mistakes = 0
    await this.#handle(parsed)
  }

  async #handle(request: Request): Promise<void> {
    const id = request.id ?? null
    const refuse = (code: Failure["error"]["code"], message: string) => this.#send({ id, error: { code, message } })
    const acknowledge = (result: Schema.Json) => this.#send({ id, result })
    if (request.method === "auth") {
      if (!this.#authenticated && !tokenMatches(request.params.token, this.#options.token)) {
        refuse("unauthorized", "The token is wrong. It is printed by `outcry start`.")
        this.#close(closeCodes.unauthorized, "wrong token", "auth")
        return
      }
      this.#authenticated = true
      return acknowledge({ version: protocolVersion, node: this.#options.node })
    }
    if (!this.#authenticated)
      return refuse(
        "unauthorized",
        'Send {"method":"auth","params":{"token":"…"}} first, or connect with ?token= or a bearer header.'
      )
    switch (request.method) {
      case "ping":
        return acknowledge("pong")
      case "list":
        return acknowledge({ channels: this.#options.channels.list })
      case "unsubscribe": {
        const subscription = this.#subscriptions.get(request.params.channel)
        if (subscription === undefined)
          return refuse("not_subscribed", `There is no subscription to ${request.params.channel}.`)
        subscription.unsubscribe()
        this.#subscriptions.delete(request.params.channel)
        return acknowledge({ channel: request.params.channel })
      }
      case "subscribe":
        return this.#subscribe(request.params, refuse, acknowledge)
    }
  }

  async #subscribe(
    params: { readonly channel: string; readonly afterSeq?: number },
    refuse: (code: Failure["error"]["code"], message: string) => void,
    acknowledge: (result: Schema.Json) => void
  ): Promise<void> {
    const { afterSeq, channel } = params
    const { channels } = this.#options
    const opening = channels.open(channel)
    if (opening === undefined)
      return refuse("unknown_channel", `There is no channel ${channel}. The method "list" names those there are.`)
    if (this.#subscriptions.has(channel)) return refuse("bad_request", `${channel} is subscribed already.`)
    if (this.#subscriptions.size >= limits.subscriptionsMax)
      return refuse(
        "too_many_subscriptions",
        `At most ${limits.subscriptionsMax} subscriptions per connection; unsubscribe from one first.`
      )
    const opened = await Effect.runPromise(Effect.result(opening))
    if (opened._tag === "Failure") return refuse("unavailable", opened.failure.message)
    if (this.#options.socket.readyState !== this.#options.socket.OPEN) return
    const subscription: Subscription = {
      topic: opened.success,
      unsubscribe: () => undefined,
      waiting: undefined,
      spared: 0
    }
    this.#subscriptions.set(channel, subscription)
    // The acknowledgement comes before the first message of the subscription.
    acknowledge({ channel })
    subscription.unsubscribe = opened.success.subscribe(afterSeq, (message) =>
      this.#deliver(channel, subscription, message)
    )
  }

  #deliver(channel: string, subscription: Subscription, message: Message): void {
    const { socket } = this.#options
    if (subscription.topic.conflated && socket.bufferedAmount > softBytesMax && message.type === "delta") {
      if (subscription.waiting !== undefined) subscription.spared += 1
      subscription.waiting = message
      this.#count(wsConflated, "channel", kindOf(channel))
      return
    }
    this.#pass(channel, subscription, message)
  }

  /** Sends it in place of the message that waits, which is older. */
  #pass(channel: string, subscription: Subscription, message: Message): void {
    const spared = subscription.spared + (subscription.waiting === undefined ? 0 : 1)
    subscription.waiting = undefined
    subscription.spared = 0
    if (spared > 0) {
      const { seq, ts } = message
      this.#send({ channel, type: "notice", seq, ts, data: { event: "conflated", messages: spared } })
    }
    this.#send({ channel, ...message })
    this.#count(wsMessages, "channel", kindOf(channel))
  }

  #flush(): void {
    if (this.#options.socket.bufferedAmount > softBytesMax) return
    for (const [channel, subscription] of this.#subscriptions) {
      const { waiting } = subscription
      if (waiting === undefined) continue
      subscription.waiting = undefined
      this.#pass(channel, subscription, waiting)
    }
  }

  #heartbeat(): void {
    if (this.#unansweredPings >= 2) {
      this.#options.socket.terminate()
      return
    }
    this.#unansweredPings += 1
    this.#options.socket.ping()
  }

  #send(frame: Envelope | Failure | { readonly id: string | number | null; readonly result: Schema.Json }): void {
    const { socket } = this.#options
    if (socket.readyState !== socket.OPEN) return
    if (socket.bufferedAmount > hardBytesMax) {
      this.#close(closeCodes.slow, "reads too slowly; connect again and resume with afterSeq", "slow")
      return
    }
    socket.send(JSON.stringify(frame))
  }

  #close(code: number, reason: string, metric: string): void {
    const { socket } = this.#options
    if (socket.readyState !== socket.OPEN) return
    this.#count(wsDisconnects, "reason", metric)
    socket.close(code, reason)
    // What it has not read would wait for a client that does not read.
    if (code === closeCodes.slow) socket.terminate()
  }

  #end(): void {
    for (const timer of this.#timers) clearTimeout(timer)
    for (const { unsubscribe } of this.#subscriptions.values()) unsubscribe()
    this.#subscriptions.clear()
  }

  #count(metric: Metered, label: string, value: string): void {
    Metric.withAttributes(metric, { [label]: value }).updateUnsafe(1, Context.empty())
  }
}

const kindOf = (channel: string): string => channel.split(".", 1)[0] ?? ""

/**
 * A client of a node's WebSocket API for browsers and Node: it authenticates, subscribes, and after a lost connection
 * connects again (with back-off) and resumes every subscription from the last sequence it saw.
 *
 * Every frame is decoded by the schemas of Wire. Buffers are bounded: an iterator that is not read loses its oldest
 * messages and is told so by a gap.
 */
import { Schema } from "effect"
import { type Envelope, protocolVersion, type Request, ServerFrame } from "./Wire.ts"

export interface ClientOptions {
  /** `ws://127.0.0.1:4000/ws` */
  readonly url: string
  readonly token: string
  /** First and largest wait before connecting again, ms. Default 200 and 5,000. */
  readonly reconnectMs?: { readonly first: number; readonly most: number }
  /** Time a request may take, ms. Default 5,000. */
  readonly requestTimeoutMs?: number
  readonly onConnection?: (state: "open" | "lost" | "closed") => void
}

/** The gateway refused a request, or did not answer it. `code` is the gateway's, `timeout` or `closed`. */
export class RequestFailed extends Error {
  readonly code: string
  constructor(code: string, message: string) {
    super(message)
    this.name = "RequestFailed"
    this.code = code
  }
}

export interface Subscription {
  readonly channel: string
  /** Sequence of the last message, from which a reconnection resumes. */
  readonly seq: number
  readonly close: () => Promise<void>
}

interface Entry {
  readonly channel: string
  readonly listeners: Set<(message: Envelope) => void>
  seq: number | undefined
}

interface Waiting {
  readonly resolve: (result: Schema.Json) => void
  readonly reject: (error: RequestFailed) => void
  readonly timer: ReturnType<typeof setTimeout>
}

type Body = Request extends infer R ? (R extends Request ? Omit<R, "id"> : never) : never

const decodeFrame = Schema.decodeUnknownOption(Schema.fromJsonString(ServerFrame))
const iteratorMessagesMax = 1_000

/** Channels whose sequence is the journal's: it means the same after a reconnection, to whichever node. */
const isResumable = (channel: string): boolean => /^(?:orders|fills|positions)\./.test(channel)

export class Client {
  readonly #options: ClientOptions
  readonly #entries = new Map<string, Entry>()
  readonly #waiting = new Map<number, Waiting>()
  /** Iterators that wait for a message; woken when the client closes. */
  readonly #sleepers = new Set<() => void>()
  #socket: WebSocket | undefined
  #nextId = 1
  #attempt = 0
  #closed = false
  #retry: ReturnType<typeof setTimeout> | undefined

  private constructor(options: ClientOptions) {
    this.#options = options
  }

  /** Connects and authenticates; rejects with RequestFailed where the gateway is not there or refuses the token. */
  static async connect(options: ClientOptions): Promise<Client> {
    const client = new Client(options)
    try {
      await client.#open()
    } catch (error) {
      client.close()
      throw error
    }
    return client
  }

  /** Calls `listener` with every message of the channel, from the snapshot on. */
  async subscribe(
    channel: string,
    listener: (message: Envelope) => void,
    options: { readonly afterSeq?: number } = {}
  ): Promise<Subscription> {
    const known = this.#entries.get(channel)
    if (known !== undefined)
      throw new RequestFailed("bad_request", `${channel} is subscribed already; close that subscription first`)
    const entry: Entry = { channel, listeners: new Set([listener]), seq: options.afterSeq }
    this.#entries.set(channel, entry)
    try {
      await this.#subscribe(entry)
    } catch (error) {
      this.#entries.delete(channel)
      throw error
    }
    return {
      channel,
      get seq() {
        return entry.seq ?? 0
      },
      close: async () => {
        if (!this.#entries.delete(channel)) return
        await this.#request({ method: "unsubscribe", params: { channel } })
      }
    }
  }

  /** The channel's messages as an iterator; leaving the loop unsubscribes. */
  async *messages(channel: string, options: { readonly afterSeq?: number } = {}): AsyncGenerator<Envelope, void> {
    const buffer: Array<Envelope> = []
    let lost = false
    let wake = (): void => undefined
    const wakeNow = () => wake()
    this.#sleepers.add(wakeNow)
    const subscription = await this.subscribe(
      channel,
      (message) => {
        if (buffer.length >= iteratorMessagesMax) {
          buffer.shift()
          lost = true
        }
        buffer.push(message)
        wake()
      },
      options
    )
    try {
      while (!this.#closed) {
        const next = buffer.shift()
        if (next === undefined) {
          await new Promise<void>((resolve) => {
            wake = resolve
          })
          continue
        }
        if (lost) yield { ...next, type: "gap", data: { reason: "this iterator was read too slowly" } }
        lost = false
        yield next
      }
    } finally {
      this.#sleepers.delete(wakeNow)
      if (!this.#closed) await subscription.close().catch(() => undefined)
    }
  }

  /** The channels there are. */
  async list(): Promise<ReadonlyArray<string>> {
    const result = await this.#request({ method: "list" })
    const { channels } = Schema.decodeUnknownSync(Schema.Struct({ channels: Schema.Array(Schema.String) }))(result)
    return channels
  }

  /** Resolves when the gateway has answered. */
  async ping(): Promise<void> {
    await this.#request({ method: "ping" })
  }

  close(): void {
    this.#closed = true
    clearTimeout(this.#retry)
    for (const wake of this.#sleepers) wake()
    this.#failAll(new RequestFailed("closed", "The client was closed."))
    this.#socket?.close(1000)
    this.#socket = undefined
    this.#options.onConnection?.("closed")
  }

  #subscribe(entry: Entry): Promise<Schema.Json> {
    const { channel, seq } = entry
    const params = seq !== undefined && isResumable(channel) ? { channel, afterSeq: seq } : { channel }
    return this.#request({ method: "subscribe", params })
  }

  async #open(): Promise<void> {
    const socket = new WebSocket(this.#options.url)
    await new Promise<void>((resolve, reject) => {
      socket.addEventListener("open", () => resolve(), { once: true })
      const refuse = () =>
        reject(new RequestFailed("closed", `No gateway answers at ${this.#options.url}; is the node up?`))
      socket.addEventListener("error", refuse, { once: true })
      socket.addEventListener("close", refuse, { once: true })
    })
    if (this.#closed) {
      socket.close(1000)
      throw new RequestFailed("closed", "The client was closed.")
    }
    this.#socket = socket
    socket.addEventListener("message", ({ data }) => {
      if (this.#socket === socket) this.#receive(String(data))
    })
    socket.addEventListener("close", ({ code }) => this.#lost(socket, code))
    const hello = await this.#request({ method: "auth", params: { token: this.#options.token } }).catch(
      (error: unknown) => {
        // A gateway that refused us would otherwise be kept company by one more connection at each try.
        this.#socket = undefined
        socket.close()
        throw error
      }
    )
    const { version } = Schema.decodeUnknownSync(Schema.Struct({ version: Schema.Int }))(hello)
    if (version !== protocolVersion)
      throw new RequestFailed("bad_request", `The gateway speaks protocol ${version}, this client ${protocolVersion}.`)
    this.#options.onConnection?.("open")
  }

  #lost(socket: WebSocket, code: number): void {
    if (this.#socket !== socket) return
    this.#socket = undefined
    this.#failAll(new RequestFailed("closed", `The connection was closed (${code}).`))
    if (this.#closed) return
    this.#options.onConnection?.("lost")
    this.#again()
  }

  #again(): void {
    if (this.#closed || this.#retry !== undefined) return
    const { first, most } = this.#options.reconnectMs ?? { first: 200, most: 5_000 }
    const waitMs = Math.min(most, first * 2 ** Math.min(this.#attempt++, 16))
    this.#retry = setTimeout(() => {
      this.#retry = undefined
      void this.#resume().catch(() => this.#again())
    }, waitMs)
  }

  async #resume(): Promise<void> {
    try {
      await this.#open()
      for (const entry of this.#entries.values()) await this.#subscribe(entry)
      this.#attempt = 0
    } catch (error) {
      // A connection without all its subscriptions would live on beside the next one.
      const socket = this.#socket
      socket?.close()
      if (socket !== undefined) this.#lost(socket, 1000)
      throw error
    }
  }

  #receive(text: string): void {
    const decoded = decodeFrame(text)
    if (decoded._tag === "None") return
    const frame = decoded.value
    if ("channel" in frame) {
      const entry = this.#entries.get(frame.channel)
      if (entry === undefined) return
      if (frame.type === "snapshot" || frame.type === "delta") entry.seq = frame.seq
      for (const listener of entry.listeners) listener(frame)
      return
    }
    const waiting = typeof frame.id === "number" ? this.#waiting.get(frame.id) : undefined
    if (waiting === undefined || typeof frame.id !== "number") return
    this.#waiting.delete(frame.id)
    clearTimeout(waiting.timer)
    if ("error" in frame) waiting.reject(new RequestFailed(frame.error.code, frame.error.message))
    else waiting.resolve(frame.result)
  }

  #request(body: Body): Promise<Schema.Json> {
    const socket = this.#socket
    if (socket === undefined || socket.readyState !== WebSocket.OPEN)
      return Promise.reject(new RequestFailed("closed", "There is no connection at the moment; it is being made anew."))
    const id = this.#nextId++
    const timeoutMs = this.#options.requestTimeoutMs ?? 5_000
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(id)
        reject(new RequestFailed("timeout", `The gateway did not answer ${body.method} within ${timeoutMs} ms.`))
      }, timeoutMs)
      this.#waiting.set(id, { resolve, reject, timer })
      socket.send(JSON.stringify({ id, ...body }))
    })
  }

  #failAll(error: RequestFailed): void {
    for (const { reject, timer } of this.#waiting.values()) {
      clearTimeout(timer)
      reject(error)
    }
    this.#waiting.clear()
  }
}

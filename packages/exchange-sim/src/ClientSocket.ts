/**
 * One client's WebSocket: sends text, pings, and cuts off who does not read. What waits to be sent is bounded in
 * bytes; past the bound the connection is closed, as Binance does with slow consumers.
 */
import { type RawData, WebSocket } from "ws"

export interface SocketLimits {
  /** Bytes that may wait for a client. */
  readonly bufferedBytesMost: number
  readonly pingMs: number
}

export const binanceSocketLimits: SocketLimits = { bufferedBytesMost: 4 * 1024 * 1024, pingMs: 20_000 }

/** Messages a client may send in a second; Binance allows 5, which ccxt passes when it subscribes to much at once. */
const messagesPerSecond = 100
const policyViolation = 1008

const textOf = (data: RawData): string =>
  Array.isArray(data) ? Buffer.concat(data).toString("utf8") : Buffer.from(data as Buffer).toString("utf8")

export class ClientSocket {
  readonly #socket: WebSocket
  readonly #limits: SocketLimits
  readonly #pinger: NodeJS.Timeout
  #thaw: NodeJS.Timeout | undefined
  #messages = 0
  #answered = true

  constructor(socket: WebSocket, limits: SocketLimits, onMessage: (text: string) => void, onClosed: () => void) {
    this.#socket = socket
    this.#limits = limits
    let window = 0
    socket.on("message", (data) => {
      const second = Math.floor(performance.now() / 1_000)
      if (second !== window) {
        window = second
        this.#messages = 0
      }
      if (++this.#messages > messagesPerSecond) socket.close(policyViolation, "Too many requests")
      else onMessage(textOf(data))
    })
    socket.on("pong", () => {
      this.#answered = true
    })
    // A broken connection also closes; what broke it is the client's affair.
    socket.on("error", () => socket.terminate())
    socket.on("close", () => {
      clearInterval(this.#pinger)
      clearTimeout(this.#thaw)
      onClosed()
    })
    this.#pinger = setInterval(() => this.#check(), limits.pingMs)
    this.#pinger.unref()
  }

  /** Sends unless the connection is closing or frozen; disconnects a client that is too far behind. */
  send(text: string): void {
    if (this.#socket.readyState !== WebSocket.OPEN || this.#thaw !== undefined) return
    if (this.#socket.bufferedAmount + text.length > this.#limits.bufferedBytesMost) {
      this.#socket.terminate()
      return
    }
    this.#socket.send(text)
  }

  /** Falls silent without closing: nothing is sent, read or answered, and what should have been sent is lost. */
  freeze(durationMs: number): void {
    clearTimeout(this.#thaw)
    this.#socket.pause()
    this.#thaw = setTimeout(() => {
      this.#thaw = undefined
      this.#socket.resume()
    }, durationMs)
    this.#thaw.unref()
  }

  terminate(): void {
    this.#socket.terminate()
  }

  /** If it was us who stood still, the answer is there and has not been read yet. */
  #check(): void {
    if (this.#answered) this.#ping()
    else setImmediate(() => this.#ping())
  }

  #ping(): void {
    if (this.#thaw !== undefined || this.#socket.readyState !== WebSocket.OPEN) return
    if (!this.#answered) {
      this.#socket.terminate()
      return
    }
    this.#answered = false
    this.#socket.ping()
  }
}

/** One connection to a live source's streams: hands over its messages, pings, and cuts itself off when nothing comes. */
import { type RawData, WebSocket } from "ws"

export interface LiveSocketOptions {
  readonly url: string
  /** A connection on which nothing comes, not even pongs, is cut after at most twice this. */
  readonly silenceMs: number
  readonly onOpen: () => void
  readonly onText: (text: string) => void
  /** Every `silenceMs` while it is open. */
  readonly onCheck: () => void
}

const connectMs = 5_000
/** A depth frame of a thousand changed levels has 50 kB. */
const messageBytesMost = 4 * 1024 * 1024

export class LiveSocket {
  /** Resolves when it is closed, with the reason; never rejects. */
  readonly ended: Promise<string>
  private readonly socket: WebSocket
  private reason: string | undefined

  constructor(options: LiveSocketOptions) {
    this.socket = new WebSocket(options.url, {
      handshakeTimeout: connectMs,
      maxPayload: messageBytesMost,
      perMessageDeflate: false
    })
    let heard = true
    let checking: NodeJS.Timeout | undefined
    const check = (): void => {
      if (this.socket.readyState !== WebSocket.OPEN) return
      if (!heard) return this.cut("nothing has come from it, not even pongs")
      heard = false
      this.socket.ping()
      options.onCheck()
    }
    const hear = (): void => {
      heard = true
    }
    this.socket.on("ping", hear)
    this.socket.on("pong", hear)
    this.socket.on("message", (data) => {
      hear()
      if (this.reason === undefined) options.onText(textOf(data))
    })
    this.socket.on("open", () => {
      // If it was us who stood still, the answer is there and has not been read yet.
      checking = setInterval(() => (heard ? check() : setImmediate(check)), options.silenceMs)
      options.onOpen()
    })
    this.socket.on("error", (error) => {
      this.reason ??= error.message === "" && "code" in error ? String(error.code) : error.message
    })
    this.ended = new Promise((resolve) => {
      this.socket.on("close", (code) => {
        clearInterval(checking)
        resolve(this.reason ?? `the connection was closed with code ${code}`)
      })
    })
  }

  get isOpen(): boolean {
    return this.socket.readyState === WebSocket.OPEN && this.reason === undefined
  }

  /** Ends it at once; messages that still come are not handed over. */
  cut(reason: string): void {
    this.reason ??= reason
    this.socket.terminate()
  }
}

const textOf = (data: RawData): string =>
  Array.isArray(data) ? Buffer.concat(data).toString("utf8") : Buffer.from(data as Buffer).toString("utf8")

/**
 * One WebSocket to a venue, for as long as it lives. Sees to it that a dead peer is noticed: it pings, and cuts a
 * connection on which nothing, not even a pong, was heard for `silenceMs`. Does not reconnect: its user does.
 */
import { Effect } from "effect"
import WebSocket from "ws"

/** Largest frame taken: a full depth snapshot has some 2 MiB. */
const frameBytesMost = 8 * 1024 * 1024

export interface SocketHandlers {
  /** The socket is open; `send` drops what is sent after its end, `cut` ends it. */
  readonly opened: (send: (text: string) => void, cut: (reason: string) => void) => void
  readonly received: (text: string) => void
}

export interface SocketOptions {
  readonly url: string
  readonly handshakeMs: number
  readonly silenceMs: number
}

/** Pings a socket that said nothing for a while, and cuts one that does not answer either. */
const watchSilence = (socket: WebSocket, silenceMs: number, cut: (why: string) => void) => {
  let heard = true
  const look = (): void => {
    if (socket.readyState !== WebSocket.OPEN) return
    if (!heard) return cut(`silent for ${silenceMs} ms`)
    heard = false
    socket.ping()
  }
  // If it was us who stood still, the answer is there and has not been read: timers come before what the network brought.
  const timer = setInterval(() => (heard ? look() : setImmediate(look)), silenceMs)
  return {
    hear: (): void => {
      heard = true
    },
    stop: (): void => clearInterval(timer)
  }
}

/** Connects and succeeds with the reason of the end; interruption cuts the connection. */
export const run = (options: SocketOptions, handlers: SocketHandlers): Effect.Effect<string> =>
  Effect.callback<string>((resume) => {
    const socket = new WebSocket(options.url, {
      handshakeTimeout: options.handshakeMs,
      maxPayload: frameBytesMost,
      perMessageDeflate: false
    })
    let reason = ""
    const cut = (why: string): void => {
      if (reason === "") reason = why
      socket.terminate()
    }
    const watchdog = watchSilence(socket, options.silenceMs, cut)
    socket.on("open", () =>
      handlers.opened((text) => {
        if (socket.readyState === WebSocket.OPEN) socket.send(text)
      }, cut)
    )
    socket.on("message", (data: Buffer) => {
      watchdog.hear()
      handlers.received(data.toString("utf8"))
    })
    socket.on("ping", watchdog.hear)
    socket.on("pong", watchdog.hear)
    socket.on("error", (error) => {
      if (reason === "") reason = error.message
    })
    socket.on("close", (code, text) => {
      watchdog.stop()
      resume(Effect.succeed(reason === "" ? `closed by the venue with ${code} ${text.toString()}`.trimEnd() : reason))
    })
    return Effect.sync(() => {
      watchdog.stop()
      socket.removeAllListeners("message")
      socket.terminate()
    })
  })

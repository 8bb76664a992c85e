/**
 * A TCP proxy that disturbs what goes through it: it delays, throttles, holds or swallows bytes one way or both, refuses
 * or never answers new connections, and cuts those there are. Bytes that pass keep their order and are never changed.
 *
 * To hold is what a partition does to TCP: nothing arrives, nobody is told, and what was sent comes when it heals. To
 * swallow is a half-open connection: the bytes are gone for good, though both ends believe in it.
 *
 * While nobody listens behind it, nobody listens here either: a dead node's port is refused, as without a proxy.
 */
import { createServer, connect, type Server, type Socket } from "node:net"

/** One way of a link. Absent fields disturb nothing. */
export interface Disturbed {
  readonly latencyMs?: number
  readonly bytesPerSecond?: number
  /** Nothing arrives until it heals. */
  readonly hold?: boolean
  /** What is sent is lost; the connection is cut when it heals, as no byte may be missing in the middle. */
  readonly swallow?: boolean
}

export interface Disturbance {
  /** From the one who connects to the one who listens. */
  readonly up?: Disturbed
  readonly down?: Disturbed
  /** New connections: cut at once, or taken and then left without an answer. */
  readonly connects?: "reset" | "hang"
}

export interface FaultProxy {
  readonly port: number
  /** Replaces what is disturbed now; `{}` heals. */
  readonly disturb: (disturbance: Disturbance) => void
  /** Cuts every connection there is, by RST. */
  readonly reset: () => void
  /** Where new connections go from now on; those there are stay. */
  readonly retarget: (port: number) => void
  readonly connections: () => number
  readonly close: () => Promise<void>
}

/** What one way may keep while it is delayed or held, before it stops reading and the sender feels it. */
const keptBytesMax = 4 * 1024 * 1024
const refillMs = 20

/** One way of one connection: a queue of chunks, each due at a time. */
class Way {
  private readonly from: Socket
  private readonly to: Socket
  private readonly rules: () => Disturbed
  private readonly queue: Array<{ readonly bytes: Buffer; readonly dueMs: number }> = []
  private keptBytes = 0
  private timer: NodeJS.Timeout | undefined
  private ended = false
  /** Bytes that may pass now under a throttle. */
  private allowance = 0
  private allowedMs = performance.now()
  lostBytes = 0

  constructor(from: Socket, to: Socket, rules: () => Disturbed) {
    this.from = from
    this.to = to
    this.rules = rules
    from.on("data", (bytes) => this.take(bytes))
    from.on("end", () => {
      this.ended = true
      this.flush()
    })
    to.on("drain", () => this.flush())
  }

  private take(bytes: Buffer): void {
    const { latencyMs, swallow } = this.rules()
    if (swallow === true) {
      this.lostBytes += bytes.length
      return
    }
    this.queue.push({ bytes, dueMs: performance.now() + (latencyMs ?? 0) })
    this.keptBytes += bytes.length
    if (this.keptBytes > keptBytesMax) this.from.pause()
    this.flush()
  }

  private later(afterMs: number): void {
    this.timer ??= setTimeout(() => {
      this.timer = undefined
      this.flush()
    }, afterMs)
  }

  private allowed(bytesPerSecond: number): number {
    const now = performance.now()
    const second = bytesPerSecond
    this.allowance = Math.min(second, this.allowance + ((now - this.allowedMs) / 1000) * bytesPerSecond)
    this.allowedMs = now
    return this.allowance
  }

  /** Hands on what is due. */
  flush(): void {
    const { bytesPerSecond, hold } = this.rules()
    if (hold === true || this.to.destroyed) return
    for (;;) {
      const [head] = this.queue
      if (head === undefined) break
      const waitMs = head.dueMs - performance.now()
      if (waitMs > 0) return this.later(waitMs)
      let { bytes } = head
      if (bytesPerSecond !== undefined) {
        const most = Math.floor(this.allowed(bytesPerSecond))
        if (most < 1) return this.later(refillMs)
        if (most < bytes.length) {
          this.queue[0] = { ...head, bytes: bytes.subarray(most) }
          bytes = bytes.subarray(0, most)
        } else this.queue.shift()
        this.allowance -= bytes.length
      } else this.queue.shift()
      this.keptBytes -= bytes.length
      const more = this.to.write(bytes)
      if (this.keptBytes <= keptBytesMax && this.from.isPaused()) this.from.resume()
      if (!more && this.to.writableLength > keptBytesMax) {
        this.from.pause()
        return
      }
    }
    if (this.ended) this.to.end()
  }

  stop(): void {
    clearTimeout(this.timer)
  }
}

/** How soon it is seen that somebody listens again. */
const absentLookMs = 20

interface Pair {
  readonly client: Socket
  readonly upstream: Socket
  readonly up: Way
  readonly down: Way
}

const cut = (socket: Socket): void => {
  if (!socket.destroyed) socket.resetAndDestroy()
}

/** Listens on a free port of the loopback and forwards to a port of it. */
export const openFaultProxy = (targetPort: number, host = "127.0.0.1"): Promise<FaultProxy> =>
  new Promise((resolve, reject) => {
    let disturbance: Disturbance = {}
    let target = targetPort
    const pairs = new Set<Pair>()
    const hanging = new Set<Socket>()
    const sockets = new Set<Socket>()

    const keep = (socket: Socket): void => {
      sockets.add(socket)
      socket.on("close", () => sockets.delete(socket))
    }

    const join = (client: Socket): void => {
      client.on("error", () => undefined)
      keep(client)
      if (disturbance.connects === "reset") return cut(client)
      if (disturbance.connects === "hang") {
        hanging.add(client)
        client.pause()
        client.on("close", () => hanging.delete(client))
        return
      }
      const upstream = connect({ port: target, host, noDelay: true })
      upstream.once("error", (error: NodeJS.ErrnoException) => {
        if (error.code === "ECONNREFUSED") shutWhileAbsent()
      })
      client.setNoDelay(true)
      keep(upstream)
      const pair: Pair = {
        client,
        upstream,
        up: new Way(client, upstream, () => disturbance.up ?? {}),
        down: new Way(upstream, client, () => disturbance.down ?? {})
      }
      pairs.add(pair)
      const part = (one: Socket, other: Socket): void => {
        // An abrupt end is told only if news can travel that way.
        one.on("error", () => cut(other))
        one.on("close", () => {
          if (!one.readableEnded) cut(other)
          if (other.destroyed || (one.readableEnded && other.readableEnded)) {
            pair.up.stop()
            pair.down.stop()
            pairs.delete(pair)
          }
        })
      }
      part(client, upstream)
      part(upstream, client)
    }

    const server: Server = createServer({ allowHalfOpen: true, pauseOnConnect: false }, join)
    const reset = (): void => {
      for (const { client, upstream } of pairs) {
        cut(client)
        cut(upstream)
      }
      for (const socket of hanging) cut(socket)
    }
    let port = 0
    let [isShut, isOver] = [false, false]
    const open = (): void => {
      if (isShut && !isOver && !server.listening) server.listen(port, host)
    }
    const look = (): void => {
      if (!isShut || isOver) return
      const again = (): void => void setTimeout(look, absentLookMs).unref()
      const probe = connect({ port: target, host })
      probe.once("error", again)
      probe.once("connect", () => {
        probe.destroy()
        open()
      })
    }
    const shutWhileAbsent = (): void => {
      if (isShut || isOver) return
      isShut = true
      server.close()
      look()
    }
    server.on("listening", () => {
      isShut = false
    })
    server.on("error", (error) => {
      if (port === 0) reject(error)
      else look()
    })
    server.listen(0, host)
    server.once("listening", () => {
      const address = server.address()
      port = typeof address === "object" && address !== null ? address.port : 0
      resolve({
        port,
        disturb: (next) => {
          disturbance = next
          if (next.connects !== undefined) open()
          for (const pair of pairs) {
            const torn =
              (pair.up.lostBytes > 0 && next.up?.swallow !== true) ||
              (pair.down.lostBytes > 0 && next.down?.swallow !== true)
            if (torn) {
              cut(pair.client)
              cut(pair.upstream)
            } else {
              pair.up.flush()
              pair.down.flush()
            }
          }
          if (next.connects === undefined) for (const socket of hanging) cut(socket)
        },
        reset,
        retarget: (next) => {
          target = next
        },
        connections: () => pairs.size + hanging.size,
        close: () =>
          new Promise((closed) => {
            isOver = true
            server.close(() => closed())
            for (const socket of sockets) socket.destroy()
          })
      })
    })
  })

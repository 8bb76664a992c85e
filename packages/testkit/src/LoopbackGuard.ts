/**
 * Sees every outgoing connection and name look-up of this process and refuses those that leave the machine, so that a
 * test can say that nothing did.
 */
import dns from "node:dns"
import net from "node:net"

export interface LoopbackGuard {
  /** Hosts outside this machine that were dialled or looked up. */
  readonly violations: ReadonlyArray<string>
  /** Connections to this machine, so that a guard that sees nothing is noticed. */
  readonly allowed: () => number
  readonly remove: () => void
}

const isLoopback = (host: string): boolean =>
  host === "localhost" || host === "::1" || /^127\.\d+\.\d+\.\d+$/.test(host)

const hostOf = (args: ReadonlyArray<unknown>): string | undefined => {
  // Sockets are connected with (options), (port, host) or, from inside Node, with those in a list.
  const [first, second] = Array.isArray(args[0]) ? args[0] : args
  if (typeof first === "object" && first !== null) {
    if ("path" in first && typeof first.path === "string") return undefined
    return "host" in first && typeof first.host === "string" ? first.host : "localhost"
  }
  if (typeof first === "number" || /^\d+$/.test(String(first))) return typeof second === "string" ? second : "localhost"
  return undefined
}

export const install = (): LoopbackGuard => {
  const violations: Array<string> = []
  let allowed = 0
  const { connect } = net.Socket.prototype
  const { lookup } = dns
  const guarded = function (this: net.Socket, ...args: ReadonlyArray<unknown>): net.Socket {
    const host = hostOf(args)
    if (host !== undefined && !isLoopback(host)) {
      violations.push(host)
      process.nextTick(() => this.destroy(new Error(`The test dialled ${host}, which is not this machine`)))
      return this
    }
    allowed++
    return Reflect.apply(connect, this, args)
  }
  const guardedLookup = (...args: ReadonlyArray<unknown>): void => {
    if (typeof args[0] === "string" && !isLoopback(args[0]) && net.isIP(args[0]) === 0) {
      violations.push(args[0])
      const done = args.at(-1)
      if (typeof done === "function") done(new Error(`The test looked up ${args[0]}, which is not this machine`))
      return
    }
    Reflect.apply(lookup, dns, args)
  }
  Object.assign(net.Socket.prototype, { connect: guarded })
  Object.assign(dns, { lookup: guardedLookup })
  return {
    violations,
    allowed: () => allowed,
    remove: () => {
      Object.assign(net.Socket.prototype, { connect })
      Object.assign(dns, { lookup })
    }
  }
}

/** Counts and refuses every connection and name look-up of this process that would leave the machine. */
import dns from "node:dns"
import net from "node:net"

export interface LoopbackGuard {
  readonly violations: ReadonlyArray<string>
  /** Connections within the machine: a guard that saw none was not in the way. */
  readonly allowed: () => number
  readonly remove: () => void
}

const isLocal = (host: string): boolean => host === "localhost" || host === "::1" || host.startsWith("127.")

/** `connect` takes (options), (port, host) or, from inside Node, either of them as a list. */
const targetOf = (args: ReadonlyArray<unknown>): string => {
  const [first, second]: ReadonlyArray<unknown> = Array.isArray(args[0]) ? args[0] : args
  const named = typeof first === "object" && first !== null && "host" in first ? first.host : second
  return typeof named === "string" ? named : "localhost"
}

export const install = (): LoopbackGuard => {
  const { connect } = net.Socket.prototype
  const { lookup } = dns
  const violations: Array<string> = []
  let allowed = 0
  const refuse = (host: string): Error => {
    violations.push(host)
    return new Error(`${host} is not this machine`)
  }
  Object.assign(net.Socket.prototype, {
    connect(this: net.Socket, ...args: ReadonlyArray<unknown>): net.Socket {
      const host = targetOf(args)
      if (!isLocal(host)) return this.destroy(refuse(host))
      allowed++
      return Reflect.apply(connect, this, args)
    }
  })
  Object.assign(dns, {
    lookup(host: string, ...rest: ReadonlyArray<unknown>): void {
      if (isLocal(host)) return void Reflect.apply(lookup, dns, [host, ...rest])
      const done = rest.at(-1)
      if (typeof done === "function") done(refuse(host))
    }
  })
  return {
    violations,
    allowed: () => allowed,
    remove: () => {
      Object.assign(net.Socket.prototype, { connect })
      Object.assign(dns, { lookup })
    }
  }
}

/**
 * Every connection of a fault run's floor, each through a proxy of its own: node to database, node to exchange, and node
 * to node once for each direction of who calls whom, so that a partition can be one-sided.
 */
import { Effect } from "effect"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { type FaultProxy, openFaultProxy } from "./FaultProxy.ts"

export interface Links {
  readonly toDatabase: (node: string) => FaultProxy
  readonly toExchange: (node: string) => FaultProxy
  readonly between: (from: string, to: string) => FaultProxy
  /** For who looks on; never disturbed. */
  readonly observer: FaultProxy
  /** The file that tells the node which ports to go through. */
  readonly fileOf: (node: string) => string
  /** All links are as they should be. */
  readonly heal: () => void
  /** The database is at another port from now on; connections to the old one are cut. */
  readonly moveDatabase: (port: number) => void
}

export interface LinkPorts {
  readonly database: number
  readonly exchange: number
  /** Node name and the port on which it listens for the others. */
  readonly nodes: ReadonlyArray<readonly [string, number]>
}

const proxyTo = (port: number) =>
  Effect.acquireRelease(
    Effect.promise(() => openFaultProxy(port)),
    (proxy) => Effect.promise(() => proxy.close())
  )

/** Opens them; the scope closes them. */
export const openLinks = Effect.fnUntraced(function* (folder: string, ports: LinkPorts) {
  const proxies = new Map<string, FaultProxy>()
  const open = Effect.fnUntraced(function* (name: string, port: number) {
    const proxy = yield* proxyTo(port)
    proxies.set(name, proxy)
    return [port, proxy.port] as const
  })
  const observer = yield* proxyTo(ports.database)
  const fileOf = (node: string): string => join(folder, `${node}.links.json`)
  for (const [node] of ports.nodes) {
    const table = [yield* open(`${node} > database`, ports.database), yield* open(`${node} > exchange`, ports.exchange)]
    for (const [other, port] of ports.nodes) if (other !== node) table.push(yield* open(`${node} > ${other}`, port))
    writeFileSync(fileOf(node), JSON.stringify(table))
  }
  const databases = [observer, ...ports.nodes.map(([node]) => proxies.get(`${node} > database`)!)]
  const links: Links = {
    toDatabase: (node) => proxies.get(`${node} > database`)!,
    toExchange: (node) => proxies.get(`${node} > exchange`)!,
    between: (from, to) => proxies.get(`${from} > ${to}`)!,
    observer,
    fileOf,
    heal: () => {
      for (const proxy of proxies.values()) proxy.disturb({})
    },
    moveDatabase: (port) => {
      for (const proxy of databases) {
        proxy.retarget(port)
        proxy.reset()
      }
    }
  }
  return links
})

/**
 * A whole floor to be broken: Postgres, the exchange and N nodes as processes of their own, in a folder and on ports of
 * their own, under load. It owns the verbs; tests and runs hold only what they want to see. The scope leaves no process.
 */
import type { FloorFile } from "../FloorConfig.ts"
import { Effect, Redacted } from "effect"
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type DatabaseServer, startDatabase } from "./DatabaseServer.ts"
import { type ExchangeProcess, startExchange } from "./ExchangeProcess.ts"
import { defaultSpec, floorFile, type FloorSpec, fundedAccounts, loadAccounts, strategyOf } from "./FloorSpec.ts"
import { type Links, openLinks } from "./Links.ts"
import { makeNode, type NodeProcess } from "./NodeProcess.ts"
import { type Observer, startObserver } from "./Observer.ts"
import { found, instead, type Look, type NeverHappened, type Wait, waitUntil } from "./WaitUntil.ts"

export interface Harness {
  readonly spec: FloorSpec
  readonly floor: FloorFile
  readonly folder: string
  readonly accounts: ReadonlyArray<string>
  /** Those whose strategy never stops trading. */
  readonly loaded: ReadonlyArray<string>
  readonly nodes: ReadonlyArray<NodeProcess>
  readonly node: (name: string) => NodeProcess
  readonly database: DatabaseServer
  readonly links: Links
  readonly exchange: ExchangeProcess
  readonly observer: Observer
  /** Account by account the node it lives on; undefined until all are ready. */
  readonly placement: Effect.Effect<Look<ReadonlyMap<string, string>>>
  /** Waits until every node is ready, every account is ready and stays where it is, and no order is unknown. */
  readonly steady: Effect.Effect<ReadonlyMap<string, string>, NeverHappened>
  /** Waits until every loaded account has committed that many more facts of its own trading. */
  readonly trades: (facts: number) => Effect.Effect<void, NeverHappened>
  /** Waiting with the tail of every node's log where it fails. */
  readonly until: <A, E, R>(wait: Wait, look: Effect.Effect<Look<A>, E, R>) => Effect.Effect<A, E | NeverHappened, R>
  /** The folder stays when the scope closes, with the logs of all processes. */
  readonly keepFolder: () => void
}

const steadyMs = 40_000
/** Less than the clock faults shift a clock by: nobody waits until it has caught up. */
const tradesMs = 28_000
/** Moves of shards show within this of one another. */
const settledFor = "600 millis"

const temporaryFolder = (kept: () => boolean) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const folder = mkdtempSync(join(tmpdir(), "outcry-faults-"))
      // Postgres runs as another user where we are root.
      chmodSync(folder, 0o755)
      return folder
    }),
    (folder) => Effect.sync(() => (kept() ? undefined : rmSync(folder, { recursive: true, force: true })))
  )

const throughPort = (url: string, port: number): string => {
  const parsed = new URL(url)
  parsed.port = String(port)
  return parsed.href
}

const samePlaces = (left: ReadonlyMap<string, string>, right: ReadonlyMap<string, string>): boolean =>
  left.size === right.size && Array.from(left).every(([account, node]) => right.get(account) === node)

/** Starts everything and returns when the floor trades. */
export const startHarness = Effect.fnUntraced(function* (options: Partial<FloorSpec> = {}) {
  const spec: FloorSpec = { ...defaultSpec, ...options }
  let keep = false
  const folder = yield* temporaryFolder(() => keep)
  const accounts = fundedAccounts(spec)
  const names = accounts.map(({ name }) => name)
  const loaded = loadAccounts(spec)
  const [database, exchange] = yield* Effect.all([startDatabase(folder), startExchange(folder, spec.seed, accounts)], {
    concurrency: 2
  })
  const floor = yield* floorFile(spec, Redacted.value(database.url), exchange.port, accounts)
  const file = join(folder, "floor.json")
  writeFileSync(file, JSON.stringify(floor), { mode: 0o600 })
  const links = yield* openLinks(folder, {
    database: database.port,
    exchange: exchange.port,
    nodes: floor.nodes.map(({ clusterPort, name }) => [name, clusterPort])
  })
  const observer = yield* startObserver(throughPort(floor.databaseUrl, links.observer.port))
  const nodes = yield* Effect.forEach(floor.nodes, (config) =>
    makeNode(folder, file, config, links.fileOf(config.name))
  )

  const logs = Effect.sync(() => nodes.map(({ logTail, name }) => `--- ${name}\n${logTail(6)}`).join("\n"))
  const until: Harness["until"] = (wait, look) => waitUntil(wait, look, logs)

  const placement = Effect.gen(function* () {
    const places = new Map<string, string>()
    const statuses = yield* Effect.forEach(names, observer.status, { concurrency: "unbounded" })
    for (const [index, status] of statuses.entries()) {
      const name = names[index]!
      if (status === undefined) return instead(`${name} does not answer`)
      if (status.condition !== "ready") return instead(`${name} is ${status.condition} on ${status.node}`)
      if (status.unknownOrders > 0) return instead(`${name} has ${status.unknownOrders} unknown orders`)
      places.set(name, status.node)
    }
    return found(places)
  })

  const steadily = Effect.gen(function* () {
    for (const node of nodes) {
      if (!(yield* node.isRunning)) continue
      const missing = yield* node.readiness
      if (missing !== "") return instead(missing)
    }
    const before = yield* placement
    if (!("found" in before)) return before
    yield* Effect.sleep(settledFor)
    const after = yield* placement
    if (!("found" in after)) return after
    return samePlaces(before.found, after.found) ? after : instead("accounts are moving")
  })

  const trades = Effect.fnUntraced(function* (facts: number) {
    const lastSeqs = Effect.forEach(loaded, (name) => Effect.orDie(observer.lastSeq(name)), { concurrency: 2 })
    const before = yield* lastSeqs
    yield* until(
      { what: `every account commits ${facts} more facts`, withinMs: tradesMs, everyMs: 50 },
      Effect.gen(function* () {
        const now = yield* lastSeqs
        const behind = loaded.filter((_, index) => now[index]! < before[index]! + facts)
        const [first] = behind
        if (first === undefined) return found(undefined)
        const strategy = yield* observer.strategy(strategyOf(first))
        return instead(`${behind.join(", ")} did not; ${strategyOf(first)} is ${JSON.stringify(strategy)}`)
      })
    )
  })

  const harness: Harness = {
    spec,
    floor,
    folder,
    accounts: names,
    loaded,
    nodes,
    node: (name) => nodes.find((node) => node.name === name)!,
    database,
    links,
    exchange,
    observer,
    placement,
    steady: until({ what: "the floor is steady", withinMs: steadyMs, everyMs: 50 }, steadily),
    trades,
    until,
    keepFolder: () => {
      keep = true
    }
  }
  yield* Effect.forEach(nodes, (node) => node.start, { concurrency: "unbounded", discard: true })
  yield* harness.steady
  yield* harness.trades(20)
  return harness
})

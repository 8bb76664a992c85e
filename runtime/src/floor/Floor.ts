/**
 * A whole floor for the life of a scope: database, exchange, span collector and nodes, started in that order and ended
 * in the reverse one, however the scope ends. Keeps `run.json` true, by which the other commands and the next start know.
 */
import { patienceMs } from "@outcry/lockstep/Patience"
import { startCollector } from "@outcry/telemetry/Collector"
import { Clock, Effect, type Scope } from "effect"
import { randomBytes } from "node:crypto"
import { defaults, type FloorFile } from "../FloorConfig.ts"
import { isoTime } from "../cli/TimeText.ts"
import type { UserError } from "../cli/UserError.ts"
import type { ChildProcess } from "./ChildProcess.ts"
import { type DataFolder, makeDataFolder, makeRunFolder, type RunFolder, writePrivate } from "./DataFolder.ts"
import { startExchange, type ExchangeProcess } from "./ExchangeProcess.ts"
import { openFloorDatabase } from "./FloorDatabase.ts"
import { floorFile, makeToken, nodeConfigs, paperAccounts } from "./FloorPlan.ts"
import { freePorts } from "./FreePort.ts"
import { endLeftovers } from "./Leftovers.ts"
import { type NodeSupervisor, superviseNodes } from "./NodeSupervisor.ts"
import { identityOf } from "./ProcessIdentity.ts"
import { note, step, warn } from "./Progress.ts"
import { type RunFile, writeRunFile } from "./RunFile.ts"
import { holdStartLock } from "./StartLock.ts"
import { gatewayPorts, runnable, type StartPlan } from "./StartOptions.ts"

export interface Floor {
  readonly run: RunFolder
  readonly config: FloorFile
  readonly exchange: ExchangeProcess
  readonly collector: Effect.Success<ReturnType<typeof startCollector>>
  readonly supervisor: NodeSupervisor
  readonly startedAt: string
  readonly warnings: ReadonlyArray<string>
  readonly phase: (phase: RunFile["phase"]) => Effect.Effect<void>
}

/** `run_20260102_030405_ab12`: sorts by time, and is a plain name for a schema and a folder. */
const makeRunId = (nowMs: number): string => {
  const [day = "", time = ""] = isoTime(nowMs).split(/[T.]/)
  return `run_${day.replaceAll("-", "")}_${time.replaceAll(":", "")}_${randomBytes(2).toString("hex")}`
}

/** The run file, kept true from the first moment on. */
const keepRunFile = (folder: DataFolder, first: RunFile) => {
  let current = first
  const update = (change: Partial<RunFile>): void => {
    current = { ...current, ...change }
    writeRunFile(folder, current)
  }
  update({})
  return update
}

const asChildren = (exchange: ChildProcess, nodes: ReadonlyArray<ChildProcess>): RunFile["children"] => [
  { ...exchange.identity, role: "exchange", name: exchange.name },
  ...nodes.map(({ identity, name }) => ({ ...identity, role: "node" as const, name }))
]

/** Starts everything and returns when every node is ready. */
export const openFloor = Effect.fnUntraced(function* (folder: DataFolder, plan: StartPlan, port: number) {
  yield* makeDataFolder(folder)
  yield* holdStartLock(folder)
  const leftovers = yield* endLeftovers(folder)
  if (leftovers.length > 0) yield* note(`ended what a crashed start had left behind: ${leftovers.join(", ")}`)
  const httpPorts = yield* gatewayPorts(port, plan.nodes)
  const nowMs = yield* Clock.currentTimeMillis
  const run = yield* makeRunFolder(folder, makeRunId(nowMs))
  const startedAt = isoTime(nowMs)
  const token = makeToken()
  const update = keepRunFile(folder, {
    version: 1,
    runId: run.id,
    starter: identityOf(process.pid),
    startedAt,
    phase: "starting",
    token,
    gateways: [],
    collectorUrl: "",
    database: "embedded",
    children: []
  })
  yield* Effect.addFinalizer(() => Effect.sync(() => update({ phase: "ended", children: [] })))

  const accounts = paperAccounts()
  const [database, exchange] = yield* Effect.all(
    [
      step("database", openFloorDatabase(folder, run.id), ({ embedded }) =>
        embedded ? "embedded Postgres" : "DATABASE_URL"
      ),
      startExchange({
        run,
        accounts,
        seed: plan.seed,
        recordings: plan.recordings,
        live: plan.live,
        lockStep: plan.lockStep
      })
    ],
    { concurrency: "unbounded" }
  )
  update({ children: asChildren(exchange.child, []), database: database.embedded ? "embedded" : "external" })
  const simulated = plan.recordings.length === 0 ? `agents, seed ${plan.seed}` : `${plan.recordings.length} recordings`
  const replayed = plan.lockStep ? `${simulated} in lock-step` : simulated
  const market = plan.live === undefined ? replayed : `live ${plan.live}`
  yield* note(`exchange with ${exchange.instruments.join(", ")} (${market})`)
  const { instruments, strategies, warnings: left } = yield* runnable(plan.strategies, exchange.instruments)
  const warnings = [...exchange.warnings, ...left]
  yield* Effect.forEach(warnings, warn)

  const collector = yield* startCollector({ port: 0, host: defaults.host, directory: run.spans })
  const clusterPorts = yield* freePorts(plan.nodes)
  const config: FloorFile = {
    ...floorFile({
      databaseUrl: database.url,
      exchangePort: exchange.port,
      accounts,
      strategies,
      nodes: nodeConfigs(httpPorts, clusterPorts),
      collectorUrl: collector.url,
      token
    }),
    instruments,
    // Nobody else could take the shards of the only node: it keeps them however long it is held up.
    ...(plan.lockStep ? { lockStep: true, shardLockExpirationMs: patienceMs } : {})
  }
  writePrivate(folder.floorFile, `${JSON.stringify(config, undefined, 2)}\n`)
  const supervisor = yield* step(
    plan.nodes === 1 ? "1 node" : `${plan.nodes} nodes`,
    superviseNodes({
      nodes: config.nodes,
      floorFile: folder.floorFile,
      logs: run.logs,
      token,
      onChange: (nodes) => update({ children: asChildren(exchange.child, nodes) })
    })
  )
  update({ gateways: supervisor.gateways, collectorUrl: collector.url })
  const floor: Floor = {
    run,
    config,
    exchange,
    collector,
    supervisor,
    startedAt,
    warnings,
    phase: (phase) => Effect.sync(() => update({ phase }))
  }
  return floor
}) satisfies (folder: DataFolder, plan: StartPlan, port: number) => Effect.Effect<Floor, UserError | Error, Scope.Scope>

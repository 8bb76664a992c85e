/**
 * The nodes that work studies: a cluster of processes on this machine that trades nothing, over the database of research.
 * A node that dies is started again; what it had is handed out again meanwhile.
 */
import { Study } from "@outcry/actor-study/Protocol"
import { Database } from "@outcry/store/Database"
import { Effect, Layer, Redacted } from "effect"
import { mkdirSync } from "node:fs"
import { defaults, type FloorFile } from "../FloorConfig.ts"
import * as ClusterNetwork from "../cluster/ClusterNetwork.ts"
import { writePrivate } from "../floor/DataFolder.ts"
import { makeToken, nodeConfigs } from "../floor/FloorPlan.ts"
import { freePorts } from "../floor/FreePort.ts"
import { superviseNodes } from "../floor/NodeSupervisor.ts"
import type { ResearchFolder } from "./ResearchDatabase.ts"

export interface StudyClusterOptions {
  readonly folder: ResearchFolder
  readonly databaseUrl: string
  readonly nodes: number
  readonly threads: number
}

/** Starts the nodes and returns when all are ready; the scope ends them. */
export const startStudyNodes = Effect.fnUntraced(function* (options: StudyClusterOptions) {
  const { databaseUrl, folder, nodes, threads } = options
  mkdirSync(folder.logs, { recursive: true })
  const [httpPorts, clusterPorts] = [yield* freePorts(nodes), yield* freePorts(nodes)]
  const token = makeToken()
  const config: FloorFile = {
    shards: defaults.shards,
    databaseUrl,
    venues: [],
    accounts: [],
    strategies: [],
    instruments: [],
    orderExpiryMs: defaults.orderExpiryMs,
    token,
    otlpEndpoints: [],
    shardLockExpirationMs: defaults.shardLockExpirationMs,
    studyThreads: threads,
    nodes: nodeConfigs(httpPorts, clusterPorts)
  }
  writePrivate(folder.nodesFile, `${JSON.stringify(config, undefined, 2)}\n`)
  return yield* superviseNodes({
    nodes: config.nodes,
    floorFile: folder.nodesFile,
    logs: folder.logs,
    token,
    onChange: () => undefined
  })
})

/** Talks to the studies that live on the nodes. */
export const studyClient = (databaseUrl: string) =>
  Layer.build(
    ClusterNetwork.layerClient({ shards: defaults.shards, refreshMs: 250 }).pipe(
      Layer.provideMerge(
        Database.layer({ url: Redacted.make(databaseUrl), applicationName: "outcry study", poolSize: 3 })
      )
    )
  ).pipe(Effect.flatMap((services) => Effect.provideContext(Study.client, services)))

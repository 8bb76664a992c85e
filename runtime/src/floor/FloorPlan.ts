/** The default floor of `outcry start`: two paper accounts at our own exchange, with keys made for this run alone. */
import { randomBytes } from "node:crypto"
import * as Limits from "@outcry/model/Limits"
import { defaults, type FloorFile, type NodeConfig, type StrategyConfig } from "../FloorConfig.ts"

export interface PlanInput {
  readonly databaseUrl: string
  readonly exchangePort: number
  readonly accounts: ReadonlyArray<PaperAccount>
  readonly strategies: ReadonlyArray<StrategyConfig>
  readonly nodes: ReadonlyArray<NodeConfig>
  readonly collectorUrl: string
  readonly token: string
}

export interface PaperAccount {
  readonly name: string
  readonly apiKey: string
  readonly secret: string
}

const key = (): string => randomBytes(32).toString("hex")

/** 256 bits from the system's generator, safe in a URL. */
export const makeToken = (): string => randomBytes(32).toString("base64url")

export const paperAccounts = (): ReadonlyArray<PaperAccount> =>
  defaults.accounts.map((name) => ({ name, apiKey: key(), secret: key() }))

export const nodeConfigs = (
  httpPorts: ReadonlyArray<number>,
  clusterPorts: ReadonlyArray<number>
): ReadonlyArray<NodeConfig> =>
  httpPorts.map((httpPort, index) => ({
    name: `node-${index + 1}`,
    clusterHost: defaults.host,
    clusterPort: clusterPorts[index]!,
    httpHost: defaults.host,
    httpPort
  }))

export const floorFile = (input: PlanInput): FloorFile => ({
  shards: defaults.shards,
  databaseUrl: input.databaseUrl,
  venues: [
    {
      id: defaults.venue,
      restUrl: `http://${defaults.host}:${input.exchangePort}`,
      wsUrl: `ws://${defaults.host}:${input.exchangePort}`
    }
  ],
  accounts: input.accounts.map((account) => ({ ...account, venue: defaults.venue, limits: Limits.defaults })),
  strategies: input.strategies,
  instruments: defaults.instruments,
  orderExpiryMs: defaults.orderExpiryMs,
  token: input.token,
  otlpEndpoints: [input.collectorUrl],
  shardLockExpirationMs: defaults.shardLockExpirationMs,
  nodes: input.nodes
})

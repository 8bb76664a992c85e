/**
 * The configuration of a floor: what every node of a cluster must agree on, and what is a node's own.
 *
 * `outcry start` writes it to the data folder and hands it to its nodes; `outcry node --config FILE` reads it. Secrets in
 * it are plain text, so the file is readable by its owner only. Defaults are pinned by a test.
 */
import { Schema } from "effect"
import { Limits } from "@outcry/model/Limits"

export const VenueConfig = Schema.Struct({
  id: Schema.String,
  /** Base address of the venue's REST API, for example `http://127.0.0.1:4010`. */
  restUrl: Schema.String,
  /** Base address of its market streams and WebSocket API. */
  wsUrl: Schema.String
})

export const AccountConfig = Schema.Struct({
  name: Schema.String,
  venue: Schema.String,
  apiKey: Schema.String,
  secret: Schema.String,
  limits: Limits
})

export const StrategyConfig = Schema.Struct({
  /** Name of the instance: its entity id. `account` is the account's own, for the orders that it derives itself. */
  name: Schema.String.check(Schema.isPattern(/^(?!account$)./)),
  /** Absolute path of the module whose default export is the definition. */
  module: Schema.String,
  account: Schema.String,
  parameters: Schema.Record(Schema.String, Schema.Json)
})
export type StrategyConfig = typeof StrategyConfig.Type

/** What all nodes must agree on. */
export const FloorConfig = Schema.Struct({
  /** Shards of the cluster; stored in the database, a mismatch refuses to start. */
  shards: Schema.Int,
  databaseUrl: Schema.String,
  venues: Schema.Array(VenueConfig),
  accounts: Schema.Array(AccountConfig),
  strategies: Schema.Array(StrategyConfig),
  /** Instrument ids, `venue:symbol`, each with a feed. */
  instruments: Schema.Array(Schema.String),
  /** How long after its intent an order may still reach the venue, ms. */
  orderExpiryMs: Schema.Int,
  /** Bearer token of the gateway. */
  token: Schema.String,
  /** OTLP/HTTP base addresses that receive spans; may be empty. */
  otlpEndpoints: Schema.Array(Schema.String),
  /** Lock expiry of the cluster's shards, ms: the bound for frozen and vanished nodes. */
  shardLockExpirationMs: Schema.Int,
  /** Threads that each node gives to studies; absent or 0: the nodes take no part in them. */
  studyThreads: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 256 }))),
  /** The venues' market time moves only when this floor has handled what it has been told: one node, recorded markets. */
  lockStep: Schema.optionalKey(Schema.Boolean)
})
export type FloorConfig = typeof FloorConfig.Type

const Port = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 65_535 }))

/** What is a node's own. */
export const NodeConfig = Schema.Struct({
  /** Unique in the cluster, for example `node-1`; in spans, logs and status. */
  name: Schema.String.check(Schema.isNonEmpty()),
  clusterHost: Schema.String,
  clusterPort: Port,
  httpHost: Schema.String,
  httpPort: Port
})
export type NodeConfig = typeof NodeConfig.Type

/** The file that `outcry start` writes: the floor, and the nodes it consists of. */
export const FloorFile = Schema.Struct({ ...FloorConfig.fields, nodes: Schema.Array(NodeConfig) })
export type FloorFile = typeof FloorFile.Type

/** What applies where nothing else is said. The same on all nodes unless marked as a node's own. */
export const defaults = {
  nodes: 3,
  /** Nodes listen on loopback only (a node's own). */
  host: "127.0.0.1",
  /** Gateway port of the first node; the others follow (a node's own). */
  port: 4000,
  seed: 1,
  /** Few shards keep the locks of a small cluster cheap. */
  shards: 48,
  orderExpiryMs: 2_500,
  shardLockExpirationMs: 5_000,
  dataFolder: ".outcry",
  venue: "sim",
  instruments: ["sim:BTC/USDT", "sim:ETH/USDT"],
  accounts: ["paper-1", "paper-2"],
  /** What each account has at the simulated exchange when a run begins, by asset. */
  balances: { USDT: "1000000", BTC: "20", ETH: "300" },
  /** Runs kept in the database and the data folder; older ones are removed at a start. */
  runsKept: 3
} as const

/**
 * The floor of a fault run: nodes, accounts and one load strategy an account, as the file that `outcry node` reads. Keys
 * are made for the run; the data folder is the run's own.
 */
import * as Limits from "@outcry/model/Limits"
import { defaults, type FloorFile, type StrategyConfig } from "../FloorConfig.ts"
import { nodeConfigs } from "../floor/FloorPlan.ts"
import { freePorts } from "../floor/FreePort.ts"
import { Effect } from "effect"
import { randomBytes } from "node:crypto"
import { fileURLToPath } from "node:url"

export interface FloorSpec {
  readonly nodes: number
  readonly accounts: number
  /** Of the market's agents. */
  readonly seed: number
  /** Each strategy's time between two orders, ms. */
  readonly everyMs: number
  /** How long a frozen node keeps its shards, ms. */
  readonly shardLockExpirationMs: number
  readonly orderExpiryMs: number
  readonly limits: Limits.Limits
  /** Strategies of the user's, each on an account of its own beside those of the load. */
  readonly strategies: ReadonlyArray<OwnStrategy>
}

export interface OwnStrategy {
  readonly name: string
  /** Absolute path. */
  readonly module: string
  readonly parameters: StrategyConfig["parameters"]
}

export const defaultSpec: FloorSpec = {
  nodes: 3,
  accounts: 6,
  seed: 1,
  everyMs: 120,
  shardLockExpirationMs: defaults.shardLockExpirationMs,
  orderExpiryMs: defaults.orderExpiryMs,
  limits: Limits.defaults,
  strategies: []
}

const loadStrategy = fileURLToPath(new URL("./LoadStrategy.ts", import.meta.url))

/** Quantities of about the same worth. */
const quantities: Readonly<Record<string, string>> = { "sim:BTC/USDT": "0.001", "sim:ETH/USDT": "0.02" }

export interface Funded {
  readonly name: string
  readonly apiKey: string
  readonly secret: string
  readonly balances: Readonly<Record<string, string>>
}

/** Accounts of the load: `desk-1`, `desk-2`, … */
export const loadAccounts = ({ accounts }: FloorSpec): ReadonlyArray<string> =>
  Array.from({ length: accounts }, (_, index) => `desk-${index + 1}`)

const ownAccount = (index: number): string => `own-${index + 1}`

/** All accounts, as the exchange is told of them. */
export const fundedAccounts = (spec: FloorSpec): ReadonlyArray<Funded> =>
  [...loadAccounts(spec), ...spec.strategies.map((_, index) => ownAccount(index))].map((name) => ({
    name,
    apiKey: randomBytes(24).toString("hex"),
    secret: randomBytes(32).toString("hex"),
    balances: defaults.balances
  }))

export const strategyOf = (account: string): string => `load-${account}`

/** Takes free ports for the nodes. */
export const floorFile = Effect.fnUntraced(function* (
  spec: FloorSpec,
  databaseUrl: string,
  exchangePort: number,
  accounts: ReadonlyArray<Funded>
) {
  const ports = yield* freePorts(spec.nodes * 2)
  const { instruments } = defaults
  const file: FloorFile = {
    shards: defaults.shards,
    databaseUrl,
    venues: [
      { id: defaults.venue, restUrl: `http://127.0.0.1:${exchangePort}`, wsUrl: `ws://127.0.0.1:${exchangePort}` }
    ],
    accounts: accounts.map(({ apiKey, name, secret }) => ({
      name,
      venue: defaults.venue,
      apiKey,
      secret,
      limits: spec.limits
    })),
    strategies: [
      ...loadAccounts(spec).map((account, index) => {
        const instrument = instruments[index % instruments.length]!
        return {
          name: strategyOf(account),
          module: loadStrategy,
          account,
          parameters: { instrument, everyMs: spec.everyMs, quantity: quantities[instrument]! }
        }
      }),
      ...spec.strategies.map((strategy, index) => ({ ...strategy, account: ownAccount(index) }))
    ],
    instruments,
    orderExpiryMs: spec.orderExpiryMs,
    token: randomBytes(32).toString("base64url"),
    otlpEndpoints: [],
    shardLockExpirationMs: spec.shardLockExpirationMs,
    nodes: nodeConfigs(ports.slice(0, spec.nodes), ports.slice(spec.nodes))
  }
  return file
})

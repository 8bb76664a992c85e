/** The report of a run, as `--report` writes it. Amounts, prices and quantities are decimal text; times as named. */
import { Schema } from "effect"

const Counts = Schema.Record(Schema.String, Schema.Int)

/** Milliseconds; `count` says of how many. Null where there were none. */
export const Distribution = Schema.Struct({
  count: Schema.Int,
  p50: Schema.NullOr(Schema.Number),
  p99: Schema.NullOr(Schema.Number),
  max: Schema.NullOr(Schema.Number)
})
export type Distribution = typeof Distribution.Type

/** A node that ended without being asked to, and what became of its actors. */
export const Failover = Schema.Struct({
  node: Schema.String,
  /** How it ended, in words. */
  ended: Schema.String,
  /** ISO 8601. */
  killedAt: Schema.String,
  /** From its end until the start command saw it. */
  detectedMs: Schema.Number,
  /** From its end until every account that lived there accepted commands elsewhere; null where that took too long. */
  recoveredMs: Schema.NullOr(Schema.Number),
  accountsMoved: Schema.Array(Schema.String),
  /** From its end until the node itself was ready again; null where it was not started again. */
  restartedMs: Schema.NullOr(Schema.Number)
})
export type Failover = typeof Failover.Type

const Finding = Schema.Struct({ clientOrderId: Schema.String, reason: Schema.String })

export const Report = Schema.Struct({
  version: Schema.Literal(1),
  runId: Schema.String,
  seed: Schema.Int,
  market: Schema.Struct({
    kind: Schema.Literals(["agents", "replay", "live"]),
    recordings: Schema.Array(Schema.String)
  }),
  startedAt: Schema.String,
  endedAt: Schema.String,
  durationSeconds: Schema.Number,
  /** How the run came to its end. */
  endedBy: Schema.String,
  warnings: Schema.Array(Schema.String),
  nodes: Schema.Array(
    Schema.Struct({
      name: Schema.String,
      starts: Schema.Int,
      accounts: Schema.Int,
      feeds: Schema.Int,
      strategies: Schema.Int
    })
  ),
  feeds: Schema.Array(
    Schema.Struct({
      instrument: Schema.String,
      node: Schema.String,
      condition: Schema.String,
      events: Schema.Int,
      gaps: Schema.Int,
      bid: Schema.String,
      ask: Schema.String,
      last: Schema.String
    })
  ),
  strategies: Schema.Array(
    Schema.Struct({
      name: Schema.String,
      definition: Schema.String,
      account: Schema.String,
      condition: Schema.String,
      events: Counts,
      signals: Counts,
      intents: Schema.Int,
      refused: Counts,
      orders: Schema.Int,
      fills: Schema.Int,
      errors: Schema.Int,
      restarts: Schema.Int,
      /** Why it has no fills; empty where it has. */
      blockedBy: Schema.String
    })
  ),
  orders: Schema.Struct({
    total: Schema.Int,
    /** By final state; every order is in exactly one. */
    byState: Counts,
    /** Reasons, with how many orders. */
    rejected: Counts,
    unknown: Counts,
    NotPlaced: Counts,
    /** Orders whose fate was unknown for a while and was then established. */
    unknownSettled: Schema.Int,
    /** Orders that were kept here for a while: for their trigger, their parent or the end of others. */
    held: Schema.Int,
    /** Of those, how many had their trigger touched. */
    triggered: Schema.Int,
    /** Orders submitted again because the venue never had the one before. */
    resubmitted: Schema.Int,
    /** Orders whose fate an operator settled. */
    resolved: Schema.Int,
    /** Orders that the venue counted as filled before it listed the executions. */
    provisional: Schema.Int,
    /** Orders with a fill that the venue took back. */
    busted: Schema.Int,
    /** Intents that a check stopped before they were orders, by reason. */
    refused: Counts
  }),
  fills: Schema.Int,
  positions: Schema.Array(
    Schema.Struct({
      account: Schema.String,
      instrument: Schema.String,
      quantity: Schema.String,
      averagePrice: Schema.String,
      mark: Schema.String,
      realised: Schema.String,
      unrealised: Schema.String,
      fills: Schema.Int
    })
  ),
  pnl: Schema.Struct({
    currency: Schema.String,
    realised: Schema.String,
    unrealised: Schema.String,
    /** Commissions by asset, and in `currency` at the last marks. */
    fees: Schema.Record(Schema.String, Schema.String),
    feesTotal: Schema.String,
    net: Schema.String,
    byAccount: Schema.Array(
      Schema.Struct({
        account: Schema.String,
        realised: Schema.String,
        unrealised: Schema.String,
        fees: Schema.String,
        net: Schema.String
      })
    )
  }),
  latency: Schema.Struct({
    /** From the receipt of the tick to the decision on the intent it caused. */
    tickToIntentMs: Distribution,
    /** From that decision to the commit that makes it durable. */
    intentToDurableMs: Distribution,
    /** From the decision to the journalled acceptance by the venue. */
    intentToAckMs: Distribution
  }),
  failovers: Schema.Array(Failover),
  invariantViolations: Schema.Array(Schema.String),
  ordersLost: Schema.Int,
  ordersDuplicated: Schema.Int,
  ordersMisfilled: Schema.Int,
  /** What the checker found, order by order: the exchange's log joined with the journal. */
  findings: Schema.Struct({
    lost: Schema.Array(Finding),
    duplicated: Schema.Array(Finding),
    misfilled: Schema.Array(Finding)
  }),
  checker: Schema.Struct({
    ordersJoined: Schema.Int,
    /** Not closed at the exchange when the log ended. */
    open: Schema.Int,
    foreign: Schema.Int,
    pending: Schema.Int
  })
})
export type Report = typeof Report.Type

/** Whether a run may end with exit code 0. */
export const isClean = (report: Report): boolean =>
  report.invariantViolations.length === 0 &&
  report.ordersLost === 0 &&
  report.ordersDuplicated === 0 &&
  report.ordersMisfilled === 0

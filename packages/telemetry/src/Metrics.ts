/**
 * Owns every metric of Outcry: its name, unit, labels and the values the labels may take. Nothing else defines one.
 * Names follow Prometheus: prefix `outcry_`, base units, `_seconds`, `_ratio`, `_total`. Labels are of bounded sets
 * (an account, an instrument, a reason code); the id of an order, a trace or a user never is one.
 * Use: `Metric.update(Metric.withAttributes(Metrics.fills, { account, instrument }), 1)`; on a hot path keep the
 * metric with its attributes and update that. `PrometheusMetrics.format()` writes them all as text.
 */
import { Metric } from "effect"

/** 10 µs to 10 s in steps of about 2.5: for what happens inside a node. */
const fast = [
  0.000_01, 0.000_025, 0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5,
  1, 2.5, 5, 10
]

/** 1 ms to 60 s: for what crosses a network. */
const slow = [0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]

const counter = (name: string, description: string) => Metric.counter(name, { description, incremental: true })
const gauge = (name: string, description: string) => Metric.gauge(name, { description })
const histogram = (name: string, description: string, boundaries: ReadonlyArray<number>) =>
  Metric.histogram(name, { description, boundaries })

/* Actors and cluster */

/** Messages. Labels: `actor` = entity type. */
export const mailboxSize = gauge("outcry_mailbox_size", "Messages waiting in the mailboxes of an actor type.")

/** Messages answered `Busy`. Labels: `actor` = entity type. */
export const mailboxRefused = counter("outcry_mailbox_refused_total", "Messages refused because a mailbox was full.")

/** Shards. Labels: `group` = shard group. */
export const shardsOwned = gauge("outcry_cluster_shards_owned", "Shards this node owns.")

/** Moves. Labels: `direction` = acquired | released. */
export const shardMoves = counter("outcry_cluster_shard_moves_total", "Shards this node acquired or released.")

/** Actors. Labels: `actor` = entity type. */
export const actorsResident = gauge("outcry_actors_resident", "Actors resident on this node.")

/* Journal */

/** Seconds. No labels. */
export const journalAppend = histogram(
  "outcry_journal_append_seconds",
  "Time from asking for an append until its group commit.",
  fast
)

/** Rows. No labels. */
export const journalBatchRows = histogram(
  "outcry_journal_batch_rows",
  "Rows in one group commit.",
  [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000]
)

/** Appends. Labels: `outcome` = committed | fenced | duplicate | failed. */
export const journalAppends = counter("outcry_journal_appends_total", "Appends by outcome.")

/* From tick to fill */

/** Seconds. Labels: `strategy`. */
export const tickToIntent = histogram(
  "outcry_tick_to_intent_seconds",
  "Time from the receipt of a tick to the intent of the strategy that acted on it.",
  fast
)

/** Seconds. Labels: `account`. */
export const intentToDurable = histogram(
  "outcry_intent_to_durable_seconds",
  "Time from the intent until it is committed to the journal.",
  fast
)

/** Seconds. Labels: `account`, `venue`. */
export const intentToAck = histogram(
  "outcry_intent_to_ack_seconds",
  "Time from the intent to the venue's acknowledgement.",
  slow
)

/* Feeds */

/** Seconds. Labels: `feed` = venue:symbol. */
export const feedStaleness = gauge("outcry_feed_staleness_seconds", "Time since the feed last received anything.")

/** Ticks. Labels: `feed`, `kind` = quote | trade | book | bar. */
export const feedTicks = counter("outcry_feed_ticks_total", "Market data events published by a feed.")

/** Connections. Labels: `feed`, `reason` = closed | stale | gap | error | planned. */
export const feedReconnects = counter("outcry_feed_reconnects_total", "Reconnections of a feed.")

/** Gaps. Labels: `feed`, `kind` = book | trade | fanout. */
export const feedGaps = counter("outcry_feed_gaps_total", "Gaps found in a feed's sequence.")

/** Seconds, positive when the venue's clock is ahead. Labels: `venue`. */
export const clockOffset = gauge("outcry_venue_clock_offset_seconds", "Estimated offset of the venue's clock to ours.")

/* Orders */

/** Orders. Labels: `account`, `outcome` = filled | cancelled | expired | rejected | unknown | not_placed. */
export const orders = counter("outcry_orders_total", "Orders by their outcome.")

/** Orders. Labels: `account`. */
export const ordersOpen = gauge("outcry_orders_open", "Orders that are open or in flight.")

/** Orders. Labels: `account`. */
export const ordersHeld = gauge("outcry_orders_held", "Orders that are kept here and not at the venue.")

/** Orders. Labels: `account`. */
export const ordersUnknown = gauge("outcry_orders_unknown", "Orders whose fate is not known.")

/** Seconds; 0 where none is. Labels: `account`. */
export const orderUnknownAge = gauge("outcry_order_unknown_seconds", "How long the oldest unknown order has been so.")

/** Triggers. Labels: `account`, `instrument`. */
export const orderTriggers = counter("outcry_order_triggers_total", "Triggers touched of orders that are kept here.")

/** Positions. Labels: `account`, `instrument`. */
export const protectionLost = counter(
  "outcry_protection_lost_total",
  "Positions left without their stop that could not be made safe."
)

/** Fills. Labels: `account`, `instrument`. */
export const fills = counter("outcry_fills_total", "Fills applied, each once.")

/** 0 to 1. Labels: `account`. */
export const fillRatio = gauge("outcry_fill_ratio", "Filled share of the quantity of closed orders.")

/** Basis points, positive is a cost. Labels: `account`. */
export const slippage = histogram(
  "outcry_slippage_basis_points",
  "Average fill price against the price at the intent.",
  [-50, -20, -10, -5, -2, -1, 0, 1, 2, 5, 10, 20, 50]
)

/** Intents. Labels: `account`, `strategy`, `reason` = reason code of the check that refused. */
export const intentsRefused = counter("outcry_intents_refused_total", "Intents refused before they were orders.")

/** Seconds. Labels: `account`. */
export const riskCheck = histogram("outcry_risk_check_seconds", "Time of the pre-trade checks of one intent.", fast)

/** Checks. Labels: `account`, `outcome` = passed | refused. */
export const riskChecks = counter("outcry_risk_checks_total", "Pre-trade checks by outcome.")

/** Requests. Labels: `venue`, `outcome` = ok | rejected | unreachable | malformed. */
export const venueRequests = counter("outcry_venue_requests_total", "Requests to a venue by outcome.")

/** 0 or 1. Labels: `venue`. */
export const venueBreaker = gauge(
  "outcry_venue_breaker_open",
  "1 while a venue does not answer this node and new orders are turned away."
)

/** Seconds. Labels: `venue`. */
export const venueBlocked = gauge(
  "outcry_venue_blocked_seconds",
  "Time for which a venue has asked not to be called (429, 418); 0 when it has not."
)

/** 0 to 1. Labels: `venue`, `limit` = weight-1m | requests-5m | orders-10s | orders-1d. */
export const rateBudgetUsed = gauge(
  "outcry_rate_budget_used_ratio",
  "A venue's own count of what it limits, of the limit."
)

/** Requests. Labels: `venue`, `purpose` = cancel | lookup | place | read. */
export const rateRefusals = counter(
  "outcry_rate_refusals_total",
  "Requests not sent because a venue's rate limit had no room in time."
)

/* Money; floats for display only, in the account's currency */

/** Currency units. Labels: `account`, `currency`. */
export const equity = gauge("outcry_equity", "Equity of an account.")

/** Currency units. Labels: `account`, `currency`, `kind` = realised | unrealised | fees. */
export const pnl = gauge("outcry_pnl", "Profit and loss of an account; fees are negative.")

/** Currency units. Labels: `account`, `instrument`, `currency`. */
export const exposure = gauge("outcry_exposure", "Signed notional of a position.")

/* Strategies */

/** Errors. Labels: `strategy`. */
export const strategyErrors = counter("outcry_strategy_errors_total", "Exceptions thrown by a strategy's handlers.")

/** Restarts. Labels: `strategy`. */
export const strategyRestarts = counter("outcry_strategy_restarts_total", "Restarts of a strategy by its supervisor.")

/** 0 or 1. Labels: `strategy`. */
export const strategyLocked = gauge("outcry_strategy_locked", "1 when a strategy was locked for failing too often.")

/** Seconds. Labels: `strategy`. */
export const strategyHandler = histogram(
  "outcry_strategy_handler_seconds",
  "Time a strategy's handler took for one event.",
  fast
)

/* API */

/** Seconds. Labels: `method`, `route` = the pattern, never the path, `status` = HTTP status. */
export const httpRequest = histogram("outcry_http_request_duration_seconds", "Time to answer an HTTP request.", fast)

/** Clients. No labels. */
export const wsClients = gauge("outcry_ws_clients", "Connected WebSocket clients.")

/** Messages. Labels: `channel` = channel type. */
export const wsMessages = counter("outcry_ws_messages_total", "Messages sent to WebSocket clients.")

/** Messages. Labels: `channel` = channel type. */
export const wsConflated = counter("outcry_ws_conflated_total", "Quotes replaced by a newer one for a slow client.")

/** Messages. Labels: `channel` = channel type. */
export const wsDropped = counter("outcry_ws_dropped_total", "Messages a slow client lost, each told as a gap.")

/** Clients. Labels: `reason` = slow | protocol | auth | shutdown. */
export const wsDisconnects = counter("outcry_ws_disconnects_total", "WebSocket clients we disconnected.")

/* Telemetry itself */

/** Spans. Labels: `endpoint` = collector | otlp, `outcome` = exported | failed | dropped. */
export const telemetrySpans = counter("outcry_telemetry_spans_total", "Spans by what became of them.")

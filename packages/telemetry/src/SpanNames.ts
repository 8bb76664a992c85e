/**
 * Owns the names of the spans of the order pipeline and the order in which an order passes through them.
 * Every part of Outcry takes its span names from here, so that a trace can be read by a program.
 * It does not start spans.
 */

/** A tick from its receipt to its publication; the root of an order's trace, with ids from `causeTrace`. */
export const FEED_TICK = "feed.tick"
/** The strategy's handler ran on the tick and chose to act. */
export const STRATEGY_SIGNAL = "strategy.signal"
/** The strategy asks its account for an order; ends with the account's answer. Kind: producer. */
export const STRATEGY_INTENT = "strategy.intent"
/** The account's handler, from the mailbox to the commit. Kind: consumer. */
export const ACCOUNT_SUBMIT = "account.submit"
/** The pre-trade checks. */
export const ACCOUNT_RISK = "account.risk"
/** The group commit that makes the intent durable. Kind: client (of the database). */
export const JOURNAL_APPEND = "journal.append"
/** The request to the venue, from signing to its answer. Kind: client. */
export const VENUE_SUBMIT = "venue.submit"
/** The venue's acknowledgement, until it is in the journal. */
export const VENUE_ACK = "venue.ack"
/** One fill of ours, from the venue's report until it is in the journal. A late one links (see `attachTo`). */
export const VENUE_FILL = "venue.fill"

/** The stages a filled order must show, in order, with the span that proves each. */
export const STAGES = [
  { stage: "tick", span: FEED_TICK },
  { stage: "signal", span: STRATEGY_SIGNAL },
  { stage: "intent", span: STRATEGY_INTENT },
  { stage: "risk", span: ACCOUNT_RISK },
  { stage: "journal", span: JOURNAL_APPEND },
  { stage: "submit", span: VENUE_SUBMIT },
  { stage: "ack", span: VENUE_ACK },
  { stage: "fill", span: VENUE_FILL }
] as const

/** The name of a stage of an order's life. */
export type Stage = (typeof STAGES)[number]["stage"]

/**
 * Why a strategy trades or does not: how much came through each stage from its events to its fills, and the first stage
 * that nothing, or nothing more, came through. Pure; from the statuses of the strategy and its account.
 */
import type { AccountStatus } from "@outcry/actor-account/Protocol"
import type { StrategyStatus } from "@outcry/actor-strategy/Protocol"
import type { IntentRefused } from "@outcry/model/AccountEvent"
import { checks } from "@outcry/model/PreTrade"

export interface Stage {
  readonly stage: string
  readonly count: number
  readonly detail: string
}

export interface Check {
  readonly check: string
  /** Intents it stopped. */
  readonly stopped: number
  /** Intents that reached it and went on. */
  readonly passed: number
  /** The last one it stopped, in figures. */
  readonly example: string
}

export interface Funnel {
  readonly strategy: string
  readonly account: string
  readonly condition: string
  readonly stages: ReadonlyArray<Stage>
  readonly checks: ReadonlyArray<Check>
  readonly outcomes: ReadonlyArray<{ readonly status: string; readonly count: number }>
  /** The stage that stops it by name; empty where it trades. */
  readonly blockedBy: string
  readonly verdict: string
  readonly hint: string
}

type RefusalReason = IntentRefused["reason"]

type Counted = ReadonlyArray<{ readonly reason: string; readonly count: number }>

const sum = (counts: ReadonlyArray<{ readonly count: number }>): number =>
  counts.reduce((total, { count }) => total + count, 0)

const plural = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? "" : "s"}`

const aroundTheBatch: ReadonlyArray<RefusalReason> = [
  "CauseAlreadyActedOn",
  "IntentExpired",
  "OrderNotOpen",
  "UnknownInstrument",
  "DuplicateOrder",
  "AccountFrozen"
]

/** Checks in the order they are made: first those around the batch, then the table of PreTrade. */
const checkNames: ReadonlyArray<RefusalReason> = [...aroundTheBatch, ...checks.map(({ reason }) => reason)]

const hints: Readonly<Record<RefusalReason, string>> = {
  TradingHalted: "The account is halted; set it active again.",
  TradingReducing: "The account accepts only orders that reduce its position; set it active again.",
  InstrumentFrozen: "An order's fate is being established; `outcry status` shows it as unknown.",
  QuantityBelowMin: "Raise the strategy's quantity.",
  QuantityAboveMax: "Lower the strategy's quantity.",
  NotionalBelowMin: "Raise the strategy's quantity: price × quantity is below what the venue takes.",
  NotionalAboveMax: "Lower the strategy's quantity: price × quantity is above what the venue takes.",
  StalePrice: "The feed is behind; see its age in `outcry status`.",
  PriceCollar: "Its price is too far beyond the market; bring it nearer, or raise priceCollarBps.",
  PositionLimit: "Lower the quantity, or raise positionNotionalMax of the account.",
  ExposureLimit: "Lower the quantity, or raise grossExposureMax of the account.",
  OpenOrdersLimit: "Cancel what is no longer wanted, or raise openOrdersMax.",
  OrderRateLimit: "Trade less often, or raise orderRateMax.",
  InsufficientBalance: "Lower the quantity: the account does not have that much free.",
  UnknownInstrument: "The account's venue does not list that instrument.",
  CauseAlreadyActedOn: "It acted twice on one event; use a timer for what follows later.",
  IntentExpired: "Its intents wait too long for the account; see the load of the nodes, or raise intentAgeMsMax.",
  OrderNotOpen: "It cancelled what was closed already, which does no harm.",
  DuplicateOrder: "The order exists already.",
  AccountFrozen: "The account's journal is damaged; `outcry verify` names the row and what to do.",
  InvalidPrice: "The strategy computed a price that is none.",
  InvalidQuantity: "The strategy computed a quantity that is none.",
  InvalidTrigger: "Give a stop or take-profit a trigger, a trailing stop exactly one trail.",
  InvalidTerms: "The terms do not go together; the last case says which.",
  NothingToReduce: "There is no position for its reduce-only order; it does no harm.",
  SelfTrade: "It would have traded with an order of this account's own; cancel that one first."
}

const hintOf = (reason: string): string => (reason in hints ? hints[reason as RefusalReason] : "")

const checkRows = (refused: Counted, intents: number, example: ReadonlyMap<string, string>): ReadonlyArray<Check> => {
  const counts = new Map(refused.map(({ count, reason }) => [reason, count]))
  let left = intents
  return checkNames.map((check) => {
    const stopped = counts.get(check) ?? 0
    left -= stopped
    return { check, stopped, passed: Math.max(0, left), example: example.get(check) ?? "" }
  })
}

interface Verdict {
  readonly blockedBy: string
  readonly verdict: string
  readonly hint: string
}

const why = (
  status: StrategyStatus,
  { condition, detail }: Pick<StrategyStatus, "condition" | "detail">,
  figures: { events: number; intents: number; refused: Counted; placed: number; ended: string }
): Verdict => {
  const { events, intents, placed, refused } = figures
  const at = (blockedBy: string, verdict: string, hint: string): Verdict => ({ blockedBy, verdict, hint })
  if (status.fills > 0) return at("", `It trades: ${plural(status.fills, "fill")} of ${plural(placed, "order")}.`, "")
  if (condition === "locked")
    return at(
      "supervision",
      `It is locked: it threw ${plural(status.errors, "time")}, the last with "${status.lastError}".`,
      "Correct the strategy, then start again."
    )
  if (condition === "backoff")
    return at(
      "handler",
      `Its handler threw "${status.lastError}".`,
      "Correct the strategy; it is started again with back-off."
    )
  if (condition === "waiting" || condition === "starting")
    return at(
      "start",
      `It has not begun: ${detail === "" ? condition : detail}.`,
      "See its account and feeds in `outcry status`."
    )
  if (condition === "paused") return at("pause", "It is paused.", "Resume it.")
  if (events === 0)
    return at(
      "feed",
      `No event has reached it from ${status.feeds.join(", ") || "any feed"}.`,
      "See the feeds in `outcry status`, and what feeds() declares."
    )
  if (condition === "warming" || status.warmupBarsLeft > 0)
    return at(
      "warm-up",
      `It is warming up: ${plural(status.warmupBarsLeft, "bar")} to go.`,
      "Wait, or declare fewer warmupBars."
    )
  if (intents === 0) {
    const signals = sum(status.signals)
    return signals === 0
      ? at(
          "signal",
          `It has seen ${plural(events, "event")} and no signal yet.`,
          "Its conditions were never met; loosen its parameters, or give it time."
        )
      : at(
          "intent",
          `It has had ${plural(signals, "signal")} and asked for no order.`,
          "See what it does after ctx.signal."
        )
  }
  if (placed === 0) {
    const worst = refused.toSorted((a, b) => b.count - a.count)[0]
    if (worst === undefined)
      return at("account", `Its ${plural(intents, "intent")} got no answer yet.`, "See its account in `outcry status`.")
    return at(
      worst.reason,
      `The check ${worst.reason} stopped ${worst.count} of its ${plural(intents, "intent")}.`,
      hintOf(worst.reason)
    )
  }
  return at(
    "venue",
    `It placed ${plural(placed, "order")} and none was filled: ${figures.ended}.`,
    "Quote nearer to the market, or take liquidity."
  )
}

/**
 * The strategy's own status has figures since it last started; the account's, since the journal began. `at` is the
 * condition to judge by, where it is not the present one.
 */
export const funnel = (
  status: StrategyStatus,
  account: AccountStatus | undefined,
  at: Pick<StrategyStatus, "condition" | "detail"> = status
): Funnel => {
  const record = account?.strategies.find(({ strategy }) => strategy === status.strategy)
  const events = sum(status.events)
  const refused: Counted = record?.refused ?? status.refused
  const placed = record?.placed ?? status.orders
  const stopped = sum(refused)
  const intents = Math.max(status.intents, placed + stopped)
  const unanswered = account === undefined ? 0 : Math.max(0, status.intents - (record?.intentSeq ?? 0))
  const answered = intents - unanswered
  const cancels = answered - placed - stopped
  const outcomes = record?.outcomes.filter(({ count }) => count > 0) ?? []
  const open = account?.openOrders.filter(({ strategy }) => strategy === status.strategy).length ?? 0
  const ended = [
    ...outcomes.map(({ count, status: state }) => `${count} ${state}`),
    ...(open > 0 ? [`${open} open`] : [])
  ].join(", ")
  const example = new Map(status.refused.map(({ detail, reason }) => [reason, detail]))
  const warm = status.warmupBarsLeft > 0 ? `${status.warmupBarsLeft} bars to go` : "done"
  return {
    strategy: status.strategy,
    account: status.account,
    condition: at.condition,
    stages: [
      { stage: "events", count: events, detail: status.events.map(({ count, kind }) => `${count} ${kind}`).join(", ") },
      { stage: "warm-up", count: status.warmupBarsLeft > 0 ? 0 : events, detail: warm },
      {
        stage: "signals",
        count: sum(status.signals),
        detail: status.signals.map(({ count, name }) => `${count} ${name}`).join(", ")
      },
      {
        stage: "intents",
        count: intents,
        detail: [
          ...(cancels > 0 ? [`${cancels} of them cancels`] : []),
          ...(unanswered > 0 ? [`${unanswered} not answered yet`] : [])
        ].join(", ")
      },
      { stage: "checks passed", count: answered - stopped, detail: stopped === 0 ? "" : `${stopped} stopped` },
      { stage: "orders", count: placed, detail: ended },
      { stage: "fills", count: status.fills, detail: "" }
    ],
    checks: checkRows(refused, answered, example),
    outcomes,
    ...why(status, at, { events, intents, refused, placed, ended: ended === "" ? "none has ended yet" : ended })
  }
}

/**
 * The way from event to fill as stages with counts, and of a run that did not trade the stage where it ended, by name,
 * with what to do about it.
 */
import { refusalReasons } from "@outcry/model/Refusal"
import type { BacktestResult } from "../BacktestResult.ts"
import { wordsOf } from "./Figure.ts"

export interface FunnelStage {
  /** `events`, `signals`, `intents`, a reason of refusal, `orders` or `fills`. */
  readonly key: string
  readonly title: string
  /** How many came this far; of a check, how many it refused. */
  readonly count: number
  readonly kind: "passed" | "refused"
}

export interface Blocking {
  readonly key: string
  readonly title: string
  /** What happened, and what to do next. */
  readonly cause: string
  readonly remedy: string
}

const remedies: Readonly<Record<string, string>> = {
  UnknownInstrument: "Name an instrument that the data of the run hold.",
  DuplicateOrder: "Give each intent a number of its own.",
  CauseAlreadyActedOn: "Emit what belongs together in one event: a strategy acts on an event once.",
  IntentExpired: "Raise intentAgeMsMax of the limits, or use data that are not older than it when they arrive.",
  OrderNotOpen: "Cancel or modify only orders that are open.",
  AccountFrozen: "Mend the account's journal first.",
  TradingHalted: "Resume trading: the state of the account was halted.",
  TradingReducing: "Set trading to active: while reducing, only orders that close positions pass.",
  InstrumentFrozen: "Wait until the fate of the order that froze the instrument is known.",
  InvalidPrice: "Give prices in whole ticks above 0.",
  InvalidQuantity:
    "Give quantities in whole lots above 0; a size that rounds to no lot means too little equity or too large a lot.",
  InvalidTerms: "Give terms that fit the type of the order.",
  InvalidTrigger: "Put the trigger on the side of the market where it is not touched yet.",
  QuantityBelowMin: "Raise the size: it is below the instrument's least quantity.",
  QuantityAboveMax: "Lower the size or slice it: it is above the instrument's largest quantity.",
  StalePrice: "Raise priceAgeMsMax of the limits, or use data that come more often than it.",
  NotionalBelowMin:
    "Raise the size or the starting equity: an order is worth less than the instrument's least notional.",
  NotionalAboveMax: "Lower the size or raise the limit: an order is worth more than is allowed at once.",
  PriceCollar: "Set prices nearer to the market, or widen priceCollarBps of the limits.",
  SelfTrade: "Cancel the order on the other side first, or allow self-trades in the limits.",
  PositionLimit: "Lower the size or raise the position limit.",
  ExposureLimit: "Lower the size or raise the exposure limit.",
  NothingToReduce: "A reduce-only order needs a position: open one first.",
  OpenOrdersLimit: "Cancel orders that are no longer wanted, or raise the limit of open orders.",
  OrderRateLimit: "Send fewer orders a second, or raise the limit.",
  InsufficientBalance: "Lower the size or start with more equity."
}

const refusals = (result: BacktestResult): ReadonlyArray<FunnelStage> => {
  const places = new Map<string, number>(refusalReasons.map((reason, place) => [reason, place]))
  return Object.entries(result.funnel.refusals)
    .filter(([, count]) => count > 0)
    .toSorted(([one], [other]) => (places.get(one) ?? 999) - (places.get(other) ?? 999) || one.localeCompare(other))
    .map(([key, count]) => ({ key, title: wordsOf(key), count, kind: "refused" }))
}

/** In the order in which they are passed; checks in the order they are made, only those that refused. */
export const funnelStages = (result: BacktestResult): ReadonlyArray<FunnelStage> => {
  const { events, fills, intents, orders, signals } = result.funnel
  const passed = (key: string, count: number): FunnelStage => ({ key, title: key, count, kind: "passed" })
  return [
    passed("events", events),
    passed("signals", signals),
    passed("intents", intents),
    ...refusals(result),
    passed("orders", orders),
    passed("fills", fills)
  ]
}

const ends = (result: BacktestResult): string => {
  const counts = new Map<string, number>()
  for (const { reason, status } of result.orders) {
    const end = reason === "" ? wordsOf(status) : `${wordsOf(status)} (${reason})`
    counts.set(end, (counts.get(end) ?? 0) + 1)
  }
  return [...counts]
    .toSorted((one, other) => other[1] - one[1])
    .slice(0, 3)
    .map(([end, count]) => `${count} ${end}`)
    .join(", ")
}

/** Undefined where something was filled: then the run traded. */
export const blockingStage = (result: BacktestResult): Blocking | undefined => {
  const { events, fills, intents, orders, signals } = result.funnel
  if (fills > 0 || result.fills.length > 0 || result.trades.length > 0) return undefined
  if (events === 0)
    return {
      key: "events",
      title: "events",
      cause: "No market event lay in the range of the run.",
      remedy: "Choose a range and instruments for which there are data."
    }
  if (orders > 0) {
    const ended = ends(result)
    return {
      key: "fills",
      title: "fills",
      cause: `${orders} orders went out and none was filled${ended === "" ? "" : `: ${ended}`}.`,
      remedy: "Set prices nearer to the market, let orders rest longer, or look at the assumptions on fills."
    }
  }
  if (intents === 0 && signals === 0)
    return {
      key: "signals",
      title: "signals",
      cause: `${events} events came and the strategy's condition was never met.`,
      remedy: "Check its warm-up against the length of the data, then its thresholds."
    }
  if (intents === 0)
    return {
      key: "intents",
      title: "intents",
      cause: `${signals} signals came and none led to an intent.`,
      remedy: "Check the size that a signal leads to: a target equal to the position asks for nothing."
    }
  const worst = refusals(result).toSorted((one, other) => other.count - one.count)[0]
  if (worst === undefined)
    return {
      key: "orders",
      title: "orders",
      cause: `${intents} intents were made and none became an order, without a refusal on record.`,
      remedy: "The run may have ended before they were due: lengthen its range or lower the latency."
    }
  return {
    key: worst.key,
    title: worst.title,
    cause: `${worst.count} of ${intents} intents were refused by the check ${worst.key}, and none became an order.`,
    remedy: remedies[worst.key] ?? "Look up the reason in the strategy's or the venue's documentation."
  }
}

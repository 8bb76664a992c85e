/**
 * What an event-driven run is made of. All of it but tape and strategies is plain data and stands in the result as its
 * assumptions. What is left out has the default named beside it.
 */
import type { FeeSchedule } from "@outcry/matching/models/FeeModel"
import type { Funding } from "@outcry/matching/models/FundingModel"
import type { Latency } from "@outcry/matching/models/LatencyModel"
import type { Queue } from "@outcry/matching/models/QueueModel"
import type { Slippage } from "@outcry/matching/models/SlippageModel"
import type { Instrument } from "@outcry/model/Instrument"
import { defaults, type Limits } from "@outcry/model/Limits"
import type { StrategyDefinition } from "@outcry/model/Strategy"
import { Schema } from "effect"
import type { MarketTape } from "./MarketTape.ts"

/** A strategy in a run. */
export interface StrategySpec {
  /** Unique in the run; default: the definition's name. */
  readonly id?: string
  readonly definition: StrategyDefinition<unknown, unknown>
  /** Encoded, as in a configuration; decoded by the definition's schema. Default {}. */
  readonly parameters?: unknown
  /** Account it trades on; default the first. */
  readonly account?: string
}

/** A strategy of whatever parameters and state, as a run takes it. */
export const strategySpec = <P, S>(
  definition: StrategyDefinition<P, S>,
  options: Omit<StrategySpec, "definition"> = {}
): StrategySpec => ({ ...options, definition: definition as StrategyDefinition<unknown, unknown> })

/** An account with its money, as the live one has it. Decimals by asset. */
export interface AccountSpec {
  /** Default "backtest". */
  readonly id?: string
  readonly balances: Readonly<Record<string, string>>
  /**
   * Lent by the broker for selling short: counted as a debt of the same amount. The live account's checks know no
   * margin, so a short sells what was lent.
   */
  readonly loans?: Readonly<Record<string, string>>
  readonly limits?: Partial<Omit<Limits, "version">>
}

export interface BacktestSpec {
  readonly tape: MarketTape
  /** All instruments of the tape. */
  readonly instruments: ReadonlyArray<Instrument>
  readonly strategies: ReadonlyArray<StrategySpec>
  readonly accounts: ReadonlyArray<AccountSpec>
  /** Default 1. */
  readonly seed?: number
  /** First and last event to trade on, epoch µs; what is before `from` warms up. Default: all. */
  readonly from?: number
  readonly to?: number
  readonly fees?: FeeSchedule
  readonly slippage?: Slippage
  readonly latency?: Latency
  /** Default `queue` for quotes, books and trades; `touch` for bars. */
  readonly queue?: Queue
  /** Default `recorded`: what the tape holds. */
  readonly funding?: Funding
  /** Share of a bar's lots that may be ours; default: no bound. */
  readonly volumeShareMax?: number
  /** Levels assumed behind the touch, each as deep as it and a tick further; default 10. */
  readonly levelsMax?: number
  /** Equity is sampled this often; default at every bar, or each minute where there are no bars. */
  readonly sampleUs?: number
  /** Fresh event objects for strategies that keep them; default: one object of each kind is used over and over. */
  readonly freshEvents?: boolean
  /** Intents a strategy may ask for on one event; default 1,000. */
  readonly intentsMax?: number
  /** Keep every fact of the accounts, for replay; default false. */
  readonly keepFacts?: boolean
}

/**
 * The same checks as live, with room for research: sizes and rates are open, prices may be as old as a day's bar. The
 * collar stays, since it is what a market order's funds are held back with.
 */
export const researchLimits: Omit<Limits, "version"> = {
  priceCollarBps: defaults.priceCollarBps,
  markAgeMsMax: 10 * 86_400_000,
  positionNotionalMax: "1000000000000",
  grossExposureMax: "1000000000000",
  openOrdersMax: 10_000,
  orderRateMax: 10_000
}

/** What a run was asked for makes no sense. */
export class BacktestFault extends Schema.TaggedError<BacktestFault>()("BacktestFault", {
  field: Schema.String,
  reason: Schema.String,
  remedy: Schema.String
}) {
  override get message() {
    return `${this.field}: ${this.reason}. ${this.remedy}`
  }
}

/** A strategy ended its run: it threw, or asked for more than a strategy may. */
export class StrategyFailed extends Schema.TaggedError<StrategyFailed>()("StrategyFailed", {
  strategy: Schema.String,
  /** What it handled: `quote of sim:BTC/USDT`, `timer`, `fill`, … */
  event: Schema.String,
  /** Row of the tape. */
  row: Schema.Number,
  timeUs: Schema.Number,
  reason: Schema.String
}) {
  override get message() {
    return `Strategy ${this.strategy}, ${this.event}, row ${this.row} at ${this.timeUs}: ${this.reason}`
  }
}

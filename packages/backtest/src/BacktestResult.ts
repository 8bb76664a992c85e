/**
 * What a run leaves: what was asked, every order and fill, the equity curve, why it did not trade, and what to doubt.
 * Plain data: it is stored, sent between workers and written to JSON as it is (columns as arrays of numbers).
 *
 * Prices and amounts here are plain numbers in quote asset for analysis; the exact ticks and lots stand beside them.
 */
import type { Side } from "@outcry/model/MarketData"
import type { Liquidity, OrderStatus } from "@outcry/model/Order"

/** Something in the data or the run that makes its figures doubtful. */
export interface RunWarning {
  /** Stable, camel case: `gapInData`, `tooFewBars`, `lookAhead`, … */
  readonly code: string
  /** One sentence: what, where first, and what to do. */
  readonly detail: string
  readonly count: number
}

export interface BacktestOrder {
  readonly strategy: string
  readonly orderSeq: number
  readonly instrument: string
  readonly side: Side
  readonly type: string
  /** 0 for a market order. */
  readonly priceTicks: number
  readonly lots: number
  readonly filledLots: number
  readonly status: OrderStatus | "refused"
  /** Of a refusal or an end without fill. */
  readonly reason: string
  /** Epoch µs: decided, and ended (or the end of the run). */
  readonly timeIntent: number
  readonly timeEnd: number
}

export interface BacktestFill {
  readonly strategy: string
  readonly orderSeq: number
  readonly instrument: string
  readonly side: Side
  readonly timeUs: number
  readonly priceTicks: number
  readonly lots: number
  readonly price: number
  readonly quantity: number
  /** In quote asset; negative for a rebate. */
  readonly fee: number
  readonly liquidity: Liquidity
}

/** From flat to flat, or from one side to the other, of one instrument and strategy. */
export interface RoundTrip {
  readonly strategy: string
  readonly instrument: string
  /** `buy` for a long one. */
  readonly side: Side
  readonly timeEntry: number
  readonly timeExit: number
  readonly quantity: number
  readonly priceEntry: number
  readonly priceExit: number
  /** After fees, funding and dividends, in quote asset. */
  readonly profit: number
  readonly fees: number
  /** Still open at the end of the run: valued at the last price. */
  readonly open: boolean
}

/** Counts on the way from event to fill; the first zero says why a run did not trade. */
export interface Funnel {
  readonly events: number
  readonly signals: number
  readonly intents: number
  readonly refusals: Readonly<Record<string, number>>
  readonly orders: number
  readonly fills: number
}

/** Values at the times of `timeUs`, all of equal length. */
export interface EquityCurve {
  readonly timeUs: ReadonlyArray<number>
  readonly equity: ReadonlyArray<number>
  /** Gross value of positions. */
  readonly exposure: ReadonlyArray<number>
}

export interface BacktestResult {
  /** Of the format of this record. */
  readonly version: 1
  readonly kind: "event" | "vectorised"
  readonly strategies: ReadonlyArray<{
    readonly id: string
    readonly name: string
    readonly version: number
    readonly parameters: unknown
  }>
  readonly instruments: ReadonlyArray<string>
  /** First and last event, epoch µs. */
  readonly from: number
  readonly to: number
  readonly seed: number
  /** What equity is counted in. */
  readonly asset: string
  readonly equityStart: number
  readonly equityEnd: number
  readonly curve: EquityCurve
  readonly orders: ReadonlyArray<BacktestOrder>
  readonly fills: ReadonlyArray<BacktestFill>
  readonly trades: ReadonlyArray<RoundTrip>
  readonly funnel: Funnel
  /** Fees, funding and dividends paid (−) or received (+) over the run, in `asset`. */
  readonly costs: { readonly fees: number; readonly funding: number; readonly dividends: number }
  /** Models and sizes the run was made with, as given. */
  readonly assumptions: Readonly<Record<string, unknown>>
  readonly warnings: ReadonlyArray<RunWarning>
  /** SHA-256 (hex) over orders, fills and curve: equal runs hash equally. */
  readonly hash: string
}

/** What a study keeps of each run: parameters in, figures out. Undefined figures are absent. */
export interface RunSummary {
  /** Place in its study, from 0. */
  readonly index: number
  readonly parameters: Readonly<Record<string, number | string | boolean>>
  readonly metrics: Readonly<Record<string, number>>
  readonly trades: number
  readonly warnings: ReadonlyArray<RunWarning>
}

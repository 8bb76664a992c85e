/**
 * How a parent order was executed: its average price against the arrival price, and against what the market did while
 * it worked: the time-weighted middle of the quotes (TWAP) and the volume-weighted price of the trades (VWAP).
 *
 * Shortfalls are in basis points, positive where it did worse. Prices are ticks, not rounded.
 */
import { type MarketEvent, type Side, signOf } from "@outcry/model/MarketData"
import type { StrategyFill } from "@outcry/model/Strategy"

export interface ParentReport {
  readonly side: Side
  readonly quantityLots: number
  readonly filledLots: number
  readonly fills: number
  readonly makerLots: number
  /** Undefined without a fill. */
  readonly averageTicks: number | undefined
  readonly arrivalTicks: number
  readonly twapTicks: number | undefined
  readonly vwapTicks: number | undefined
  readonly marketLots: number
  /** Of the market's volume; undefined where nothing traded. */
  readonly participation: number | undefined
  readonly shortfallBps: number | undefined
  readonly versusTwapBps: number | undefined
  readonly versusVwapBps: number | undefined
}

export interface ParentRun {
  readonly side: Side
  readonly quantityLots: number
  readonly fills: ReadonlyArray<StrategyFill>
  /** Middle of the market when the order arrived. */
  readonly arrivalTicks: number
  /** Epoch µs, from arrival to the end. */
  readonly fromUs: number
  readonly untilUs: number
  /** Quotes and trades of its instrument, in order; the last quote before `fromUs` counts from there. */
  readonly market: Iterable<MarketEvent>
}

export const reportOf = (run: ParentRun): ParentReport => {
  let [filledLots, makerLots, paid] = [0, 0, 0]
  for (const { liquidity, lots, priceTicks } of run.fills) {
    filledLots += lots
    paid += lots * priceTicks
    if (liquidity === "maker") makerLots += lots
  }
  let [marketLots, traded, weighted, weight] = [0, 0, 0, 0]
  let middle: { readonly ticks: number; readonly sinceUs: number } | undefined
  const until = (timeUs: number): void => {
    if (middle === undefined) return
    const span = Math.min(timeUs, run.untilUs) - Math.max(middle.sinceUs, run.fromUs)
    if (span <= 0) return
    weighted += middle.ticks * span
    weight += span
  }
  for (const event of run.market) {
    if (event.timeReceived >= run.untilUs) break
    if (event.type === "trade" && event.timeReceived >= run.fromUs) {
      marketLots += event.lots
      traded += event.lots * event.priceTicks
    }
    if (event.type !== "quote") continue
    until(event.timeReceived)
    middle =
      event.bidTicks === 0 || event.askTicks === 0
        ? undefined
        : { ticks: (event.bidTicks + event.askTicks) / 2, sinceUs: event.timeReceived }
  }
  until(run.untilUs)
  const averageTicks = filledLots === 0 ? undefined : paid / filledLots
  const twapTicks = weight === 0 ? undefined : weighted / weight
  const vwapTicks = marketLots === 0 ? undefined : traded / marketLots
  const worse = (benchmark: number | undefined): number | undefined =>
    averageTicks === undefined || benchmark === undefined || benchmark === 0
      ? undefined
      : ((signOf(run.side) * (averageTicks - benchmark)) / benchmark) * 10_000
  return {
    side: run.side,
    quantityLots: run.quantityLots,
    filledLots,
    fills: run.fills.length,
    makerLots,
    averageTicks,
    arrivalTicks: run.arrivalTicks,
    twapTicks,
    vwapTicks,
    marketLots,
    participation: marketLots === 0 ? undefined : filledLots / marketLots,
    shortfallBps: worse(run.arrivalTicks),
    versusTwapBps: worse(twapTicks),
    versusVwapBps: worse(vwapTicks)
  }
}

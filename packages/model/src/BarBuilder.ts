/**
 * Builds time bars from trades and the clock. Every interval gets exactly one bar, in order: one without trades repeats
 * the last close with no lots. Nothing is emitted before the first trade.
 */
import type { Bar, Trade } from "./MarketData.ts"

/** A bar without its position in a feed. */
export type BuiltBar = Omit<Bar, "instrument" | "feedEpoch" | "seq">

/** Intervals without trades filled in one go at most; after a longer silence bars start anew with the next trade. */
const silentBarsMax = 600

export class BarBuilder {
  readonly intervalUs: number
  private timeOpen = -1
  private openTicks = 0
  private highTicks = 0
  private lowTicks = 0
  private closeTicks = 0
  private lots = 0
  private trades = 0

  constructor(intervalUs: number) {
    this.intervalUs = intervalUs
  }

  /** Adds a trade; bars that it closes are passed to `emit` first. Trades older than the open bar count into it. */
  add(
    trade: Pick<Trade, "priceTicks" | "lots" | "timeVenue">,
    timeReceived: number,
    emit: (bar: BuiltBar) => void
  ): void {
    this.advanceTo(trade.timeVenue, timeReceived, emit)
    if (this.timeOpen < 0) this.open(trade.timeVenue - (trade.timeVenue % this.intervalUs), trade.priceTicks)
    if (this.trades === 0) {
      this.openTicks = trade.priceTicks
      this.highTicks = trade.priceTicks
      this.lowTicks = trade.priceTicks
    }
    this.highTicks = Math.max(this.highTicks, trade.priceTicks)
    this.lowTicks = Math.min(this.lowTicks, trade.priceTicks)
    this.closeTicks = trade.priceTicks
    this.lots += trade.lots
    this.trades += 1
  }

  /** Closes every interval that ends at or before `timeVenue`. */
  advanceTo(timeVenue: number, timeReceived: number, emit: (bar: BuiltBar) => void): void {
    if (this.timeOpen < 0) return
    if (timeVenue - this.timeOpen > silentBarsMax * this.intervalUs) {
      this.close(timeReceived, emit)
      this.timeOpen = -1
      return
    }
    while (timeVenue >= this.timeOpen + this.intervalUs) this.close(timeReceived, emit)
  }

  private open(timeOpen: number, priceTicks: number): void {
    this.timeOpen = timeOpen
    this.openTicks = priceTicks
    this.highTicks = priceTicks
    this.lowTicks = priceTicks
    this.closeTicks = priceTicks
    this.lots = 0
    this.trades = 0
  }

  private close(timeReceived: number, emit: (bar: BuiltBar) => void): void {
    emit({
      type: "bar",
      intervalUs: this.intervalUs,
      timeOpen: this.timeOpen,
      openTicks: this.openTicks,
      highTicks: this.highTicks,
      lowTicks: this.lowTicks,
      closeTicks: this.closeTicks,
      lots: this.lots,
      trades: this.trades,
      timeVenue: this.timeOpen + this.intervalUs,
      timeReceived
    })
    this.open(this.timeOpen + this.intervalUs, this.closeTicks)
  }
}

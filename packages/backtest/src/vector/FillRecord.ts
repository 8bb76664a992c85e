/** The orders, fills and round trips of a vectorised run, as a result holds them: floats, with ticks and lots left 0. */
import type { BarColumns } from "@outcry/signals/BarColumns"
import type { BacktestFill, BacktestOrder, RoundTrip } from "../BacktestResult.ts"
import type { FillListener } from "./Holding.ts"
import type { RunTerms } from "./RunTerms.ts"

interface OpenTrip {
  timeEntry: number
  sign: 1 | -1
  quantity: number
  most: number
  entered: number
  enteredValue: number
  left: number
  leftValue: number
  fees: number
}

export class FillRecord implements FillListener {
  readonly orders: Array<BacktestOrder> = []
  readonly fills: Array<BacktestFill> = []
  readonly trades: Array<RoundTrip> = []
  private readonly strategy: string
  private readonly bars: ReadonlyArray<BarColumns>
  private late: boolean
  private readonly open: Array<OpenTrip | undefined> = []

  constructor(strategy: string, bars: ReadonlyArray<BarColumns>, terms: RunTerms) {
    this.strategy = strategy
    this.bars = bars
    this.late = terms.fillAt === "nextOpen"
  }

  readonly filled = (instrument: number, row: number, delta: number, price: number, fee: number): void => {
    const bars = this.bars[instrument]!
    const timeUs = this.late ? bars.timeOpen[row]! : bars.timeOpen[row]! + bars.intervalUs
    const decided = this.late && row > 0 ? bars.timeOpen[row - 1]! + bars.intervalUs : timeUs
    const of = {
      strategy: this.strategy,
      orderSeq: this.orders.length + 1,
      instrument: bars.instrument,
      side: delta > 0 ? "buy" : "sell"
    } as const
    this.orders.push({
      ...of,
      type: "market",
      priceTicks: 0,
      lots: 0,
      filledLots: 0,
      status: "filled",
      reason: "",
      timeIntent: decided,
      timeEnd: timeUs
    })
    const quantity = Math.abs(delta)
    this.fills.push({ ...of, timeUs, priceTicks: 0, lots: 0, price, quantity, fee, liquidity: "taker" })
    this.book(instrument, timeUs, delta, price, fee)
  }

  readonly flat = (instrument: number, row: number, profit: number): void => {
    const bars = this.bars[instrument]!
    const timeExit = this.late ? bars.timeOpen[row]! : bars.timeOpen[row]! + bars.intervalUs
    this.close(instrument, timeExit, undefined, profit)
  }

  readonly ruined = (): void => {
    this.late = false
  }

  /** A position still open at the end, at the last close. */
  leftOpen(instrument: number, row: number, profit: number): void {
    const bars = this.bars[instrument]!
    this.close(instrument, bars.timeOpen[row]! + bars.intervalUs, bars.close[row], profit)
  }

  /** A target decided at the last close: there is no bar left for it to trade on. */
  undone(instrument: number, row: number, rises: boolean): void {
    const bars = this.bars[instrument]!
    const timeIntent = bars.timeOpen[row]! + bars.intervalUs
    this.orders.push({
      strategy: this.strategy,
      orderSeq: this.orders.length + 1,
      instrument: bars.instrument,
      side: rises ? "buy" : "sell",
      type: "market",
      priceTicks: 0,
      lots: 0,
      filledLots: 0,
      status: "expired",
      reason: "endOfData",
      timeIntent,
      timeEnd: timeIntent
    })
  }

  private book(instrument: number, timeUs: number, delta: number, price: number, fee: number): void {
    const trip = (this.open[instrument] ??= {
      timeEntry: timeUs,
      sign: delta > 0 ? 1 : -1,
      quantity: 0,
      most: 0,
      entered: 0,
      enteredValue: 0,
      left: 0,
      leftValue: 0,
      fees: 0
    })
    const size = Math.abs(delta)
    if (delta > 0 === trip.sign > 0) {
      trip.entered += size
      trip.enteredValue += size * price
    } else {
      trip.left += size
      trip.leftValue += size * price
    }
    trip.quantity += delta
    trip.most = Math.max(trip.most, Math.abs(trip.quantity))
    trip.fees += fee
  }

  private close(instrument: number, timeExit: number, lastPrice: number | undefined, profit: number): void {
    const trip = this.open[instrument]
    if (trip === undefined) return
    const rest = lastPrice === undefined ? 0 : Math.abs(trip.quantity)
    this.trades.push({
      strategy: this.strategy,
      instrument: this.bars[instrument]!.instrument,
      side: trip.sign > 0 ? "buy" : "sell",
      timeEntry: trip.timeEntry,
      timeExit,
      quantity: trip.most,
      priceEntry: trip.enteredValue / trip.entered,
      priceExit: (trip.leftValue + rest * (lastPrice ?? 0)) / (trip.left + rest),
      profit,
      fees: trip.fees,
      open: lastPrice !== undefined
    })
    this.open[instrument] = undefined
  }
}

/**
 * Round trips of each strategy and instrument: from flat to flat, or from one side to the other. Profit is what was
 * received less what was paid, fees, funding and dividends included; for analysis, in numbers.
 */
import type { Side } from "@outcry/model/MarketData"
import { signOf } from "@outcry/model/MarketData"
import type { RoundTrip } from "./BacktestResult.ts"

interface Running {
  readonly strategy: string
  readonly instrument: string
  side: Side
  timeEntry: number
  /** Signed, in base asset. */
  held: number
  entered: number
  enteredValue: number
  left: number
  leftValue: number
  cash: number
  fees: number
}

/** What is left of a position that is flat but for floating point. */
const flat = 1e-12

export class RoundTrips {
  readonly done: Array<RoundTrip> = []
  private readonly running = new Map<string, Running>()

  /** A fill of `quantity` base asset at `price`; `fee` in quote asset. */
  fill(
    strategy: string,
    instrument: string,
    side: Side,
    quantity: number,
    price: number,
    fee: number,
    timeUs: number
  ): void {
    const key = `${strategy} ${instrument}`
    const trip = this.running.get(key)
    if (trip === undefined || trip.side === side) {
      this.enter(key, trip ?? this.begin(strategy, instrument, side, timeUs), quantity, price, fee)
      return
    }
    const closing = Math.min(quantity, Math.abs(trip.held))
    const share = closing / quantity
    trip.left += closing
    trip.leftValue += closing * price
    trip.cash += signOf(side) * -closing * price - fee * share
    trip.fees += fee * share
    trip.held += signOf(side) * closing
    if (Math.abs(trip.held) > flat * trip.entered) return
    this.end(key, trip, trip.leftValue / trip.left, timeUs, false)
    const rest = quantity - closing
    if (rest > flat * quantity)
      this.enter(key, this.begin(strategy, instrument, side, timeUs), rest, price, fee * (1 - share))
  }

  /** Funding or a dividend received (+) or paid (−) by a strategy's share. */
  pay(strategy: string, instrument: string, cash: number): void {
    const trip = this.running.get(`${strategy} ${instrument}`)
    if (trip !== undefined) trip.cash += cash
  }

  split(instrument: string, ratio: number): void {
    for (const trip of this.running.values()) {
      if (trip.instrument !== instrument) continue
      trip.held *= ratio
      trip.entered *= ratio
      trip.left *= ratio
    }
  }

  /** What is open at the end, valued at the last price. */
  close(priceOf: (instrument: string) => number, timeUs: number): void {
    for (const [key, trip] of this.running) {
      const price = priceOf(trip.instrument)
      trip.cash += trip.held * price
      const exited = trip.left + Math.abs(trip.held)
      this.end(key, trip, (trip.leftValue + Math.abs(trip.held) * price) / exited, timeUs, true)
    }
  }

  private begin(strategy: string, instrument: string, side: Side, timeEntry: number): Running {
    const none = { held: 0, entered: 0, enteredValue: 0, left: 0, leftValue: 0, cash: 0, fees: 0 }
    return { strategy, instrument, side, timeEntry, ...none }
  }

  private enter(key: string, trip: Running, quantity: number, price: number, fee: number): void {
    const sign = signOf(trip.side)
    trip.held += sign * quantity
    trip.entered += quantity
    trip.enteredValue += quantity * price
    trip.cash -= sign * quantity * price + fee
    trip.fees += fee
    this.running.set(key, trip)
  }

  private end(key: string, trip: Running, priceExit: number, timeExit: number, open: boolean): void {
    this.running.delete(key)
    this.done.push({
      strategy: trip.strategy,
      instrument: trip.instrument,
      side: trip.side,
      timeEntry: trip.timeEntry,
      timeExit,
      quantity: trip.entered,
      priceEntry: trip.enteredValue / trip.entered,
      priceExit,
      profit: trip.cash,
      fees: trip.fees,
      open
    })
  }
}

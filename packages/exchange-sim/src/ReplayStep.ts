/** A recorded frame in an instrument's ticks and lots: what a replay market applies. */
import { from } from "@outcry/model/Amount"
import { type Instrument, ticksOf } from "@outcry/model/Instrument"
import type { RecordedFrame, RecordedLevel } from "./RecordedFrame.ts"
import { RecordingError } from "./RecordingError.ts"

/** Flat `[ticks, lots, …]`. */
export type FlatLevels = ReadonlyArray<number>

export interface ReplaySnapshot {
  readonly type: "snapshot"
  readonly updateId: number
  readonly bids: FlatLevels
  readonly asks: FlatLevels
}

export interface ReplayDiff {
  readonly type: "diff"
  readonly firstUpdateId: number
  readonly updateId: number
  readonly bids: FlatLevels
  readonly asks: FlatLevels
}

export interface ReplayTicker {
  readonly type: "ticker"
  readonly updateId: number
  readonly bidTicks: number
  readonly bidLots: number
  readonly askTicks: number
  readonly askLots: number
}

export interface ReplayTrade {
  readonly type: "trade"
  readonly priceTicks: number
  readonly lots: number
  readonly buyerIsMaker: boolean
  /** The venue's own time of the print. */
  readonly venueUs: number
}

/** The book is not to be trusted until the next snapshot. */
export interface ReplayBreak {
  readonly type: "break"
}

export type ReplayStep = ReplaySnapshot | ReplayDiff | ReplayTicker | ReplayTrade | ReplayBreak

/**
 * Throws a RecordingError where a price lies between two ticks. Quantities count in whole lots: real books hold dust finer
 * than a lot, from before their lot size changed, which no order could trade.
 */
export const stepOf = (instrument: Instrument, frame: RecordedFrame): ReplayStep => {
  const level = ([price, quantity]: RecordedLevel): readonly [number, number] => {
    const priceTicks = ticksOf(instrument, price)
    if (priceTicks !== undefined) return [priceTicks, Number(from(quantity) / instrument.lot)]
    const detail = `the price ${price} is no multiple of ${instrument.symbol}'s tick ${instrument.tickSize}`
    const { file, line } = frame
    throw new RecordingError({ file, line, problem: line === 0 ? "badFrame" : "badLine", detail })
  }
  const flat = (levels: ReadonlyArray<RecordedLevel>): FlatLevels => levels.flatMap(level)
  if (frame.type === "break") return { type: "break" }
  if (frame.type === "snapshot") {
    return { type: "snapshot", updateId: frame.lastUpdateId, bids: flat(frame.bids), asks: flat(frame.asks) }
  }
  if (frame.type === "depth") {
    const { firstUpdateId, finalUpdateId: updateId } = frame
    return { type: "diff", firstUpdateId, updateId, bids: flat(frame.bids), asks: flat(frame.asks) }
  }
  if (frame.type === "ticker") {
    const [bidTicks, bidLots] = level(frame.bid)
    const [askTicks, askLots] = level(frame.ask)
    return { type: "ticker", updateId: frame.updateId, bidTicks, bidLots, askTicks, askLots }
  }
  const [priceTicks, lots] = level([frame.price, frame.quantity])
  return { type: "trade", priceTicks, lots, buyerIsMaker: frame.buyerIsMaker, venueUs: frame.venueUs }
}

/** A recorded frame as a step of the market: its decimals in an instrument's ticks and lots. */
import type { FlatLevels, RecordedStep } from "@outcry/matching/RecordedStep"
import { from } from "@outcry/model/Amount"
import { type Instrument, ticksOf } from "@outcry/model/Instrument"
import type { RecordedFrame, RecordedLevel } from "./RecordedFrame.ts"
import { RecordingError } from "./RecordingError.ts"

/**
 * Throws a RecordingError where a price lies between two ticks. Quantities count in whole lots: real books hold dust finer
 * than a lot, from before their lot size changed, which no order could trade.
 */
export const stepOf = (instrument: Instrument, frame: RecordedFrame): RecordedStep => {
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

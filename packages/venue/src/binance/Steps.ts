/**
 * Decimal text → whole steps (ticks or lots), without floats or allocation: the inner loop of decoding.
 *
 * A price must be a whole number of ticks. A public size may be finer than a lot: orders from before a change of lot
 * size still rest in real books (Binance, BTCUSDT at 200000.00, 2024-08: 25.426189 with lots of 0.00001). What is
 * beyond whole lots cannot be traded by us and is cut off.
 */
import type { Instrument } from "@outcry/model/Instrument"

/** A step of `unit` × 10^-places; for a tick of 0.05 places is 2 and unit 5. */
export interface Step {
  readonly places: number
  readonly unit: number
  /** Cut off what is finer than a step instead of refusing it. */
  readonly cut: boolean
}

/** How one instrument's wire decimals become steps. */
export interface Scale {
  readonly instrument: Instrument
  readonly price: Step
  readonly quantity: Step
}

/** What `stepsOf` gives for text that is no decimal, lies between two uncut steps or cannot be counted exactly. */
export const invalid = -1

const powers = [1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12]

const stepFrom = (size: string, cut: boolean): Step => {
  const [whole = "0", fraction = ""] = size.split(".")
  const places = fraction.replace(/0+$/, "")
  return { places: places.length, unit: Number(whole + places), cut }
}

export const scaleOf = (instrument: Instrument): Scale => ({
  instrument,
  price: stepFrom(instrument.tickSize, false),
  quantity: stepFrom(instrument.lotSize, true)
})

/** Steps in the decimal that stands in `text` from `start` (inclusive) to `end` (exclusive); no sign, no exponent. */
export const stepsOf = (text: string, start: number, end: number, step: Step): number => {
  let value = 0
  let index = start
  for (; index < end; index++) {
    const digit = text.charCodeAt(index) - 48
    if (digit < 0 || digit > 9) break
    value = value * 10 + digit
  }
  if (index === start) return invalid
  let places = 0
  if (index < end) {
    // 46 is the point, and at least one digit must follow it.
    if (text.charCodeAt(index) !== 46 || index + 1 === end) return invalid
    for (index++; index < end; index++) {
      const digit = text.charCodeAt(index) - 48
      if (digit < 0 || digit > 9) return invalid
      if (places < step.places) {
        value = value * 10 + digit
        places++
      } else if (digit !== 0 && !step.cut) return invalid
    }
  }
  value *= powers[step.places - places]!
  if (value > Number.MAX_SAFE_INTEGER) return invalid
  if (step.unit === 1) return value
  const rest = value % step.unit
  return rest === 0 || step.cut ? (value - rest) / step.unit : invalid
}

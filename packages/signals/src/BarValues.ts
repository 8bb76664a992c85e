/**
 * Ticks and lots as the numbers that bar columns hold: the double nearest to the exact decimal, the same that reading the
 * decimal's text gives. One exact product and one rounded quotient, so live bars allocate nothing.
 */
import * as Amount from "@outcry/model/Amount"
import type { Instrument } from "@outcry/model/Instrument"

const one = 10n ** BigInt(Amount.scale)

const divisor = (a: bigint, b: bigint): bigint => (b === 0n ? a : divisor(b, a % b))

/** Steps → their value, where one step is `step`. */
const valueOf = (step: Amount.Amount): ((steps: number) => number) => {
  const shared = divisor(step, one)
  const over = Number(step / shared)
  const under = Number(one / shared)
  const exactMax = Number.MAX_SAFE_INTEGER / over
  return (steps) =>
    Math.abs(steps) <= exactMax ? (steps * over) / under : Number(Amount.format(BigInt(steps) * step, Amount.scale))
}

export interface BarValues {
  /** Ticks → quote asset per base asset. */
  readonly price: (ticks: number) => number
  /** Lots → base asset. */
  readonly quantity: (lots: number) => number
}

export const barValuesOf = (instrument: Instrument): BarValues => ({
  price: valueOf(instrument.tick),
  quantity: valueOf(instrument.lot)
})

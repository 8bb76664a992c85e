/**
 * Conversion between assets over the prices there are: directly, against the direction of a market, or over one asset
 * in between. Where there is no way, there is no value: nothing is ever taken for zero.
 */
import * as Amount from "../Amount.ts"
import type { Instrument } from "../Instrument.ts"

const one = 10n ** BigInt(Amount.scale)

/** One unit of `base` is worth `price` of `quote`. */
export interface Rate {
  readonly base: string
  readonly quote: string
  readonly price: Amount.Amount
}

/** The middle of a market; undefined while a side of it is empty. */
export const rateOf = (
  instrument: Instrument,
  mark: { readonly bidTicks: number; readonly askTicks: number }
): Rate | undefined => {
  if (mark.bidTicks <= 0 || mark.askTicks <= 0) return undefined
  const price = Amount.mulDiv(BigInt(mark.bidTicks + mark.askTicks) * instrument.tick, 1n, 2n)
  return price === 0n ? undefined : { base: instrument.base, quote: instrument.quote, price }
}

/** A step over one market, along it or against it. */
interface Step {
  readonly price: Amount.Amount
  readonly inverse: boolean
}

export interface Rates {
  readonly steps: ReadonlyMap<string, ReadonlyMap<string, Step>>
}

/** Of two prices of one pair the first counts; a direct market outweighs an inverse one. */
export const ratesOf = (rates: ReadonlyArray<Rate>): Rates => {
  const steps = new Map<string, Map<string, Step>>()
  const put = (from: string, to: string, step: Step): void => {
    const known = steps.get(from) ?? new Map<string, Step>()
    steps.set(from, known)
    const other = known.get(to)
    if (other === undefined || (other.inverse && !step.inverse)) known.set(to, step)
  }
  for (const { base, price, quote } of rates) {
    if (price <= 0n) continue
    put(base, quote, { price, inverse: false })
    put(quote, base, { price, inverse: true })
  }
  return { steps }
}

const over = (amount: Amount.Amount, { inverse, price }: Step): Amount.Amount =>
  inverse ? Amount.mulDiv(amount, one, price) : Amount.mulDiv(amount, price, one)

/**
 * The worth of an amount in another asset, rounded half to even at each step. Over an asset in between only where there
 * is no market of the two; of several such assets the first by name, so that the result does not depend on any order.
 */
export const convert = (rates: Rates, amount: Amount.Amount, from: string, to: string): Amount.Amount | undefined => {
  if (from === to) return amount
  if (amount === 0n) return 0n
  const steps = rates.steps.get(from)
  const direct = steps?.get(to)
  if (direct !== undefined) return over(amount, direct)
  for (const [between, first] of Array.from(steps ?? []).toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    const second = rates.steps.get(between)?.get(to)
    if (second !== undefined) return over(over(amount, first), second)
  }
  return undefined
}

export interface Valued {
  readonly asset: string
  readonly amount: Amount.Amount
  readonly value: Amount.Amount
}

export interface Equity {
  readonly currency: string
  readonly total: Amount.Amount
  readonly valued: ReadonlyArray<Valued>
  /** Held, and worth what nobody says: not in the total. */
  readonly unvalued: ReadonlyArray<{ readonly asset: string; readonly amount: Amount.Amount }>
}

/** What balances are worth in one currency. */
export const equityOf = (balances: ReadonlyMap<string, Amount.Amount>, rates: Rates, currency: string): Equity => {
  const valued: Array<Valued> = []
  const unvalued: Array<{ readonly asset: string; readonly amount: Amount.Amount }> = []
  let total = 0n
  for (const [asset, amount] of Array.from(balances).toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    if (amount === 0n) continue
    const value = convert(rates, amount, asset, currency)
    if (value === undefined) unvalued.push({ asset, amount })
    else {
      valued.push({ asset, amount, value })
      total += value
    }
  }
  return { currency, total, valued, unvalued }
}

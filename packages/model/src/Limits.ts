/**
 * The limits an account checks every intent against. Amounts are decimals in the account's quote asset; a change is a
 * new version, journalled, and each intent names the version it was decided on.
 */
import { Schema } from "effect"
import * as Amount from "./Amount.ts"

const Decimal = Schema.String.check(Schema.isPattern(/^\d+(\.\d+)?$/))
const Count = Schema.Int.check(Schema.isGreaterThan(0))

export const Limits = Schema.Struct({
  version: Schema.Int,
  /** Largest distance of a limit price beyond the far touch, in basis points; also the reserve margin of market orders. */
  priceCollarBps: Count,
  /** A mark older than this, in ms, stops new orders. */
  markAgeMsMax: Count,
  /**
   * An intent to place that its strategy decided longer ago than this, in ms, is refused: what it was decided on has
   * passed. Journals older than this limit do not hold it; the default then applies.
   */
  intentAgeMsMax: Schema.optionalKey(Count),
  /** Largest |position| × mark per instrument, open orders included. */
  positionNotionalMax: Decimal,
  /** Largest Σ |position| × mark over all instruments, open orders included. */
  grossExposureMax: Decimal,
  openOrdersMax: Count,
  /** Intents to place within any second, per account. */
  orderRateMax: Count,
  /** Whether an order that would trade with another of the same account is refused (absent) or goes to the venue. */
  selfTrade: Schema.optionalKey(Schema.Literals(["refuse", "allow"]))
})
export type Limits = typeof Limits.Type

export const defaults: Limits & { readonly intentAgeMsMax: number } = {
  version: 1,
  priceCollarBps: 100,
  markAgeMsMax: 2000,
  intentAgeMsMax: 3000,
  positionNotionalMax: "250000",
  grossExposureMax: "1000000",
  openOrdersMax: 200,
  orderRateMax: 50
}

const fields = Object.keys(Limits.fields) as ReadonlyArray<keyof Limits>

/** Whether two say the same, versions included. */
export const same = (a: Limits, b: Limits): boolean => fields.every((field) => a[field] === b[field])

export interface Bounds {
  readonly positionNotionalMax: Amount.Amount
  readonly grossExposureMax: Amount.Amount
}

const parsed = new WeakMap<Limits, Bounds>()

/** The limits that are amounts, parsed once per set of limits: they are compared with at every intent. */
export const boundsOf = (limits: Limits): Bounds => {
  const known = parsed.get(limits)
  if (known !== undefined) return known
  const bounds = {
    positionNotionalMax: Amount.from(limits.positionNotionalMax),
    grossExposureMax: Amount.from(limits.grossExposureMax)
  }
  parsed.set(limits, bounds)
  return bounds
}

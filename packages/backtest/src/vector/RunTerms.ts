/**
 * What a vectorised run assumes of money: cash, costs, sizes, when a decision trades. Plain JSON: it travels in a study
 * and stands in the result as it was used.
 */
import { Schema } from "effect"
import { refuse } from "../RunRefused.ts"

export const Sizing = Schema.Union([
  /** A share of equity per unit of target: 1 is all of it. Measured when the target changes, then held. */
  Schema.Struct({ kind: Schema.Literal("fraction"), fraction: Schema.Finite }),
  /** That much of the base asset per unit of target. */
  Schema.Struct({ kind: Schema.Literal("quantity"), quantity: Schema.Finite }),
  /** That much of the quote asset per unit of target, at the price it trades at. */
  Schema.Struct({ kind: Schema.Literal("notional"), notional: Schema.Finite })
])
export type Sizing = typeof Sizing.Type

const fields = {
  /** At the start, in quote asset. */
  cash: Schema.Finite,
  /** Of each fill's value, in basis points. */
  feeBps: Schema.Finite,
  /** Between the bar's price and the fill's, against us, in basis points. */
  slippageBps: Schema.Finite,
  /** A target decided at a bar's close trades at the next bar's open, or, flatteringly, at that same close. */
  fillAt: Schema.Literals(["nextOpen", "close"]),
  sizing: Sizing,
  /** Largest gross value of positions as a multiple of equity when a position is taken; what exceeds it is cut. */
  grossMax: Schema.Finite,
  /** Charged on the value of shorts, as a rate a year: 0.03 is 3 %. */
  borrowPerYear: Schema.Finite,
  /** Paid by longs and received by shorts on the position's value, as a rate a year; negative: the other way. */
  fundingPerYear: Schema.Finite,
  /** Bars in a year, for annual figures: 252 for a stock's days, 365 for a day of a market that never closes. */
  periodsPerYear: Schema.Finite
}

export const RunTerms = Schema.Struct(fields)
export type RunTerms = typeof RunTerms.Type

/** Terms as they are given: what is left out has its default. */
export const TermsGiven = Schema.Struct({
  cash: Schema.optionalKey(fields.cash),
  feeBps: Schema.optionalKey(fields.feeBps),
  slippageBps: Schema.optionalKey(fields.slippageBps),
  fillAt: Schema.optionalKey(fields.fillAt),
  sizing: Schema.optionalKey(Sizing),
  grossMax: Schema.optionalKey(fields.grossMax),
  borrowPerYear: Schema.optionalKey(fields.borrowPerYear),
  fundingPerYear: Schema.optionalKey(fields.fundingPerYear),
  periodsPerYear: Schema.optionalKey(fields.periodsPerYear)
})
export type TermsGiven = typeof TermsGiven.Type

export const termsByDefault: RunTerms = {
  cash: 100_000,
  feeBps: 0,
  slippageBps: 0,
  fillAt: "nextOpen",
  sizing: { kind: "fraction", fraction: 1 },
  grossMax: 1,
  borrowPerYear: 0,
  fundingPerYear: 0,
  periodsPerYear: 252
}

const number = (field: string, value: number, min: number, max: number): void => {
  if (value >= min && value <= max) return
  refuse(field, `must be a number from ${min} to ${max}, not ${value}`, "Correct it or leave it out for its default.")
}

const known = new Set(Object.keys(fields))

const size = (sizing: Sizing): number => {
  switch (sizing.kind) {
    case "fraction":
      return sizing.fraction
    case "quantity":
      return sizing.quantity
    case "notional":
      return sizing.notional
  }
}

/** With defaults filled in; throws RunRefused for a field unknown or out of range. */
export const termsOf = (given: TermsGiven = {}): RunTerms => {
  for (const field of Object.keys(given))
    if (!known.has(field)) refuse(`terms.${field}`, "is not a term of a run", `Choose from ${[...known].join(", ")}.`)
  const terms: RunTerms = { ...termsByDefault, ...given }
  number("terms.cash", terms.cash, Number.MIN_VALUE, 1e15)
  number("terms.feeBps", terms.feeBps, -100, 10_000)
  number("terms.slippageBps", terms.slippageBps, 0, 5_000)
  number("terms.grossMax", terms.grossMax, Number.MIN_VALUE, 100)
  number("terms.borrowPerYear", terms.borrowPerYear, 0, 100)
  number("terms.fundingPerYear", terms.fundingPerYear, -100, 100)
  number("terms.periodsPerYear", terms.periodsPerYear, 1, 1e8)
  if (terms.fillAt !== "nextOpen" && terms.fillAt !== "close")
    refuse("terms.fillAt", `is "${String(terms.fillAt)}"`, 'Choose "nextOpen" or "close".')
  const { sizing } = terms
  if (sizing.kind !== "fraction" && sizing.kind !== "quantity" && sizing.kind !== "notional")
    refuse("terms.sizing.kind", "is unknown", "Choose fraction, quantity or notional.")
  number(`terms.sizing.${sizing.kind}`, size(sizing), Number.MIN_VALUE, sizing.kind === "fraction" ? 100 : 1e15)
  return terms
}

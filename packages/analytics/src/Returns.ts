/**
 * Returns of prices and equity curves, as fractions of what was held before: 0.01 is one percent. A curve of n values has
 * n − 1 returns. Annualisation needs the number of periods in a year, which the caller states or infers from times.
 */
import { type Numbers, refuse, requireCurve, requireFinite, requireTimes, requireWithin } from "./Series.ts"

const dayUs = 86_400_000_000

/** A year of the Gregorian calendar on average, in µs. */
export const yearUs = 365.2425 * dayUs

/** pₜ ÷ pₜ₋₁ − 1. A curve that ends with 0 ends with a return of −1. */
export const simpleReturns = (curve: Numbers): Float64Array => {
  requireCurve("curve", curve)
  const returns = new Float64Array(curve.length - 1)
  for (let index = 0; index < returns.length; index++) returns[index] = curve[index + 1]! / curve[index]! - 1
  return returns
}

/** ln(pₜ ÷ pₜ₋₁); the curve must stay above 0. */
export const logReturns = (curve: Numbers): Float64Array => {
  requireCurve("curve", curve)
  if (curve[curve.length - 1] === 0)
    refuse("curve", "ends with 0, which has no logarithm", "Use simple returns for a curve that ends in ruin")
  const returns = new Float64Array(curve.length - 1)
  for (let index = 0; index < returns.length; index++) returns[index] = Math.log(curve[index + 1]! / curve[index]!)
  return returns
}

/** Growth since the start after each period, as a fraction: Π(1 + r) − 1 up to and including it. */
export const cumulativeReturns = (returns: Numbers): Float64Array => {
  requireFinite("returns", returns, 0)
  const growth = new Float64Array(returns.length)
  let level = 1
  for (let index = 0; index < growth.length; index++) growth[index] = (level *= 1 + returns[index]!) - 1
  return growth
}

/** The return of all periods together: Π(1 + r) − 1. */
export const compound = (returns: Numbers): number => {
  requireFinite("returns", returns, 0)
  let level = 1
  for (let index = 0; index < returns.length; index++) level *= 1 + returns[index]!
  return level - 1
}

/** The curve that these returns make of `start`; one value longer than they are. */
export const curveOf = (returns: Numbers, start = 1): Float64Array => {
  requireFinite("returns", returns, 0)
  const curve = new Float64Array(returns.length + 1)
  curve[0] = start
  for (let index = 0; index < returns.length; index++) curve[index + 1] = curve[index]! * (1 + returns[index]!)
  return curve
}

/** The curve up to where it first reaches 0 or less, that value taken as 0: what can be lost was lost. */
export const untilRuin = (equity: Numbers): Float64Array => {
  requireFinite("equity", equity, 0)
  let length = 0
  while (length < equity.length && equity[length]! > 0) length++
  const curve = new Float64Array(Math.min(length + 1, equity.length))
  for (let index = 0; index < length; index++) curve[index] = equity[index]!
  return curve
}

/** A return over `periods` as the yearly one that compounds to it: (1 + R)^(periodsPerYear ÷ periods) − 1. */
export const annualise = (total: number, periods: number, periodsPerYear: number): number => {
  requireWithin("total", total, -1)
  requireWithin("periods", periods, Number.MIN_VALUE)
  requireWithin("periodsPerYear", periodsPerYear, Number.MIN_VALUE)
  return (1 + total) ** (periodsPerYear / periods) - 1
}

/** A yearly rate as the one of a period that compounds to it: (1 + R)^(1 ÷ periodsPerYear) − 1. */
export const ratePerPeriod = (ratePerYear: number, periodsPerYear: number): number => {
  requireWithin("riskFree", ratePerYear, -1)
  requireWithin("periodsPerYear", periodsPerYear, Number.MIN_VALUE)
  return ratePerYear === 0 ? 0 : (1 + ratePerYear) ** (1 / periodsPerYear) - 1
}

const usual = [1, 2, 4, 12, 52, 252, 365, 8760]

/**
 * How many periods make a year, from how many of them lie between the first time and the last: the usual number (1, 2, 4,
 * 12, 52, 252, 365, 8760) where the count is within 4 % of one, else the count itself.
 */
export const periodsPerYearOf = (times: Numbers): number => {
  requireTimes("times", times, 2)
  const counted = ((times.length - 1) * yearUs) / (times[times.length - 1]! - times[0]!)
  return usual.find((number) => Math.abs(counted / number - 1) < 0.04) ?? counted
}

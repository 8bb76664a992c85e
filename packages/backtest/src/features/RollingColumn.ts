/**
 * Columns made of a column: lags, returns, rolling z-score and rank, ratios and differences. A row reads itself and rows
 * before it. NaN means missing: lags and returns count rows, windows count values and pass over missing ones, as the
 * indicators do.
 */
import { sma } from "@outcry/indicators/MovingSum"
import { stddev } from "@outcry/indicators/Variance"

type Values = Float64Array

const missing = (rows: number): Float64Array => new Float64Array(rows).fill(Number.NaN)

export const lagged = (values: Values, rows: number): Float64Array => {
  const result = missing(values.length)
  for (let row = rows; row < values.length; row++) result[row] = values[row - rows]!
  return result
}

/** NaN where the earlier value is 0, or a logarithm has none. */
export const returns = (values: Values, rows: number, log: boolean): Float64Array => {
  const result = missing(values.length)
  for (let row = rows; row < values.length; row++) {
    const growth = values[row]! / values[row - rows]!
    const value = log ? Math.log(growth) : growth - 1
    if (Number.isFinite(value)) result[row] = value
  }
  return result
}

/** Population standard deviation, so that a lone outlier of n values has at most √(n − 1). */
export const zScores = (values: Values, rows: number): Float64Array => {
  const result = missing(values.length)
  if (rows < 2) return result
  const mean = sma.make({ period: rows }).batch([values])[0]!
  const spread = stddev.make({ period: rows }).batch([values])[0]!
  for (let row = 0; row < values.length; row++) {
    if (spread[row]! > 0) result[row] = (values[row]! - mean[row]!) / spread[row]!
  }
  return result
}

/** (values below + ½ equal ones, itself left out) ÷ (rows − 1): 0 the lowest, 1 the highest, ½ where all are equal. */
export const ranks = (values: Values, rows: number): Float64Array => {
  const result = missing(values.length)
  if (rows < 2) return result
  const window = new Float64Array(rows)
  let seen = 0
  for (let row = 0; row < values.length; row++) {
    const value = values[row]!
    if (!Number.isFinite(value)) continue
    window[seen % rows] = value
    seen += 1
    if (seen < rows) continue
    let [below, equal] = [0, -1]
    for (let at = 0; at < rows; at++) {
      const other = window[at]!
      if (other < value) below += 1
      else if (other === value) equal += 1
    }
    result[row] = (below + equal / 2) / (rows - 1)
  }
  return result
}

export const ratios = (values: Values, by: Values): Float64Array => {
  const result = missing(values.length)
  for (let row = 0; row < values.length; row++) {
    const value = values[row]! / by[row]!
    if (Number.isFinite(value)) result[row] = value
  }
  return result
}

export const differences = (values: Values, by: Values): Float64Array => values.map((value, row) => value - by[row]!)

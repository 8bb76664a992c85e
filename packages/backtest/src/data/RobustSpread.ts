/**
 * Centre and spread that a few absurd values do not move: median and scaled median absolute deviation (MAD × 1.4826, the
 * standard deviation of a normal distribution). Where more than half of the values are equal, the MAD is 0 and the mean
 * absolute deviation × 1.2533 stands in. Source: Iglewicz and Hoaglin, "How to Detect and Handle Outliers" (1993).
 */
export interface RobustSpread {
  readonly median: number
  /** 0 where all values are equal or there are none. */
  readonly spread: number
}

export const robustSpread = (values: Float64Array): RobustSpread => {
  if (values.length === 0) return { median: 0, spread: 0 }
  const median = medianOf(values)
  const deviations = values.map((value) => Math.abs(value - median))
  const spread = 1.4826 * medianOf(deviations)
  if (spread > 0) return { median, spread }
  let sum = 0
  for (const deviation of deviations) sum += deviation
  return { median, spread: (1.2533 * sum) / deviations.length }
}

const medianOf = (values: Float64Array): number => {
  const sorted = values.toSorted()
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

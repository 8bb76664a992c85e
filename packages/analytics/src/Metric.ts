/** What a metric is, for whoever shows, sorts or explains it. */

/**
 * `ratio`: a plain number. `percent`: a fraction, 0.01 shown as 1 %. `count`: a whole number or a mean of such.
 * `duration`: µs. `time`: epoch µs. `money`: the quote asset.
 */
export type MetricUnit = "ratio" | "percent" | "count" | "duration" | "time" | "money"

export interface MetricDefinition {
  readonly key: string
  readonly title: string
  readonly unit: MetricUnit
  readonly definition: string
  /** The paper, book or standard that defines it; "arithmetic" where there is nothing to cite. */
  readonly source: string
  /** Which direction is better when two runs are compared. */
  readonly better: "higher" | "lower" | "none"
  /** When a record has no value of it. */
  readonly undefinedWhen: string
}

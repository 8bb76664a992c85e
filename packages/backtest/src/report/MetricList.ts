/** A performance record and the definitions of its figures as the list that reports take. */
import type { Metric } from "./Figure.ts"

/** What is read of a definition; `undefinedWhen` completes "It has no value when …". */
export interface DefinedMetric extends Omit<Metric, "value" | "why"> {
  readonly undefinedWhen: string
}

/** In the order of the definitions. A value that is missing or not finite is absent, and `why` says when that is so. */
export const metricsOf = (
  definitions: ReadonlyArray<DefinedMetric>,
  record: Readonly<Record<string, number | undefined>>
): ReadonlyArray<Metric> =>
  definitions.map(({ undefinedWhen, ...definition }) => {
    const value = record[definition.key]
    return value !== undefined && Number.isFinite(value)
      ? { ...definition, value }
      : { ...definition, value: undefined, why: `It has no value when ${undefinedWhen}.` }
  })

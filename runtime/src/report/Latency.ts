/** Distributions of times, and how long an order's first steps took by the spans that were recorded of it. */
import { ofOrder } from "@outcry/telemetry/TraceTree"
import { FEED_TICK, JOURNAL_APPEND } from "@outcry/telemetry/SpanNames"
import type { StoredSpan } from "@outcry/telemetry/StoredSpan"
import type { Distribution } from "./Report.ts"

const rounded = (value: number): number => Math.round(value * 1_000) / 1_000

/** Percentiles by nearest rank (the value at ⌈p·n⌉), so that each is a time that was really measured. */
export const distribution = (milliseconds: ReadonlyArray<number>): Distribution => {
  const sorted = milliseconds.toSorted((a, b) => a - b)
  const at = (share: number): number | null =>
    sorted.length === 0 ? null : rounded(sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]!)
  return { count: sorted.length, p50: at(0.5), p99: at(0.99), max: at(1) }
}

export interface FirstSteps {
  readonly tickToIntentMs: number | undefined
  readonly intentToDurableMs: number | undefined
}

/** `spans` are those of the order's traces; `timeIntentUs` is when its account decided on it. */
export const firstSteps = (
  spans: ReadonlyArray<StoredSpan>,
  clientOrderId: string,
  timeIntentUs: number
): FirstSteps => {
  const own = ofOrder(spans, clientOrderId)
  const tick = own.find(({ name }) => name === FEED_TICK)
  const append = own
    .filter(({ durationUs, name, startUs }) => name === JOURNAL_APPEND && startUs + durationUs >= timeIntentUs)
    .toSorted((a, b) => a.startUs - b.startUs)[0]
  const since = (fromUs: number, toUs: number): number | undefined =>
    toUs >= fromUs ? (toUs - fromUs) / 1_000 : undefined
  return {
    tickToIntentMs: tick === undefined ? undefined : since(tick.startUs, timeIntentUs),
    intentToDurableMs: append === undefined ? undefined : since(timeIntentUs, append.startUs + append.durationUs)
  }
}

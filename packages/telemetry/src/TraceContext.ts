/**
 * Owns the identity of traces: the context that travels between processes, its W3C `traceparent` form, and the ids that
 * are derived from the cause of an order.
 * A tick makes no span. When a strategy acts on one, it derives the ids of a root from its cause, hangs its spans under
 * it and names it to the feed's node, which records the root afterwards, with the times it really saw.
 * Everything here is pure but `withParent`, which only sets the parent of an effect.
 */
import { hash } from "node:crypto"
import { Effect, Tracer } from "effect"

/** A position in a trace. `sampled` is true where it is absent. */
export interface TraceContext {
  /** 32 lower-case hexadecimal digits, not all zero. */
  readonly traceId: string
  /** 16 lower-case hexadecimal digits, not all zero. */
  readonly spanId: string
  readonly sampled?: boolean
}

/**
 * The ids of the root span of whatever the tick `(feedId, feedEpoch, seq)` causes: the same everywhere, at any time,
 * from SHA-256, so that neighbouring ticks share nothing (a few microseconds: call it when acting, not per tick).
 */
export const causeTrace = (feedId: string, feedEpoch: number, seq: number): TraceContext => {
  const digest = hash("sha256", JSON.stringify([feedId, feedEpoch, seq]), "hex")
  return { traceId: digest.slice(0, 32), spanId: digest.slice(32, 48) }
}

const TRACE_ID = /^(?!0{32})[0-9a-f]{32}$/
const SPAN_ID = /^(?!0{16})[0-9a-f]{16}$/
const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/

/** Whether a text is a valid trace id. */
export const isTraceId = (text: string): boolean => TRACE_ID.test(text)

/** Whether a text is a valid span id. */
export const isSpanId = (text: string): boolean => SPAN_ID.test(text)

/** The `traceparent` header of W3C Trace Context, version 00. */
export const encodeTraceparent = (context: TraceContext): string =>
  `00-${context.traceId}-${context.spanId}-${context.sampled === false ? "00" : "01"}`

/**
 * Reads a `traceparent`; undefined when it is not one, as the standard asks to ignore it then. Unknown higher versions
 * are read by their first four fields (W3C Trace Context §3.2), version ff is invalid.
 */
export const decodeTraceparent = (text: string): TraceContext | undefined => {
  const match = TRACEPARENT.exec(text.trim())
  if (match === null) return undefined
  const [, version = "", traceId = "", spanId = "", flags = "", rest] = match
  if (version === "ff" || (version === "00" && rest !== undefined)) return undefined
  if (!isTraceId(traceId) || !isSpanId(spanId)) return undefined
  return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & 1) === 1 }
}

/** The context of the span an effect runs in, if it runs in one, to be sent along with a message. */
export const currentContext: Effect.Effect<TraceContext | undefined> = Effect.map(
  Effect.serviceOption(Tracer.ParentSpan),
  (span) =>
    span._tag === "None"
      ? undefined
      : { traceId: span.value.traceId, spanId: span.value.spanId, sampled: span.value.sampled }
)

/** Runs an effect under a span of another process: `Effect.withSpan` inside makes children of it. */
export const withParent =
  (context: TraceContext) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, Exclude<R, Tracer.ParentSpan>> =>
    Effect.withParentSpan(
      effect,
      Tracer.externalSpan({
        traceId: context.traceId,
        spanId: context.spanId,
        sampled: context.sampled !== false
      })
    )

/** How long after its parent began a span is still its child: later ones would stretch the trace. */
export const CHILD_WITHIN_MS = 60_000

/** Where a span that came later belongs. */
export type Attachment =
  | { readonly traceId: string; readonly parentSpanId: string }
  | { readonly links: ReadonlyArray<TraceContext> }

/**
 * Where a later event of an order (a fill, a cancel) belongs: a child of the order's submit span within
 * `withinMs` of it, else the root of a trace of its own that links to it. Spread the result into `SpanRecorder.record`.
 *
 * @param submit  the context of the `venue.submit` span
 * @param submitUs  when that span started, epoch microseconds
 * @param atUs  when the event happened, epoch microseconds
 */
export const attachTo = (
  submit: TraceContext,
  submitUs: number,
  atUs: number,
  withinMs: number = CHILD_WITHIN_MS
): Attachment =>
  atUs - submitUs <= withinMs * 1000
    ? { traceId: submit.traceId, parentSpanId: submit.spanId }
    : { links: [{ traceId: submit.traceId, spanId: submit.spanId }] }

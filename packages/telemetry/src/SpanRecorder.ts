/**
 * Owns spans whose ids and times are known only afterwards: the tick that turned out to cause an order, the fill that
 * came over another connection. `record` takes exact ids and exact epoch times and sends the span down the same
 * pipelines as `Effect.withSpan`.
 * It never fails, waits or blocks: what the pipelines cannot take they drop and count. It measures no time itself.
 */
import { type Link, SpanKind, type SpanStatus, SpanStatusCode, TraceFlags } from "@opentelemetry/api"
import type { Resource } from "@opentelemetry/resources"
import { RandomIdGenerator, type ReadableSpan, type SpanProcessor } from "@opentelemetry/sdk-trace-base"
import { Context, Effect, Layer } from "effect"
import type { SpanAttributes } from "./Attributes.ts"
import { isSpanId, isTraceId, type TraceContext } from "./TraceContext.ts"

/** A span to record. */
export interface SpanRecord {
  readonly name: string
  /** Absent: a new trace. */
  readonly traceId?: string
  /** Absent: a new random id. */
  readonly spanId?: string
  /** Absent: a root. */
  readonly parentSpanId?: string
  /** Epoch microseconds. */
  readonly startUs: number
  /** Epoch microseconds; one before `startUs` (a clock was set back) counts as `startUs`. */
  readonly endUs: number
  readonly kind?: "internal" | "server" | "client" | "producer" | "consumer"
  readonly attributes: SpanAttributes
  /** Spans of other traces this one came from. */
  readonly links?: ReadonlyArray<TraceContext>
  readonly status?: { readonly code: "ok" | "error"; readonly message?: string }
}

/** The ids a recorded span has got. */
export interface RecordedIds {
  readonly traceId: string
  readonly spanId: string
}

const kinds = {
  internal: SpanKind.INTERNAL,
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER
} as const

const scope = { name: "outcry" }
const unset: SpanStatus = { code: SpanStatusCode.UNSET }
const noLinks: Array<Link> = []
const ids = new RandomIdGenerator()

const hrTime = (us: number): [number, number] => {
  const seconds = Math.floor(us / 1_000_000)
  return [seconds, Math.round((us - seconds * 1_000_000) * 1000)]
}

const checked = (what: string, value: string, valid: (text: string) => boolean): string => {
  if (!valid(value)) throw new TypeError(`SpanRecorder: ${what} "${value}" is not an OpenTelemetry id`)
  return value
}

const identify = (span: SpanRecord): RecordedIds => ({
  traceId: span.traceId === undefined ? ids.generateTraceId() : checked("traceId", span.traceId, isTraceId),
  spanId: span.spanId === undefined ? ids.generateSpanId() : checked("spanId", span.spanId, isSpanId)
})

const readable = (span: SpanRecord, own: RecordedIds, resource: Resource): ReadableSpan => {
  const context = { ...own, traceFlags: TraceFlags.SAMPLED }
  const endUs = Math.max(span.startUs, span.endUs)
  const attributes: Record<string, string | number | boolean | Array<string>> = {}
  for (const [key, value] of Object.entries(span.attributes)) {
    attributes[key] = typeof value === "object" ? [...value] : value
  }
  return {
    name: span.name,
    kind: kinds[span.kind ?? "internal"],
    spanContext: () => context,
    ...(span.parentSpanId === undefined
      ? {}
      : {
          parentSpanContext: {
            traceId: own.traceId,
            spanId: checked("parentSpanId", span.parentSpanId, isSpanId),
            traceFlags: TraceFlags.SAMPLED
          }
        }),
    startTime: hrTime(span.startUs),
    endTime: hrTime(endUs),
    duration: hrTime(endUs - span.startUs),
    status:
      span.status === undefined
        ? unset
        : {
            code: span.status.code === "ok" ? SpanStatusCode.OK : SpanStatusCode.ERROR,
            ...(span.status.message === undefined ? {} : { message: span.status.message })
          },
    attributes,
    links:
      span.links === undefined
        ? noLinks
        : span.links.map((link) => ({
            context: { traceId: link.traceId, spanId: link.spanId, traceFlags: TraceFlags.SAMPLED }
          })),
    events: [],
    ended: true,
    resource,
    instrumentationScope: scope,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0
  }
}

/** Records spans with given ids and times. */
export class SpanRecorder extends Context.Service<
  SpanRecorder,
  {
    /** Records a span and returns its ids. An id that is not one is a defect. */
    readonly record: (span: SpanRecord) => Effect.Effect<RecordedIds>
    /** The same without an effect, for code that is synchronous already. Throws on an id that is not one. */
    readonly recordUnsafe: (span: SpanRecord) => RecordedIds
  }
>()("@outcry/telemetry/SpanRecorder") {
  /** Gives ids and keeps nothing: for runs without an endpoint. */
  static readonly layerNoop: Layer.Layer<SpanRecorder> = Layer.sync(SpanRecorder, () => ({
    record: (span: SpanRecord) => Effect.sync(() => identify(span)),
    recordUnsafe: identify
  }))
}

/** A recorder that hands its spans to the given processors. */
export const makeSpanRecorder = (
  processors: ReadonlyArray<SpanProcessor>,
  resource: Resource
): SpanRecorder["Service"] => {
  const recordUnsafe = (span: SpanRecord): RecordedIds => {
    const own = identify(span)
    const ended = readable(span, own, resource)
    for (const processor of processors) processor.onEnd(ended)
    return own
  }
  return { record: (span) => Effect.sync(() => recordUnsafe(span)), recordUnsafe }
}

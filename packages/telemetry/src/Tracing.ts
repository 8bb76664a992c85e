/**
 * Owns the tracing of a node: Effect's spans and those of `SpanRecorder` go to zero, one or two OTLP endpoints.
 * Uses `@effect/opentelemetry` with the OpenTelemetry SDK, the only path for spans, rather than `effect/observability`:
 * the lean exporter serves one endpoint per tracer, has no bound between two exports, and on a failure throws its
 * buffer away and stays silent for 60 s uncounted; here each endpoint has its own bounded, counting pipeline.
 * Guarantees: the application never waits for or fails with an endpoint; shutdown flushes within `shutdownMs`.
 * The per-instruction context hook of the bridge is left out: nothing here asks OpenTelemetry for the active span.
 */
import * as OtelTracer from "@effect/opentelemetry/OtelTracer"
import * as Resource from "@effect/opentelemetry/Resource"
import { AlwaysOnSampler, BasicTracerProvider, ParentBasedSampler } from "@opentelemetry/sdk-trace-base"
import { Context, Effect, Layer, Metric, Tracer } from "effect"
import { NODE } from "./Attributes.ts"
import { telemetrySpans } from "./Metrics.ts"
import { makeSpanRecorder, SpanRecorder } from "./SpanRecorder.ts"
import {
  defaultLimits,
  type PipelineCounts,
  type PipelineLimits,
  type SpanEndpoint,
  SpanPipeline
} from "./SpanPipeline.ts"

/** What a node tells of itself, and where its spans go. */
export interface TracingOptions {
  /** The node's name: `service.instance.id` and `outcry.node` of every span. */
  readonly node: string
  readonly version?: string
  /** From `endpointsOf`; none: spans have ids (logs show them) and go nowhere. */
  readonly endpoints: ReadonlyArray<SpanEndpoint>
  /** Further resource attributes (`OTEL_RESOURCE_ATTRIBUTES`); ours win. */
  readonly resourceAttributes?: Readonly<Record<string, string>>
  readonly limits?: Partial<PipelineLimits>
  /** How long shutdown waits for the last spans. Default 2000. */
  readonly shutdownMs?: number
}

/** What became of the spans, by endpoint. */
export class TracingStatus extends Context.Service<
  TracingStatus,
  {
    readonly counts: Effect.Effect<ReadonlyArray<PipelineCounts & { readonly endpoint: string }>>
    /** Sends what is pending, within the given bound. */
    readonly flush: (withinMs: number) => Effect.Effect<void>
  }
>()("@outcry/telemetry/TracingStatus") {}

const bounded = (run: () => Promise<unknown>, ms: number): Effect.Effect<void> =>
  Effect.promise(run).pipe(Effect.ignoreCause, Effect.interruptible, Effect.timeoutOption(ms), Effect.asVoid)

const makePipelines = Effect.fnUntraced(function* (options: TracingOptions) {
  const services = yield* Effect.context<never>()
  const limits = { ...defaultLimits, ...options.limits }
  const pipelines = options.endpoints.map(
    (endpoint) =>
      new SpanPipeline(endpoint, limits, (outcome, spans) =>
        Metric.withAttributes(telemetrySpans, { endpoint: endpoint.name, outcome }).updateUnsafe(spans, services)
      )
  )
  yield* Effect.addFinalizer(() =>
    bounded(() => Promise.all(pipelines.map((pipeline) => pipeline.shutdown())), options.shutdownMs ?? 2000)
  )
  return pipelines
})

/** The SDK's tracer behind Effect's: an unsampled span costs no more than without any endpoint. */
const makeTracer = (provider: BasicTracerProvider) =>
  Effect.map(
    OtelTracer.make.pipe(Effect.provideService(OtelTracer.OtelTracer, provider.getTracer("outcry"))),
    (bridge) => Tracer.make({ span: (span) => (span.sampled ? bridge.span(span) : new Tracer.NativeSpan(span)) })
  )

/**
 * The layer of a node: Effect's tracer, the `SpanRecorder` and the `TracingStatus`. Build it once, outermost, so that
 * what its users record while they shut down is still flushed.
 */
export const layer = (options: TracingOptions): Layer.Layer<SpanRecorder | TracingStatus> =>
  Layer.effectContext(
    Effect.gen(function* () {
      const resource = yield* Effect.provide(Effect.service(Resource.Resource), resourceLayer(options))
      const pipelines = yield* makePipelines(options)
      const status = TracingStatus.of({
        counts: Effect.sync(() =>
          pipelines.map((pipeline) => ({ endpoint: pipeline.endpoint.name, ...pipeline.counts }))
        ),
        flush: (withinMs) => bounded(() => Promise.all(pipelines.map((pipeline) => pipeline.forceFlush())), withinMs)
      })
      const services = Context.make(SpanRecorder, makeSpanRecorder(pipelines, resource)).pipe(
        Context.add(TracingStatus, status)
      )
      if (pipelines.length === 0) return services
      // Sampler and limits are set, as the SDK would take them from the environment otherwise.
      const provider = new BasicTracerProvider({
        resource,
        sampler: new ParentBasedSampler({ root: new AlwaysOnSampler() }),
        spanLimits: {
          attributeCountLimit: 64,
          attributeValueLengthLimit: 4096,
          eventCountLimit: 32,
          linkCountLimit: 32,
          attributePerEventCountLimit: 16,
          attributePerLinkCountLimit: 16
        },
        spanProcessors: pipelines
      })
      return Context.add(services, Tracer.Tracer, yield* makeTracer(provider))
    })
  )

const resourceLayer = (options: TracingOptions) =>
  Resource.layer({
    serviceName: "outcry",
    ...(options.version === undefined ? {} : { serviceVersion: options.version }),
    attributes: {
      ...options.resourceAttributes,
      "service.instance.id": options.node,
      [NODE]: options.node,
      "process.pid": process.pid
    }
  })

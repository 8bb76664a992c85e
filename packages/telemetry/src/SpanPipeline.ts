/**
 * Owns the way of an ended span to one OTLP endpoint: a bounded queue, batches over HTTP as JSON, retries, counts.
 * It never blocks or fails the caller: when the endpoint is down or slow the queue fills and further spans are dropped
 * and counted. Every span offered ends as exactly one of exported, failed or dropped, or is still pending.
 * Built on the SDK's batch processor, whose own queue bound leaves out what is in flight and whose drops cannot be
 * read; and on its HTTP delegate rather than its ready exporter, which would read OTEL_* from the environment and send
 * the headers meant for one endpoint to the other.
 */
import { Agent as HttpAgent } from "node:http"
import { Agent as HttpsAgent } from "node:https"
import { TraceFlags } from "@opentelemetry/api"
import { createOtlpHttpExportDelegate } from "@opentelemetry/otlp-exporter-base/node-http"
import { JsonTraceSerializer, TraceExporterMetricsHelper } from "@opentelemetry/otlp-transformer"
import {
  BatchSpanProcessor,
  type ReadableSpan,
  type Span,
  type SpanExporter,
  type SpanProcessor
} from "@opentelemetry/sdk-trace-base"

/** Where spans go. */
export interface SpanEndpoint {
  /** A short name from a fixed set (`collector`, `otlp`): it becomes a metric label. */
  readonly name: string
  /** The full URL, path `/v1/traces` included. */
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
}

/** The bounds of a pipeline. */
export interface PipelineLimits {
  /** Spans waiting or in flight, per endpoint; more are dropped. */
  readonly maxPending: number
  /** Spans in one request. */
  readonly maxBatch: number
  /** The longest a span waits for its batch to fill. */
  readonly intervalMs: number
  /** One export with its retries; afterwards the batch counts as failed. */
  readonly exportTimeoutMs: number
}

/** About 2 MB an endpoint when full; a lost local collector costs two seconds' worth of a request, not more. */
export const defaultLimits: PipelineLimits = {
  maxPending: 4096,
  maxBatch: 512,
  intervalMs: 500,
  exportTimeoutMs: 3000
}

/** What became of the spans offered to one endpoint. */
export interface PipelineCounts {
  readonly exported: number
  /** Given up after retries, or refused by the endpoint. */
  readonly failed: number
  /** Not accepted, as the queue was full or shut. */
  readonly dropped: number
  readonly pending: number
}

/** How an outcome is told to whoever keeps metrics. */
export type PipelineOutcome = "exported" | "failed" | "dropped"

const SUCCESS = 0

/** A span processor for one endpoint, with a hard bound on what it holds. */
export class SpanPipeline implements SpanProcessor {
  readonly endpoint: SpanEndpoint
  readonly #limits: PipelineLimits
  readonly #inner: BatchSpanProcessor
  readonly #notify: (outcome: PipelineOutcome, spans: number) => void
  readonly #inFlight: () => Promise<void>
  readonly #closeAgents: () => void
  #exported = 0
  #failed = 0
  #dropped = 0
  #pending = 0
  #shut = false

  constructor(
    endpoint: SpanEndpoint,
    limits: PipelineLimits,
    notify: (outcome: PipelineOutcome, spans: number) => void
  ) {
    this.endpoint = endpoint
    this.#limits = limits
    this.#notify = notify
    const agent = endpoint.url.startsWith("https:")
      ? new HttpsAgent({ keepAlive: true, maxSockets: 2 })
      : new HttpAgent({ keepAlive: true, maxSockets: 2 })
    this.#closeAgents = () => agent.destroy()
    const delegate = createOtlpHttpExportDelegate(
      {
        url: endpoint.url,
        headers: () => Promise.resolve({ ...endpoint.headers, "Content-Type": "application/json" }),
        timeoutMillis: limits.exportTimeoutMs,
        // A flush at shutdown sends everything pending at once; the limit must not refuse its last batches.
        concurrencyLimit: Math.ceil(limits.maxPending / limits.maxBatch) + 1,
        compression: "none",
        agentFactory: () => agent
      },
      JsonTraceSerializer,
      "otlp_http_json_span_exporter",
      TraceExporterMetricsHelper,
      undefined
    )
    this.#inFlight = () => delegate.forceFlush()
    const exporter: SpanExporter = {
      export: (spans, done) =>
        delegate.export(spans, (result) => {
          const code: number = result.code
          this.#settle(code === SUCCESS ? "exported" : "failed", spans.length)
          done(result)
        }),
      forceFlush: () => delegate.forceFlush(),
      shutdown: () => delegate.shutdown()
    }
    this.#inner = new BatchSpanProcessor(exporter, {
      maxQueueSize: limits.maxPending,
      maxExportBatchSize: limits.maxBatch,
      scheduledDelayMillis: limits.intervalMs,
      // Above the delegate's own bound, which settles every batch exactly once.
      exportTimeoutMillis: limits.exportTimeoutMs * 2 + 1000
    })
  }

  /** What became of the spans so far. */
  get counts(): PipelineCounts {
    return { exported: this.#exported, failed: this.#failed, dropped: this.#dropped, pending: this.#pending }
  }

  onStart(_span: Span): void {}

  /** Takes an ended span, or drops and counts it. Never throws, never waits. */
  onEnd(span: ReadableSpan): void {
    if ((span.spanContext().traceFlags & TraceFlags.SAMPLED) === 0) return
    if (this.#shut || this.#pending >= this.#limits.maxPending) {
      this.#dropped++
      this.#notify("dropped", 1)
      return
    }
    this.#pending++
    this.#inner.onEnd(span)
  }

  /** Sends what is pending; resolves when it is settled, whatever the outcome. */
  async forceFlush(): Promise<void> {
    await this.#inner.forceFlush().catch(() => undefined)
    // The SDK does not wait for the batch that its timer had sent before.
    await this.#inFlight()
  }

  /** Sends what is pending and closes the connections. The caller bounds the wait. */
  async shutdown(): Promise<void> {
    this.#shut = true
    await this.#inner.shutdown().catch(() => undefined)
    this.#closeAgents()
  }

  #settle(outcome: "exported" | "failed", spans: number): void {
    this.#pending -= spans
    if (outcome === "exported") this.#exported += spans
    else this.#failed += spans
    this.#notify(outcome, spans)
  }
}

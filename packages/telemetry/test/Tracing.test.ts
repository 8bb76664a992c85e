import { spawn } from "node:child_process"
import { fileURLToPath } from "node:url"
import { Effect, Metric, Redacted } from "effect"
import { assert, describe, it } from "@effect/vitest"
import { startCollector } from "../src/Collector.ts"
import { endpointsOf, parsePairs } from "../src/OtlpSettings.ts"
import { SpanRecorder } from "../src/SpanRecorder.ts"
import { attachTo, causeTrace, type TraceContext, withParent } from "../src/TraceContext.ts"
import * as Tracing from "../src/Tracing.ts"
import { directory } from "./fixtures/Directory.ts"
import { receiver } from "./fixtures/Receiver.ts"

interface Emitted {
  readonly pid: number
  readonly names: { readonly [name: string]: TraceContext }
  readonly traceparent: string
  readonly counts: ReadonlyArray<{
    endpoint: string
    exported: number
    failed: number
    dropped: number
    pending: number
  }>
  readonly early: Emitted["counts"]
}

const emit = (options: { readonly [key: string]: string }) =>
  Effect.callback<Emitted>((resume) => {
    const child = spawn(
      process.execPath,
      [fileURLToPath(new URL("fixtures/emitter.ts", import.meta.url)), JSON.stringify(options)],
      // An exporter that read the environment would send this header to the collector.
      { env: { ...process.env, OTEL_EXPORTER_OTLP_HEADERS: "x-leak=1", OTEL_TRACES_SAMPLER: "always_off" } }
    )
    let out = ""
    let err = ""
    child.stdout.on("data", (part) => (out += part))
    child.stderr.on("data", (part) => (err += part))
    child.on("close", (code) =>
      resume(
        code === 0
          ? Effect.succeed(JSON.parse(out.trim().split("\n").at(-1) ?? ""))
          : Effect.die(`exit ${code}: ${err}`)
      )
    )
    return Effect.sync(() => child.kill("SIGKILL"))
  })

describe("tracing", () => {
  it.live("exports the same spans of two processes, parents and all, to the collector and a second endpoint", () =>
    Effect.gen(function* () {
      const collector = yield* startCollector({ port: 0, directory: yield* directory })
      const second = yield* receiver("answers")
      const to = { collector: collector.url, endpoint: second.url, orderId: "k3order" }
      const a = yield* emit({ ...to, role: "strategy", node: "node-1" })
      const b = yield* emit({ ...to, role: "account", node: "node-2", traceparent: a.traceparent })
      const kept = collector.store.traceOfOrder("k3order")
      const tuples = (spans: ReadonlyArray<{ traceId: string; spanId: string; parentSpanId?: string; name: string }>) =>
        spans.map((span) => `${span.traceId} ${span.spanId} ${span.parentSpanId ?? ""} ${span.name}`).toSorted()
      assert.strictEqual(kept.length, 5)
      assert.deepStrictEqual(tuples(kept), tuples(second.spans))
      const names = { ...a.names, ...b.names }
      for (const span of kept) assert.strictEqual(span.spanId, names[span.name]?.spanId, span.name)
      const byName = new Map(kept.map((span) => [span.name, span]))
      const parentOf = (name: string): string | undefined =>
        kept.find((span) => span.spanId === byName.get(name)?.parentSpanId)?.name
      assert.deepStrictEqual(
        ["feed.tick", "strategy.signal", "strategy.intent", "account.submit", "account.risk"].map(parentOf),
        [undefined, "feed.tick", "strategy.signal", "strategy.intent", "account.submit"]
      )
      assert.deepStrictEqual(
        new Set(kept.map((span) => `${span.node}/${span.pid}`)),
        new Set([`node-1/${a.pid}`, `node-2/${b.pid}`])
      )
      assert.deepStrictEqual(new Set(second.paths), new Set(["/v1/traces"]))
      assert.isTrue(second.headers.every((headers) => headers["x-leak"] === undefined))
      const root = byName.get("feed.tick")
      assert.deepStrictEqual(
        [root?.traceId, root?.spanId, root?.startUs, root?.durationUs],
        [...Object.values(causeTrace("binance:BTCUSDT", 3, 77)), 1_700_000_000_000_000, 250]
      )
    }).pipe(Effect.scoped)
  )

  it.live("drops and counts when the endpoint is down, holds no more than its bound, and still exits", () =>
    Effect.gen(function* () {
      const gone = yield* Effect.scoped(Effect.map(receiver("answers"), ({ url }) => url))
      const { counts } = yield* emit({ role: "flood", node: "n", endpoint: gone, orderId: "" })
      const [endpoint] = counts
      assert.isDefined(endpoint)
      assert.strictEqual(endpoint.exported, 0)
      assert.isAtMost(endpoint.pending, 4096)
      assert.isAbove(endpoint.dropped, 0)
      assert.strictEqual(endpoint.dropped + endpoint.failed + endpoint.pending, 50_000)
    })
  )

  it.live(
    "exits within its bound when the endpoint accepts and never answers, and the other endpoint is not held up",
    () =>
      Effect.gen(function* () {
        const collector = yield* startCollector({ port: 0, directory: yield* directory })
        const silent = yield* receiver("silent")
        yield* emit({ role: "strategy", node: "n", collector: collector.url, endpoint: silent.url, orderId: "o1" })
        assert.strictEqual(collector.store.traceOfOrder("o1").length, 3)
      }).pipe(Effect.scoped)
  )

  it.live("records spans with exact ids, times and links, and flushes them when its scope closes", () =>
    Effect.gen(function* () {
      const second = yield* receiver("answers")
      const submit = causeTrace("f", 1, 1)
      const at = 1_700_000_000_000_000
      const registry: Metric.MetricRegistry = new Map()
      const ids = yield* Effect.gen(function* () {
        const recorder = yield* SpanRecorder
        const early = yield* recorder.record({
          name: "venue.fill",
          ...attachTo(submit, at, at + 59_000_000),
          startUs: at,
          endUs: at + 5,
          attributes: {}
        })
        const late = yield* recorder.record({
          name: "venue.fill.late",
          ...attachTo(submit, at, at + 61_000_000),
          startUs: at + 7,
          endUs: at,
          attributes: {}
        })
        return { early, late }
      }).pipe(
        Effect.provide(Tracing.layer({ node: "n", endpoints: endpointsOf(undefined, { endpoint: second.url }) })),
        Effect.provideService(Metric.MetricRegistry, registry)
      )
      const early = second.spans.find((span) => span.name === "venue.fill")
      const late = second.spans.find((span) => span.name === "venue.fill.late")
      assert.deepStrictEqual(
        [early?.traceId, early?.spanId, early?.parentSpanId],
        [submit.traceId, ids.early.spanId, submit.spanId]
      )
      assert.deepStrictEqual([early?.startTimeUnixNano, early?.endTimeUnixNano], [`${at}000`, `${at + 5}000`])
      assert.notStrictEqual(late?.traceId, submit.traceId)
      assert.isUndefined(late?.parentSpanId)
      assert.deepStrictEqual(
        late?.links?.map((link) => [link.traceId, link.spanId]),
        [[submit.traceId, submit.spanId]]
      )
      assert.strictEqual(late?.endTimeUnixNano, late?.startTimeUnixNano)
      const counted = [...registry.values()].map((metric) => [metric.id, metric.attributes?.["outcome"]])
      assert.deepStrictEqual(counted, [["outcry_telemetry_spans_total", "exported"]])
    }).pipe(Effect.scoped)
  )

  it.live("refuses an id that an OTLP endpoint would refuse the whole batch for", () =>
    Effect.gen(function* () {
      const recorder = yield* SpanRecorder
      const bad = { name: "x", traceId: "0".repeat(32), startUs: 0, endUs: 0, attributes: {} }
      const exit = yield* Effect.exit(recorder.record(bad))
      assert.isTrue(exit._tag === "Failure")
    }).pipe(Effect.provide(SpanRecorder.layerNoop))
  )

  it.live("exports nothing under an unsampled parent", () =>
    Effect.gen(function* () {
      const second = yield* receiver("answers")
      yield* Effect.void.pipe(
        Effect.withSpan("inner"),
        Effect.withSpan("outer"),
        withParent({ ...causeTrace("f", 1, 2), sampled: false }),
        Effect.andThen(Effect.withSpan(Effect.void, "kept")),
        Effect.provide(Tracing.layer({ node: "n", endpoints: endpointsOf(undefined, { endpoint: second.url }) }))
      )
      assert.deepStrictEqual(
        second.spans.map((span) => span.name),
        ["kept"]
      )
    }).pipe(Effect.scoped)
  )

  it("reads OTLP settings: base and traces endpoints, encoded headers, one endpoint for one URL", () => {
    const headers = Redacted.make("authorization=Bearer%20x%3Dy, broken ,z=100%")
    assert.deepStrictEqual(parsePairs(Redacted.value(headers)), { authorization: "Bearer x=y", z: "100%" })
    assert.deepStrictEqual(endpointsOf("http://127.0.0.1:1", { endpoint: "https://o.example/otlp/", headers }), [
      { name: "collector", url: "http://127.0.0.1:1/v1/traces" },
      { name: "otlp", url: "https://o.example/otlp/v1/traces", headers: { authorization: "Bearer x=y", z: "100%" } }
    ])
    assert.strictEqual(
      endpointsOf(undefined, { endpoint: "http://a", tracesEndpoint: "http://b/x" })[0]?.url,
      "http://b/x"
    )
    assert.strictEqual(endpointsOf("http://a", { endpoint: "http://a/" }).length, 1)
    assert.deepStrictEqual(endpointsOf(undefined), [])
  })
})

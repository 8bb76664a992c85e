import { appendFile, readdir, stat, writeFile } from "node:fs/promises"
import { request } from "node:http"
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import { Effect } from "effect"
import { assert, describe, it } from "@effect/vitest"
import { startCollector } from "../src/Collector.ts"
import { openSpanFiles, readOrder } from "../src/SpanFiles.ts"
import { directory } from "./fixtures/Directory.ts"
import { orderSpan, otlp, span, traceId } from "./fixtures/Spans.ts"

const post = (url: string, body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}) =>
  Effect.promise(async () => {
    const response = await fetch(url, {
      method: "POST",
      body,
      headers: { "content-type": "application/json", ...headers }
    })
    return { status: response.status, text: await response.text() }
  })

const get = (url: string) =>
  Effect.promise(async () => {
    const response = await fetch(url)
    const body: unknown = await response.json()
    const spans =
      typeof body === "object" && body !== null && "spans" in body && Array.isArray(body.spans) ? body.spans : []
    return { status: response.status, body, spans: spans.length }
  })

const trace = [
  span(1, 1, { name: "feed.tick" }),
  orderSpan(2, 1, "o1", { name: "strategy.intent", parentSpanId: span(1, 1).spanId }),
  span(3, 2)
]

describe("collector", () => {
  it.live("keeps what an exporter sends and answers for an order, a trace and the newest spans", () =>
    Effect.gen(function* () {
      const { url } = yield* startCollector({ port: 0, directory: yield* directory })
      assert.strictEqual((yield* post(`${url}/v1/traces`, JSON.stringify(otlp(trace)))).status, 200)
      assert.deepStrictEqual((yield* get(`${url}/traces?order=o1`)).body, {
        spans: trace.slice(0, 2).map((each) => ({ ...each }))
      })
      assert.strictEqual((yield* get(`${url}/traces/${traceId(2)}`)).spans, 1)
      assert.strictEqual((yield* get(`${url}/spans?limit=2`)).spans, 2)
      assert.deepStrictEqual((yield* get(`${url}/orders`)).body, { orders: ["o1"] })
      assert.strictEqual((yield* get(`${url}/traces?order=nope`)).status, 404)
      assert.strictEqual((yield* get(`${url}/traces`)).status, 400)
    }).pipe(Effect.scoped)
  )

  it.live("still has the order after it was started again, and its files answer without it", () =>
    Effect.gen(function* () {
      const path = yield* directory
      yield* Effect.scoped(
        Effect.gen(function* () {
          const { url } = yield* startCollector({ port: 0, directory: path })
          // The root comes in a request of its own, before anything says that this is an order's trace.
          yield* post(`${url}/v1/traces`, JSON.stringify(otlp(trace.slice(0, 1))))
          yield* post(`${url}/v1/traces`, JSON.stringify(otlp(trace.slice(1))))
        })
      )
      yield* Effect.promise(() => appendFile(join(path, "orders.jsonl"), '{"traceId":"torn'))
      const read = yield* readOrder(path, "o1")
      assert.deepStrictEqual(read.spans, trace.slice(0, 2))
      assert.deepStrictEqual((yield* readOrder(path, "o")).spans, [])
      yield* Effect.scoped(
        Effect.gen(function* () {
          const { store, url } = yield* startCollector({ port: 0, directory: path })
          assert.deepStrictEqual(store.traceOfOrder("o1"), trace.slice(0, 2))
          yield* post(`${url}/v1/traces`, JSON.stringify(otlp([orderSpan(7, 7, "o7")])))
        })
      )
      assert.strictEqual((yield* readOrder(path, "o7")).spans.length, 1)
    }).pipe(Effect.scoped)
  )

  it.live("answers from the files for an order that memory had to let go", () =>
    Effect.gen(function* () {
      const store = { maxSpans: 2, maxSpansPerTrace: 10 }
      const { store: memory, url } = yield* startCollector({ port: 0, directory: yield* directory, store })
      yield* post(`${url}/v1/traces`, JSON.stringify(otlp(trace.slice(0, 2))))
      yield* post(`${url}/v1/traces`, JSON.stringify(otlp([orderSpan(8, 8, "o8"), orderSpan(9, 9, "o9")])))
      assert.deepStrictEqual(memory.traceOfOrder("o1"), [])
      assert.deepStrictEqual((yield* get(`${url}/traces?order=o1`)).body, { spans: trace.slice(0, 2) })
    }).pipe(Effect.scoped)
  )

  it.live("accepts metrics and logs without keeping them, and gzip", () =>
    Effect.gen(function* () {
      const { store, url } = yield* startCollector({ port: 0, directory: yield* directory })
      for (const signal of ["metrics", "logs"])
        assert.strictEqual((yield* post(`${url}/v1/${signal}`, "x")).status, 200)
      assert.strictEqual(store.stats.spans, 0)
      const body = new Uint8Array(gzipSync(JSON.stringify(otlp(trace))))
      assert.strictEqual((yield* post(`${url}/v1/traces`, body, { "content-encoding": "gzip" })).status, 200)
      assert.strictEqual(store.stats.spans, 3)
    }).pipe(Effect.scoped)
  )

  it.live("refuses bodies that are too large, also once unpacked, or not OTLP, and goes on", () =>
    Effect.gen(function* () {
      const { store, url } = yield* startCollector({ port: 0, directory: yield* directory, maxBodyBytes: 5000 })
      const traces = `${url}/v1/traces`
      assert.strictEqual((yield* post(traces, " ".repeat(5001))).status, 413)
      const bomb = new Uint8Array(gzipSync(" ".repeat(1_000_000)))
      assert.isBelow(bomb.length, 5000)
      assert.strictEqual((yield* post(traces, bomb, { "content-encoding": "gzip" })).status, 413)
      for (const text of ["", "{", "[]", "{}", '{"resourceSpans":1}', "null"]) {
        assert.strictEqual((yield* post(traces, text)).status, 400, text)
      }
      assert.strictEqual((yield* post(traces, "x", { "content-type": "application/x-protobuf" })).status, 415)
      assert.strictEqual((yield* post(traces, "x", { "content-encoding": "gzip" })).status, 400)
      assert.strictEqual((yield* post(`${url}/v1/other`, "{}")).status, 404)
      const bad = JSON.stringify(otlp([{ ...span(1, 1), traceId: "zz" }, span(2, 2)]))
      assert.include((yield* post(traces, bad)).text, '"rejectedSpans":1')
      assert.strictEqual(store.stats.spans, 1)
    }).pipe(Effect.scoped)
  )

  it.live("answers 503 rather than read more bodies than its bound at once", () =>
    Effect.gen(function* () {
      const { port, url } = yield* startCollector({ port: 0, directory: yield* directory, maxBodies: 1 })
      const body = JSON.stringify(otlp(trace))
      const slow = yield* Effect.promise(
        () =>
          new Promise<ReturnType<typeof request>>((resolve) => {
            const open = request({
              port,
              host: "127.0.0.1",
              path: "/v1/traces",
              method: "POST",
              headers: { "content-type": "application/json" }
            })
            open.on("error", () => undefined)
            open.write(body.slice(0, 10), () => resolve(open))
          })
      )
      let status = 200
      // The first body counts as soon as the server has seen its head; until then others are let in.
      while (status === 200) status = (yield* post(`${url}/v1/traces`, body)).status
      assert.strictEqual(status, 503)
      const answered = yield* Effect.promise(
        () =>
          new Promise<number | undefined>((resolve) => {
            slow.on("response", (response) => resolve(response.resume().statusCode))
            slow.end(body.slice(10))
          })
      )
      assert.strictEqual(answered, 200)
      assert.strictEqual((yield* post(`${url}/v1/traces`, body)).status, 200)
    }).pipe(Effect.scoped)
  )

  it.live("says what to do when the port is taken or the directory cannot be used", () =>
    Effect.gen(function* () {
      const path = yield* directory
      const { port } = yield* startCollector({ port: 0, directory: path })
      const taken = yield* Effect.flip(startCollector({ port, directory: path }))
      assert.strictEqual(taken._tag, "CollectorError")
      assert.include(taken.message, "choose another")
      yield* Effect.promise(() => writeFile(join(path, "file"), ""))
      const blocked = yield* Effect.flip(startCollector({ port: 0, directory: join(path, "file", "x") }))
      assert.include(blocked.message, "--data")
    }).pipe(Effect.scoped)
  )

  it.live("rotates the span files at their bound, keeps the newest, and those of orders apart", () =>
    Effect.gen(function* () {
      const path = yield* directory
      const limits = { maxFileBytes: 4000, maxFiles: { orders: 3, others: 1 } }
      const files = yield* openSpanFiles(path, limits)
      for (let n = 1; n <= 200; n++) {
        yield* files.append("orders", [orderSpan(n, n, `o${n}`)])
        yield* files.append("others", [span(1000 + n, 1000 + n)])
      }
      const names = yield* Effect.promise(() => readdir(path))
      assert.isTrue(
        names.every((name) => ["orders.jsonl", "orders.1.jsonl", "orders.2.jsonl", "others.jsonl"].includes(name)),
        names.join()
      )
      for (const name of names) assert.isBelow((yield* Effect.promise(() => stat(join(path, name)))).size, 4500)
      assert.strictEqual((yield* readOrder(path, "o200", limits)).spans.length, 1)
      assert.strictEqual((yield* readOrder(path, "o1", limits)).spans.length, 0)
    }).pipe(Effect.scoped)
  )
})

/**
 * Owns the local collector: an OTLP/HTTP JSON endpoint on loopback that keeps spans in memory and in the span files, and
 * answers queries about them. Metrics and logs are accepted and ignored, so that a stock exporter can point here.
 * Bounded: body size, bodies at work, connections, spans kept, bytes on disk. Too much at once is answered 503, which
 * exporters repeat. A span is answered for only after it was handed to the operating system.
 * It is not for the public: it binds 127.0.0.1 unless told otherwise and has no authentication.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import { gunzip } from "node:zlib"
import { Effect, Schema, type Scope, Semaphore } from "effect"
import {
  openSpanFiles,
  readNewest,
  readOrder,
  type SpanFileLimits,
  type SpanFilesError,
  defaultFileLimits
} from "./SpanFiles.ts"
import { SpanStore, type SpanStoreLimits, defaultStoreLimits } from "./SpanStore.ts"
import { decodeTraces, type StoredSpan } from "./StoredSpan.ts"

/** How a collector is set up. */
export interface CollectorOptions {
  /** 0 chooses a free port. */
  readonly port: number
  readonly host?: string
  /** Where the span files are; created when missing. */
  readonly directory: string
  /** The largest body, also after decompression. Default 8 MiB. */
  readonly maxBodyBytes?: number
  /** Bodies read at once. Default 16. */
  readonly maxBodies?: number
  readonly store?: SpanStoreLimits
  readonly files?: SpanFileLimits
}

/** A running collector. */
export interface Collector {
  /** Base URL, to be given to nodes. */
  readonly url: string
  readonly port: number
  readonly store: SpanStore
}

/** The collector could not start. */
export class CollectorError extends Schema.TaggedError<CollectorError>()("CollectorError", {
  host: Schema.String,
  port: Schema.Int,
  reason: Schema.String
}) {
  override get message(): string {
    return `The trace collector cannot listen on ${this.host}:${this.port}: ${this.reason}. Stop what uses the port or choose another; 0 takes a free one.`
  }
}

type Answer = { readonly status: number; readonly body: unknown; readonly retryAfterSeconds?: number }

const tooLarge: Answer = { status: 413, body: { message: "The body is larger than this collector accepts." } }

const readBody = (request: IncomingMessage, maxBytes: number): Promise<Buffer | undefined> =>
  new Promise((resolve, reject) => {
    const parts: Array<Buffer> = []
    let size = 0
    request.on("data", (part: Buffer) => {
      size += part.length
      // The rest is drained, not kept: an answer before the end of the request would be lost on many clients.
      if (size <= maxBytes) parts.push(part)
      else parts.length = 0
    })
    request.on("end", () => resolve(size <= maxBytes ? Buffer.concat(parts) : undefined))
    request.on("error", reject)
    request.on("aborted", () => reject(new Error("The request was aborted.")))
  })

const inflate = (body: Buffer, maxBytes: number): Promise<Buffer | undefined> =>
  new Promise((resolve, reject) => {
    gunzip(body, { maxOutputLength: maxBytes }, (error, result) => {
      if (error === null) resolve(result)
      else if ((error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE") resolve(undefined)
      else reject(error)
    })
  })

const parse = (body: Buffer): unknown => {
  try {
    return JSON.parse(body.toString("utf8"))
  } catch {
    return undefined
  }
}

const bounded = (text: string | null, otherwise: number, max: number): number => {
  const value = text === null ? Number.NaN : Number(text)
  return Number.isInteger(value) && value > 0 ? Math.min(value, max) : otherwise
}

type Older = (orderId: string) => Promise<ReadonlyArray<StoredSpan>>

const query = async (store: SpanStore, older: Older, url: URL): Promise<Answer> => {
  const path = url.pathname
  if (path === "/stats") return { status: 200, body: store.stats }
  if (path === "/orders")
    return { status: 200, body: { orders: store.orders(bounded(url.searchParams.get("limit"), 100, 10_000)) } }
  if (path === "/spans") {
    const limit = bounded(url.searchParams.get("limit"), 100, 10_000)
    return { status: 200, body: { spans: store.newest(limit, url.searchParams.get("name") ?? undefined) } }
  }
  if (path === "/traces") {
    const order = url.searchParams.get("order")
    if (order === null || order === "") return { status: 400, body: { message: "Name an order: /traces?order=ID" } }
    const kept = store.traceOfOrder(order)
    const spans = kept.length > 0 ? kept : await older(order)
    return spans.length > 0
      ? { status: 200, body: { spans } }
      : { status: 404, body: { message: `No span of order ${order} is kept.` } }
  }
  if (path.startsWith("/traces/")) {
    const spans = store.trace(path.slice("/traces/".length).toLowerCase())
    return spans.length > 0
      ? { status: 200, body: { spans } }
      : { status: 404, body: { message: "No such trace is kept." } }
  }
  return {
    status: 404,
    body: { message: "Not here. Try /traces?order=ID, /traces/TRACE_ID, /spans, /orders or /stats." }
  }
}

const send = (response: ServerResponse, answer: Answer): void => {
  const text = JSON.stringify(answer.body)
  response.writeHead(answer.status, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(text),
    ...(answer.retryAfterSeconds === undefined ? {} : { "retry-after": String(answer.retryAfterSeconds) })
  })
  response.end(text)
}

const listen = (server: Server, host: string, port: number): Effect.Effect<number, CollectorError> =>
  Effect.callback<number, CollectorError>((resume) => {
    const onError = (error: Error): void =>
      resume(Effect.fail(new CollectorError({ host, port, reason: error.message })))
    server.once("error", onError)
    server.listen(port, host, () => {
      server.off("error", onError)
      const address = server.address()
      resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : port))
    })
  })

const close = (server: Server): Effect.Effect<void> =>
  Effect.callback<void>((resume) => {
    server.close(() => resume(Effect.void))
    // What is being received may end; connections that only wait are closed at once.
    server.closeIdleConnections()
  }).pipe(Effect.timeoutOption(1000), Effect.andThen(Effect.sync(() => server.closeAllConnections())))

/** Starts a collector with what the span files still hold; it closes with the scope. */
export const startCollector = Effect.fnUntraced(function* (
  options: CollectorOptions
): Effect.fn.Return<Collector, CollectorError | SpanFilesError, Scope.Scope> {
  const host = options.host ?? "127.0.0.1"
  const maxBytes = options.maxBodyBytes ?? 8 * 1024 * 1024
  const fileLimits = options.files ?? defaultFileLimits
  const store = new SpanStore(options.store ?? defaultStoreLimits)
  const files = yield* openSpanFiles(options.directory, fileLimits)
  const torn = yield* readNewest(options.directory, (span) => void store.add([span]), fileLimits)
  if (torn > 0) yield* Effect.logWarning(`Skipped ${torn} unreadable lines of the span files.`)
  const services = yield* Effect.context<never>()
  let bodies = 0
  const reading = yield* Semaphore.make(1)
  // What memory has let go is still in the files; one such search at a time, as it reads all of them.
  const older: Older = (orderId) =>
    Effect.runPromiseWith(services)(
      reading
        .withPermits(1)(readOrder(options.directory, orderId, fileLimits))
        .pipe(
          Effect.map((read) => read.spans),
          Effect.catch((error) => Effect.as(Effect.logWarning(error.message), []))
        )
    )

  const keep = async (body: unknown): Promise<Answer> => {
    const decoded = decodeTraces(body)
    if (decoded === undefined) return { status: 400, body: { message: "This is not an OTLP traces request in JSON." } }
    const added = store.add(decoded.spans)
    const written = await Effect.runPromiseWith(services)(
      files.append("orders", added.ofOrders).pipe(
        Effect.andThen(files.append("others", added.others)),
        Effect.as(true),
        // Memory still has them: a full disk must not make the exporters repeat for ever.
        Effect.catch((error) => Effect.as(Effect.logWarning(error.message), false))
      )
    )
    const problem = written ? "" : "kept in memory only"
    return decoded.rejected > 0 || !written
      ? { status: 200, body: { partialSuccess: { rejectedSpans: decoded.rejected, errorMessage: problem } } }
      : { status: 200, body: {} }
  }

  const ingest = async (request: IncomingMessage, path: string): Promise<Answer> => {
    const type = request.headers["content-type"] ?? ""
    const encoding = request.headers["content-encoding"] ?? "identity"
    const raw = await readBody(request, maxBytes)
    if (raw === undefined) return tooLarge
    if (path !== "/v1/traces") return { status: 200, body: {} }
    if (!type.startsWith("application/json")) {
      return { status: 415, body: { message: "Send OTLP as JSON (OTEL_EXPORTER_OTLP_PROTOCOL=http/json)." } }
    }
    if (encoding !== "identity" && encoding !== "gzip")
      return { status: 415, body: { message: "Only gzip is understood." } }
    const plain = encoding === "gzip" ? await inflate(raw, maxBytes) : raw
    return plain === undefined ? tooLarge : keep(parse(plain))
  }

  const answer = async (request: IncomingMessage): Promise<Answer> => {
    const url = new URL(request.url ?? "/", "http://collector")
    if (request.method === "GET") return query(store, older, url)
    if (request.method !== "POST") return { status: 405, body: { message: "Only GET and POST." } }
    if (!["/v1/traces", "/v1/metrics", "/v1/logs"].includes(url.pathname))
      return { status: 404, body: { message: "Not here." } }
    if (bodies >= (options.maxBodies ?? 16)) {
      return { status: 503, body: { message: "Too many requests at once." }, retryAfterSeconds: 1 }
    }
    bodies++
    try {
      return await ingest(request, url.pathname)
    } finally {
      bodies--
    }
  }

  const server = createServer((request, response) => {
    answer(request).then(
      (result) => send(response, result),
      (error: unknown) => {
        if (response.headersSent || response.destroyed) return
        send(response, { status: 400, body: { message: error instanceof Error ? error.message : "Bad request." } })
      }
    )
  })
  server.maxConnections = 256
  server.requestTimeout = 30_000
  const port = yield* Effect.acquireRelease(listen(server, host, options.port), () => close(server))
  return { url: `http://${host}:${port}`, port, store }
})

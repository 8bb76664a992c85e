/**
 * Owns the span files of the data directory: one JSON object a line, in two series, so that the many spans without an
 * order never push out those of orders. A full file is renamed `<series>.1.jsonl` and older ones move up; beyond the
 * bound the oldest is deleted.
 * A torn line (a crash, a full disk) is skipped and counted by the reader; writing goes on in a line of its own.
 * One writer per directory. It does not index: see `SpanStore`.
 */
import { createReadStream } from "node:fs"
import { appendFile, mkdir, rename, rm, stat } from "node:fs/promises"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { Effect, Schema, Semaphore } from "effect"
import { decodeLine, orderIdsOf, type StoredSpan } from "./StoredSpan.ts"

/** `orders` holds every span of traces that carry an order, `others` the rest. */
export type Series = "orders" | "others"

/** The bounds of the files on disk. */
export interface SpanFileLimits {
  readonly maxFileBytes: number
  /** Files kept of each series, the one being written included. */
  readonly maxFiles: { readonly [S in Series]: number }
}

/** At most 160 MiB on disk: some 250,000 spans of orders. */
export const defaultFileLimits: SpanFileLimits = {
  maxFileBytes: 16 * 1024 * 1024,
  maxFiles: { orders: 8, others: 2 }
}

/** The span files could not be read or written. */
export class SpanFilesError extends Schema.TaggedError<SpanFilesError>()("SpanFilesError", {
  directory: Schema.String,
  reason: Schema.String
}) {
  override get message(): string {
    return `The span files in ${this.directory} cannot be used: ${this.reason}. Check that the directory can be written and has space left, or give another one with --data.`
  }
}

const attempt = <A>(directory: string, run: () => Promise<A>): Effect.Effect<A, SpanFilesError> =>
  Effect.tryPromise({
    try: run,
    catch: (cause) => new SpanFilesError({ directory, reason: cause instanceof Error ? cause.message : String(cause) })
  })

const fileOf = (directory: string, series: Series, index: number): string =>
  join(directory, index === 0 ? `${series}.jsonl` : `${series}.${index}.jsonl`)

const sizeOf = async (path: string): Promise<number> => {
  try {
    return (await stat(path)).size
  } catch {
    return 0
  }
}

const rotate = async (directory: string, series: Series, limits: SpanFileLimits): Promise<void> => {
  const last = limits.maxFiles[series] - 1
  await rm(fileOf(directory, series, last), { force: true })
  for (let index = last - 1; index >= 0; index--) {
    const path = fileOf(directory, series, index)
    if ((await sizeOf(path)) > 0) await rename(path, fileOf(directory, series, index + 1))
  }
}

/** Opens the files for writing. Appends are in order, one at a time; the caller's waiting is the bound on memory. */
export const openSpanFiles = Effect.fnUntraced(function* (
  directory: string,
  limits: SpanFileLimits = defaultFileLimits
) {
  yield* attempt(directory, () => mkdir(directory, { recursive: true }))
  const turn = yield* Semaphore.make(1)
  const sizes: Record<Series, number> = {
    orders: yield* attempt(directory, () => sizeOf(fileOf(directory, "orders", 0))),
    others: yield* attempt(directory, () => sizeOf(fileOf(directory, "others", 0)))
  }
  // A file that ends in the middle of a line must not swallow the first line of this run.
  let separate: Record<Series, boolean> = { orders: sizes.orders > 0, others: sizes.others > 0 }
  const write = async (series: Series, spans: ReadonlyArray<StoredSpan>): Promise<void> => {
    const lines = spans.map((span) => JSON.stringify(span)).join("\n")
    const text = `${separate[series] ? "\n" : ""}${lines}\n`
    separate = { ...separate, [series]: true }
    await appendFile(fileOf(directory, series, 0), text)
    separate = { ...separate, [series]: false }
    sizes[series] += Buffer.byteLength(text)
    if (sizes[series] < limits.maxFileBytes) return
    await rotate(directory, series, limits)
    sizes[series] = 0
  }
  return {
    /** Appends spans to a series; resolves when the operating system has them. */
    append: (series: Series, spans: ReadonlyArray<StoredSpan>): Effect.Effect<void, SpanFilesError> =>
      spans.length === 0 ? Effect.void : turn.withPermits(1)(attempt(directory, () => write(series, spans)))
  }
})

const eachLine = async (
  directory: string,
  series: Series,
  maxFiles: number,
  onLine: (line: string) => void
): Promise<void> => {
  for (let index = maxFiles - 1; index >= 0; index--) {
    const path = fileOf(directory, series, index)
    if ((await sizeOf(path)) === 0) continue
    for await (const line of createInterface({ input: createReadStream(path, "utf8"), crlfDelay: Infinity })) {
      if (line !== "") onLine(line)
    }
  }
}

/** What a reading found. */
export interface SpansRead {
  readonly spans: ReadonlyArray<StoredSpan>
  /** Lines that were not spans. */
  readonly torn: number
}

/**
 * Reads the newest spans, oldest first, handing each to `onSpan`; returns how many lines were not spans. It reads at most
 * two files of each series, so that a collector starts quickly however much is kept; `readOrder` finds the rest.
 */
export const readNewest = (
  directory: string,
  onSpan: (span: StoredSpan) => void,
  limits: SpanFileLimits = defaultFileLimits
): Effect.Effect<number, SpanFilesError> =>
  attempt(directory, async () => {
    let torn = 0
    const take = (line: string): void => {
      const span = decodeLine(line)
      if (span === undefined) torn++
      else onSpan(span)
    }
    await eachLine(directory, "others", Math.min(2, limits.maxFiles.others), take)
    await eachLine(directory, "orders", Math.min(2, limits.maxFiles.orders), take)
    return torn
  })

/**
 * Reads all traces that carry an order, without a running collector. Two passes over the files and memory for those
 * traces alone. Empty when the order is not in them.
 */
export const readOrder = (
  directory: string,
  orderId: string,
  limits: SpanFileLimits = defaultFileLimits
): Effect.Effect<SpansRead, SpanFilesError> =>
  attempt(directory, async () => {
    const traces = new Set<string>()
    let torn = 0
    await eachLine(directory, "orders", limits.maxFiles.orders, (line) => {
      // Parsing is the cost: only lines that mention the order are worth it.
      if (!line.includes(orderId)) return
      const span = decodeLine(line)
      if (span === undefined) torn++
      else if (orderIdsOf(span).includes(orderId)) traces.add(span.traceId)
    })
    const spans = new Map<string, StoredSpan>()
    if (traces.size === 0) return { spans: [], torn }
    await eachLine(directory, "orders", limits.maxFiles.orders, (line) => {
      const span = decodeLine(line)
      if (span !== undefined && traces.has(span.traceId)) spans.set(`${span.traceId}/${span.spanId}`, span)
    })
    return { spans: [...spans.values()].toSorted((a, b) => a.startUs - b.startUs), torn }
  })

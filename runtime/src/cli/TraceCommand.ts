/**
 * `outcry trace`: the recorded spans of one order as a tree, from the tick to the fill, with times and nodes. Asks the
 * collector of the running floor; after its end, reads the span files of the runs in the data folder, newest first.
 */
import { VENUE_FILL } from "@outcry/telemetry/SpanNames"
import { readNewest, readOrder } from "@outcry/telemetry/SpanFiles"
import { orderIdsOf, type StoredSpan } from "@outcry/telemetry/StoredSpan"
import * as TraceTree from "@outcry/telemetry/TraceTree"
import { Effect, Option, Predicate } from "effect"
import { FetchHttpClient, HttpClient } from "effect/http"
import { existsSync, readdirSync } from "node:fs"
import { type DataFolder, dataFolderAt, runFolderOf } from "../floor/DataFolder.ts"
import { runningFloor } from "../floor/RunFile.ts"
import { data, json, onStdout } from "./Output.ts"
import { userError } from "./UserError.ts"

interface TraceOptions {
  readonly order: Option.Option<string>
  readonly lastFilled: boolean
  readonly data: Option.Option<string>
  readonly json: boolean
}

/** Where spans come from: a collector that runs, or the files of one run. */
interface Source {
  readonly lastFilled: Effect.Effect<string | undefined>
  readonly ofOrder: (order: string) => Effect.Effect<ReadonlyArray<StoredSpan>>
}

const askTimeoutMs = 5_000

const spansIn = (body: unknown): ReadonlyArray<StoredSpan> =>
  // The collector answers in the form it was written in; it is part of this release.
  Predicate.hasProperty(body, "spans") && Array.isArray(body.spans) ? body.spans : []

const newestOrder = (spans: ReadonlyArray<StoredSpan>): string | undefined =>
  spans
    .filter(({ name }) => name === VENUE_FILL)
    .toSorted((a, b) => b.startUs - a.startUs)
    .flatMap((span) => [...orderIdsOf(span)])[0]

const fromCollector = (url: string): Source => {
  const ask = (path: string) =>
    HttpClient.get(`${url}${path}`).pipe(
      Effect.flatMap((response) => (response.status === 404 ? Effect.succeed({}) : response.json)),
      Effect.map(spansIn),
      Effect.timeout(askTimeoutMs),
      Effect.provide(FetchHttpClient.layer),
      // The next source may have it.
      Effect.orElseSucceed((): ReadonlyArray<StoredSpan> => [])
    )
  return {
    lastFilled: Effect.map(ask(`/spans?name=${VENUE_FILL}&limit=50`), newestOrder),
    ofOrder: (order) => ask(`/traces?order=${encodeURIComponent(order)}`)
  }
}

const fromFiles = (directory: string): Source => ({
  lastFilled: Effect.gen(function* () {
    const fills: Array<StoredSpan> = []
    yield* readNewest(directory, (span) => {
      if (span.name === VENUE_FILL) fills.push(span)
    })
    return newestOrder(fills)
  }).pipe(Effect.orElseSucceed(() => undefined)),
  ofOrder: (order) =>
    readOrder(directory, order).pipe(
      Effect.map(({ spans }) => spans),
      Effect.orElseSucceed((): ReadonlyArray<StoredSpan> => [])
    )
})

/** The running floor first, then the runs that are kept, newest first. What was filled last is the running floor's alone. */
const sources = Effect.fnUntraced(function* (folder: DataFolder, lastFilled: boolean) {
  const running = yield* Effect.option(runningFloor(folder))
  const live =
    Option.isSome(running) && running.value.collectorUrl !== "" ? [fromCollector(running.value.collectorUrl)] : []
  if (lastFilled && live.length > 0) return live
  const runs = existsSync(folder.runs) ? readdirSync(folder.runs).toSorted().toReversed() : []
  return [...live, ...runs.map((id) => fromFiles(runFolderOf(folder, id).spans))]
})

export const run = Effect.fnUntraced(function* (options: TraceOptions) {
  const folder = dataFolderAt(Option.getOrUndefined(options.data))
  const given = Option.getOrUndefined(options.order)
  if ((given === undefined) === !options.lastFilled)
    return yield* userError(
      "Usage",
      "One order is to be named, or --last-filled.",
      "Write `outcry trace ORDER` or `outcry trace --last-filled`."
    )
  const all = yield* sources(folder, options.lastFilled)
  if (all.length === 0)
    return yield* userError(
      "NoFloor",
      `No floor has run from ${folder.root} yet.`,
      "Start one with `outcry start`, or name its folder with --data."
    )
  for (const source of all) {
    const order = given ?? (yield* source.lastFilled)
    if (order === undefined) continue
    const spans = TraceTree.ofOrder(yield* source.ofOrder(order), order)
    if (spans.length === 0) continue
    yield* options.json
      ? json({ order, summary: TraceTree.summarize(spans), trees: TraceTree.build(spans) })
      : data(TraceTree.drawOrder(order, spans, { color: onStdout.bold("x") !== "x" }))
    return
  }
  return yield* given === undefined
    ? userError(
        "UnknownOrder",
        "No order has been filled yet.",
        "Wait for a fill, or see `outcry explain STRATEGY` for why there is none."
      )
    : userError(
        "UnknownOrder",
        `No span of order ${given} is kept.`,
        "Check the client order id; `outcry status --json` lists the open ones, and --last-filled takes the latest."
      )
})

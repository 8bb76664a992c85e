/**
 * What a person asks a study for: strategy and data by path or name, what to vary, what to look for. Made from a file or from
 * the options of a command; it becomes an order once strategy and data are known by their hashes.
 */
import { Goal } from "@outcry/backtest/search/Goal"
import { ParameterSpace } from "@outcry/backtest/search/ParameterSpace"
import { type StudySpec, studySpecOf } from "@outcry/backtest/search/StudySpec"
import { TermsGiven, termsByDefault } from "@outcry/backtest/vector/RunTerms"
import { Effect, Schema } from "effect"
import { createHash } from "node:crypto"
import { existsSync } from "node:fs"
import { resolve } from "node:path"
import { reasonOf } from "../cli/UserError.ts"
import { StudyUnusable } from "./TaskPool.ts"
import { loadResearchData, type ResearchData } from "./ResearchData.ts"
import { loadResearchStrategy, type ResearchStrategy } from "./ResearchStrategy.ts"
import { boundParameters, sizedParameters } from "./StrategyParameters.ts"
import type { StudyOrder } from "./StudyOrder.ts"

const Parameter = Schema.Union([Schema.String, Schema.Finite, Schema.Boolean])

export const StudyRequest = Schema.Struct({
  name: Schema.optionalKey(Schema.String),
  /** Path of a module or a declaration. */
  strategy: Schema.String,
  /** Paths or names of data sets. */
  on: Schema.Array(Schema.String),
  kind: Schema.optionalKey(Schema.Literals(["event", "vectorised"])),
  space: ParameterSpace,
  fixed: Schema.optionalKey(Schema.Record(Schema.String, Parameter)),
  /** Default: every point. */
  method: Schema.optionalKey(
    Schema.Struct({
      kind: Schema.Literals(["grid", "random", "tpe"]),
      trials: Schema.optionalKey(Schema.Int),
      batch: Schema.optionalKey(Schema.Int),
      startup: Schema.optionalKey(Schema.Int)
    })
  ),
  /** Default: the highest Sharpe ratio. */
  goal: Schema.optionalKey(Goal),
  /** ISO dates; default: all there is. */
  from: Schema.optionalKey(Schema.String),
  to: Schema.optionalKey(Schema.String),
  terms: Schema.optionalKey(TermsGiven),
  seed: Schema.optionalKey(Schema.Int),
  attemptsMax: Schema.optionalKey(Schema.Int)
})
export type StudyRequest = typeof StudyRequest.Type

export interface PreparedStudy {
  /** Names the study; the same request over the same files has the same. */
  readonly study: string
  readonly order: StudyOrder
  readonly strategy: ResearchStrategy
  readonly data: ReadonlyArray<ResearchData>
  /** What was chosen or inferred, in sentences. */
  readonly notes: ReadonlyArray<string>
}

const unusable = (reason: string) => new StudyUnusable({ reason })

const timeOf = (field: string, text: string | undefined, otherwise: number): number => {
  if (text === undefined) return otherwise
  const ms = Date.parse(text)
  if (Number.isNaN(ms)) throw unusable(`${field} "${text}" is no date. Write it as 2015-01-31.`)
  return ms * 1000
}

const methodOf = (given: StudyRequest["method"]): StudySpec["method"] => {
  if (given === undefined || given.kind === "grid") return { kind: "grid" }
  const { batch = 16, startup, trials = 200 } = given
  if (given.kind === "random") return { kind: "random", trials }
  return { kind: "tpe", trials, batch, ...(startup === undefined ? {} : { startup }) }
}

const idOf = (name: string, spec: StudySpec): string => {
  const slug = name.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-")
  return `${slug}-${createHash("sha256").update(JSON.stringify(spec)).digest("hex").slice(0, 10)}`
}

/** An event-driven run trades whole lots: a strategy's own size that is none gives way, as it does in a single back-test. */
const sizedFor = Effect.fnUntraced(function* (
  request: StudyRequest,
  strategy: ResearchStrategy,
  data: ReadonlyArray<ResearchData>
) {
  const [first] = data
  const kind = request.kind ?? (strategy.signal === undefined ? "event" : "vectorised")
  if (kind !== "event" || first === undefined) return { request, notes: [] }
  const typed = Object.entries(request.fixed ?? {}).map(([name, value]) => `${name}=${String(value)}`)
  const instruments = data.map(({ instrument }) => instrument)
  const bound = yield* boundParameters(strategy, {
    typed,
    instruments,
    intervalSec: first.bars.intervalUs / 1_000_000
  })
  const sized = yield* sizedParameters(strategy, bound, {
    size: undefined,
    cash: request.terms?.cash ?? termsByDefault.cash,
    price: first.raw.close[0] ?? 0,
    instrument: first.instrument
  })
  const changed = Object.entries(sized.bound.encoded).flatMap(([name, value]) =>
    typeof value === "string" && value !== bound.encoded[name] && !Object.hasOwn(request.space, name)
      ? [[name, value] as const]
      : []
  )
  const size = Object.fromEntries(changed)
  return {
    request: { ...request, fixed: { ...request.fixed, ...size } },
    notes: sized.note === undefined || changed.length === 0 ? [] : [sized.note]
  }
})

const specOf = (request: StudyRequest, strategy: ResearchStrategy, data: ReadonlyArray<ResearchData>): StudySpec => {
  const first = Math.min(...data.map(({ bars }) => bars.timeOpen[0] ?? 0))
  const last = Math.max(...data.map(({ bars }) => (bars.timeOpen.at(-1) ?? 0) + bars.intervalUs))
  const { attemptsMax, fixed, seed = 1, space, terms } = request
  return studySpecOf({
    version: 1,
    name: request.name ?? strategy.name,
    kind: request.kind ?? (strategy.signal === undefined ? "event" : "vectorised"),
    strategy: { name: strategy.name, version: strategy.version, hash: strategy.hash },
    data: data.map(({ hash, reference }) => ({ id: reference.id, hash })),
    range: { from: timeOf("from", request.from, first), to: timeOf("to", request.to, last) },
    ...(fixed && { fixed }),
    space,
    method: methodOf(request.method),
    goal: request.goal ?? { objectives: [{ metric: "sharpe", direction: "maximise" }] },
    ...(terms && { terms }),
    seed,
    ...(attemptsMax !== undefined && { attemptsMax })
  })
}

/** Parameters that the strategy does not have: a search over one would run the same thing again and again. */
const requireKnown = (strategy: ResearchStrategy, request: StudyRequest): void => {
  const schema: Schema.Constraint = (strategy.signal ?? strategy.live).parameters
  if (!("fields" in schema) || typeof schema.fields !== "object" || schema.fields === null) return
  const known = Object.keys(schema.fields)
  for (const name of [...Object.keys(request.space), ...Object.keys(request.fixed ?? {})])
    if (!known.includes(name)) throw unusable(`${strategy.name} has no parameter ${name}. It has ${known.join(", ")}.`)
}

/** Loads what it names and makes its order. Fails with StudyUnusable or InvalidStrategy. */
export const prepareStudy = Effect.fn("StudyRequest.prepare")(function* (request: StudyRequest, store: string) {
  const strategy = yield* loadResearchStrategy(request.strategy)
  const references = request.on.map((id) => ({ id: existsSync(id) ? resolve(id) : id, store }))
  const data = yield* Effect.tryPromise({
    try: () => Promise.all(references.map((each) => loadResearchData(each))),
    catch: (error) => unusable(reasonOf(error))
  })
  const sized = yield* sizedFor(request, strategy, data)
  const spec = yield* Effect.try({
    try: () => {
      requireKnown(strategy, request)
      return specOf(sized.request, strategy, data)
    },
    catch: (error) => unusable(reasonOf(error))
  })
  if (spec.kind === "vectorised" && data.length !== 1)
    return yield* unusable("A vectorised study runs over one set of data. Name one, or ask for --kind event.")
  const prepared: PreparedStudy = {
    study: idOf(spec.name, spec),
    order: { spec, strategy: strategy.path, data: references },
    strategy,
    data,
    notes: [...data.flatMap(({ notes }) => notes), ...sized.notes]
  }
  return prepared
})

/** `outcry optimise`: a search from the options of a command, on the threads of this process or over nodes. */
import { Clock, Effect, type Option } from "effect"
import { Option as Options } from "effect"
import { availableParallelism } from "node:os"
import { dataFolderAt } from "../floor/DataFolder.ts"
import { runLocally } from "../research/LocalStudy.ts"
import { layer as researchDatabase, researchFolderOf } from "../research/ResearchDatabase.ts"
import { fixedOf, InvalidSearch, limitsOf, objectivesOf, spaceOf } from "../research/SearchText.ts"
import { prepareStudy, type StudyRequest } from "../research/StudyRequest.ts"
import { keepStudy } from "../research/StudyHosting.ts"
import { message, onStderr } from "./Output.ts"
import { endProgress, presentStudy, progressLine } from "./StudyReport.ts"
import { workOnNodes } from "./StudyWatch.ts"
import { durationText } from "./TimeText.ts"
import { reasonOf, userError } from "./UserError.ts"

interface OptimiseOptions {
  readonly strategy: string
  readonly on: ReadonlyArray<string>
  readonly space: ReadonlyArray<string>
  readonly param: ReadonlyArray<string>
  readonly kind: Option.Option<"vectorised" | "event">
  readonly method: "grid" | "random" | "tpe"
  readonly trials: Option.Option<number>
  readonly metric: ReadonlyArray<string>
  readonly limit: ReadonlyArray<string>
  readonly from: Option.Option<string>
  readonly to: Option.Option<string>
  readonly cash: Option.Option<number>
  readonly feeBps: Option.Option<number>
  readonly slippageBps: Option.Option<number>
  readonly seed: Option.Option<number>
  readonly name: Option.Option<string>
  readonly nodes: Option.Option<number>
  readonly threads: Option.Option<number>
  readonly rows: Option.Option<number>
  readonly report: Option.Option<string>
  readonly noKeep: boolean
  readonly data: Option.Option<string>
  readonly json: boolean
}

const given = <K extends string, A>(key: K, value: Option.Option<A>): { readonly [P in K]?: A } =>
  Options.match(value, {
    onNone: () => ({}),
    onSome: (some) => ({ [key]: some }) as { readonly [P in K]: A }
  })

const requestOf = (options: OptimiseOptions): StudyRequest => ({
  ...given("name", options.name),
  strategy: options.strategy,
  on: options.on,
  ...given("kind", options.kind),
  space: spaceOf(options.space),
  fixed: fixedOf(options.param),
  method: { kind: options.method, ...given("trials", options.trials) },
  goal: { objectives: objectivesOf(options.metric), constraints: limitsOf(options.limit) },
  ...given("from", options.from),
  ...given("to", options.to),
  terms: {
    ...given("cash", options.cash),
    ...given("feeBps", options.feeBps),
    ...given("slippageBps", options.slippageBps)
  },
  ...given("seed", options.seed)
})

/** On this process's own threads. */
const local = Effect.fnUntraced(function* (prepared: Effect.Success<ReturnType<typeof prepareStudy>>, threads: number) {
  const startedMs = yield* Clock.currentTimeMillis
  const state = yield* runLocally(prepared, threads, ({ failed, results, tasks }) =>
    Effect.flatMap(Clock.currentTimeMillis, (now) =>
      progressLine(results.size + failed.size, tasks.total, startedMs, now)
    )
  ).pipe(Effect.ensuring(endProgress))
  const tookMs = (yield* Clock.currentTimeMillis) - startedMs
  yield* message(
    onStderr.dim(
      `  ${prepared.study}: ${state.results.size.toLocaleString("en")} runs in ${durationText(tookMs)} on ${threads} threads`
    )
  )
  return {
    study: prepared.study,
    spec: prepared.order.spec,
    runs: [...state.results.values()],
    failed: [...state.failed]
  }
})

export const run = Effect.fnUntraced(function* (options: OptimiseOptions) {
  const request = yield* Effect.try({
    try: () => requestOf(options),
    catch: (error) =>
      userError("InvalidParameters", reasonOf(error), error instanceof InvalidSearch ? error.remedy : "Correct it.")
  })
  const folder = researchFolderOf(dataFolderAt(Options.getOrUndefined(options.data)))
  const prepared = yield* prepareStudy(request, folder.datasets)
  yield* Effect.forEach(prepared.notes, (note) => message(onStderr.dim(`  ${note}`)))
  const threads = Options.getOrUndefined(options.threads)
  const nodes = Options.getOrElse(options.nodes, () => 0)
  const outcome =
    nodes > 0
      ? yield* Effect.scoped(workOnNodes(prepared, { folder, nodes, threads }))
      : yield* local(prepared, threads ?? availableParallelism())
  if (nodes === 0 && !options.noKeep)
    yield* Effect.scoped(keepStudy(outcome, "optimisation").pipe(Effect.provide(researchDatabase(folder)))).pipe(
      Effect.catch((error) =>
        message(onStderr.yellow(`The result could not be kept: ${reasonOf(error)} (--no-keep leaves it out)`))
      )
    )
  yield* presentStudy(outcome, {
    json: options.json,
    rows: Options.getOrElse(options.rows, () => 20),
    report: Options.getOrUndefined(options.report)
  })
})

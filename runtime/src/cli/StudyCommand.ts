/** `outcry study …`: studies over a cluster of nodes, and those that are kept. */
import { RunSummarySchema } from "@outcry/backtest/search/StudySpec"
import { findRun, ResearchRunUnknown } from "@outcry/store/ResearchRuns"
import { Effect, Option, Schema } from "effect"
import { existsSync, readFileSync } from "node:fs"
import { parse } from "yaml"
import { dataFolderAt } from "../floor/DataFolder.ts"
import { layer as researchDatabase, openResearchDatabase, researchFolderOf } from "../research/ResearchDatabase.ts"
import { studyClient } from "../research/StudyCluster.ts"
import { keepOrder, keptOrders } from "../research/StudyOrder.ts"
import { prepareStudy, StudyRequest } from "../research/StudyRequest.ts"
import { data, json, message, onStderr, table } from "./Output.ts"
import { presentStudy } from "./StudyReport.ts"
import { workOnNodes } from "./StudyWatch.ts"
import { reasonOf, userError } from "./UserError.ts"

interface Common {
  readonly data: Option.Option<string>
  readonly json: boolean
}

interface Presented extends Common {
  readonly rows: Option.Option<number>
  readonly report: Option.Option<string>
}

const folderOf = ({ data }: Common) => researchFolderOf(dataFolderAt(Option.getOrUndefined(data)))

const presentation = (options: Presented) => ({
  json: options.json,
  rows: Option.getOrElse(options.rows, () => 20),
  report: Option.getOrUndefined(options.report)
})

const readRequest = Effect.fnUntraced(function* (file: string) {
  const invalid = (reason: string) =>
    userError("InvalidParameters", `The study ${file} cannot be run: ${reason}.`, "docs/studies.md shows one.")
  if (!existsSync(file)) return yield* invalid("there is no such file")
  const document = yield* Effect.try({
    try: () => parse(readFileSync(file, "utf8")) as unknown,
    catch: (error) => invalid(reasonOf(error))
  })
  return yield* Schema.decodeUnknownEffect(StudyRequest)(document, { onExcessProperty: "error" }).pipe(
    Effect.mapError((error) => invalid(error.message.replaceAll("\n", " ")))
  )
})

export const run = Effect.fnUntraced(function* (
  options: Presented & {
    readonly file: string
    readonly nodes: Option.Option<number>
    readonly threads: Option.Option<number>
  }
) {
  const request = yield* readRequest(options.file)
  const folder = folderOf(options)
  const prepared = yield* prepareStudy(request, folder.datasets)
  const nodes = Math.max(
    1,
    Option.getOrElse(options.nodes, () => 2)
  )
  const outcome = yield* Effect.scoped(
    workOnNodes(prepared, { folder, nodes, threads: Option.getOrUndefined(options.threads) })
  )
  yield* presentStudy(outcome, presentation(options))
})

/** The running study's actor, where its nodes run. */
const statusOf = (url: string, study: string) =>
  Effect.flatMap(studyClient(url), (client) => Effect.timeout(client(study).Status(), "2 seconds"))

export const list = Effect.fnUntraced(function* (options: Common) {
  const orders = yield* Effect.scoped(Effect.provide(keptOrders, researchDatabase(folderOf(options))))
  const rows = orders.map(({ desired, order, study }) => ({
    study,
    state: desired === "stopped" ? "ended" : desired,
    strategy: order.spec.strategy.name,
    kind: order.spec.kind,
    method: order.spec.method.kind,
    data: order.spec.data.map(({ id }) => id.split("/").at(-1)).join(", ")
  }))
  if (options.json) return yield* json(rows)
  if (rows.length === 0) return yield* message("There is no study yet. Begin one with `outcry study run FILE`.")
  yield* data(
    table(
      ["study", "state", "strategy", "kind", "method", "data"],
      rows.map((row) => Object.values(row))
    )
  )
})

const Kept = Schema.Struct({
  runs: Schema.Array(RunSummarySchema),
  failed: Schema.Array(Schema.Tuple([Schema.Int, Schema.String]))
})

export const show = Effect.fnUntraced(function* (options: Presented & { readonly study: string }) {
  const { study } = options
  const folder = folderOf(options)
  const found = yield* Effect.scoped(
    Effect.gen(function* () {
      const orders = yield* keptOrders
      const kept = orders.find((each) => each.study === study)
      if (kept === undefined) return undefined
      const record = yield* findRun(study).pipe(
        Effect.map(({ record }) => record),
        Effect.catchIf(
          (error) => error instanceof ResearchRunUnknown,
          () => Effect.undefined
        )
      )
      return { kept, record }
    }).pipe(Effect.provide(researchDatabase(folder)))
  )
  if (found === undefined)
    return yield* userError("UnknownStudy", `There is no study ${study}.`, "`outcry study list` names those there are.")
  const { kept, record } = found
  if (record === undefined) {
    yield* message(`${study} has not ended: it is ${kept.desired}. Go on with it by \`outcry study run\` of its file.`)
    return
  }
  const { failed, runs } = yield* Schema.decodeUnknownEffect(Kept)(record)
  yield* presentStudy({ study, spec: kept.order.spec, runs, failed }, presentation(options))
})

/** Of a study whose nodes run now; of another one what is kept says what its nodes will find. */
export const control = Effect.fnUntraced(function* (
  options: Common & { readonly study: string; readonly action: "pause" | "resume" | "cancel" }
) {
  const { action, study } = options
  const folder = folderOf(options)
  const answer = yield* Effect.scoped(
    Effect.gen(function* () {
      const { url } = yield* openResearchDatabase(folder)
      const orders = yield* Effect.provide(keptOrders, researchDatabase(folder))
      const kept = orders.find((each) => each.study === study)
      if (kept === undefined)
        return yield* userError(
          "UnknownStudy",
          `There is no study ${study}.`,
          "`outcry study list` names those there are."
        )
      const lives = yield* Effect.option(statusOf(url, study))
      if (Option.isSome(lives)) {
        const client = yield* studyClient(url)
        return yield* client(study)
          .Control({ action })
          .pipe(
            Effect.map(({ status }) => status as string),
            Effect.mapError((error) => userError("RequestRefused", error.message, "See `outcry study show`."))
          )
      }
      const desired = action === "resume" ? "running" : action === "pause" ? "paused" : "stopped"
      yield* Effect.provide(keepOrder(study, kept.order, desired), researchDatabase(folder))
      return desired
    })
  )
  if (options.json) return yield* json({ study, status: answer })
  yield* message(onStderr.green(`${study} is ${answer}`))
})

/** Keeps results beyond the command that made them, in the database of research. */
import type { BacktestResult } from "@outcry/backtest/BacktestResult"
import type { Metric } from "@outcry/backtest/report/Figure"
import { keepRun, type ResearchKind } from "@outcry/store/ResearchRuns"
import { Effect, Layer, Predicate } from "effect"
import { environment } from "../cli/Output.ts"
import { dataFolderAt } from "../floor/DataFolder.ts"
import { layer, researchFolderOf } from "./ResearchDatabase.ts"
import type { ResearchStrategy } from "./ResearchStrategy.ts"
import { figureRecord } from "./RunFigures.ts"

/** Whether a database is at hand without starting one. */
export const isDatabaseGiven = (): boolean => (environment()["DATABASE_URL"] ?? "") !== ""

/** The connection, its tables made; lives as long as the scope. `data` is the folder as given. */
export const openKept = (data: string | undefined) => Layer.build(layer(researchFolderOf(dataFolderAt(data))))

const recordOf = (value: unknown): Readonly<Record<string, unknown>> => (Predicate.isObject(value) ? value : {})

/** Keeps a run under its hash in the database at hand; true where it was not kept yet. */
export const keepResult = (
  { name }: ResearchStrategy,
  result: BacktestResult,
  metrics: ReadonlyArray<Metric>,
  kind: ResearchKind = "backtest"
) => {
  const { from, hash, instruments, strategies, to } = result
  const parameters = recordOf(strategies[0]?.parameters)
  const run = { runId: hash, kind, name, instruments, from, to, parameters, metrics: figureRecord(metrics) }
  return keepRun(run, result).pipe(Effect.withSpan("KeptResult.keep"))
}

/**
 * Two or more runs side by side: figures with the best marked, parameters and assumptions that differ, and what every run
 * decided otherwise than the first. Plain data: it is its own JSON; ComparisonPage and TextReport show it.
 */
import type { BacktestResult } from "../BacktestResult.ts"
import { settingsOf } from "./Assumption.ts"
import { absent, type Metric, type Unit } from "./Figure.ts"
import { type RunDifference, runDifference } from "./RunDifference.ts"

export interface ComparedRun {
  /** What the comparison calls it; by default its place, "A", "B", … */
  readonly name?: string
  readonly result: BacktestResult
  readonly metrics: ReadonlyArray<Metric>
}

export interface ComparedMetric {
  readonly key: string
  readonly title: string
  readonly unit: Unit
  readonly definition: string
  /** By run; null where a run has no such figure. */
  readonly values: ReadonlyArray<number | null>
  /** Places of the runs that are best by it; empty where neither direction is better, or all are equal. */
  readonly best: ReadonlyArray<number>
}

export interface ComparedSetting {
  readonly name: string
  readonly values: ReadonlyArray<string>
}

export interface Comparison {
  readonly runs: ReadonlyArray<{
    readonly name: string
    readonly title: string
    readonly kind: BacktestResult["kind"]
    readonly from: number
    readonly to: number
    readonly asset: string
    readonly hash: string
    readonly warnings: number
  }>
  readonly metrics: ReadonlyArray<ComparedMetric>
  /** Only those in which the runs differ. */
  readonly settings: ReadonlyArray<ComparedSetting>
  /** Of the second and every later run against the first. */
  readonly differences: ReadonlyArray<{ readonly left: string; readonly right: string } & RunDifference>
  /** Why figures should not be held against each other as they stand, one sentence each. */
  readonly cautions: ReadonlyArray<string>
}

const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
const nameOf = (run: ComparedRun, place: number): string => run.name ?? letters[place] ?? `run ${place + 1}`

const bestOf = (values: ReadonlyArray<number | null>, better: Metric["better"]): ReadonlyArray<number> => {
  if (better !== "higher" && better !== "lower") return []
  const given = values.filter((value) => value !== null)
  if (given.length < 2 || given.every((value) => value === given[0])) return []
  const best = better === "higher" ? Math.max(...given) : Math.min(...given)
  return values.flatMap((value, place) => (value === best ? [place] : []))
}

const comparedMetrics = (runs: ReadonlyArray<ComparedRun>): ReadonlyArray<ComparedMetric> => {
  const byKey = runs.map(({ metrics }) => new Map(metrics.map((metric) => [metric.key, metric])))
  const all = new Map(runs.flatMap(({ metrics }) => metrics.map((metric) => [metric.key, metric])))
  return [...all.values()].map(({ better, definition, key, title, unit }) => {
    const values = byKey.map((metrics) => {
      const value = metrics.get(key)?.value
      return value !== undefined && Number.isFinite(value) ? value : null
    })
    return { key, title, unit, definition, values, best: bestOf(values, better) }
  })
}

const settingsOfRun = ({
  assumptions,
  instruments,
  kind,
  seed,
  strategies
}: BacktestResult): ReadonlyMap<string, string> =>
  new Map(
    [
      { key: "kind", value: kind },
      { key: "seed", value: String(seed) },
      { key: "instruments", value: instruments.join(", ") },
      { key: "strategies", value: strategies.map(({ name, version }) => `${name} v${version}`).join(", ") },
      ...strategies.flatMap(({ id, parameters }) =>
        settingsOf(parameters).map(({ key, value }) => ({ key: strategies.length === 1 ? key : `${id}.${key}`, value }))
      ),
      ...settingsOf(assumptions).map(({ key, value }) => ({ key: `assumptions.${key}`, value }))
    ].map(({ key, value }) => [key, value])
  )

const comparedSettings = (runs: ReadonlyArray<ComparedRun>): ReadonlyArray<ComparedSetting> => {
  const settings = runs.map(({ result }) => settingsOfRun(result))
  return [...new Set(settings.flatMap((each) => [...each.keys()]))]
    .map((name) => ({ name, values: settings.map((each) => each.get(name) ?? absent) }))
    .filter(({ values }) => values.some((value) => value !== values[0]))
}

const cautionsOf = (runs: ReadonlyArray<ComparedRun>): ReadonlyArray<string> => {
  const differ = (of: (result: BacktestResult) => unknown): boolean =>
    new Set(runs.map(({ result }) => of(result))).size > 1
  return [
    differ(({ from }) => from) || differ(({ to }) => to) ? "The runs cover different ranges." : "",
    differ(({ asset }) => asset) ? "The runs count in different assets." : "",
    differ(({ kind }) => kind) ? "Event-driven and vectorised runs fill orders differently." : "",
    differ(({ equityStart }) => equityStart)
      ? "The runs start with different equity: compare fractions, not amounts."
      : ""
  ]
    .filter((caution) => caution !== "")
    .concat(
      runs.flatMap((run, place) =>
        run.result.warnings.length === 0
          ? []
          : [
              `${nameOf(run, place)} was warned of ${[...new Set(run.result.warnings.map(({ code }) => code))].join(", ")}.`
            ]
      )
    )
}

/** Of two runs or more; a RangeError otherwise, since there is nothing to compare. */
export const compareRuns = (runs: ReadonlyArray<ComparedRun>): Comparison => {
  if (runs.length < 2) throw new RangeError(`A comparison takes two runs or more, not ${runs.length}`)
  return {
    runs: runs.map((run, place) => ({
      name: nameOf(run, place),
      title: [...new Set(run.result.strategies.map(({ name }) => name))].join(", "),
      kind: run.result.kind,
      from: run.result.from,
      to: run.result.to,
      asset: run.result.asset,
      hash: run.result.hash,
      warnings: run.result.warnings.length
    })),
    metrics: comparedMetrics(runs),
    settings: comparedSettings(runs),
    differences: runs.slice(1).map((run, at) => ({
      left: nameOf(runs[0]!, 0),
      right: nameOf(run, at + 1),
      ...runDifference(runs[0]!.result, run.result)
    })),
    cautions: cautionsOf(runs)
  }
}

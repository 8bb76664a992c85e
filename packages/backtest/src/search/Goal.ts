/**
 * What a search is for: figures to maximise or minimise, and limits a run must keep. Orders runs the same way always: those
 * that keep the limits first, then by the objective (or by Pareto front and crowding), then by index.
 *
 * Fronts and crowding: K. Deb et al., "A fast and elitist multiobjective genetic algorithm: NSGA-II", 2002.
 */
import { Schema } from "effect"
import type { RunSummary } from "../BacktestResult.ts"
import { refuse } from "../RunRefused.ts"

export const Objective = Schema.Struct({
  /** Name of a figure in a run's metrics. */
  metric: Schema.String,
  direction: Schema.Literals(["maximise", "minimise"])
})
export type Objective = typeof Objective.Type

/** A limit on a figure: at least `min`, at most `max`. A run without the figure breaks it. */
export const Constraint = Schema.Struct({
  metric: Schema.String,
  min: Schema.optionalKey(Schema.Finite),
  max: Schema.optionalKey(Schema.Finite)
})
export type Constraint = typeof Constraint.Type

export const Goal = Schema.Struct({
  objectives: Schema.Array(Objective),
  constraints: Schema.optionalKey(Schema.Array(Constraint))
})
export type Goal = typeof Goal.Type

export interface RankedRun {
  readonly summary: RunSummary
  /** From 0, the best. */
  readonly rank: number
  /** How far limits are broken, as shares of them; 0 keeps them all. */
  readonly violation: number
  /** From 0, the runs no other dominates; with one objective the rank among equal values. */
  readonly front: number
}

/** Throws RunRefused for a goal that orders nothing. */
export const checkedGoal = (goal: Goal): Goal => {
  if (goal.objectives.length === 0) refuse("goal.objectives", "is empty", "Name at least one figure to improve.")
  const names = goal.objectives.map(({ metric }) => metric)
  if (new Set(names).size !== names.length)
    refuse("goal.objectives", "names a figure twice", "Name each objective once.")
  for (const [at, { max, metric, min }] of (goal.constraints ?? []).entries()) {
    if (min === undefined && max === undefined)
      refuse(`goal.constraints[${at}]`, `limits ${metric} on neither side`, "Give min, max or both.")
    if (min !== undefined && max !== undefined && min > max)
      refuse(`goal.constraints[${at}].min`, `is above its max`, "Swap them.")
  }
  return goal
}

/** 0 where all limits are kept; infinite where a figure is missing. */
export const violationOf = (summary: RunSummary, { constraints = [] }: Goal): number => {
  let total = 0
  for (const { max, metric, min } of constraints) {
    const value = summary.metrics[metric]
    if (value === undefined) return Number.POSITIVE_INFINITY
    if (min !== undefined && value < min) total += (min - value) / Math.max(Math.abs(min), 1e-9)
    if (max !== undefined && value > max) total += (value - max) / Math.max(Math.abs(max), 1e-9)
  }
  return total
}

/** Losses of a run: lower is better, whatever the direction; a missing figure is the worst there is. */
const lossesOf = (summary: RunSummary, { objectives }: Goal): ReadonlyArray<number> =>
  objectives.map(({ direction, metric }) => {
    const value = summary.metrics[metric]
    if (value === undefined || Number.isNaN(value)) return Number.POSITIVE_INFINITY
    return direction === "maximise" ? -value : value
  })

interface Judged {
  readonly summary: RunSummary
  readonly violation: number
  readonly losses: ReadonlyArray<number>
}

/** Numbers in order, infinities included. */
const order = (a: number, b: number): number => (a === b ? 0 : a < b ? -1 : 1)

const dominates = (a: Judged, b: Judged): boolean => {
  if (a.violation !== b.violation) return a.violation < b.violation
  return a.losses.every((loss, at) => loss <= b.losses[at]!) && a.losses.some((loss, at) => loss < b.losses[at]!)
}

/** The front of each, by peeling off what nothing left dominates. */
const frontsOf = (runs: ReadonlyArray<Judged>): ReadonlyArray<number> => {
  const dominators = runs.map(() => 0)
  const dominated = runs.map((): Array<number> => [])
  for (let a = 0; a < runs.length; a++)
    for (let b = a + 1; b < runs.length; b++)
      if (dominates(runs[a]!, runs[b]!)) {
        dominated[a]!.push(b)
        dominators[b]!++
      } else if (dominates(runs[b]!, runs[a]!)) {
        dominated[b]!.push(a)
        dominators[a]!++
      }
  const fronts = runs.map(() => 0)
  let current = runs.flatMap((_, at) => (dominators[at] === 0 ? [at] : []))
  for (let front = 0; current.length > 0; front++) {
    const next: Array<number> = []
    for (const at of current) {
      fronts[at] = front
      for (const below of dominated[at]!) if (--dominators[below]! === 0) next.push(below)
    }
    current = next
  }
  return fronts
}

/** How alone each run stands in its front; the ends are infinitely so. */
const crowdingOf = (runs: ReadonlyArray<Judged>, fronts: ReadonlyArray<number>): ReadonlyArray<number> => {
  const crowding = runs.map(() => 0)
  const byFront = Map.groupBy(runs.keys(), (at) => fronts[at]!)
  for (const members of byFront.values())
    for (let objective = 0; objective < runs[0]!.losses.length; objective++) {
      const loss = (at: number): number => runs[at]!.losses[objective]!
      const sorted = members.toSorted((a, b) => order(loss(a), loss(b)) || a - b)
      const span = loss(sorted.at(-1)!) - loss(sorted[0]!)
      sorted.forEach((at, place) => {
        const inside = place > 0 && place < sorted.length - 1 && span > 0 && Number.isFinite(span)
        crowding[at] = inside
          ? crowding[at]! + (loss(sorted[place + 1]!) - loss(sorted[place - 1]!)) / span
          : Number.POSITIVE_INFINITY
      })
    }
  return crowding
}

/** Whether `a` comes before `b` for a single objective: a total order, so that the best never depends on who came first. */
const compareSingle = (a: Judged, b: Judged): number =>
  order(a.violation, b.violation) || order(a.losses[0]!, b.losses[0]!) || a.summary.index - b.summary.index

const judged = (summary: RunSummary, goal: Goal): Judged => ({
  summary,
  violation: violationOf(summary, goal),
  losses: lossesOf(summary, goal)
})

/** Best first. Does not depend on the order of `summaries`. Several objectives cost the square of their number. */
export const rankedRuns = (summaries: ReadonlyArray<RunSummary>, goal: Goal): ReadonlyArray<RankedRun> => {
  const runs = summaries.map((summary) => judged(summary, goal)).toSorted((a, b) => a.summary.index - b.summary.index)
  if (goal.objectives.length === 1) {
    const sorted = runs.toSorted(compareSingle)
    let front = -1
    return sorted.map((run, rank) => {
      const before = sorted[rank - 1]
      if (before === undefined || before.violation !== run.violation || before.losses[0] !== run.losses[0]) front++
      return { summary: run.summary, rank, violation: run.violation, front }
    })
  }
  const fronts = frontsOf(runs)
  const crowding = crowdingOf(runs, fronts)
  return runs
    .map((run, at) => ({ run, front: fronts[at]!, crowding: crowding[at]! }))
    .toSorted((a, b) => a.front - b.front || order(b.crowding, a.crowding) || a.run.summary.index - b.run.summary.index)
    .map(({ front, run }, rank) => ({ summary: run.summary, rank, violation: run.violation, front }))
}

/** The runs that keep all limits and that no other such run beats in every objective, by index. */
export const paretoFront = (summaries: ReadonlyArray<RunSummary>, goal: Goal): ReadonlyArray<RunSummary> =>
  rankedRuns(summaries, goal)
    .filter(({ front, violation }) => front === 0 && violation === 0)
    .map(({ summary }) => summary)
    .toSorted((a, b) => a.index - b.index)

/** The better of two runs by the first objective and the limits; the lower index where they are equal. */
export const betterRun = (a: RunSummary, b: RunSummary, goal: Goal): RunSummary =>
  compareSingle(judged(a, goal), judged(b, goal)) <= 0 ? a : b

/**
 * Whether decisions know what comes later: the run is repeated on data cut off at many points, and on data whose future after
 * those points is another one; what was decided up to there must not change. For signals, event-driven runs, or anything that
 * turns bars into decisions by time.
 *
 * A rule that holds the real columns in its hand, instead of taking them from the run, does not notice a changed future; it
 * does not notice a changed past either, which the last check looks for.
 */
import { SeededRandom, seedFor } from "@outcry/model/SeededRandom"
import type { BarColumns } from "@outcry/signals/BarColumns"
import type { SignalDefinition } from "@outcry/signals/Signal"
import type { RunWarning } from "./BacktestResult.ts"
import { barsBetween, perturbedFrom } from "./vector/BarSlice.ts"
import { dateOf } from "./vector/BarCheck.ts"
import { IndicatorColumns } from "./vector/IndicatorColumns.ts"
import { termsByDefault } from "./vector/RunTerms.ts"
import { SignalRunner } from "./vector/SignalRunner.ts"

/** What was decided when: `timeUs` is when all that it may depend on was known, such as a bar's close. */
export interface TimedDecision {
  readonly timeUs: number
  readonly value: number
}

export type DecisionRun = (bars: BarColumns) => ReadonlyArray<TimedDecision>

export interface LookAheadFinding {
  /** `truncated`, `perturbed`: decisions changed with the future. `blind`: they do not change with the bars at all. */
  readonly check: "truncated" | "perturbed" | "blind"
  /** Data were the same up to this time (of `blind`: nowhere). */
  readonly knownUntil: number
  /** The first decision that differs, and its values; NaN where it is missing. */
  readonly timeUs: number
  readonly withFuture: number
  readonly withoutFuture: number
}

export interface LookAheadReport {
  readonly passed: boolean
  /** Comparisons made. */
  readonly checks: number
  /** Decisions of the whole run. */
  readonly decisions: number
  /** The earliest of each check that failed. */
  readonly findings: ReadonlyArray<LookAheadFinding>
  /** The same in words, for a result. */
  readonly warnings: ReadonlyArray<RunWarning>
}

export interface LookAheadGiven {
  /** Points at which the data are cut; 12 unless told otherwise, spread over the decisions. */
  readonly points?: number
  readonly seed?: number
  /** Rows kept at least: what a run needs to start at all. */
  readonly rowsMin?: number
}

/** The first decision up to a time that is not in both; equal decisions are equal to the bit. */
const firstDifference = (
  whole: ReadonlyArray<TimedDecision>,
  other: ReadonlyArray<TimedDecision>,
  until: number
): Omit<LookAheadFinding, "check" | "knownUntil"> | undefined => {
  for (let at = 0; ; at++) {
    const [a, b] = [whole[at], other[at]].map((each) => (each !== undefined && each.timeUs <= until ? each : undefined))
    if (a === undefined && b === undefined) return undefined
    if (a?.timeUs === b?.timeUs && Object.is(a?.value, b?.value)) continue
    const timeUs = Math.min(a?.timeUs ?? Number.POSITIVE_INFINITY, b?.timeUs ?? Number.POSITIVE_INFINITY)
    const valueThen = (each: TimedDecision | undefined) => (each?.timeUs === timeUs ? each.value : Number.NaN)
    return { timeUs, withFuture: valueThen(a), withoutFuture: valueThen(b) }
  }
}

/** Rows after which the data are cut: where decisions were just made, where cheating shows, and evenly between. */
const cutsOf = (
  bars: BarColumns,
  decisions: ReadonlyArray<TimedDecision>,
  points: number,
  rowsMin: number,
  random: SeededRandom
): ReadonlyArray<number> => {
  const rows = bars.timeOpen.length
  const closes = new Map(Array.from(bars.timeOpen, (time, row) => [time + bars.intervalUs, row]))
  const decided = decisions.flatMap(({ timeUs }) => closes.get(timeUs) ?? [])
  const cuts = Array.from({ length: points }, (_, at) => {
    if (at % 2 === 1 && decided.length > 0) return random.pick(decided)
    return rowsMin + Math.floor(((at + 0.5) * (rows - rowsMin - 1)) / points)
  })
  return [...new Set(cuts)].filter((row) => row + 1 >= rowsMin && row < rows - 1).toSorted((a, b) => a - b)
}

const worded: Readonly<Record<LookAheadFinding["check"], string>> = {
  truncated: "is another one when the bars after it are cut off",
  perturbed: "is another one when the bars after it are changed",
  blind: "stays the same on entirely other bars, so it was made from something else"
}

const report = (checks: number, decisions: number, found: ReadonlyArray<LookAheadFinding>): LookAheadReport => {
  const findings = (["truncated", "perturbed", "blind"] as const).flatMap(
    (check) => found.find((finding) => finding.check === check) ?? []
  )
  return {
    passed: findings.length === 0,
    checks,
    decisions,
    findings,
    warnings: findings.map((finding) => ({
      code: "lookAhead",
      detail: `The decision of ${dateOf(finding.timeUs)} ${worded[finding.check]}: no figure of this run can be trusted`,
      count: found.filter(({ check }) => check === finding.check).length
    }))
  }
}

/** Runs `run` some two dozen times; it must be deterministic and decide in order of time. */
export const checkLookAhead = (
  run: DecisionRun,
  bars: BarColumns,
  { points = 12, rowsMin = 2, seed = 1 }: LookAheadGiven = {}
): LookAheadReport => {
  const whole = run(bars)
  const random = new SeededRandom(seedFor(seed, "cuts"))
  const found: Array<LookAheadFinding> = []
  let checks = 0
  for (const row of cutsOf(bars, whole, points, rowsMin, random)) {
    const knownUntil = bars.timeOpen[row]! + bars.intervalUs
    const others = [
      ["truncated", barsBetween(bars, 0, row + 1)],
      ["perturbed", perturbedFrom(bars, row + 1, new SeededRandom(seedFor(seed, `future ${row}`)))]
    ] as const
    for (const [check, data] of others) {
      checks++
      const difference = firstDifference(whole, run(data), knownUntil)
      if (difference !== undefined) found.push({ check, knownUntil, ...difference })
    }
  }
  const changes = whole.filter(({ value }, at) => at === 0 || value !== whole[at - 1]!.value)
  // One decision, such as to buy and hold, may well not depend on prices.
  if (changes.length > 2) {
    checks++
    const other = run(perturbedFrom(bars, 0, new SeededRandom(seedFor(seed, "other bars"))))
    if (firstDifference(whole, other, Number.POSITIVE_INFINITY) === undefined)
      found.push({
        check: "blind",
        knownUntil: bars.timeOpen[0]!,
        timeUs: changes[1]!.timeUs,
        withFuture: changes[1]!.value,
        withoutFuture: changes[1]!.value
      })
  }
  return report(checks, whole.length, found)
}

/** The decisions of a signal: each change of its target, at the close it was made on. */
export const decisionsOf = <P>(
  definition: SignalDefinition<P>,
  parameters: unknown,
  bars: BarColumns
): ReadonlyArray<TimedDecision> => {
  const runner = new SignalRunner(definition, new IndicatorColumns(bars), termsByDefault)
  runner.decide(parameters, { from: 0, to: bars.timeOpen.length })
  const { count, rows, targets } = runner.changes
  return Array.from({ length: count }, (_, at) => ({
    timeUs: bars.timeOpen[rows[at]!]! + bars.intervalUs,
    value: targets[at]!
  }))
}

/** Of a signal; or of a function that makes one from the bars it is to run over, where such a thing is tempting. */
export const checkSignalLookAhead = <P>(
  signal: SignalDefinition<P> | ((bars: BarColumns) => SignalDefinition<P>),
  parameters: unknown,
  bars: BarColumns,
  given: LookAheadGiven = {}
): LookAheadReport =>
  checkLookAhead(
    (data) => decisionsOf(typeof signal === "function" ? signal(data) : signal, parameters, data),
    bars,
    given
  )

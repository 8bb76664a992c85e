/**
 * Bench `study`: 10,000 back-tests of a coded signal over 5,849 daily bars, on one and two threads and on one, two and four
 * node processes of one thread each over a real Postgres; then the loss of one node of four.
 *
 * The yardstick is one thread of this process, in alternating rounds; efficiency is the rate by that of one thread for each
 * core that can be had. Wall time suffers from neighbours: what sharing the work costs the processor stands beside it.
 */
import { Effect } from "effect"
import { availableParallelism } from "node:os"
import { type Bench, type BenchRow, grown, median, spread } from "./Bench.ts"
import { afterLoss, averageCross, type Loss, onNodes, onThreads, studyNodes, type Took } from "./StudyRuns.ts"

const rounds = 3
const many = 10_000
const goal = 0.9

const perSecond = ({ elapsedMs, runs }: Took): number => (runs / elapsedMs) * 1000
const perCpuSecond = ({ cpuMs, runs }: Took): number => (runs / cpuMs) * 1000

interface Compared {
  readonly ours: ReadonlyArray<Took>
  readonly alone: ReadonlyArray<Took>
}

const compared = Effect.fnUntraced(function* <E>(work: Effect.Effect<Took, E>, alone: Effect.Effect<Took, E>) {
  const [ours, theirs] = [new Array<Took>(), new Array<Took>()]
  for (let round = 0; round < rounds; round++) {
    theirs.push(yield* alone)
    ours.push(yield* work)
  }
  const result: Compared = { ours, alone: theirs }
  return result
})

const rowsOf = (name: string, workers: number, { alone, ours }: Compared): ReadonlyArray<BenchRow> => {
  const row = (label: string, unit: string, yardstick: string, of: (took: Took) => number, times: number): BenchRow => {
    const rates = ours.map(of)
    const [value, yardstickValue] = [median(rates), median(alone.map(of)) * times]
    const ratio = value / yardstickValue
    return {
      case: `${name}${label}`,
      value,
      unit,
      spread: spread(rates),
      yardstick,
      yardstickValue,
      ratio,
      goal: `>= ${goal} of it`,
      met: ratio >= goal
    }
  }
  const cores = Math.min(workers, availableParallelism())
  return [
    row("", "runs/s", `one thread x ${cores}`, perSecond, cores),
    row(", processor", "runs/CPU s", "one thread", perCpuSecond, 1)
  ]
}

const lossRow = ({ again, done, needless }: Loss): BenchRow => ({
  case: `one node of four killed half-way, ${done.toLocaleString("en")} runs`,
  value: again,
  unit: "runs begun twice",
  spread: [again, again],
  yardstick: "what the dead node had in hand",
  yardstickValue: again - needless,
  ratio: again === 0 ? 1 : (again - needless) / again,
  goal: "only its unfinished ones",
  met: needless === 0 && done === many
})

const rowsFor = Effect.fnUntraced(function* (runs: number) {
  const one = Effect.flatMap(averageCross(runs), (prepared) => onThreads(prepared, 1))
  const two = Effect.flatMap(averageCross(runs), (prepared) => onThreads(prepared, 2))
  const name = `${runs.toLocaleString("en")} runs`
  const rows = [...rowsOf(`${name}, 2 threads`, 2, yield* compared(two, one))]
  for (const count of [1, 2, 4]) {
    const results = yield* Effect.scoped(
      Effect.gen(function* () {
        const nodes = yield* studyNodes(count)
        const study = Effect.flatMap(averageCross(runs), (prepared) => onNodes(nodes, prepared))
        const all = [...rowsOf(`${name}, ${count} processes`, count, yield* compared(study, one))]
        if (count === 4) all.push(lossRow(yield* afterLoss(nodes, yield* averageCross(runs), runs)))
        return all
      })
    )
    rows.push(...results)
  }
  return rows
})

const program = Effect.gen(function* () {
  const rows = yield* rowsFor(many)
  const points: Array<{ readonly n: number; readonly value: number }> = []
  for (const n of [1_000, 3_000, 10_000, 30_000]) {
    const { cpuMs } = yield* onThreads(yield* averageCross(n), 1)
    points.push({ n, value: cpuMs })
  }
  return { rows, growth: grown("CPU ms of a study on one thread over runs", points) }
})

export const studyBench: Bench = { name: "study", run: () => Effect.runPromise(program) }

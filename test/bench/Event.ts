/**
 * Bench `event`: events a second of an event-driven back-test: recorded quotes and trades, a cross of two averages in the
 * live runner, every check of the live account, fills at a simulated venue. On one thread and on two workers that share the
 * tape. The yardstick is a pure loop over the same columns; with OUTCRY_BENCH_PYTHON, NautilusTrader and backtrader too.
 */
import { specOf } from "@outcry/model/Instrument"
import { availableParallelism } from "node:os"
import { once } from "node:events"
import { Worker } from "node:worker_threads"
import { type Bench, type BenchGrowth, type BenchRow, compared, grown, nanosecondsEach, rowOf } from "./Bench.ts"
import { peerRows } from "./EventPeer.ts"
import { pureLoop, runOver } from "./EventRuns.ts"
import { recorded, type Recorded, tapeOf } from "./EventTape.ts"

const runs = 5
const events = 3_000_000
const unit = "events/s"
const goalEach = 2_500_000
const goalBoth = 5_000_000

const row = (
  name: string,
  yardstick: string,
  ours: ReadonlyArray<number>,
  theirs: ReadonlyArray<number>,
  goal: number
): BenchRow =>
  rowOf({
    case: name,
    unit,
    yardstick,
    ours,
    theirs,
    goal: `>= ${goal.toLocaleString("en")} ${unit}`,
    met: (value) => value >= goal
  })

/** Each worker runs the whole tape: what two runs of a study would do. */
const onWorkers = async ({ rows }: Recorded, count: number): Promise<ReadonlyArray<number>> => {
  const { listed, tape } = tapeOf({ rows, source: "" }, events)
  const workers = Array.from(
    { length: count },
    () => new Worker(new URL("EventWorker.ts", import.meta.url), { workerData: { tape, specs: listed.map(specOf) } })
  )
  const rates: Array<number> = []
  const hashes = new Set<unknown>()
  for (let run = -1; run < runs; run++) {
    const begin = performance.now()
    const answers = workers.map((worker) => once(worker, "message"))
    for (const worker of workers) worker.postMessage("run", [])
    for (const [hash] of await Promise.all(answers)) hashes.add(hash)
    if (run >= 0) rates.push(((count * tape.length) / (performance.now() - begin)) * 1000)
  }
  await Promise.all(workers.map((worker) => worker.terminate()))
  if (hashes.size !== 1) throw new Error("Workers came to different results over the same tape")
  return rates
}

const growth = (source: Recorded): ReadonlyArray<BenchGrowth> => {
  const cost = (count: number, instruments: number, strategies: number): number => {
    const { listed, tape } = tapeOf(source, count, instruments)
    return nanosecondsEach(3, (start) => {
      start()
      runOver(tape, listed, strategies)
      return tape.length
    })
  }
  return [
    ...grown(
      "ns an event by events",
      [300_000, 1_000_000, 3_000_000].map((n) => ({ n, value: cost(n, 2, 2) }))
    ),
    ...grown(
      "ns an event by instruments, a strategy each",
      [2, 8, 32].map((n) => ({ n, value: cost(1_500_000, n, n) }))
    ),
    ...grown(
      "ns an event by strategies on two instruments",
      [2, 8, 32].map((n) => ({ n, value: cost(500_000, 2, n) }))
    )
  ]
}

export const eventBench: Bench = {
  name: "event",
  run: async () => {
    const source = recorded()
    const { listed, tape } = tapeOf(source, events)
    const rates = compared(
      runs,
      (start) => {
        start()
        runOver(tape, listed, 2)
        return tape.length
      },
      (start) => {
        start()
        return pureLoop(tape)
      }
    )
    const rows = [
      row(`${source.source}, one thread`, "pure loop over the columns", rates.ours, rates.yardstick, goalEach)
    ]
    if (availableParallelism() >= 2) {
      const both = await onWorkers(source, 2)
      rows.push(row(`${source.source}, two workers`, "the same loop, one thread", both, rates.yardstick, goalBoth))
    }
    rows.push(...peerRows(tape, rates.ours))
    return { rows, growth: growth(source) }
  }
}

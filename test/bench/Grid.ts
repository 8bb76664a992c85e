/**
 * Bench `grid`: the cross of two simple averages for 10,000 pairs of windows over SPY's daily bars, with fees and eleven
 * figures a pair: the rule declared as a comparison, and the same coded. Beside a loop written by hand for exactly this, the
 * same pairs one by one, and, where OUTCRY_BENCH_PYTHON has them, numpy with numba and vectorbt. Each side computes its
 * averages within the measured time.
 */
import { integer } from "@outcry/model/Parameter"
import { kernelOf } from "@outcry/indicators/Registry"
import type { BarColumns } from "@outcry/signals/BarColumns"
import { comparing } from "@outcry/signals/Comparison"
import { defineSignal, type SignalDefinition } from "@outcry/signals/Signal"
import { runGrid } from "@outcry/backtest/vector/Grid"
import { Schema } from "effect"
import { dailyBars, whySkipped } from "@outcry/testkit/DailyBars"
import { type Bench, type BenchRow, compared, grown, nanosecondsEach, rowOf } from "./Bench.ts"
import { crossLoop } from "./GridLoop.ts"
import { type GridPeer, gridPeer } from "./GridPeer.ts"

const runs = 7
const fasts = Array.from({ length: 100 }, (_, at) => 2 + at)
const slows = Array.from({ length: 100 }, (_, at) => 20 + 2 * at)
const terms = { feeBps: 10 }
const unit = "pairs/s"

const Windows = Schema.Struct({ fast: integer(10, { min: 2 }), slow: integer(50, { min: 2 }) })

const coded = defineSignal({
  name: "cross",
  version: 1,
  parameters: Windows,
  columns: ({ fast, slow }) => ({
    fast: { indicator: "sma", given: { period: fast } },
    slow: { indicator: "sma", given: { period: slow } }
  }),
  rule: (place) => {
    const [fast, slow] = [place("fast"), place("slow")]
    return (row) => {
      const [a, b] = [row.value(fast), row.value(slow)]
      return a > b ? 1 : a <= b ? 0 : Number.NaN
    }
  }
})

const declared = { ...coded, rule: comparing({ over: "fast", under: "slow", above: 1, otherwise: 0 }) }

type Cross = SignalDefinition<typeof Windows.Type>

const pairsOf = (fast: ReadonlyArray<number>, slow: ReadonlyArray<number>) =>
  fast.flatMap((a) => slow.map((b) => ({ fast: a, slow: b })))

const pairs = pairsOf(fasts, slows)

/** Enough for a peer that takes half a minute for all; its rate is by pair. */
const fewFasts = fasts.filter((_, at) => at % 10 === 0)

const mean = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0) / values.length

/** Ours, by hand and by Python must have done the same; a tie of two averages may round either way. */
const same = (ours: number, theirs: number, who: string): void => {
  if (Math.abs(ours - theirs) > 1e-3 * Math.abs(ours))
    throw new Error(`The mean total return is ${ours} here and ${theirs} by ${who}: they did not do the same`)
}

const averages = (bars: BarColumns, windows: ReadonlyArray<number>) =>
  windows.map((period) => kernelOf("sma", { period }).batch([bars.close])[0]!)

const byHand = (bars: BarColumns): number => {
  const [quick, slow] = [averages(bars, fasts), averages(bars, slows)]
  const out = new Float64Array(11 * pairs.length)
  let total = 0
  quick.forEach((a, i) =>
    slow.forEach((b, k) => {
      const at = (i * slow.length + k) * 11
      total += crossLoop(bars, a, b, terms.feeBps / 10_000, 252, out.subarray(at, at + 11))
    })
  )
  return total / pairs.length
}

const gridRow = (
  name: string,
  yardstick: string,
  ours: ReadonlyArray<number>,
  theirs: ReadonlyArray<number>,
  goal: string,
  ratioMin: number
): BenchRow =>
  rowOf({
    case: name,
    unit,
    yardstick,
    ours,
    theirs,
    goal,
    met: (value, yardstickValue) => value / yardstickValue >= ratioMin
  })

interface Measured {
  readonly name: string
  readonly signal: Cross
  readonly ours: ReadonlyArray<number>
  readonly rows: ReadonlyArray<BenchRow>
}

const measured = (name: string, signal: Cross, bars: BarColumns): Measured => {
  const total = mean(runGrid(signal, pairs, bars, { terms }).metric("totalReturn"))
  same(total, byHand(bars), "hand")
  const work = (): number => runGrid(signal, pairs, bars, { terms }).points.length
  const hand = compared(runs, work, () => {
    byHand(bars)
    return pairs.length
  })
  const few = pairs.filter((_, at) => at % 50 === 0)
  const alone = compared(3, work, () => {
    for (const pair of few) runGrid(signal, [pair], bars, { terms })
    return few.length
  })
  const rows = [
    gridRow(name, "a loop by hand for this alone", hand.ours, hand.yardstick, ">= 0.5 × its speed", 0.5),
    gridRow(name, "the pairs one by one", alone.ours, alone.yardstick, "> 1 × its speed", 1)
  ]
  return { name, signal, ours: hand.ours, rows }
}

/** A peer, run before ours and after, so that both met the same machine as far as it stays the same. */
class Peer {
  private readonly asks: ReadonlyArray<GridPeer | undefined>
  private readonly total: (signal: Cross) => number

  constructor(peer: "numba" | "vectorbt", bars: BarColumns, ours: () => void) {
    const windows = peer === "numba" ? fasts : fewFasts
    const ask = () => gridPeer(peer, bars, windows, slows, peer === "numba" ? runs : 1)
    const before = ask()
    ours()
    this.asks = [before, before === undefined ? undefined : ask()]
    this.total = (signal) => mean(runGrid(signal, pairsOf(windows, slows), bars, { terms }).metric("totalReturn"))
  }

  rows(ours: ReadonlyArray<Measured>): ReadonlyArray<BenchRow> {
    const [before, after] = this.asks
    if (before === undefined || after === undefined) return []
    return ours.map((each) => {
      same(this.total(each.signal), before.mean, before.version)
      return gridRow(each.name, before.version, each.ours, [...before.rates, ...after.rates], "> 1 × its speed", 1)
    })
  }
}

/** A run from nothing: columns, rule, fills, figures and the checks of the bars. */
const yearRow = (bars: BarColumns): BenchRow => {
  const year = slicedTo(bars, 252)
  const out = new Float64Array(11)
  const costs = compared(
    runs,
    () => {
      for (let run = 0; run < 200; run++) runGrid(coded, [{ fast: 10, slow: 50 }], year, { terms })
      return 200
    },
    () => {
      for (let run = 0; run < 200; run++)
        crossLoop(year, averages(year, [10])[0]!, averages(year, [50])[0]!, 0.001, 252, out)
      return 200
    }
  )
  const milliseconds = (rates: ReadonlyArray<number>) => rates.map((rate) => 1000 / rate)
  return rowOf({
    case: "one run over a year of daily bars",
    unit: "ms",
    yardstick: "a loop by hand for this alone",
    better: "lower",
    ours: milliseconds(costs.ours),
    theirs: milliseconds(costs.yardstick),
    goal: "< 1 ms",
    met: (value) => value < 1
  })
}

const slicedTo = (bars: BarColumns, rows: number): BarColumns => ({
  ...bars,
  timeOpen: bars.timeOpen.slice(0, rows),
  open: bars.open.slice(0, rows),
  high: bars.high.slice(0, rows),
  low: bars.low.slice(0, rows),
  close: bars.close.slice(0, rows),
  volume: bars.volume.slice(0, rows)
})

const growthOf = (bars: BarColumns) => [
  ...grown(
    "ns a pair and bar, by bars",
    [365, 731, 1462, 2924, bars.close.length].map((n) => {
      const part = slicedTo(bars, n)
      const some = pairs.filter((_, at) => at % 4 === 0)
      const value = nanosecondsEach(3, () => runGrid(coded, some, part, { terms }).points.length * n)
      return { n, value }
    })
  ),
  ...grown(
    "µs a pair, by pairs",
    [10, 32, 100].map((side) => {
      const some = pairsOf(fasts.slice(0, side), slows.slice(0, side))
      return {
        n: some.length,
        value: nanosecondsEach(3, () => runGrid(coded, some, bars, { terms }).points.length) / 1000
      }
    })
  )
]

export const gridBench: Bench = {
  name: "grid",
  run: () => {
    if (whySkipped !== "") throw new Error(`bench grid needs SPY's bars${whySkipped}`)
    const bars = dailyBars("spy")
    const size = `${pairs.length.toLocaleString("en")} pairs × ${bars.close.length.toLocaleString("en")} bars`
    const ours: Array<Measured> = []
    const vectorbt = new Peer("vectorbt", bars, () => undefined)
    const numba = new Peer("numba", bars, () => {
      ours.push(measured(`${size}, rule declared`, declared, bars), measured(`${size}, rule coded`, coded, bars))
    })
    return Promise.resolve({
      rows: [...ours.flatMap(({ rows }) => rows), ...numba.rows(ours), ...vectorbt.rows(ours), yearRow(bars)],
      growth: growthOf(bars)
    })
  }
}

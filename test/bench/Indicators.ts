/**
 * Bench `indicators`: the 60 indicators that TA-Lib has too (all of TalibCalls but the moving sum), over 1,000 and 1,000,000
 * bars, whole and bar by bar. Beside them TA-Lib's C through its Python package (`OUTCRY_BENCH_PYTHON`, timed inside Python
 * on numpy arrays; left out where there is none), `@ixjb94/indicators` over whole histories and `trading-signals` bar by
 * bar, each on the indicators it has.
 *
 * Time is the thread's own on the processor: neighbours on a shared machine delay it less than they delay the clock. Ours
 * writes into columns it is given, as its API allows; TA-Lib's package and `@ixjb94/indicators` make theirs anew.
 */
import { indicatorNamed } from "@outcry/indicators/Registry"
import { type Bench, type BenchRow, grown, median, rowOf } from "./Bench.ts"
import { candlesOf, ixjb94, type PlainBars, tradingSignals } from "./IndicatorPeers.ts"
import { type Bars, walkBars } from "./peers/PeerBars.ts"
import { talibAbsent, talibPython, talibTimes } from "./peers/Talib.ts"
import { type TalibCall, talibCalls } from "./peers/TalibCalls.ts"

const calls = talibCalls.filter(({ indicator }) => indicator !== "sum")
const few = 1_000
const many = 1_000_000
const unit = "ms a pass"

/** A run lasts at least this long on the processor: its clock ticks every few milliseconds. */
const runMs = 120

const cpuMs = (): number => {
  const { system, user } = process.threadCpuUsage()
  return (user + system) / 1_000
}

/** Milliseconds of one pass, by run; the first passes warm up. */
const timed = (runs: number, pass: () => void): ReadonlyArray<number> => {
  const until = cpuMs() + 4 * runMs
  do pass()
  while (cpuMs() < until)
  return Array.from({ length: runs }, () => {
    const begin = cpuMs()
    let passes = 0
    do {
      pass()
      passes++
    } while (cpuMs() - begin < runMs)
    return (cpuMs() - begin) / passes
  })
}

type Pass = () => void

const outputColumns: Array<Float64Array> = []

/** Every call overwrites what the one before it answered, as Python frees it and takes the same memory again. */
const outputColumn = (at: number, rows: number): Float64Array => {
  const kept = outputColumns[at]
  return kept?.length === rows ? kept : (outputColumns[at] = new Float64Array(rows))
}

const batchOf = (bars: Bars, { indicator: name, parameters }: TalibCall): Pass => {
  const indicator = indicatorNamed(name)
  const kernel = indicator.make(parameters)
  const inputs = indicator.inputs.map((input) => bars[input])
  const outputs = indicator.outputs.map((_, at) => outputColumn(at, bars.close.length))
  return () => {
    kernel.reset()
    kernel.batch(inputs, outputs)
  }
}

const streamOf = (bars: Bars, { indicator: name, parameters }: TalibCall): Pass => {
  const indicator = indicatorNamed(name)
  const kernel = indicator.make(parameters)
  const [a, b = a, c = a, d = a] = indicator.inputs.map((input) => bars[input])
  return () => {
    kernel.reset()
    for (let row = 0; row < a!.length; row++) kernel.update(a![row]!, b![row], c![row], d![row])
  }
}

const inTurn =
  (passes: ReadonlyArray<Pass>): Pass =>
  () => {
    for (const pass of passes) pass()
  }

const plain = ({ close, high, low, open, volume }: Bars): PlainBars => ({
  open: [...open],
  high: [...high],
  low: [...low],
  close: [...close],
  volume: [...volume]
})

const row = (
  name: string,
  ours: ReadonlyArray<number>,
  yardstick: string,
  theirs: ReadonlyArray<number>,
  goal: string,
  met: (value: number, yardstickValue: number) => boolean
): BenchRow => rowOf({ case: name, unit, yardstick, better: "lower", ours, theirs, goal, met })

const faster = (value: number, theirs: number): boolean => value <= theirs

const bothSizes = [
  { rows: few, runs: 9 },
  { rows: many, runs: 3 }
]

const sized = (count: number, rows: number, how: string): string =>
  `${how}, ${count} indicators x ${rows.toLocaleString("en")} bars`

const rowsOf = (rows: number, runs: number): ReadonlyArray<BenchRow> => {
  const bars = walkBars(1, rows)
  const batch = (of: ReadonlyArray<TalibCall>) => inTurn(of.map((call) => batchOf(bars, call)))
  const stream = (of: ReadonlyArray<TalibCall>) => inTurn(of.map((call) => streamOf(bars, call)))
  const result = new Array<BenchRow>()

  const whole = timed(runs, batch(calls))
  const live = timed(Math.min(runs, 2), stream(calls))
  if (talibPython === undefined) console.error(`TA-Lib is left out: ${talibAbsent}.`)
  else {
    const talib = talibTimes(bars, calls, runs, Math.max(1, Math.round(200_000 / rows)))
    const theirs = talib.passes.map((seconds) => seconds * 1_000)
    const name = `${talib.version}, whole`
    result.push(row(sized(calls.length, rows, "whole"), whole, name, theirs, "at least TA-Lib's speed", faster))
    result.push(row(sized(calls.length, rows, "bar by bar"), live, name, theirs, "at least TA-Lib's speed", faster))
  }

  const theirBars = plain(bars)
  const common = calls.filter(({ indicator }) => Object.hasOwn(ixjb94, indicator))
  const theirWhole = timed(
    Math.min(runs, 3),
    inTurn(
      common.map(
        ({ indicator }) =>
          () =>
            void ixjb94[indicator]!(theirBars)
      )
    )
  )
  const ixjb94Name = "@ixjb94/indicators 1.2.4, the same"
  const ourCommon = timed(runs, batch(common))
  result.push(row(sized(common.length, rows, "whole"), ourCommon, ixjb94Name, theirWhole, "faster than it", faster))
  if (rows === few)
    result.push(
      row(
        sized(calls.length, rows, "whole"),
        whole,
        `${ixjb94Name} ${common.length} of them`,
        theirWhole,
        "<= 1 ms warm",
        (ms) => ms <= 1
      )
    )

  const streamed = calls.filter(({ indicator }) => Object.hasOwn(tradingSignals, indicator))
  const candles = candlesOf(theirBars)
  const theirLive = timed(
    Math.min(runs, 2),
    inTurn(
      streamed.map(
        ({ indicator }) =>
          () =>
            tradingSignals[indicator]!(theirBars, candles)
      )
    )
  )
  const ourLive = timed(Math.min(runs, 2), stream(streamed))
  result.push(
    row(
      sized(streamed.length, rows, "bar by bar"),
      ourLive,
      "trading-signals 8.3.0, the same",
      theirLive,
      "faster than it",
      faster
    )
  )
  return result
}

const pointsOf = (passOf: (bars: Bars, call: TalibCall) => Pass) =>
  [few, 10_000, 100_000].map((n) => {
    const bars = walkBars(2, n)
    return { n, value: median(timed(3, inTurn(calls.map((call) => passOf(bars, call))))) }
  })

export const indicatorsBench: Bench = {
  name: "indicators",
  run: () =>
    Promise.resolve({
      rows: bothSizes.flatMap(({ rows, runs }) => rowsOf(rows, runs)),
      growth: [
        ...grown("ms a pass of 60, whole, over bars", pointsOf(batchOf)),
        ...grown("ms a pass of 60, bar by bar, over bars", pointsOf(streamOf))
      ]
    })
}

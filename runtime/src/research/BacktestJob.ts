/**
 * One back-test from a strategy and data to its result and figures: what `outcry backtest` does, and what the examples are
 * pinned with. Strategy and data decide nothing here that a flag could not: what was chosen for them is told in `notes`.
 */
import type { BacktestResult, RunWarning } from "@outcry/backtest/BacktestResult"
import { BacktestRun } from "@outcry/backtest/BacktestRun"
import type { BacktestSpec } from "@outcry/backtest/BacktestSpec"
import type { Benchmark } from "@outcry/backtest/report/CurveSection"
import { durationText, type Metric, timeText } from "@outcry/backtest/report/Figure"
import { type MarketTape, tapeCodes } from "@outcry/backtest/MarketTape"
import { runSignal } from "@outcry/backtest/vector/VectorRun"
import type { RowRange } from "@outcry/backtest/vector/SignalRunner"
import type { TermsGiven } from "@outcry/backtest/vector/RunTerms"
import { periodsPerYearOf } from "@outcry/analytics/Returns"
import { type Instrument, quantityText } from "@outcry/model/Instrument"
import type { FeedDeclaration } from "@outcry/model/Strategy"
import type { BarColumns } from "@outcry/signals/BarColumns"
import { Effect } from "effect"
import { knownError } from "../cli/KnownErrors.ts"
import { reasonOf, type UserError, userError } from "../cli/UserError.ts"
import type { ResearchStrategy } from "./ResearchStrategy.ts"
import { barsFor, type RunData, tapeOf } from "./RunData.ts"
import { figuresOf } from "./RunFigures.ts"
import { guarded } from "./StallGuard.ts"
import { type BoundParameters, boundParameters, sizedParameters } from "./StrategyParameters.ts"

export interface BacktestTerms {
  readonly kind: "event" | "vectorised"
  /** `KEY=VALUE`, as typed. */
  readonly parameters: ReadonlyArray<string>
  /** Epoch µs, both included. */
  readonly from: number | undefined
  readonly to: number | undefined
  readonly cash: number
  readonly feeBps: number
  readonly slippageBps: number
  readonly latencyMs: number
  readonly fillAt: "nextOpen" | "close"
  /** As typed: a quantity, or a share of the cash as in 50%. */
  readonly size: string | undefined
  /** Base assets are lent, so that a strategy can sell short. */
  readonly short: boolean
  readonly seed: number
  readonly stallSec: number
}

export const termsByDefault: BacktestTerms = {
  kind: "event",
  parameters: [],
  from: undefined,
  to: undefined,
  cash: 100_000,
  feeBps: 0,
  slippageBps: 0,
  latencyMs: 0,
  fillAt: "nextOpen",
  size: undefined,
  short: true,
  seed: 1,
  stallSec: 30
}

export interface BacktestDone {
  readonly result: BacktestResult
  readonly metrics: ReadonlyArray<Metric>
  readonly bound: BoundParameters
  readonly notes: ReadonlyArray<string>
}

export type Progress = (done: number, all: number) => void

const rowsAtOnce = 5_000
const secondUs = 1_000_000
const dayUs = 86_400_000_000

/** Failures of the engine in the user's form; a signal's own are told as the strategy's. */
export const toldOf =
  (name: string) =>
  (error: unknown): UserError => {
    const known = knownError(error)
    if (known !== undefined) return known
    return userError(
      "StrategyFailed",
      `${name} threw: ${reasonOf(error).split("\n")[0]!.replace(/\.$/, "")}.`,
      "Correct the strategy; OUTCRY_DEBUG=1 shows where it happened."
    )
  }

const kindsOf = ({ barSeconds, book, quotes, trades }: FeedDeclaration): ReadonlyArray<string> => [
  ...(quotes === true ? ["quotes"] : []),
  ...(trades === true ? ["trades"] : []),
  ...(book === true ? ["the book"] : []),
  ...(barSeconds === undefined ? [] : [`bars of ${barSeconds} s`])
]

/** A strategy that would wait for ever for what the data do not hold is refused before it runs. */
const checkFeeds = Effect.fnUntraced(function* (name: string, feeds: ReadonlyArray<FeedDeclaration>, data: RunData) {
  const ids = data.instruments.map(({ id }) => id)
  for (const feed of feeds) {
    if (!ids.includes(feed.instrument))
      return yield* userError(
        "DataUnusable",
        `${name} asks for ${feed.instrument}, and the data are of ${ids.join(", ")}.`,
        "Name that instrument's data with --on, or another instrument with --param."
      )
    const series = data.series.find(({ instrument }) => instrument.id === feed.instrument)
    if (series === undefined) continue
    const { intervalUs } = series.raw
    const wanted = (feed.barSeconds ?? 0) * secondUs
    if (wanted !== 0 && wanted % intervalUs !== 0)
      return yield* userError(
        "DataUnusable",
        `${name} asks for bars of ${feed.barSeconds} s, and ${series.reference.id} has bars of ${intervalUs / secondUs} s.`,
        "Give shorter bars or recorded frames, or let the strategy take its interval from a parameter barSeconds."
      )
    if (wanted === 0 && kindsOf(feed).length > 0)
      return yield* userError(
        "DataUnusable",
        `${name} asks for ${kindsOf(feed).join(" and ")} of ${feed.instrument}, and ${series.reference.id} holds bars.`,
        "Give recorded frames of the instrument (.gz) with --on."
      )
  }
})

/** The first of each instrument on the tape, in quote asset; 0 where there is none. */
const firstPrices = (data: RunData, tape: MarketTape): ReadonlyArray<number> =>
  data.instruments.map(({ id, tickSize }) => {
    const place = tape.instruments.indexOf(id)
    const priced = (code: number): boolean => code === tapeCodes.trade || code === tapeCodes.bar
    const row = tape.code.findIndex((code, at) => priced(code) && tape.instrument[at] === place)
    if (row === -1) return 0
    return (tape.code[row] === tapeCodes.bar ? tape.d[row]! : tape.a[row]!) * Number(tickSize)
  })

/** Twice what the cash buys at first: sold short, it is a debt that grows with splits as the position does. */
export const loanOf = (instrument: Instrument, cash: number, price: number): readonly [string, string] => {
  const lots = price > 0 ? Math.ceil((2 * cash) / price / Number(instrument.lotSize)) : 0
  return [instrument.base, quantityText(instrument, lots)]
}

const plain = (value: number): string => value.toFixed(8).replace(/\.?0+$/, "")

const eventSpec = (
  { live }: ResearchStrategy,
  bound: BoundParameters,
  data: RunData,
  terms: BacktestTerms,
  tape: MarketTape,
  prices: ReadonlyArray<number>
): BacktestSpec => {
  const { cash, feeBps, latencyMs, seed, short, slippageBps } = terms
  const [first] = data.instruments
  const loans = Object.fromEntries(data.instruments.map((each, at) => loanOf(each, cash, prices[at]!)))
  const lastUs = tape.time[tape.length - 1] ?? 0
  const isShort = data.recordings.length > 0 && lastUs - (tape.time[0] ?? 0) < dayUs
  return {
    tape,
    instruments: data.instruments,
    strategies: [{ definition: live, parameters: bound.encoded }],
    accounts: [{ balances: { [first!.quote]: plain(cash) }, ...(short ? { loans } : {}) }],
    seed,
    ...(terms.from === undefined ? {} : { from: terms.from }),
    ...(terms.to === undefined ? {} : { to: terms.to }),
    fees: feeBps === 0 ? { kind: "none" } : { kind: "basisPoints", makerBps: feeBps, takerBps: feeBps },
    slippage: slippageBps === 0 ? { kind: "none" } : { kind: "basisPoints", bps: slippageBps },
    latency:
      latencyMs === 0 ? { kind: "none" } : { kind: "constant", orderUs: latencyMs * 1000, reportUs: latencyMs * 1000 },
    // Minutes of recorded frames would have a curve of a few points.
    ...(isShort ? { sampleUs: secondUs } : {})
  }
}

/** Fails where a range holds nothing: an empty run would look like one that did not trade. */
export const checkRange = Effect.fnUntraced(function* (
  times: Float64Array,
  names: ReadonlyArray<string>,
  { from = Number.NEGATIVE_INFINITY, to = Number.POSITIVE_INFINITY }: Pick<BacktestTerms, "from" | "to">
) {
  if (times.some((time) => time >= from && time <= to)) return
  const reach = times.length === 0 ? "nothing" : `${timeText(times[0]!)} to ${timeText(times.at(-1)!)}`
  return yield* userError(
    "DataUnusable",
    `There is nothing between --from and --to: ${names.join(", ")} holds ${reach}.`,
    "Give a range within it, or leave --from and --to out."
  )
})

/** A warm-up that takes all the data leaves nothing to trade on. */
const warmupWarnings = (bound: BoundParameters, data: RunData): ReadonlyArray<RunWarning> =>
  bound.feeds.flatMap(({ instrument, warmupBars = 0 }) => {
    const rows = data.series.find((each) => each.instrument.id === instrument)?.raw.timeOpen.length
    if (rows === undefined || rows > warmupBars) return []
    const detail = `${rows} bars of ${instrument} are too few for a warm-up of ${warmupBars}: nothing could be traded`
    return [{ code: "tooFewBars", detail, count: 1 }]
  })

const runEvents = Effect.fnUntraced(function* (
  strategy: ResearchStrategy,
  given: BoundParameters,
  data: RunData,
  terms: BacktestTerms,
  progress: Progress
) {
  if (terms.fillAt === "close")
    return yield* userError(
      "Usage",
      "--fill-at close holds for --kind vectorised: event by event, an order trades after what it was decided on.",
      "Leave it out, or add --kind vectorised."
    )
  const told = toldOf(strategy.name)
  yield* checkFeeds(strategy.name, given.feeds, data)
  const spans = given.feeds.flatMap(({ barSeconds }) => (barSeconds === undefined ? [] : [barSeconds * secondUs]))
  const made = yield* Effect.tryPromise({ try: () => tapeOf(data, [...new Set(spans)]), catch: told })
  const { tape } = made
  const prices = firstPrices(data, tape)
  const sized = yield* sizedParameters(strategy, given, {
    size: terms.size,
    cash: terms.cash,
    price: prices[0]!,
    instrument: data.instruments[0]!
  })
  const spec = eventSpec(strategy, sized.bound, data, terms, tape, prices)
  yield* checkRange(tape.time, data.names, terms)
  const guard = <A>(work: () => A) =>
    Effect.try({ try: () => guarded(strategy.name, terms.stallSec, work), catch: told })
  const run = yield* guard(() => new BacktestRun(spec))
  for (;;) {
    const more = yield* guard(() => run.step(rowsAtOnce))
    progress(run.progress.done, run.progress.all)
    if (!more) break
    yield* Effect.yieldNow
  }
  const result = yield* guard(() => run.finish())
  const warnings = [...warmupWarnings(sized.bound, data), ...data.warnings, ...result.warnings]
  const notes = [...(sized.note === undefined ? [] : [sized.note]), ...made.notes]
  return { result: { ...result, warnings }, bound: sized.bound, notes }
})

/** Rows whose bars close within the times. */
export const rowsWithin = (bars: BarColumns, from: number | undefined, to: number | undefined): RowRange => {
  const { intervalUs, timeOpen } = bars
  const closes = (row: number): number => timeOpen[row]! + intervalUs
  let [first, end] = [0, timeOpen.length]
  while (from !== undefined && first < end && closes(first) < from) first += 1
  while (to !== undefined && end > first && closes(end - 1) > to) end -= 1
  return { from: first, to: end }
}

/** A quantity as given, else a share of equity: 1 unless told otherwise. */
const sizingOf = (size: string | undefined): TermsGiven["sizing"] => {
  const share = /^(\d+(?:\.\d+)?)%$/.exec(size ?? "100%")?.[1]
  return share === undefined
    ? { kind: "quantity", quantity: Number(size) }
    : { kind: "fraction", fraction: Number(share) / 100 }
}

/** What a vectorised run takes of the flags. */
export const vectorTermsOf = (terms: BacktestTerms, bars: BarColumns): TermsGiven => ({
  cash: terms.cash,
  feeBps: terms.feeBps,
  slippageBps: terms.slippageBps,
  fillAt: terms.fillAt,
  sizing: sizingOf(terms.size)!,
  periodsPerYear: bars.timeOpen.length > 1 ? periodsPerYearOf(bars.timeOpen) : 252
})

/** The signal of a strategy, or a refusal of one that has none. */
export const signalOf = Effect.fnUntraced(function* ({ name, signal }: ResearchStrategy) {
  if (signal !== undefined) return signal
  return yield* userError(
    "UnknownStrategy",
    `${name} is no signal: only a signal can be evaluated over all bars at once.`,
    "Run it with --kind event, or write it with defineSignal and export it as `signal`."
  )
})

/** Bars that a signal with these parameters runs on. */
export const signalBars = Effect.fnUntraced(function* (name: string, bound: BoundParameters, data: RunData) {
  yield* checkFeeds(name, bound.feeds, data)
  const seconds = bound.feeds[0]?.barSeconds ?? 1
  return yield* Effect.tryPromise({ try: () => barsFor(data, seconds * secondUs), catch: toldOf(name) })
})

const runVectorised = Effect.fnUntraced(function* (
  strategy: ResearchStrategy,
  bound: BoundParameters,
  data: RunData,
  terms: BacktestTerms
) {
  const signal = yield* signalOf(strategy)
  if (terms.latencyMs !== 0)
    return yield* userError(
      "Usage",
      "--latency-ms holds for --kind event: a vectorised run trades at a bar's price.",
      "Leave it out, or run event by event."
    )
  const bars = yield* signalBars(strategy.name, bound, data)
  yield* checkRange(
    bars.timeOpen.map((time) => time + bars.intervalUs),
    data.names,
    terms
  )
  const { result } = yield* Effect.try({
    try: () =>
      guarded(strategy.name, terms.stallSec, () =>
        runSignal(signal, bound.encoded, bars, {
          terms: vectorTermsOf(terms, bars),
          range: rowsWithin(bars, terms.from, terms.to)
        })
      ),
    catch: toldOf(strategy.name)
  })
  return { result: { ...result, seed: terms.seed }, bound, notes: [] as ReadonlyArray<string> }
})

const shortUs = 30 * dayUs

/** A year's figures from minutes are arithmetic, and no more. */
const shortWarnings = ({ from, to }: BacktestResult): ReadonlyArray<RunWarning> => {
  if (to - from >= shortUs) return []
  const detail = `the run spans ${durationText(to - from)}: figures a year (return, volatility, Sharpe ratio, turnover) are extrapolated from it`
  return [{ code: "shortHistory", detail, count: 1 }]
}

const closesOf = (bars: BarColumns, name: string): Benchmark => ({
  name,
  timeUs: Array.from(bars.timeOpen, (time) => time + bars.intervalUs),
  value: Array.from(bars.close)
})

/** Holding the first instrument, by its adjusted closes; undefined for recorded frames. */
export const holdingOf = ({ series: [first] }: RunData): Benchmark | undefined =>
  first === undefined ? undefined : closesOf(first.bars, `holding ${first.instrument.id}`)

/** The interval of the data, in seconds; undefined where bars are made of trades. */
export const intervalOf = ({ series: [first] }: RunData): number | undefined =>
  first === undefined ? undefined : first.raw.intervalUs / secondUs

/** Fails with a UserError. */
export const runBacktestJob = Effect.fn("BacktestJob.run")(function* (
  strategy: ResearchStrategy,
  data: RunData,
  terms: BacktestTerms,
  options: { readonly benchmark?: Benchmark | undefined; readonly progress?: Progress } = {}
) {
  const bound = yield* boundParameters(strategy, {
    typed: terms.parameters,
    instruments: data.instruments,
    intervalSec: intervalOf(data)
  })
  const run =
    terms.kind === "event"
      ? yield* runEvents(strategy, bound, data, terms, options.progress ?? (() => undefined))
      : yield* runVectorised(strategy, bound, data, terms)
  const result = { ...run.result, warnings: [...run.result.warnings, ...shortWarnings(run.result)] }
  const metrics = yield* Effect.try({
    try: () => figuresOf(result, options.benchmark),
    catch: toldOf(strategy.name)
  })
  const done: BacktestDone = { result, metrics, bound: run.bound, notes: [...data.notes, ...run.notes] }
  return done
})

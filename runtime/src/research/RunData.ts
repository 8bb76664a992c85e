/**
 * What a run reads, by what names it: series of bars (see ResearchData), or recorded Binance frames, whose files are taken
 * in the order given, those of one symbol together. Both become a tape for an event-driven run and bars for a signal.
 */
import { type CorporateAction, addCorporateActions } from "@outcry/backtest/data/CorporateActions"
import { DataError } from "@outcry/backtest/data/DataError"
import { type RecordedSource, readRecordedTape } from "@outcry/backtest/data/RecordedTape"
import { resampled } from "@outcry/backtest/data/Resample"
import { tradesOf } from "@outcry/backtest/data/TickColumns"
import { barColumnsOfTrades, timeBars } from "@outcry/backtest/data/TradeBars"
import type { RunWarning } from "@outcry/backtest/BacktestResult"
import type { MarketTape } from "@outcry/backtest/MarketTape"
import { RunRefused } from "@outcry/backtest/RunRefused"
import { TapeBuilder } from "@outcry/backtest/TapeBuilder"
import { checkedBars } from "@outcry/backtest/vector/BarCheck"
import type { Instrument } from "@outcry/model/Instrument"
import type { BarColumns } from "@outcry/signals/BarColumns"
import { existsSync } from "node:fs"
import { basename } from "node:path"
import { type InstrumentGiven, instrumentOf, loadResearchData, type ResearchData } from "./ResearchData.ts"

export interface RunData {
  /** As given, for titles and messages. */
  readonly names: ReadonlyArray<string>
  readonly instruments: ReadonlyArray<Instrument>
  /** Empty where frames were recorded. */
  readonly series: ReadonlyArray<ResearchData>
  readonly recordings: ReadonlyArray<RecordedSource>
  readonly notes: ReadonlyArray<string>
  /** What is doubtful of the bars. */
  readonly warnings: ReadonlyArray<RunWarning>
}

export interface RunDataGiven extends InstrumentGiven {
  /** Folder of the column store. */
  readonly store: string
}

const fault = (
  source: string,
  problem: "missing" | "conflict" | "unsupported" | "refused",
  detail: string,
  remedy: string
) => new DataError({ source, line: 0, field: "", problem, detail, remedy })

const isRecording = (name: string): boolean => name.endsWith(".gz") && !name.endsWith(".csv.gz")

/** `btcusdt_20240808.gz` → BTC and USDT. */
const pairOf = (path: string): readonly [base: string, quote: string] => {
  const [, base, quote] = /^([a-z0-9]{2,}?)(usdt|usdc|fdusd|btc|eth|eur|usd)(?![a-z])/i.exec(basename(path)) ?? []
  if (base !== undefined && quote !== undefined) return [base.toUpperCase(), quote.toUpperCase()]
  const detail = "its name does not begin with the symbol that was recorded"
  throw fault(path, "unsupported", detail, "Name it as in btcusdt_20240808.gz, or give --instrument binance:BTC/USDT.")
}

const sourceOf = (id: string, files: ReadonlyArray<string>, given: InstrumentGiven): RecordedSource => ({
  instrument: instrumentOf(id, true, { ...given, lot: given.lot ?? (/:BTC\//.test(id) ? "0.00001" : "0.0001") }),
  files
})

const recordingsOf = (names: ReadonlyArray<string>, given: InstrumentGiven): ReadonlyArray<RecordedSource> => {
  for (const name of names)
    if (!existsSync(name)) throw fault(name, "missing", "there is no such file", "Check the path.")
  const idOf = (name: string): string => given.instrument ?? `binance:${pairOf(name).join("/")}`
  return [...Map.groupBy(names, idOf)].map(([id, files]) => sourceOf(id, files, given))
}

/** What is doubtful of bars that can be counted with; throws a DataError for others. */
const doubtsOf = ({ raw, reference }: ResearchData): ReadonlyArray<RunWarning> => {
  try {
    return checkedBars(raw)
  } catch (error) {
    if (!(error instanceof RunRefused)) throw error
    const repair = `Or let \`outcry data import ${reference.id} --as NAME --policy repair\` do what can be done.`
    throw fault(reference.id, "refused", `${error.field} ${error.problem}`, `${error.remedy} ${repair}`)
  }
}

/** Rejects with a DataError, or InvalidInstrument where sizes make no sense. */
export const loadRunData = async (names: ReadonlyArray<string>, given: RunDataGiven): Promise<RunData> => {
  const recorded = names.filter(isRecording)
  if (recorded.length > 0 && recorded.length < names.length) {
    const detail = "it is no recording, and recorded frames are given beside it"
    const other = names.find((name) => !isRecording(name))!
    throw fault(other, "conflict", detail, "Run on recorded frames, or on bars, not on both.")
  }
  const { instrument, lot, store, tick } = given
  const sizes = {
    ...(instrument === undefined ? {} : { instrument }),
    ...(lot === undefined ? {} : { lot }),
    ...(tick === undefined ? {} : { tick })
  }
  if (recorded.length > 0) {
    const recordings = recordingsOf(names, sizes)
    return {
      names,
      instruments: recordings.map((each) => each.instrument),
      series: [],
      recordings,
      notes: [],
      warnings: []
    }
  }
  const series: Array<ResearchData> = []
  for (const id of names) {
    const found = await loadResearchData({ id, store }, sizes)
    const twice = series.some((each) => each.instrument.id === found.instrument.id)
    if (twice)
      throw fault(id, "conflict", `it is of ${found.instrument.id}, as another one`, "Name each instrument once.")
    series.push(found)
  }
  return {
    names,
    instruments: series.map((each) => each.instrument),
    series,
    recordings: [],
    notes: series.flatMap(({ notes }) => notes),
    warnings: series.flatMap(doubtsOf)
  }
}

export interface RunTape {
  readonly tape: MarketTape
  readonly notes: ReadonlyArray<string>
}

/** Rows of tapes of one instrument's bars, in order of time; of one time the shorter bar comes first. */
const mergeBars = (builder: TapeBuilder, instrument: string, tapes: ReadonlyArray<MarketTape>): void => {
  const rows = tapes.flatMap((tape) => Array.from({ length: tape.length }, (_, row) => ({ tape, row })))
  const timeOf = ({ row, tape }: (typeof rows)[number]): number => tape.time[row]!
  for (const { row, tape } of rows.toSorted((x, y) => timeOf(x) - timeOf(y) || x.tape.span[0]! - y.tape.span[0]!)) {
    const ohlc = [tape.a[row]!, tape.b[row]!, tape.c[row]!, tape.d[row]!] as const
    builder.bar(instrument, tape.time[row]!, tape.span[row]!, ohlc, tape.e[row]!, tape.f[row]!)
  }
}

/** Bars with what happens to their instrument between them. Throws a TapeFault, or a DataError for an odd interval. */
export const tapeOfBars = (
  series: ReadonlyArray<{
    readonly bars: BarColumns
    readonly instrument: Instrument
    readonly actions: ReadonlyArray<CorporateAction>
  }>,
  spansUs: ReadonlyArray<number>
): MarketTape => {
  const builder = new TapeBuilder(series.map(({ instrument }) => instrument.id))
  for (const { actions, bars, instrument } of series) {
    const longer = [...new Set(spansUs)].filter((span) => span !== bars.intervalUs)
    const rounding = { rounding: "nearest" } as const
    if (longer.length === 0) builder.addBars(bars, instrument, rounding)
    else {
      // The shortest bars are what orders meet; longer ones are made of them.
      const all = [bars, ...longer.map((span) => resampled(bars, span))]
      const tapes = all.map((each) => {
        const own = new TapeBuilder([instrument.id])
        own.addBars(each, instrument, rounding)
        return own.build()
      })
      mergeBars(builder, instrument.id, tapes)
    }
    addCorporateActions(builder, instrument.id, actions)
  }
  return builder.build()
}

/** The tape of an event-driven run, with bars of the intervals its strategy wants, µs. */
export const tapeOf = async (data: RunData, spansUs: ReadonlyArray<number>): Promise<RunTape> => {
  if (data.recordings.length > 0) {
    return readRecordedTape(data.recordings, { barsUs: spansUs })
  }
  const tape = tapeOfBars(
    data.series.map(({ actions, instrument, raw }) => ({ actions, instrument, bars: raw })),
    spansUs
  )
  return { tape, notes: [] }
}

/** Bars of the first instrument for a signal: adjusted; of recorded frames those of their trades. */
export const barsFor = async (data: RunData, intervalUs: number): Promise<BarColumns> => {
  const [series] = data.series
  if (series !== undefined) {
    const { bars } = series
    return bars.intervalUs === intervalUs ? bars : resampled(bars, intervalUs)
  }
  const [source] = data.recordings
  const { tape } = await readRecordedTape([source!], { kinds: ["trade"] })
  return barColumnsOfTrades(timeBars(tradesOf(tape, source!.instrument.id), intervalUs), source!.instrument)
}

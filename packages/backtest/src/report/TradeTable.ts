/**
 * The list of round trips as a table that sorts, filters and turns pages in the page, over columns that are kept compact:
 * fifty thousand of them fit. What does not fit is left out from the end, and said.
 */
import type { BacktestResult, RoundTrip } from "../BacktestResult.ts"
import type { FigureText, Unit } from "./Figure.ts"
import { type Markup, markup } from "./Markup.ts"

interface Column {
  readonly key: string
  readonly title: string
  /** Absent of texts. */
  readonly unit?: Unit
  readonly of: (trade: RoundTrip) => number | string
}

const columnsAt = (time: "time" | "date"): ReadonlyArray<Column> => [
  { key: "timeEntry", title: "Entry (UTC)", unit: time, of: (trade) => trade.timeEntry },
  { key: "timeExit", title: "Exit", unit: time, of: (trade) => trade.timeExit },
  { key: "strategy", title: "Strategy", of: (trade) => trade.strategy },
  { key: "instrument", title: "Instrument", of: (trade) => trade.instrument },
  { key: "side", title: "Side", of: (trade) => (trade.side === "buy" ? "long" : "short") },
  { key: "quantity", title: "Quantity", unit: "quantity", of: (trade) => trade.quantity },
  { key: "priceEntry", title: "Entry price", unit: "price", of: (trade) => trade.priceEntry },
  { key: "priceExit", title: "Exit price", unit: "price", of: (trade) => trade.priceExit },
  { key: "profit", title: "Profit", unit: "profit", of: (trade) => trade.profit },
  { key: "fees", title: "Fees", unit: "money", of: (trade) => trade.fees },
  { key: "held", title: "Held", unit: "duration", of: (trade) => trade.timeExit - trade.timeEntry },
  { key: "state", title: "State", of: (trade) => (trade.open ? "open" : "closed") }
]

/** `values` of texts are places in `names`; of times differences to the value before, in units of `step` µs. */
interface ColumnData {
  readonly key: string
  readonly unit?: Unit
  readonly names?: ReadonlyArray<string>
  readonly step?: number
  readonly values: ReadonlyArray<number | null>
}

export interface TableData {
  readonly columns: ReadonlyArray<ColumnData>
  /** Rows a page. */
  readonly page: number
  /** What its CSV is saved as. */
  readonly file: string
}

const eightDigits = (value: number): number => Number(value.toPrecision(8))

const isTime = (unit: Unit | undefined): boolean => unit === "time" || unit === "date"

const stepOf = (times: ReadonlyArray<number>): number =>
  [60e6, 1e6, 1e3].find((step) => times.every((time) => time % step === 0)) ?? 1

const columnData = ({ key, of, unit }: Column, trades: ReadonlyArray<RoundTrip>): ColumnData => {
  const values = trades.map(of)
  if (unit === undefined) {
    const names = [...new Set(values.map(String))]
    const places = new Map(names.map((name, place) => [name, place]))
    return { key, names, values: values.map((value) => places.get(String(value))!) }
  }
  const numbers = values.map(Number)
  if (isTime(unit) || unit === "duration") {
    const step = stepOf(numbers)
    const rows = isTime(unit) ? numbers.map((time, at) => time - (numbers[at - 1] ?? 0)) : numbers
    return { key, unit, step, values: rows.map((time) => Math.round(time / step)) }
  }
  return { key, unit, values: numbers.map((value) => (Number.isFinite(value) ? eightDigits(value) : null)) }
}

const dayUs = 86_400e6
const bytesMax = 3_900_000
const rowsAPage = 50

export interface TradeTable {
  readonly markup: Markup
  readonly data: TableData
}

export const tradeTable = (result: BacktestResult, figure: FigureText, file: string): TradeTable => {
  const { trades } = result
  const wholeDays = trades.every(({ timeEntry, timeExit }) => timeEntry % dayUs === 0 && timeExit % dayUs === 0)
  const columns = columnsAt(wholeDays ? "date" : "time")
  let kept = trades
  let data = columns.map((column) => columnData(column, kept))
  for (let size = JSON.stringify(data).length; size > bytesMax; size = JSON.stringify(data).length) {
    kept = kept.slice(0, Math.floor((kept.length * bytesMax * 0.97) / size))
    data = columns.map((column) => columnData(column, kept))
  }
  const heads = columns.map(
    ({ title, unit }) =>
      markup`<th scope="col" class="${unit === undefined || isTime(unit) ? "" : "n"}"><button type="button">${title}</button></th>`
  )
  const rows = kept.slice(0, rowsAPage).map((trade) => {
    const cells = columns.map(({ of, unit }) => {
      const value = of(trade)
      if (unit === undefined) return markup`<td>${value}</td>`
      const tone = unit !== "profit" || value === 0 ? "" : Number(value) < 0 ? " bad" : " good"
      return markup`<td class="${isTime(unit) ? "w" : "n"}${tone}">${figure(unit === "duration" || isTime(unit) ? Number(value) : eightDigits(Number(value)), unit)}</td>`
    })
    return markup`<tr>${cells}</tr>`
  })
  const left =
    kept.length < trades.length
      ? markup`<p class="warn">The first ${figure(kept.length, "count")} of ${figure(trades.length, "count")} round trips are in this file; the CSV and JSON exports of the run hold them all.</p>`
      : ""
  return {
    markup: markup`${left}<div data-table="trades"><div class="tools" hidden><label>Find <input class="find" type="search" placeholder="strategy, instrument, long …" size="22"></label><label>Show <select class="only"><option value="">all</option><option value="won">with a profit</option><option value="lost">with a loss</option></select></label><span class="grow"></span><button class="csv" type="button">Save as CSV</button></div>
<div class="scroll" tabindex="0" role="region" aria-label="Round trips"><table><thead><tr>${heads}</tr></thead><tbody>${rows}</tbody></table></div>
<div class="tools"><button class="back" type="button" disabled>Back</button><span class="said dim" role="status">1–${figure(Math.min(rowsAPage, kept.length), "count")} of ${figure(kept.length, "count")}</span><button class="next" type="button" disabled>Next</button></div></div>
<p class="dim">Prices and amounts in ${result.asset}, to eight significant digits. Profit is after fees, funding and dividends. An open round trip is valued at the last price.</p>`,
    data: { columns: data, page: rowsAPage, file }
  }
}

/** A run, a comparison and a ranked study as dense text for a terminal. A run that did not trade ends with why. */
import type { BacktestResult, RunSummary } from "../BacktestResult.ts"
import type { Comparison } from "./Comparison.ts"
import { absent, figureText, type Metric, moneyDecimals } from "./Figure.ts"
import { blockingStage, funnelStages } from "./Funnel.ts"
import type { FirstDifference } from "./RunDifference.ts"
import type { BacktestFill, BacktestOrder } from "../BacktestResult.ts"
import { decimalsFor, runName } from "./TearSheet.ts"
import { type Cell, plainText, textTable, type TextStyle, toned, type Tone } from "./TextTable.ts"

const signTone = (value: number): Tone => (value > 0 ? "good" : value < 0 ? "bad" : "plain")

const inColumns = (
  pairs: ReadonlyArray<readonly [title: string, value: Cell]>,
  count: number,
  style: TextStyle
): string => {
  const height = Math.ceil(pairs.length / count)
  const rows = Array.from({ length: height }, (_, line) =>
    Array.from({ length: count }, (_, column) => pairs[column * height + line]).flatMap((pair): ReadonlyArray<Cell> =>
      pair === undefined ? [] : [{ text: pair[0], tone: "dim" }, pair[1]]
    )
  )
  return textTable(
    Array.from({ length: count * 2 }, (_, at) => ({ title: "", right: at % 2 === 1 })),
    rows,
    style
  )
}

export const resultText = (result: BacktestResult, metrics: ReadonlyArray<Metric>, style: TextStyle): string => {
  const figure = figureText(decimalsFor(result))
  const profit = result.equityEnd - result.equityStart
  const kind = result.kind === "event" ? "event-driven" : "vectorised"
  const head = [
    `${toned(plainText(runName(result)), "bold", style)}  ${kind}, ${plainText(result.instruments.slice(0, 6).join(" "))}${result.instruments.length > 6 ? ` and ${result.instruments.length - 6} more` : ""}`,
    toned(
      `${figure(result.from, "time")} to ${figure(result.to, "time")} UTC, seed ${result.seed}, hash ${plainText(result.hash.slice(0, 12))}`,
      "dim",
      style
    )
  ]
  const figures: Array<readonly [string, Cell]> = [
    [`Net profit, ${result.asset}`, { text: figure(profit, "profit"), tone: signTone(profit) }],
    [`Equity at the end, ${result.asset}`, { text: figure(result.equityEnd, "money") }],
    [`Fees, ${result.asset}`, { text: figure(result.costs.fees, "profit") }],
    ...metrics.map(({ title, unit, value }): readonly [string, Cell] => [
      title,
      { text: figure(value, unit), tone: value === undefined ? "dim" : "plain" }
    ])
  ]
  const warnings = result.warnings.map(({ code, count, detail }) => {
    const times = count > 1 ? ` × ${count}` : ""
    return `${toned(`! ${plainText(code)}${times}`, "warn", style)}  ${plainText(detail)}`
  })
  const blocking = blockingStage(result)
  const funnel = funnelStages(result).map(({ count, key, kind: stage, title }): ReadonlyArray<Cell> => [
    { text: stage === "refused" ? `  refused: ${title}` : title, tone: stage === "refused" ? "dim" : "plain" },
    { text: figure(count, "count") },
    { text: blocking?.key === key ? "← blocks" : "", tone: "bad" }
  ])
  const why =
    blocking === undefined
      ? []
      : [
          `${toned(`Why it did not trade: ${plainText(blocking.title)}.`, "bad", style)} ${plainText(blocking.cause)}`,
          plainText(blocking.remedy)
        ]
  const parts = [
    head.join("\n"),
    inColumns(figures, figures.length > 12 ? 3 : 2, style),
    textTable([{ title: "stage" }, { title: "count", right: true }, { title: "" }], funnel, style),
    warnings.join("\n"),
    why.join("\n")
  ]
  return `${parts.filter((part) => part !== "").join("\n\n")}\n`
}

const rowText = (row: BacktestOrder | BacktestFill | undefined, time: (us: number) => string): ReadonlyArray<Cell> => {
  if (row === undefined) return [{ text: "has no more" }]
  const [at, rest] = "timeIntent" in row ? [row.timeIntent, `${row.status} ${row.reason}`] : [row.timeUs, row.liquidity]
  return [time(at), row.strategy, row.instrument, row.side, String(row.lots), String(row.priceTicks), rest.trim()].map(
    (text) => ({ text })
  )
}

const differenceText = (
  what: string,
  first: FirstDifference<BacktestOrder> | FirstDifference<BacktestFill>,
  names: readonly [string, string],
  style: TextStyle
): string => {
  const time = (us: number): string => figureText({ money: 2, price: 8, quantity: 8 })(us, "time")
  const line = (who: string, row: BacktestOrder | BacktestFill | undefined): ReadonlyArray<Cell> => [
    { text: who, tone: "dim" },
    ...rowText(row, time)
  ]
  const rows = [
    ...first.before.map((row) => line("both", row)),
    line(names[0], first.left),
    line(names[1], first.right),
    ...first.leftAfter.map((row) => line(`${names[0]} next`, row)),
    ...first.rightAfter.map((row) => line(`${names[1]} next`, row))
  ]
  const fields = first.fields.length === 0 ? "one run has no more" : `differing in ${first.fields.join(", ")}`
  const columns = ["", "time", "strategy", "instrument", "side", "lots", "ticks", "state"]
  return `${toned(`First difference of ${what}: number ${first.at + 1}, ${fields}`, "warn", style)}\n${textTable(
    columns.map((title) => ({ title, right: title === "lots" || title === "ticks" })),
    rows,
    style
  )}`
}

export const comparisonText = (comparison: Comparison, style: TextStyle): string => {
  const sizes = comparison.metrics
    .filter(({ unit }) => unit === "money")
    .flatMap(({ values }) => values.map((value) => Math.abs(value ?? 0)))
  const figure = figureText({ money: moneyDecimals(Math.max(1, ...sizes)), price: 8, quantity: 8 })
  const names = comparison.runs.map(({ name }) => ({ title: plainText(name), right: true }))
  const figures = comparison.metrics.map(({ best, title, unit, values }): ReadonlyArray<Cell> => [
    { text: title },
    ...values.map((value, place): Cell => {
      const isBest = best.includes(place)
      return { text: `${isBest ? "* " : ""}${figure(value ?? undefined, unit)}`, tone: isBest ? "good" : "plain" }
    })
  ])
  const settings = comparison.settings.map(({ name, values }): ReadonlyArray<Cell> => [
    { text: name },
    ...values.map((text) => ({ text }))
  ])
  const differences = comparison.differences.flatMap(({ decisions, equal, fills, left, outcome, right }) => {
    const pair = [left, right] as const
    if (equal)
      return [
        toned(`${left} and ${right}: all ${decisions.left} orders and ${fills.left} fills are equal`, "good", style)
      ]
    const counts = `${left} and ${right}: orders ${decisions.common} in both, ${decisions.leftOnly} only in ${left}, ${decisions.rightOnly} only in ${right}; fills ${fills.common}, ${fills.leftOnly}, ${fills.rightOnly}`
    return [
      counts,
      ...(decisions.first === undefined ? [] : [differenceText("decisions", decisions.first, pair, style)]),
      ...(outcome === undefined ? [] : [differenceText("what became of equal decisions", outcome, pair, style)]),
      ...(fills.first === undefined ? [] : [differenceText("fills", fills.first, pair, style)])
    ]
  })
  const parts = [
    comparison.cautions.map((caution) => toned(`! ${caution}`, "warn", style)).join("\n"),
    textTable([{ title: "figure" }, ...names], figures, style),
    settings.length === 0 ? "" : textTable([{ title: "setting" }, ...names], settings, style),
    ...differences
  ]
  return `${parts.filter((part) => part !== "").join("\n\n")}\n`
}

export interface StudyTextOptions extends TextStyle {
  /** Metrics in the order of their columns; `title`, `unit` and `better` are read. */
  readonly metrics: ReadonlyArray<Pick<Metric, "key" | "title" | "unit">>
  /** Rows shown; 20 where absent. */
  readonly most?: number
}

/** Runs in the order given, which is their rank. */
export const studyText = (runs: ReadonlyArray<RunSummary>, options: StudyTextOptions): string => {
  const figure = figureText({ money: 2, price: 8, quantity: 8 })
  const parameters = [...new Set(runs.flatMap((run) => Object.keys(run.parameters)))]
  const columns = [
    { title: "rank", right: true },
    { title: "run", right: true },
    ...parameters.map((title) => ({ title, right: true })),
    ...options.metrics.map(({ title }) => ({ title, right: true })),
    { title: "trades", right: true },
    { title: "" }
  ]
  const most = options.most ?? 20
  const rows = runs.slice(0, most).map((run, rank): ReadonlyArray<Cell> => [
    { text: String(rank + 1), tone: rank === 0 ? "bold" : "dim" },
    { text: String(run.index), tone: "dim" },
    ...parameters.map((key) => ({ text: String(run.parameters[key] ?? absent) })),
    ...options.metrics.map(({ key, unit }): Cell => ({
      text: figure(run.metrics[key], unit),
      tone: rank === 0 ? "bold" : "plain"
    })),
    { text: figure(run.trades, "count") },
    { text: run.warnings.length === 0 ? "" : `! ${run.warnings.map(({ code }) => code).join(", ")}`, tone: "warn" }
  ])
  const more = runs.length > most ? `\n${toned(`${runs.length - most} more`, "dim", options)}` : ""
  return `${textTable(columns, rows, options)}${more}\n`
}

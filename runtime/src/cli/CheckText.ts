/** The verdict of a look-ahead check, on a terminal and in a tear sheet. */
import type { ReportTable } from "@outcry/backtest/report/FigureTables"
import type { CheckReport } from "../research/LookAheadJob.ts"
import { type Paint, table } from "./Output.ts"

const needed = (bars: number | undefined): string => (bars === undefined ? "more than there are" : String(bars))

const head = ["indicator", "value", "bars until its value is the whole history's"]

const rowsOf = ({ recursion }: CheckReport): ReadonlyArray<ReadonlyArray<string>> =>
  recursion.map(({ barsNeeded, column, value }) => [column, String(Number(value.toPrecision(8))), needed(barsNeeded)])

export const verdictOf = ({ checks, decisions, passed }: CheckReport): string =>
  passed
    ? `It does not know the future: ${decisions} decisions stayed the same in ${checks} comparisons.`
    : "It knows the future: decisions changed with bars that came later, or come from elsewhere. Trust no figure of it."

export const checkText = (check: CheckReport, paint: Paint): string => {
  const verdict = (check.passed ? paint.green : paint.red)(verdictOf(check))
  const warmup = check.warmupBars === undefined ? [] : [`Its warm-up is ${check.warmupBars} bars.`]
  const rows = rowsOf(check)
  return [
    verdict,
    ...check.warnings.map(({ detail }) => `  ${detail}`),
    ...warmup,
    ...(rows.length === 0 ? [] : [table(head, rows, [1, 2])])
  ].join("\n")
}

export const checkTable = (check: CheckReport): ReadonlyArray<ReportTable> => [
  {
    title: check.passed ? "It does not know the future" : "It knows the future",
    note: verdictOf(check),
    columns: head.map((title) => ({ title })),
    rows: rowsOf(check)
  }
]

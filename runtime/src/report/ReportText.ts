/** The report as a person reads it at the terminal. Pure but for colour. */
import { durationText } from "../cli/TimeText.ts"
import { onStdout, table } from "../cli/Output.ts"
import { type Distribution, isClean, type Report } from "./Report.ts"

const counts = (record: Readonly<Record<string, number>>): string =>
  Object.entries(record)
    .map(([name, n]) => `${n} ${name}`)
    .join(", ")

/** Display only: the report itself holds every place. */
const money = (text: string): string => (text === "" ? "" : Number(text).toFixed(2))

const times = ({ count, p50, p99 }: Distribution): string =>
  count === 0 ? "none" : `p50 ${p50?.toFixed(2)} ms, p99 ${p99?.toFixed(2)} ms (${count})`

const section = (title: string, ...lines: ReadonlyArray<string>): ReadonlyArray<string> =>
  lines.length === 0
    ? []
    : ["", onStdout.bold(title), ...lines.flatMap((text) => text.split("\n").map((line) => `  ${line}`))]

const strategies = (report: Report): ReadonlyArray<string> => [
  table(
    ["strategy", "account", "condition", "events", "signals", "intents", "refused", "orders", "fills"],
    report.strategies.map((each) => [
      each.name,
      each.account,
      each.condition,
      ...[each.events, each.signals].map((record) => String(Object.values(record).reduce((a, b) => a + b, 0))),
      String(each.intents),
      String(Object.values(each.refused).reduce((a, b) => a + b, 0)),
      String(each.orders),
      String(each.fills)
    ]),
    [3, 4, 5, 6, 7, 8]
  ),
  ...report.strategies.flatMap(({ blockedBy, name }) =>
    blockedBy === "" ? [] : [onStdout.yellow(`${name}: ${blockedBy}`)]
  )
]

const shownMax = 10

const firstOf = (lines: ReadonlyArray<string>): ReadonlyArray<string> =>
  lines.length <= shownMax
    ? lines
    : [...lines.slice(0, shownMax), `… and ${lines.length - shownMax} more, all in the JSON report`]

const verdict = (report: Report): ReadonlyArray<string> => {
  const { ordersDuplicated, ordersLost, ordersMisfilled } = report
  const { duplicated, lost, misfilled } = report.findings
  const line = `${ordersLost} lost, ${ordersDuplicated} duplicated, ${ordersMisfilled} misfilled, ${report.invariantViolations.length} invariants violated (${report.checker.ordersJoined} orders joined with the exchange's log)`
  return [
    isClean(report) ? onStdout.green(line) : onStdout.red(line),
    ...firstOf(report.invariantViolations),
    ...firstOf([...lost, ...duplicated, ...misfilled].map(({ clientOrderId, reason }) => `${clientOrderId}: ${reason}`))
  ]
}

/** What orders went through on their way, where any did. */
const episodesOf = ({ orders }: Report): ReadonlyArray<string> => {
  const seen = (["held", "triggered", "resubmitted", "resolved", "provisional", "busted"] as const)
    .filter((name) => orders[name] > 0)
    .map((name) => `${orders[name]} ${name}`)
  return seen.length === 0 ? [] : [`on their way: ${seen.join(", ")}`]
}

export const reportText = (report: Report): string => {
  const { latency, orders, pnl } = report
  const reasons = [
    ["rejected", orders.rejected],
    ["unknown", orders.unknown],
    ["NotPlaced", orders.NotPlaced],
    ["refused", orders.refused]
  ] as const
  return [
    onStdout.bold(`Run ${report.runId}: ${durationText(report.durationSeconds * 1_000)}, ended by ${report.endedBy}`),
    ...section("Strategies", ...strategies(report)),
    ...section(
      "Orders",
      `${orders.total} orders: ${counts(orders.byState)}; ${report.fills} fills`,
      ...episodesOf(report),
      ...reasons.flatMap(([name, record]) => (Object.keys(record).length === 0 ? [] : [`${name}: ${counts(record)}`]))
    ),
    ...section(
      "Positions",
      table(
        ["account", "instrument", "quantity", "average", "mark", "realised", "unrealised", "fills"],
        report.positions.map((row) => [
          row.account,
          row.instrument,
          row.quantity,
          money(row.averagePrice),
          row.mark,
          money(row.realised),
          money(row.unrealised),
          String(row.fills)
        ]),
        [2, 3, 4, 5, 6, 7]
      ),
      `P&L ${money(pnl.net)} ${pnl.currency} = realised ${money(pnl.realised)} + unrealised ${money(pnl.unrealised)} - fees ${money(pnl.feesTotal)}`
    ),
    ...section(
      "Latency",
      `tick to intent     ${times(latency.tickToIntentMs)}`,
      `intent to durable  ${times(latency.intentToDurableMs)}`,
      `intent to ack      ${times(latency.intentToAckMs)}`
    ),
    ...section(
      "Failovers",
      ...report.failovers.map(
        ({ accountsMoved, detectedMs, ended, node, recoveredMs }) =>
          `${node} ${ended}: seen after ${durationText(detectedMs)}, ${accountsMoved.join(", ") || "no account"} back ${recoveredMs === null ? "not in time" : `after ${durationText(recoveredMs)}`}`
      )
    ),
    ...section("Warnings", ...report.warnings),
    ...section("Verdict", ...verdict(report))
  ].join("\n")
}

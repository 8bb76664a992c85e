/** Fault runs in words: a line while they go on, a summary at the end. */
import { type FaultRecord, plural, verdictText } from "./FaultReport.ts"
import type { Freeze } from "./FreezeRun.ts"
import type { Kill } from "./KillRound.ts"
import type { ScenarioResult } from "./ScenarioRun.ts"

const seconds = (ms: number): string => (ms / 1000).toFixed(2)
const range = (values: ReadonlyArray<number>): string =>
  values.length === 0 ? "–" : `${seconds(Math.min(...values))}–${seconds(Math.max(...values))} s`

export const killLine = (kill: Kill, number: number, wanted: number): string => {
  const settled = Object.entries(kill.settledAs).map(([type, times]) => `${times} ${type}`)
  return [
    `kill ${String(number).padStart(3)}/${wanted}`,
    `${kill.node} at ${kill.point.padEnd(16)}`,
    `${kill.accountsOnIt.length} accounts accept again in ${range(kill.acceptMs)}`,
    `${kill.inFlight} in flight settled in ${seconds(Math.max(...kill.settledMs))} s (${settled.join(", ")})`
  ].join("  ")
}

export const freezeLine = (freeze: Freeze, number: number, wanted: number): string =>
  [
    `freeze ${String(number).padStart(3)}/${wanted}`,
    freeze.node,
    `${freeze.accountsOnIt.length} accounts accept elsewhere in ${range(freeze.acceptMs)}`,
    `the zombie stopped ${freeze.stopMs === undefined ? "without a word" : `after ${freeze.stopMs} ms`}`,
    `${freeze.zombieAppends} appends, ${freeze.zombieOrders} orders of it`
  ].join("  ")

const counts = (states: Readonly<Record<string, number>>): string =>
  Object.entries(states)
    .toSorted((a, b) => b[1] - a[1])
    .map(([state, count]) => `${count} ${state}`)
    .join(", ")

export const scenarioLine = (result: ScenarioResult, done: number, wanted: number): string =>
  [
    `scenario ${String(done).padStart(String(wanted).length)}/${wanted}`,
    `#${result.seed} ${result.faults.join(" + ")}`,
    result.verdict === "skipped" ? `skipped: ${result.reason}` : result.verdict,
    `${result.orders.placed} orders (${counts(result.orders.byState)})`,
    `${seconds(result.tookMs)} s`
  ].join("  ") + result.violations.map(({ detail, invariant }) => `\n  ${invariant}: ${detail.split("\n")[0]}`).join("")

const scenariosText = ({ scenarios }: FaultRecord): ReadonlyArray<string> => {
  if (scenarios.length === 0) return []
  const states: Record<string, number> = {}
  for (const { orders } of scenarios)
    for (const [state, count] of Object.entries(orders.byState)) states[state] = (states[state] ?? 0) + count
  const of = (verdict: ScenarioResult["verdict"]) => scenarios.filter((each) => each.verdict === verdict)
  return [
    `${plural(scenarios.length, "scenario")}: ${of("held").length} held, ${of("violated").length} violated, ${of("skipped").length} skipped`,
    `  orders: ${counts(states)}; ${scenarios.reduce((sum, { orders }) => sum + orders.fills, 0)} fills`
  ]
}

export const summary = (found: FaultRecord): string => {
  const { failover, freezes, planted, quiet, simulation } = found
  const lines = [
    `on ${found.machine.cpus} cores in ${seconds(found.tookMs)} s (load ${found.machine.loadAtStart.toFixed(1)} at the start)`
  ]
  if (simulation !== undefined)
    lines.push(`${found.seeds} seeds in ${seconds(simulation.ms)} s, trace hash ${simulation.traceHash}`)
  if (planted.total > 0) {
    lines.push(`planted bugs: ${planted.caught} of ${planted.total} caught`)
    for (const { after, by, caught, name } of planted.bugs)
      lines.push(`  ${name}: ${caught ? `caught after ${after} ${by}` : `not caught in ${after} ${by}`}`)
  }
  lines.push(...scenariosText(found))
  if (failover.kills > 0)
    lines.push(
      `${failover.kills} kills: accounts accept commands again in ${seconds(failover.medianMs)} s median, ${seconds(failover.p99Ms)} s p99, ${seconds(failover.maxMs)} s at most (${failover.count} takeovers)`,
      `  orders in flight settled in ${seconds(failover.settled.medianMs)} s median, ${seconds(failover.settled.maxMs)} s at most (${failover.settled.count} orders)`,
      `  lost ${failover.lost}, duplicated ${failover.duplicated}, misfilled ${failover.misfilled}`
    )
  if (freezes.count > 0)
    lines.push(
      `${freezes.count} freezes: ${freezes.zombieAppends} appends and ${freezes.zombieOrders} orders of zombies; taken over in ${seconds(freezes.takeover.medianMs)} s median, ${seconds(freezes.takeover.maxMs)} s at most; stopped within ${freezes.stopped.maxMs} ms (${freezes.stopped.count} told)`
    )
  if (quiet !== undefined) lines.push(`${quiet.minutes} minutes at full load: ${quiet.falseTakeovers} false takeovers`)
  for (const [invariant, details] of Object.entries(found.violations))
    for (const detail of details) lines.push(`  ${invariant}: ${detail.split("\n")[0]}`)
  lines.push(verdictText(found))
  return lines.join("\n")
}

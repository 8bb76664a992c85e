/** What a run of kills found, as the JSON record and as lines for a person. Times in ms. */
import os from "node:os"
import type { FloorSpec } from "./FloorSpec.ts"
import type { Kill } from "./KillRound.ts"
import type { KillRun } from "./KillRun.ts"

/** The value below which that share lies, by the nearest rank. */
export const quantile = (values: ReadonlyArray<number>, share: number): number => {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0
}

const spread = (values: ReadonlyArray<number>) => ({
  count: values.length,
  medianMs: quantile(values, 0.5),
  p99Ms: quantile(values, 0.99),
  maxMs: quantile(values, 1)
})

export const environment = (loadAtStart: number) => ({
  node: process.version,
  platform: `${process.platform} ${process.arch} ${os.release()}`,
  cpus: os.cpus().length,
  cpu: os.cpus()[0]?.model ?? "",
  memoryMiB: Math.round(os.totalmem() / 1024 / 1024),
  /** One-minute load averages: others may have shared the machine. */
  loadAtStart,
  loadAtEnd: os.loadavg()[0]
})

export const record = (run: KillRun, spec: FloorSpec, tookMs: number, loadAtStart: number) => {
  const { kills, outcome, violations } = run
  const { verdict } = outcome
  return {
    spec,
    kills: kills.map((kill, index) => ({ number: index + 1, ...kill })),
    killsWithNothingInFlight: run.idleKills.length,
    failover: {
      kills: kills.length,
      ...spread(kills.flatMap((kill) => kill.acceptMs)),
      lost: verdict.ordersLost.length,
      duplicated: verdict.ordersDuplicated.length,
      misfilled: verdict.misfilled.length,
      goals: { acceptMsMax: 5_000, later: { medianMs: 1_200, p99Ms: 3_500 } }
    },
    settled: spread(kills.flatMap((kill) => kill.settledMs)),
    tradingAgain: spread(kills.flatMap((kill) => kill.tradingMs)),
    orders: {
      byState: outcome.byState,
      joined: verdict.ordersJoined,
      rejected: verdict.rejected.length,
      notPlaced: verdict.notPlaced.length,
      unknown: verdict.unknown.length,
      open: verdict.open.length,
      pending: verdict.pending.length,
      reasons: outcome.reasons,
      fills: outcome.fills,
      facts: outcome.facts
    },
    violations,
    tookMs: Math.round(tookMs),
    environment: environment(loadAtStart)
  }
}
export type FaultRecord = ReturnType<typeof record>

const seconds = (ms: number): string => (ms / 1000).toFixed(2)

export const killLine = (kill: Kill, number: number, wanted: number): string => {
  const accepted = `${seconds(Math.min(...kill.acceptMs))}–${seconds(Math.max(...kill.acceptMs))} s`
  const settled = Object.entries(kill.settledAs).map(([type, times]) => `${times} ${type}`)
  return [
    `kill ${String(number).padStart(3)}/${wanted}`,
    `${kill.node} at ${kill.point.padEnd(16)}`,
    `${kill.accountsOnIt.length} accounts accept again in ${accepted}`,
    `${kill.inFlight} in flight settled in ${seconds(Math.max(...kill.settledMs))} s (${settled.join(", ")})`
  ].join("  ")
}

export const summary = (found: FaultRecord): string => {
  const { failover, orders, settled, violations } = found
  const states = Object.entries(orders.byState).map(([state, count]) => `${count} ${state}`)
  return [
    `${failover.kills} kills in ${seconds(found.tookMs)} s on ${found.environment.cpus} cores (load ${found.environment.loadAtStart.toFixed(1)} at the start)`,
    `accounts accept commands again: median ${seconds(failover.medianMs)} s, p99 ${seconds(failover.p99Ms)} s, worst ${seconds(failover.maxMs)} s (${failover.count} takeovers)`,
    `orders in flight settled: median ${seconds(settled.medianMs)} s, worst ${seconds(settled.maxMs)} s (${settled.count} orders)`,
    `orders: ${states.join(", ")}; ${orders.fills} fills`,
    `lost ${failover.lost}, duplicated ${failover.duplicated}, misfilled ${failover.misfilled}, violations ${violations.length}`,
    ...violations.map((violation) => `  violation: ${violation}`)
  ].join("\n")
}

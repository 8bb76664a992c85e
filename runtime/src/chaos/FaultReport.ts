/** What fault runs found, as the JSON record that `npm run faults` and `outcry chaos` write. Times in ms. */
import type { Verdict } from "@outcry/exchange-sim/Checker"
import os from "node:os"
import type { FloorSpec } from "./FloorSpec.ts"
import type { Freeze, FreezeRun } from "./FreezeRun.ts"
import type { Kill } from "./KillRound.ts"
import type { KillRun } from "./KillRun.ts"
import type { QuietRun } from "./QuietRun.ts"
import type { SuiteOutcome } from "./ScenarioSuite.ts"
import { type Invariant, invariants, type Violation } from "./Stage.ts"

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

/** A bug that was planted, and what caught it. */
export interface PlantedFinding {
  readonly name: string
  readonly by: "seeds" | "scenarios" | "races"
  /** Runs that were needed, the one that caught it included. */
  readonly after: number
  readonly caught: boolean
}

export interface SimulationFinding {
  readonly seeds: number
  readonly violations: ReadonlyArray<Violation & { readonly seed: number }>
  /** Of the traces of all seeds, in their order; of one seed, that seed's. */
  readonly traceHash: string
  readonly ms: number
}

/** What was run; absent parts were not asked for. */
export interface FaultFindings {
  readonly simulation?: SimulationFinding
  readonly planted?: ReadonlyArray<PlantedFinding>
  readonly suite?: SuiteOutcome
  readonly kills?: KillRun
  readonly freezes?: FreezeRun
  readonly quiet?: QuietRun
}

const machine = (loadAtStart: number) => ({
  platform: `${process.platform} ${process.arch} ${os.release()}`,
  cpus: os.cpus().length,
  cpu: os.cpus()[0]?.model ?? "",
  memoryMiB: Math.round(os.totalmem() / 1024 / 1024),
  /** One-minute load averages: others may have shared the machine. */
  loadAtStart,
  loadAtEnd: os.loadavg()[0] ?? 0
})

/** All zero where no kill was asked for. */
const failoverOf = (kills: ReadonlyArray<Kill>, verdict: Verdict | undefined) => ({
  kills: kills.length,
  ...spread(kills.flatMap((kill) => kill.acceptMs)),
  lost: verdict?.ordersLost.length ?? 0,
  duplicated: verdict?.ordersDuplicated.length ?? 0,
  misfilled: verdict?.misfilled.length ?? 0,
  settled: spread(kills.flatMap((kill) => kill.settledMs)),
  tradingAgain: spread(kills.flatMap((kill) => kill.tradingMs)),
  goals: { medianMs: 1_200, p99Ms: 3_500 }
})

const freezesOf = (freezes: ReadonlyArray<Freeze>, verdict: Verdict | undefined) => ({
  count: freezes.length,
  zombieAppends: freezes.reduce((sum, freeze) => sum + freeze.zombieAppends, 0),
  zombieOrders: freezes.reduce((sum, freeze) => sum + freeze.zombieOrders, 0),
  takeover: spread(freezes.flatMap((freeze) => freeze.acceptMs)),
  stopped: spread(freezes.flatMap(({ stopMs }) => (stopMs === undefined ? [] : [stopMs]))),
  lost: verdict?.ordersLost.length ?? 0,
  duplicated: verdict?.ordersDuplicated.length ?? 0
})

const byInvariant = (found: ReadonlyArray<Violation>): Readonly<Record<Invariant, ReadonlyArray<string>>> => {
  const of = (wanted: Invariant) => found.filter(({ invariant }) => invariant === wanted).map(({ detail }) => detail)
  const [I1, I2, I3, I4, I5, I6, I7, I8] = invariants.map(of)
  return { I1: I1!, I2: I2!, I3: I3!, I4: I4!, I5: I5!, I6: I6!, I7: I7!, I8: I8! }
}

export interface RecordInput {
  readonly found: FaultFindings
  readonly spec: Partial<FloorSpec>
  readonly tookMs: number
  readonly loadAtStart: number
  readonly versions: Readonly<Record<string, string>>
  /** The command that runs it again. */
  readonly again: string
}

export const record = ({ again, found, loadAtStart, spec, tookMs, versions }: RecordInput) => {
  const { freezes, kills, planted, quiet, simulation, suite } = found
  const violations = [
    ...(simulation?.violations ?? []).map(({ detail, invariant, seed }) => ({
      invariant,
      detail: `seed ${seed}: ${detail}`
    })),
    ...(suite?.results ?? []).flatMap((result) =>
      result.violations.map(({ detail, invariant }) => ({ invariant, detail: `scenario ${result.seed}: ${detail}` }))
    ),
    ...(suite?.atEnd ?? []),
    ...(kills?.violations ?? []),
    ...(freezes?.violations ?? []),
    ...(quiet?.violations ?? [])
  ]
  return {
    seeds: simulation?.seeds ?? 0,
    scenarios: suite?.results ?? [],
    /** What this machine cannot do; nothing else is ever left out. */
    skipped: (suite?.results ?? [])
      .filter(({ verdict }) => verdict === "skipped")
      .map(({ faults, reason, seed }) => ({ seed, faults, reason })),
    violations: byInvariant(violations),
    planted: {
      caught: planted?.filter(({ caught }) => caught).length ?? 0,
      total: planted?.length ?? 0,
      bugs: planted ?? []
    },
    failover: failoverOf(kills?.kills ?? [], kills?.outcome.verdict),
    freezes: freezesOf(freezes?.freezes ?? [], freezes?.outcome.verdict),
    ...(quiet === undefined ? {} : { quiet: { minutes: quiet.minutes, falseTakeovers: quiet.falseTakeovers } }),
    ...(simulation === undefined ? {} : { simulation: { ms: simulation.ms, traceHash: simulation.traceHash } }),
    details: {
      kills: kills?.kills ?? [],
      killsWithNothingInFlight: kills?.idleKills.length ?? 0,
      killOrders: kills === undefined ? undefined : { byState: kills.outcome.byState, reasons: kills.outcome.reasons },
      freezes: freezes?.freezes ?? []
    },
    floor: { nodes: spec.nodes, accounts: spec.accounts, strategies: spec.strategies?.map(({ name }) => name) ?? [] },
    machine: machine(loadAtStart),
    versions: { node: process.version, ...versions },
    tookMs: Math.round(tookMs),
    again
  }
}
export type FaultRecord = ReturnType<typeof record>

export const violationCount = (found: FaultRecord): number =>
  Object.values(found.violations).reduce((sum, each) => sum + each.length, 0)

export const plural = (count: number, one: string): string => `${count} ${one}${count === 1 ? "" : "s"}`

/** The verdict in one line, with what it does not speak for. */
export const verdictText = (found: FaultRecord): string => {
  const { caught, total } = found.planted
  const missed = caught < total ? `, ${plural(total - caught, "planted bug")} not caught` : ""
  const skipped = found.skipped.map(({ faults, reason, seed }) => `#${seed} ${faults.join(" + ")}: ${reason}`)
  const without =
    skipped.length === 0
      ? ""
      : `; ${plural(skipped.length, "scenario")} skipped, which this machine cannot do (${skipped.join("; ")})`
  const said = violationCount(found) === 0 ? "nothing was violated" : plural(violationCount(found), "violation")
  return `${held(found) ? "HELD" : "VIOLATED"}: ${said}${missed}${without}`
}

/** Whether everything that was asked for held: nothing violated, every planted bug caught. */
export const held = (found: FaultRecord): boolean =>
  violationCount(found) === 0 && found.planted.caught === found.planted.total

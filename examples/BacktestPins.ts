/** Which back-test of each example is pinned: strategy, data and settings, over real data where they are. */
import { existsSync } from "node:fs"
import { join, resolve } from "node:path"

const folder = process.env["OUTCRY_DATA"] ?? resolve(import.meta.dirname, "../../shared/data")

const daily = (name: string): string => join(folder, "equities-daily", `${name}.zip`)
const recorded = (symbol: string): ReadonlyArray<string> =>
  ["20240808", "20240809"].map((day) => join(folder, "binance-spot-ws", `${symbol}_${day}.gz`))

const bitcoin = recorded("btcusdt")
const both = [...bitcoin, ...recorded("ethusdt")]

export interface PinnedRun {
  readonly name: string
  readonly file: string
  readonly on: ReadonlyArray<string>
  readonly kind: "event" | "vectorised"
  readonly parameters?: ReadonlyArray<string>
  readonly feeBps: number
}

const onBoth = (name: string, file: string, on: string): ReadonlyArray<PinnedRun> =>
  (["event", "vectorised"] as const).map((kind) => ({ name: `${name}, ${kind}`, file, on: [on], kind, feeBps: 1 }))

const onFrames = (name: string, file: string, on: ReadonlyArray<string>, parameters: ReadonlyArray<string> = []) => ({
  name,
  file,
  on,
  kind: "event" as const,
  parameters,
  feeBps: 1
})

const follower = [
  ["2002-01-02", 1],
  ["2003-03-12", 0],
  ["2003-06-02", 1],
  ["2008-01-15", -1],
  ["2009-03-09", 1],
  ["2020-02-24", 0],
  ["2020-04-06", 1]
]
  .map(([day, target]) => `${day}T00:00:00Z ${target}`)
  .join("; ")

export const pinnedRuns: ReadonlyArray<PinnedRun> = [
  {
    name: "moving-average-cross",
    file: "01-moving-average-cross.ts",
    on: [daily("spy")],
    kind: "event",
    parameters: ["fast=20", "slow=100"],
    feeBps: 1
  },
  onFrames("market-maker", "02-market-maker.ts", bitcoin, ["quantity=0.01"]),
  onFrames("pairs-spread", "03-pairs-spread.ts", both),
  ...onBoth("rsi-reversal", "06-rsi-reversal.ts", daily("spy")),
  ...onBoth("bollinger-breakout", "07-bollinger-breakout.ts", daily("qqq")),
  ...onBoth("macd-trend", "08-macd-trend.ts", daily("spy")),
  onFrames("grid", "09-grid.ts", bitcoin, ["quantity=0.01"]),
  onFrames("cost-averaging", "10-dca.ts", bitcoin),
  onFrames("portfolio-rebalancer", "11-portfolio-rebalancer.ts", both),
  {
    name: "signal-follower",
    file: "12-signal-follower.ts",
    on: [daily("qqq")],
    kind: "event",
    parameters: ["quantity=400", "staleSec=86400", `signals=${follower}`],
    feeBps: 1
  },
  ...onBoth("channel-reversal, declared", "declared/channel-reversal.yaml", daily("qqq"))
]

const missing = [...new Set(pinnedRuns.flatMap(({ on }) => on))].filter((path) => !existsSync(path))
export const areDataMissing = missing.length > 0
export const whySkipped = areDataMissing ? ` [skipped: no ${missing[0]}; set OUTCRY_DATA]` : ""

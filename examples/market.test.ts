/** The example strategies find trades whatever the market is: agents of another seed, or recorded frames of a real one. */
import { Report } from "@outcry/runtime/report/Report"
import { LiveFloor } from "@outcry/testkit/LiveFloor"
import { Outcry, type Result } from "@outcry/testkit/Outcry"
import { Schema } from "effect"
import { existsSync } from "node:fs"
import { join, resolve } from "node:path"
import { afterEach, beforeEach, expect, it } from "vitest"

const recordings = join(
  process.env["OUTCRY_DATA"] ?? resolve(import.meta.dirname, "../../shared/data"),
  "binance-spot-ws"
)
const recording = (name: string): string => join(recordings, name)
const complete = ["btcusdt_20240808.gz", "ethusdt_20240808.gz"].map(recording)
/** Recorded from the middle of a stream: no depth snapshot at its beginning. */
const torn = recording("ethusdt_20240809.gz")
const missing = [...complete, torn].some((file) => !existsSync(file))
const whySkipped = missing ? ` [skipped: no recordings in ${recordings}; set OUTCRY_DATA]` : ""

let outcry: Outcry
beforeEach(() => {
  outcry = new Outcry()
})
afterEach(() => outcry.close())

const strategies = ["market-maker", "moving-average-cross", "pairs-spread"]

const reportOf = (floor: LiveFloor): Report => Schema.decodeUnknownSync(Report)(floor.report())

const expectClean = (report: Report): void => {
  const { invariantViolations, ordersDuplicated, ordersLost, ordersMisfilled } = report
  expect({ invariantViolations, ordersDuplicated, ordersLost, ordersMisfilled }).toEqual({
    invariantViolations: [],
    ordersDuplicated: 0,
    ordersLost: 0,
    ordersMisfilled: 0
  })
}

const stopOnceAllFilled = async (floor: LiveFloor): Promise<Result> => {
  await floor.waitFor(
    "a fill of every strategy",
    ({ strategies: seen }) => seen.length === strategies.length && seen.every(({ fills }) => fills > 0)
  )
  return floor.stop()
}

it("trades with every example on the agents of another seed", { timeout: 120_000 }, async () => {
  const floor = await LiveFloor.start(outcry, ["--nodes", "1", "--seed", "42"])
  const { code, stderr } = await stopOnceAllFilled(floor)
  expect(code, stderr).toBe(0)
  const report = reportOf(floor)
  expect(report).toMatchObject({ seed: 42, market: { kind: "agents", recordings: [] } })
  for (const { fills, name } of report.strategies) expect(fills, name).toBeGreaterThan(0)
  expect(report.strategies.map(({ name }) => name).toSorted()).toEqual(strategies)
  expectClean(report)
  expect(outcry.processes()).toEqual([])
})

it.skipIf(missing)(`trades with every example on recorded frames${whySkipped}`, { timeout: 120_000 }, async () => {
  const floor = await LiveFloor.start(outcry, ["--nodes", "1", ...complete.flatMap((file) => ["--replay", file])])
  const { code, stderr } = await stopOnceAllFilled(floor)
  expect(code, stderr).toBe(0)
  const report = reportOf(floor)
  expect(report).toMatchObject({ market: { kind: "replay", recordings: complete } })
  // Prices are those of that day in August 2024, not the agents'.
  for (const { bid, instrument } of report.feeds) {
    expect(Number(bid) / (instrument === "sim:BTC/USDT" ? 61_800 : 2_680)).toBeCloseTo(1, 1)
  }
  for (const { fills, name } of report.strategies) expect(fills, name).toBeGreaterThan(0)
  expect(report.strategies.map(({ name }) => name).toSorted()).toEqual(strategies)
  expect(report.fills).toBe(floor.loggedFills().length)
  expectClean(report)
  expect(outcry.processes()).toEqual([])
})

it.skipIf(missing)(`says that a replay does not begin with a snapshot${whySkipped}`, async () => {
  const floor = await LiveFloor.start(outcry, ["--nodes", "1", "--for", "1s", "--replay", torn])
  const { code, stderr } = await floor.running.ended
  expect(code, stderr).toBe(0)
  expect(stderr).toMatch(/ethusdt_20240809\.gz does not begin with a depth snapshot/)
  const { endedBy, warnings } = reportOf(floor)
  expect(endedBy).toBe("--for 1.0 s")
  expect(warnings.join("\n")).toMatch(/does not begin with a depth snapshot/)
  expect(warnings.join("\n")).toMatch(/pairs-spread does not run: the recordings hold no sim:BTC\/USDT/)
  expect(outcry.processes()).toEqual([])
})

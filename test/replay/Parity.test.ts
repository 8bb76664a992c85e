/**
 * Parity: the same strategies over the same recorded frames, back-tested and on a floor in lock-step, twice each. All four
 * runs must give the same orders, fills and decision times.
 */
import { type OrdersAndFills, ordersAndFillsOf, type RecordedFact } from "@outcry/backtest/RecordedFacts"
import { RecordedRun } from "@outcry/backtest/RecordedRun"
import { type HeldRecording, holdRecording } from "@outcry/exchange-sim/HeldMarket"
import { listings } from "@outcry/exchange-sim/Listings"
import { Recording } from "@outcry/exchange-sim/Recording"
import type { Instrument } from "@outcry/model/Instrument"
import * as Limits from "@outcry/model/Limits"
import type { StrategyDefinition } from "@outcry/model/Strategy"
import { defaults } from "@outcry/runtime/FloorConfig"
import { seedOf } from "@outcry/actor-strategy/StrategySeed"
import { createHash } from "node:crypto"
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { gunzipSync, gzipSync } from "node:zlib"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import parity from "./ParityStrategy.ts"
import { replayOnFloor } from "./ReplayFloor.ts"

const data = process.env["OUTCRY_DATA"] ?? resolve(import.meta.dirname, "../../../shared/data")
const symbols = ["btcusdt", "ethusdt"]
const whole = symbols.map((symbol) => join(data, "binance-spot-ws", `${symbol}_20240808.gz`))
const missing = whole.find((path) => !existsSync(path))
const whySkipped = missing === undefined ? "" : ` [skipped: no recording ${missing}; set OUTCRY_DATA]`

/** Length of the cut from the first frame of all, seconds of market time. */
const cutSeconds = 10
const [btc, eth] = listings.map(({ instrument }) => instrument) as [Instrument, Instrument]
/** Three strategies on one account, two of them in one market: whose turn it is counts, too. */
const parameters = [
  { instrument: btc.id, quantity: "0.001", positionMax: "0.05" },
  { instrument: btc.id, quantity: "0.002", positionMax: "0.02" },
  { instrument: eth.id, quantity: "0.02", positionMax: "0.5" }
]
const names = parameters.map((_, index) => (index === 0 ? parity.name : `${parity.name}-${index + 1}`))

let folder = ""
let cuts: ReadonlyArray<string> = []
let held: ReadonlyArray<HeldRecording> = []

beforeAll(async () => {
  if (missing !== undefined) return
  folder = mkdtempSync(join(tmpdir(), "outcry-parity-"))
  const frames = whole.map((path) => gunzipSync(readFileSync(path)).toString("utf8").split("\n"))
  const seconds = (line: string): number => Number(line.slice(0, 13)) / 1_000
  const untilSeconds = Math.min(...frames.map(([first]) => seconds(first!))) + cutSeconds
  cuts = frames.map((lines, index) => {
    const path = join(folder, `${symbols[index]}.gz`)
    const kept = lines.slice(
      0,
      lines.findIndex((line) => seconds(line) > untilSeconds)
    )
    writeFileSync(path, gzipSync(`${kept.join("\n")}\n`))
    return path
  })
  const recording = await Recording.open(cuts)
  held = [await holdRecording(recording, btc), await holdRecording(recording, eth)]
})

afterAll(() => {
  if (folder !== "") rmSync(folder, { recursive: true, force: true })
})

const backtest = () =>
  new RecordedRun({
    recordings: held,
    accounts: [{ name: "paper-1", balances: defaults.balances, limits: Limits.defaults }],
    strategies: names.map((name, index) => ({
      name,
      definition: parity as unknown as StrategyDefinition<unknown, unknown>,
      parameters: parameters[index],
      account: "paper-1",
      seed: seedOf(name)
    }))
  }).run()

/** Times of decisions by the market, one line for each order. */
const decisions = (facts: ReadonlyArray<RecordedFact>): ReadonlyArray<string> =>
  facts
    .filter(({ type }) => type === "OrderIntended" || type === "IntentRefused" || type === "CancelRequested")
    .map(({ payload, timeUs, type }) => {
      const { intentSeq, strategy, timeDecided } = payload as Readonly<Record<string, unknown>>
      return `${type} ${String(strategy)}/${String(intentSeq)} decided ${String(timeDecided)} at ${timeUs}`
    })

const hashOf = (facts: ReadonlyArray<RecordedFact>): string =>
  createHash("sha256").update(decisions(facts).join("\n")).digest("hex")

const floor = async (endUs: number): Promise<OrdersAndFills & { readonly facts: ReadonlyArray<RecordedFact> }> => {
  const module = join(import.meta.dirname, "ParityStrategy.ts")
  const { ended, facts } = await replayOnFloor(cuts, module, parameters)
  expect(ended.code, ended.stderr).toBe(0)
  return { ...ordersAndFillsOf(facts, [btc, eth], endUs), facts }
}

describe.skipIf(missing !== undefined)(`parity of floor and back-test in lock-step${whySkipped}`, () => {
  it("gives the same orders, fills and decision times, twice each", { timeout: 600_000 }, async () => {
    const [one, two] = [backtest(), backtest()]
    expect(two.hash).toBe(one.hash)
    const facts = one.facts.get("paper-1")!
    const first = await floor(one.to)
    expect(first.fills).toEqual(one.fills)
    expect(first.orders).toEqual(one.orders)
    expect(decisions(first.facts)).toEqual(decisions(facts))
    const second = await floor(one.to)
    expect([second.hash, hashOf(second.facts)]).toEqual([first.hash, hashOf(first.facts)])
    expect(first.hash).toBe(one.hash)
    const makers = one.fills.filter(({ liquidity }) => liquidity === "maker").length
    console.log(
      `parity: ${one.orders.length} orders, ${one.fills.length} fills (${makers} as maker), ${one.events} market events`
    )
    expect(one.fills.length).toBeGreaterThan(50)
    expect(makers).toBeGreaterThan(5)
    expect(one.orders.some(({ status }) => status === "canceled")).toBe(true)
  })
})

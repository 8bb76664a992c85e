/**
 * Parity: the same strategies over the same recorded frames, back-tested and on a floor in lock-step, twice each. All four
 * runs must give the same orders, fills and decision times.
 */
import { type OrdersAndFills, ordersAndFillsOf, type RecordedFact } from "@outcry/backtest/RecordedFacts"
import { RecordedRun } from "@outcry/backtest/RecordedRun"
import { type HeldRecording, holdRecording } from "@outcry/exchange-sim/HeldMarket"
import { listings } from "@outcry/exchange-sim/Listings"
import { Recording } from "@outcry/exchange-sim/Recording"
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
const whole = join(data, "binance-spot-ws", "btcusdt_20240808.gz")
const isMissing = !existsSync(whole)
const whySkipped = isMissing ? ` [skipped: no recording ${whole}; set OUTCRY_DATA]` : ""

/** Frames of the cut: 18 s of BTCUSDT. */
const framesCut = 2_000
const { instrument } = listings[0]!
/** Two strategies on one account: whose turn it is counts, too. */
const parameters = [
  { instrument: instrument.id, quantity: "0.001", positionMax: "0.05" },
  { instrument: instrument.id, quantity: "0.002", positionMax: "0.02" }
]
const names = [parity.name, `${parity.name}-2`]

let folder = ""
let cut = ""
let held: HeldRecording

beforeAll(async () => {
  if (isMissing) return
  folder = mkdtempSync(join(tmpdir(), "outcry-parity-"))
  cut = join(folder, "btcusdt.gz")
  const lines = gunzipSync(readFileSync(whole)).toString("utf8").split("\n", framesCut)
  writeFileSync(cut, gzipSync(`${lines.join("\n")}\n`))
  held = await holdRecording(await Recording.open([cut]), instrument)
})

afterAll(() => {
  if (folder !== "") rmSync(folder, { recursive: true, force: true })
})

const backtest = () =>
  new RecordedRun({
    recordings: [held],
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

const floor = async (): Promise<OrdersAndFills & { readonly facts: ReadonlyArray<RecordedFact> }> => {
  const module = join(import.meta.dirname, "ParityStrategy.ts")
  const { ended, facts } = await replayOnFloor(cut, module, parameters)
  expect(ended.code, ended.stderr).toBe(0)
  return { ...ordersAndFillsOf(facts, [instrument], held.steps.at(-1)!.timeUs), facts }
}

describe.skipIf(isMissing)(`parity of floor and back-test in lock-step${whySkipped}`, () => {
  it("gives the same orders, fills and decision times, twice each", { timeout: 600_000 }, async () => {
    const [one, two] = [backtest(), backtest()]
    expect(two.hash).toBe(one.hash)
    const facts = one.facts.get("paper-1")!
    const first = await floor()
    expect(first.fills).toEqual(one.fills)
    expect(first.orders).toEqual(one.orders)
    expect(decisions(first.facts)).toEqual(decisions(facts))
    const second = await floor()
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

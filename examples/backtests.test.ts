/**
 * Every example over real data, by the functions of `outcry backtest`: the same result to the bit, with the figures people
 * look at first beside the hash. What changed on purpose is pinned anew by
 * `OUTCRY_PIN=1 node_modules/.bin/vitest run --project=real examples/backtests.test.ts`, then `npm run format`.
 */
import { runBacktestJob, termsByDefault } from "@outcry/runtime/research/BacktestJob"
import { loadResearchStrategy } from "@outcry/runtime/research/ResearchStrategy"
import { loadRunData, type RunData } from "@outcry/runtime/research/RunData"
import { Effect } from "effect"
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { afterAll, describe, expect, it } from "vitest"
import { areDataMissing, type PinnedRun, pinnedRuns, whySkipped } from "./BacktestPins.ts"

interface Pin {
  readonly trades: number
  readonly fills: number
  readonly totalReturn: string
  readonly maxDrawdown: string
  readonly fees: string
  readonly warnings: ReadonlyArray<string>
  readonly hash: string
}

const file = join(import.meta.dirname, "backtest-pins.json")
const pins = JSON.parse(readFileSync(file, "utf8")) as Readonly<Record<string, Pin>>
const isPinning = process.env["OUTCRY_PIN"] === "1"
const found: Record<string, Pin> = {}

/** Data are read once, however many run on them. */
const known = new Map<string, Promise<RunData>>()
const dataOf = (on: ReadonlyArray<string>): Promise<RunData> => {
  const key = on.join()
  const data = known.get(key) ?? loadRunData(on, { store: "" })
  known.set(key, data)
  return data
}

const run = async ({ feeBps, file: module, kind, on, parameters = [] }: PinnedRun): Promise<Pin> => {
  const data = await dataOf(on)
  const { metrics, result } = await Effect.runPromise(
    Effect.gen(function* () {
      const strategy = yield* loadResearchStrategy(join(import.meta.dirname, module))
      return yield* runBacktestJob(strategy, data, { ...termsByDefault, kind, parameters, feeBps })
    })
  )
  const percent = (key: string): string => {
    const value = metrics.find((metric) => metric.key === key)?.value
    return value === undefined ? "none" : `${(value * 100).toFixed(4)} %`
  }
  return {
    trades: result.trades.length,
    fills: result.fills.length,
    totalReturn: percent("totalReturn"),
    maxDrawdown: percent("maxDrawdown"),
    fees: result.costs.fees.toFixed(2),
    warnings: result.warnings.map(({ code }) => code),
    hash: result.hash
  }
}

describe.skipIf(areDataMissing)(`the examples over real data${whySkipped}`, () => {
  afterAll(() => {
    if (isPinning) writeFileSync(file, `${JSON.stringify(found, undefined, 2)}\n`)
  })

  it.each(pinnedRuns)("$name gives what is pinned", async (pinned) => {
    const pin = await run(pinned)
    found[pinned.name] = pin
    expect(pin.fills).toBeGreaterThan(0)
    if (!isPinning) expect(pin).toEqual(pins[pinned.name])
  })

  it("gives the same a second time", async () => {
    for (const pinned of [pinnedRuns[1]!, pinnedRuns[3]!]) expect(await run(pinned)).toEqual(found[pinned.name])
  })
})

describe("the pins", () => {
  it("are of every example that trades by itself, and of no other", () => {
    expect(Object.keys(pins)).toEqual(pinnedRuns.map(({ name }) => name))
  })
})

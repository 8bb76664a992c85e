import { refusalReasons } from "@outcry/model/Refusal"
import { SeededRandom } from "@outcry/model/SeededRandom"
import { describe, expect, it } from "vitest"
import type { BacktestResult, Funnel } from "../../src/BacktestResult.ts"
import { blockingStage, funnelStages } from "../../src/report/Funnel.ts"
import { tenYears, withoutTrades } from "./SampleRun.ts"

const none: Funnel = { events: 100, signals: 0, intents: 0, refusals: {}, orders: 0, fills: 0 }
const base = withoutTrades()
const run = (funnel: Partial<Funnel>, orders: BacktestResult["orders"] = []): BacktestResult => ({
  ...base,
  orders,
  funnel: { ...none, ...funnel }
})

describe("a run that did not trade", () => {
  it.each([
    ["no events", { events: 0 }, "events", "range"],
    ["no signal", {}, "signals", "never met"],
    ["signals without intents", { signals: 5 }, "intents", "5 signals"],
    ["refusals", { signals: 5, intents: 5, refusals: { StalePrice: 1, PriceCollar: 4 } }, "PriceCollar", "4 of 5"],
    ["intents without refusal or order", { signals: 5, intents: 5 }, "orders", "5 intents"],
    ["orders without fills", { signals: 5, intents: 5, orders: 5 }, "fills", "5 orders"]
  ])("is blocked by name: %s", (_, funnel, key, cause) => {
    const found = blockingStage(run(funnel))!
    expect(found.key).toBe(key)
    expect(found.cause).toContain(cause)
    expect(found.remedy.length).toBeGreaterThan(20)
  })

  it("says how its orders ended", () => {
    const order = { ...tenYears(1).orders[0]!, filledLots: 0, status: "rejected" as const, reason: "no funds" }
    expect(blockingStage(run({ intents: 2, orders: 2 }, [order, order]))!.cause).toContain("2 rejected (no funds)")
  })

  it("always has a stage that its list shows", () => {
    const random = new SeededRandom(19)
    const some = (): number => (random.chance(0.5) ? 0 : random.between(1, 1000))
    for (let round = 0; round < 2000; round++) {
      const refusals = random.chance(0.5) ? {} : { [random.pick(refusalReasons)]: some(), AnotherReason: some() }
      const result = run({ events: some(), signals: some(), intents: some(), refusals, orders: some() })
      const found = blockingStage(result)
      expect(found, JSON.stringify(result.funnel)).toBeDefined()
      expect(funnelStages(result).map(({ key }) => key)).toContain(found!.key)
    }
  })

  it.each(refusalReasons)("knows what to do about %s", (reason) => {
    const found = blockingStage(run({ signals: 1, intents: 1, refusals: { [reason]: 1 } }))!
    expect(found.key).toBe(reason)
    expect(found.remedy).not.toContain("documentation")
  })
})

it("names no blocking stage of a run that traded", () => {
  expect(blockingStage(tenYears(3))).toBeUndefined()
})

it("lists checks in the order in which they are made, and only those that refused", () => {
  const stages = funnelStages(
    run({ refusals: { InsufficientBalance: 2, Other: 1, UnknownInstrument: 3, PriceCollar: 0 } })
  )
  expect(stages.map(({ key }) => key)).toEqual([
    "events",
    "signals",
    "intents",
    "UnknownInstrument",
    "InsufficientBalance",
    "Other",
    "orders",
    "fills"
  ])
})

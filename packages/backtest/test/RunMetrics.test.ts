/** The fast figures of runs are those that analytics gives for the same curve, however a run tells its equity. */
import { objectivesOf } from "@outcry/analytics/Objective"
import { SeededRandom } from "@outcry/model/SeededRandom"
import { describe, expect, it } from "vitest"
import { metricsRecord, RunMetrics } from "../src/RunMetrics.ts"
import { PriceHistory } from "../src/vector/PriceHistory.ts"

const periodsPerYear = 252
const start = 1000
const counts = { trades: 0, wins: 0, gains: 0, losses: 0 }

/** A walk from `start` that stands still now and then, and always stays above 0. */
const walked = (seed: number, rows: number): Float64Array => {
  const random = new SeededRandom(seed)
  let price = start
  return Float64Array.from({ length: rows }, (_, row) => {
    if (row > 0 && random.between(0, 5) > 0) price *= 1 + random.between(-400, 410) / 10_000
    return price
  })
}

const byTakes = (equity: Float64Array): RunMetrics => {
  const metrics = new RunMetrics()
  metrics.begin(start, equity[0]!)
  for (const value of equity.subarray(1)) metrics.take(value)
  return metrics
}

const byHolding = (cash: number, quantity: number, price: Float64Array): RunMetrics => {
  const metrics = new RunMetrics()
  metrics.begin(start, cash + quantity * price[0]!)
  expect(metrics.takeHeld(cash, quantity, price, 1, price.length)).toBe(-1)
  return metrics
}

const byWhole = (price: Float64Array): RunMetrics => {
  const metrics = new RunMetrics()
  metrics.begin(start, price[0]!)
  metrics.takeWhole(1, price, new PriceHistory(price), 1, price.length)
  return metrics
}

const expectAlike = (metrics: RunMetrics, equity: Float64Array): void => {
  metrics.finish(equity.length, 0, periodsPerYear, counts)
  const ours = metricsRecord(metrics.values)
  const theirs = objectivesOf(equity, periodsPerYear)
  for (const name of ["totalReturn", "sharpe", "sortino", "calmar"] as const) {
    const [mine, other] = [ours[name], theirs[name]]
    expect(mine === undefined, name).toBe(other === undefined)
    if (other !== undefined) expect(Math.abs(mine! - other), name).toBeLessThan(1e-9 * Math.max(1, Math.abs(other)))
  }
  // Here a drawdown is how much was lost, there it is the return of the fall.
  expect(ours["maxDrawdown"]).toBeCloseTo(0 - theirs.maxDrawdown!, 12)
}

const seeds = Array.from({ length: 40 }, (_, seed) => seed + 1)

describe("the figures of a run", () => {
  it.each(seeds)("are those of analytics (seed %i)", (seed) => {
    const price = walked(seed, 2 + ((seed * 37) % 700))
    expectAlike(byTakes(price), price)
    expectAlike(byWhole(price), price)
    expectAlike(
      byHolding(start / 2, 0.5, price),
      price.map((each) => start / 2 + 0.5 * each)
    )
  })

  it("are absent where analytics has none: a curve that only rises, and one that stands still", () => {
    const rises = Float64Array.from({ length: 50 }, (_, row) => start + row)
    expectAlike(byTakes(rises), rises)
    const stands = new Float64Array(50).fill(start)
    expectAlike(byTakes(stands), stands)
    expect(objectivesOf(rises, periodsPerYear).sharpe).toBeGreaterThan(0)
    expect(objectivesOf(stands, periodsPerYear).sharpe).toBeUndefined()
  })
})

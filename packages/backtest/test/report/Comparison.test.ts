import { describe, expect, it } from "vitest"
import type { BacktestResult } from "../../src/BacktestResult.ts"
import { compareRuns } from "../../src/report/Comparison.ts"
import { comparisonPage } from "../../src/report/ComparisonPage.ts"
import { runDifference } from "../../src/report/RunDifference.ts"
import { sampleMetrics, tenYears } from "./SampleRun.ts"

const run = tenYears(30)
const withOrders = (change: (orders: BacktestResult["orders"]) => BacktestResult["orders"]): BacktestResult => ({
  ...run,
  orders: change(run.orders)
})

describe("two runs, decision by decision", () => {
  it("are equal when only the numbers of their orders differ", () => {
    const other = withOrders((orders) => orders.map((order) => ({ ...order, orderSeq: order.orderSeq + 100 })))
    expect(runDifference(run, other)).toMatchObject({ equal: true, outcome: undefined, fills: { first: undefined } })
  })

  it("differ first in an order's price, with what stood around it", () => {
    const other = withOrders((orders) =>
      orders.map((order) => (order.orderSeq === 7 ? { ...order, priceTicks: order.priceTicks + 1, lots: 1 } : order))
    )
    const { decisions, equal } = runDifference(run, other)
    const { first } = decisions
    expect(equal).toBe(false)
    expect(first!.fields).toEqual(["priceTicks", "lots"])
    expect(first!.left!.orderSeq).toBe(7)
    expect(first!.right!.orderSeq).toBe(7)
    expect(first!.before).toHaveLength(3)
    expect(first!.leftAfter).toHaveLength(3)
    expect(first!.before.at(-1)!.timeIntent).toBeLessThanOrEqual(first!.left!.timeIntent)
    expect([decisions.common, decisions.leftOnly, decisions.rightOnly]).toEqual([run.orders.length - 1, 1, 1])
  })

  it("differ where one has no more", () => {
    const last = run.orders.toSorted(
      (one, other) => other.timeIntent - one.timeIntent || other.orderSeq - one.orderSeq
    )[0]!
    const other = withOrders((orders) => orders.filter((order) => order !== last))
    const { first, leftOnly, rightOnly } = runDifference(other, run).decisions
    expect(first!.left).toBeUndefined()
    expect(first!.right).toBeDefined()
    expect(first!.fields).toEqual([])
    expect([leftOnly, rightOnly]).toEqual([0, 1])
  })

  it("tell what became of an order from what was decided", () => {
    const other = withOrders((orders) =>
      orders.map((order) => (order.orderSeq === 3 ? { ...order, status: "canceled" as const, filledLots: 0 } : order))
    )
    const found = runDifference(run, other)
    expect(found.decisions.first).toBeUndefined()
    expect(found.outcome!.fields).toEqual(["status", "filledLots"])
    expect(found.equal).toBe(false)
  })

  it("differ first in a fill's fee", () => {
    const other = { ...run, fills: run.fills.map((fill) => (fill.orderSeq === 5 ? { ...fill, fee: 0 } : fill)) }
    const found = runDifference(run, other)
    expect(found.decisions.first).toBeUndefined()
    expect(found.fills.first!.fields).toEqual(["fee"])
  })
})

describe("a comparison", () => {
  const other: BacktestResult = {
    ...tenYears(45),
    kind: "vectorised",
    strategies: [
      { ...run.strategies[0]!, parameters: { fast: 20, slow: 48, size: "0.25", stop: { kind: "trailing", bps: 150 } } }
    ]
  }
  const runs = [
    { name: "base", result: run, metrics: sampleMetrics(run) },
    { name: "<b>slow</b>", result: other, metrics: sampleMetrics(other).filter(({ key }) => key !== "winRate") }
  ]
  const found = compareRuns(runs)

  it("marks the best of each figure by its direction, and none where there is none", () => {
    const metric = (key: string): (typeof found.metrics)[number] => found.metrics.find((each) => each.key === key)!
    expect(metric("fees").best).toEqual([run.costs.fees > other.costs.fees ? 0 : 1])
    expect(metric("maxDrawdown").best).toEqual([
      metric("maxDrawdown").values[0]! > metric("maxDrawdown").values[1]! ? 0 : 1
    ])
    expect(metric("trades").best).toEqual([])
    expect(metric("winRate").values[1]).toBeNull()
    expect(metric("winRate").best).toEqual([])
    expect(metric("beta").values).toEqual([null, null])
    expect(metric("beta").best).toEqual([])
  })

  it("lists only the settings that differ, and says what to be careful about", () => {
    expect(found.settings.map(({ name }) => name)).toEqual(["kind", "fast"])
    expect(found.settings[1]!.values).toEqual(["12", "20"])
    expect(found.cautions).toEqual([
      "Event-driven and vectorised runs fill orders differently.",
      "base was warned of gapInData.",
      "<b>slow</b> was warned of gapInData."
    ])
  })

  it("survives JSON as it is", () => {
    expect(JSON.parse(JSON.stringify(found))).toEqual(JSON.parse(JSON.stringify(compareRuns(runs))))
    expect(JSON.stringify(found)).not.toContain("NaN")
  })

  it("takes two runs or more", () => {
    expect(() => compareRuns(runs.slice(0, 1))).toThrow(RangeError)
  })

  it("is a page that shows the first difference and runs nothing of its names", () => {
    const html = comparisonPage(runs)
    expect(html).not.toContain("<b>slow</b>")
    expect(html).toContain("&lt;b&gt;slow&lt;/b&gt;")
    expect(html).toContain("The first difference is order")
    expect(html.replace(/<(style|script)\b[^]*?<\/\1>/g, "")).not.toMatch(/NaN|undefined|Infinity/)
    expect(html).toContain('data-chart="growth"')
    expect(html.length).toBeLessThan(500_000)
  })

  it("of many runs stays small", () => {
    const many = Array.from({ length: 20 }, (_, at) => ({ result: tenYears(40 + at), metrics: [] }))
    expect(comparisonPage(many).length).toBeLessThan(2_500_000)
  })

  it("of equal runs says so", () => {
    const html = comparisonPage([runs[0]!, { ...runs[0]!, name: "again" }])
    expect(html).toContain(`All ${run.orders.length} orders and ${run.fills.length} fills are equal.`)
    expect(html).toContain("equal parameters and assumptions")
  })
})

import { expect, it } from "vitest"
import { type DefinedMetric, metricsOf } from "../../src/report/MetricList.ts"

const definition = (key: string): DefinedMetric => ({
  key,
  title: key,
  unit: "ratio",
  definition: "Arithmetic",
  source: "arithmetic",
  better: "none",
  undefinedWhen: "returns do not vary"
})

it("keeps the order of the definitions and says why a figure is missing", () => {
  const found = metricsOf(["a", "b", "c"].map(definition), { c: 0, a: 1.5, b: Number.NaN, other: 3 })
  expect(found.map(({ key, value }) => [key, value])).toEqual([
    ["a", 1.5],
    ["b", undefined],
    ["c", 0]
  ])
  expect(found.map(({ why }) => why)).toEqual([undefined, "It has no value when returns do not vary.", undefined])
  expect(found[0]).not.toHaveProperty("undefinedWhen")
})

import { expect, it } from "vitest"
import { sentencesOf, settingsOf } from "../../src/report/Assumption.ts"
import { tenYears } from "./SampleRun.ts"

it("writes nested settings in words with their units, and keeps their keys", () => {
  const found = settingsOf({
    fees: { makerBps: 2, tiers: [1, 2] },
    latency: { submitUs: 250_000, cancelMs: 1500 },
    shorts: false,
    limit: Number.POSITIVE_INFINITY,
    seedOf: null,
    none: {},
    accounts: [{ id: "main", cash: 10n }]
  })
  expect(found.map(({ key, name, value }) => [key, name, value])).toEqual([
    ["fees.makerBps", "fees · maker", "2 bps"],
    ["fees.tiers", "fees · tiers", "1, 2"],
    ["latency.submitUs", "latency · submit", "250 ms"],
    ["latency.cancelMs", "latency · cancel", "1.5 s"],
    ["shorts", "shorts", "no"],
    ["limit", "limit", "unlimited"],
    ["seedOf", "seed of", "none"],
    ["none", "none", "none"],
    ["accounts.1.id", "accounts · 1 · id", "main"],
    ["accounts.1.cash", "accounts · 1 · cash", "10"]
  ])
})

it("is bounded, and gives nothing for nothing", () => {
  expect(settingsOf({})).toEqual([])
  expect(settingsOf(undefined)).toEqual([])
  expect(settingsOf(Array.from({ length: 5000 }, (_, at) => ({ at }))).length).toBe(200)
  expect(settingsOf({ note: "x".repeat(9000) })[0]!.value.length).toBeLessThan(600)
})

it("says where a vectorised run filled, and that the same close flatters", () => {
  const sentences = (fillAt?: string): string =>
    sentencesOf({ ...tenYears(1), kind: "vectorised", assumptions: fillAt === undefined ? {} : { fillAt } }).join(" ")
  expect(sentences("nextOpen")).toContain("the next bar's open")
  expect(sentences("close")).toContain("it flatters")
  expect(sentences()).toContain("said below")
  expect(sentencesOf(tenYears(1)).join(" ")).toContain("traded at the next event")
})

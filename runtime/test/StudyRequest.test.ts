/** What the command line may say of a search, how batches grow, and what a study refuses before it begins. */
import { Effect } from "effect"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { areDailyBarsMissing, whySkipped } from "@outcry/testkit/DailyBars"
import { BatchSize } from "../src/research/BatchSize.ts"
import { fixedOf, limitsOf, objectivesOf, spaceOf } from "../src/research/SearchText.ts"
import { prepareStudy, type StudyRequest } from "../src/research/StudyRequest.ts"

const root = join(import.meta.dirname, "../..")
const daily = join(process.env["OUTCRY_DATA"] ?? join(root, "../shared/data"), "equities-daily/spy.zip")

describe("a search as it is written", () => {
  it("names ranges, steps and choices", () => {
    expect(spaceOf(["fast=5:104,slow=20:200:10", "width=0.5:3", "side=long|short", "size=1|2"])).toEqual({
      fast: { kind: "integer", min: 5, max: 104 },
      slow: { kind: "integer", min: 20, max: 200, step: 10 },
      width: { kind: "number", min: 0.5, max: 3 },
      side: { kind: "choice", options: ["long", "short"] },
      size: { kind: "choice", options: [1, 2] }
    })
  })

  it.each([
    ["fast", /names no parameter/],
    ["=1:2", /names no parameter/],
    ["fast=1:2:3:4", /4 numbers/],
    ["fast=a:b", /"a" is no number/],
    ["fast=1:", /"" is no number/],
    ["fast=", /nothing to choose/],
    ["fast=1:2,fast=3:4", /twice/]
  ])("refuses %s by name", (text, problem) => {
    expect(() => spaceOf([text])).toThrow(problem)
  })

  it("names figures, limits and what stays as it is", () => {
    expect(objectivesOf([])).toEqual([{ metric: "sharpe", direction: "maximise" }])
    expect(objectivesOf(["sharpe", "-maxDrawdown"])).toEqual([
      { metric: "sharpe", direction: "maximise" },
      { metric: "maxDrawdown", direction: "minimise" }
    ])
    expect(limitsOf(["trades >= 30", "maxDrawdown<=0.3"])).toEqual([
      { metric: "trades", min: 30 },
      { metric: "maxDrawdown", max: 0.3 }
    ])
    expect(() => limitsOf(["trades>30"])).toThrow(/no limit/)
    expect(fixedOf(["size=0.1", "on=true", "name=a=b"])).toEqual({ size: 0.1, on: true, name: "a=b" })
    expect(() => fixedOf(["size"])).toThrow(/KEY=VALUE/)
  })
})

describe("a batch", () => {
  it("grows and shrinks towards a third of a second, by steps that one odd batch cannot make wild", () => {
    const size = new BatchSize()
    expect(size.size).toBe(1)
    size.took(1, 0.1)
    expect(size.size).toBe(4)
    size.took(4, 400)
    expect(size.size).toBe(3)
    size.took(3, 60_000)
    expect(size.size).toBe(1)
    for (let batch = 0; batch < 20; batch++) size.took(size.size, 0)
    expect(size.size).toBe(2_000)
  })
})

describe.skipIf(areDailyBarsMissing)(`a study that is asked for${whySkipped}`, () => {
  const request: StudyRequest = {
    strategy: join(root, "examples/13-average-cross.ts"),
    on: [daily],
    space: { fast: { kind: "integer", min: 5, max: 6 } }
  }
  const prepared = (change: Partial<StudyRequest> = {}) =>
    Effect.runPromise(prepareStudy({ ...request, ...change }, "/nowhere"))

  it("bears one name for one request over the same files, and another for any other", async () => {
    const first = await prepared()
    expect((await prepared()).study).toBe(first.study)
    expect((await prepared({ seed: 2 })).study).not.toBe(first.study)
    expect((await prepared({ on: [daily.replace("spy", "qqq")] })).study).not.toBe(first.study)
    expect(first.order.spec.kind).toBe("vectorised")
    expect(first.order.spec.data[0]?.hash).toMatch(/^[0-9a-f]{64}$/)
  })

  it.each<readonly [string, Partial<StudyRequest>, RegExp]>([
    ["a parameter that there is not", { space: { nope: { kind: "boolean" } } }, /no parameter nope/],
    ["data that are not there", { on: ["nowhere.zip"] }, /no such file/],
    ["a date that is none", { from: "soon" }, /is no date/],
    ["a range that is empty", { from: "2030-01-01", to: "2020-01-01" }, /ends before it begins/],
    ["a parameter both varied and fixed", { fixed: { fast: 5 } }, /searched as well/],
    ["two sets of data at once", { on: [daily, daily] }, /one set of data/]
  ])("refuses %s", async (_what, change, problem) => {
    await expect(prepared(change)).rejects.toThrow(problem)
  })
})

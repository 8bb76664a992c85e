/** `outcry indicators`, as it is typed: what is listed, shown and computed, and what mistakes are answered. */
import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { expectError, Outcry } from "./Outcry.ts"

let outcry: Outcry
beforeEach(() => {
  outcry = new Outcry()
})
afterEach(() => outcry.close())

const header = "time,open,high,low,close,volume"
const bars = [10, 11, 12, 11, 13].map((close, at) => `2026-01-0${at + 1},10,14,9,${close},${100 * (at + 1)}`)

const file = (...lines: ReadonlyArray<string>): string => {
  mkdirSync(outcry.data, { recursive: true })
  const path = join(outcry.data, "bars.csv")
  writeFileSync(path, lines.join("\n"))
  return path
}

const compute = (path: string, ...args: ReadonlyArray<string>) =>
  outcry.run(["indicators", "compute", args[0]!, "--file", path, ...args.slice(1)])

describe("outcry indicators", () => {
  it("lists all, and those that a filter finds", async () => {
    const all = JSON.parse((await outcry.run(["indicators", "--json"])).stdout) as ReadonlyArray<{ name: string }>
    expect(all.length).toBeGreaterThanOrEqual(60)
    const { code, stderr, stdout } = await outcry.run(["indicators", "--filter", "Wilder"])
    expect([code, stdout.split("\n")[0]!.split(/\s+/)]).toEqual([
      0,
      ["name", "title", "inputs", "warm-up", "parameters"]
    ])
    expect(stdout).toMatch(/^rsi +Relative strength index +value +14 +period=14$/m)
    expect(stdout).not.toMatch(/^macd/m)
    expect(stderr).toMatch(/^\d+ of \d+;/)
  })

  it("shows parameters with their ranges, formula, source and warm-up", async () => {
    const { code, stdout } = await outcry.run(["indicators", "show", "macd"])
    expect(code).toBe(0)
    expect(stdout).toMatch(/^source +G\. Appel/m)
    expect(stdout).toMatch(/^warm-up +33 bars/m)
    expect(stdout).toMatch(/^slow +26 +whole number, 2 to 10000/m)
    const told = JSON.parse((await outcry.run(["indicators", "show", "macd", "--json"])).stdout) as object
    expect(told).toMatchObject({ name: "macd", warmup: 33, outputs: ["macd", "signal", "histogram"] })
  })

  it("computes over a file of bars, as a table, as CSV and as JSON", async () => {
    const path = file(header, ...bars)
    const table = await compute(path, "sma", "--param", "period=2", "--last", "2")
    expect(table.stdout.trim().split("\n")).toEqual(["time         sma", "2026-01-04  11.5", "2026-01-05    12"])
    const csv = await compute(path, "sma", "--param", "period=2", "--csv")
    expect(csv.stdout).toBe("time,sma\n2026-01-01,\n2026-01-02,10.5\n2026-01-03,11.5\n2026-01-04,11.5\n2026-01-05,12\n")
    const json = await compute(path, "sma", "--param", "period=2", "--value", "volume", "--last", "1", "--json")
    expect(JSON.parse(json.stdout)).toEqual({
      indicator: "sma",
      parameters: { period: 2 },
      warmup: 1,
      bars: 5,
      time: ["2026-01-05"],
      outputs: { sma: [450] }
    })
  })

  it("takes a bar with an empty cell for missing", async () => {
    const path = file(header, ...bars.slice(0, 2), "2026-01-03,10,14,9,,300", ...bars.slice(3))
    const { stdout } = await compute(path, "sma", "--param", "period=2", "--csv")
    expect(stdout).toContain("2026-01-02,10.5\n2026-01-03,\n2026-01-04,11\n")
  })

  it("says when there are too few bars", async () => {
    const { code, stderr } = await compute(file(header, ...bars), "rsi")
    expect([code, stderr]).toEqual([0, "5 bars are too few: the first value comes after 14.\n"])
  })

  it.each([
    ["a name unknown", ["show", "ema2"], "OUTCRY-1020", /"ema2".*\n.*alike are ema/],
    ["a parameter out of range", ["sma", "--param", "period=0"], "OUTCRY-1002", /"period" must be a whole number/],
    ["a parameter without a value", ["sma", "--param", "period"], "OUTCRY-1001", /KEY=VALUE/],
    ["a second series not named", ["correl"], "OUTCRY-1001", /--other COLUMN/],
    ["a column that is not there", ["correl", "--other", "qqq"], "OUTCRY-1021", /no column "qqq"/],
    ["two forms at once", ["sma", "--csv", "--json"], "OUTCRY-1001", /exclude each other/]
  ])("answers %s with a code, a cause and a remedy", async (_, args, code, words) => {
    const path = file(header, ...bars)
    const result = args[0] === "show" ? await outcry.run(["indicators", ...args]) : await compute(path, ...args)
    expectError(result, code, 2, words)
  })

  it.each([
    ["a row too short", [header, "x,1,2,3,4"], /line 2: 5 cells under 6 columns/],
    ["a cell that is no number", [header, "x,1,2,3,four,5"], /line 2: "four" in column close/],
    ["no bars", [header], /holds no bars/],
    ["two columns of one name", ["time,close,close", "x,1,2"], /two columns named "close"/]
  ])("refuses a file with %s", async (_, lines, words) => {
    expectError(await compute(file(...lines), "sma"), "OUTCRY-1021", 2, words)
  })

  it("refuses a file that is not there", async () => {
    expectError(await compute(join(outcry.data, "none.csv"), "sma"), "OUTCRY-1021", 2, /cannot be read/)
  })

  it("has help with examples first", async () => {
    for (const args of [[], ["show"], ["compute"]]) {
      const { code, stdout } = await outcry.run(["indicators", ...args, "--help"])
      expect(code).toBe(0)
      expect(stdout.indexOf("EXAMPLES")).toBeGreaterThan(0)
      expect(stdout.indexOf("EXAMPLES")).toBeLessThan(stdout.indexOf("USAGE"))
    }
  })
})

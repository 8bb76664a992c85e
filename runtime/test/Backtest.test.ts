/** `outcry backtest`, `walk-forward` and `report`, as they are typed: what they find, keep and refuse. */
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { expectError, Outcry } from "./Outcry.ts"
import { cheat, header, strategyText, walk, written } from "./ResearchFiles.ts"

const examples = join(import.meta.dirname, "..", "..", "examples")
const rsi = join(examples, "06-rsi-reversal.ts")
const cross = join(examples, "01-moving-average-cross.ts")

let outcry: Outcry
let bars = ""
const file = (name: string, text: string): string => written(outcry.folder, name, text)
const bad = (name: string, ...rows: ReadonlyArray<string>): string => file(name, [header, ...rows].join("\n"))

beforeAll(() => {
  outcry = new Outcry()
  bars = bad("bars.csv", ...walk(600))
})
afterAll(() => outcry.close())

describe("outcry backtest", () => {
  it("gives the same result twice, as JSON, with a tear sheet and tables", async () => {
    const [html, folder, saved] = ["run.html", "tables", "run.json"].map((name) => join(outcry.folder, name))
    const args = ["backtest", rsi, "--on", bars, "--fee-bps", "1"]
    const [first, second] = await Promise.all([
      outcry.run([...args, "--json", "--report", html!, "--csv", folder!, "--save", saved!]),
      outcry.run([...args, "--json", "--kind", "event"])
    ])
    const [one, two] = [first, second].map(({ stdout }) => JSON.parse(stdout) as Record<string, unknown>)
    expect([first.code, second.code]).toEqual([0, 0])
    expect(one!["hash"]).toBe(two!["hash"])
    expect(one).toMatchObject({ kind: "event", instruments: ["us:BARS/USD"] })
    expect(one!["fills"]).not.toEqual([])
    expect(readFileSync(html!, "utf8")).toContain("rsi-reversal")
    expect(existsSync(join(folder!, "curve.csv"))).toBe(true)
    expect(first.stderr).toContain("25 % of the cash at the first price")
    const shown = await outcry.run(["report", saved!, saved!])
    expect(shown.code).toBe(0)
    expect(shown.stdout).toMatch(/all \d+ orders and \d+ fills are equal/)
  })

  it("says why a run did not trade", async () => {
    const silent = file("silent.ts", strategyText("silent", `if (ctx.state.bars < 0) ctx.buy(id, { quantity: 1 })`))
    const { code, stdout } = await outcry.run(["backtest", silent, "--on", bars])
    expect(code).toBe(0)
    expect(stdout).toContain("Why it did not trade: ")
  })

  it("passes an honest strategy, coded or a signal, and ends with 1 for one that knows the future", async () => {
    const file_ = file("cheat.ts", cheat(bars))
    const run = (...args: ReadonlyArray<string>) => outcry.run(["backtest", ...args, "--on", bars, "--check"])
    const [cheated, honest, signal] = await Promise.all([
      run(file_),
      run(cross, "--param", "fast=5", "--param", "slow=20"),
      run(rsi, "--kind", "vectorised", "--monte-carlo", "100")
    ])
    expect([cheated.code, honest.code, signal.code]).toEqual([1, 0, 0])
    expect(cheated.stdout).toContain("It knows the future")
    expect(cheated.stdout).toContain("! lookAhead")
    expect(honest.stdout).toContain("It does not know the future")
    expect(signal.stdout).toMatch(/^rsi +\S+ +\d+$/m)
    expect(signal.stdout).toContain("drawn 100 times")
  })

  it("ends a strategy that throws or loops, and says where", async () => {
    const throws = file(
      "throws.ts",
      strategyText("throws", `if (ctx.state.bars > 50) throw new Error("no such level")`)
    )
    const loops = file("loops.ts", strategyText("loops", "for (;;) ctx.state.bars += 1"))
    const [thrown, stalled] = await Promise.all([
      outcry.run(["backtest", throws, "--on", bars]),
      outcry.run(["backtest", loops, "--on", bars, "--stall-sec", "1"])
    ])
    expectError(thrown, "OUTCRY-2030", 1, /throws failed on bar at 2020-02-2\S+: no such level/)
    expectError(stalled, "OUTCRY-2031", 1, /loops did not come back within 1 s/)
  })

  it.each<[what: string, code: string, words: RegExp, args: () => ReadonlyArray<string>]>([
    ["NaN", "OUTCRY-1030", /line 3, open: "NaN"/, () => ["--on", bad("nan.csv", ...walk(1), "2020-01-02,NaN,2,1,1,1")]],
    ["disorder", "OUTCRY-1030", /goes back at row 3/, () => ["--on", bad("odd.csv", ...walk(3), ...walk(2))]],
    ["no data set", "OUTCRY-1030", /no data set of that name/, () => ["--on", "nothing"]],
    ["an empty range", "OUTCRY-1030", /nothing between/, () => ["--on", bars, "--from", "2031-01-01"]],
    ["a range of its own", "OUTCRY-1002", /between 2 and 500/, () => ["--on", bars, "--param", "period=1"]],
    ["an unknown parameter", "OUTCRY-1002", /no parameter "foo"/, () => ["--on", bars, "--param", "foo=1"]],
    ["a size of no lots", "OUTCRY-1002", /--size 0.5/, () => ["--on", bars, "--size", "0.5"]]
  ])("refuses %s", async (_what, code, words, args) => {
    const result = await outcry.run(["backtest", rsi, ...args()])
    expectError(result, code, 2, words)
  })
})

describe("outcry walk-forward", () => {
  const args = ["--train", "1y", "--test", "90d", "--json"]

  it("gives windows in order, the joined tests, and flags a search of noise", async () => {
    const space = ["--space", "period=2:20:2,oversold=10:40:10"]
    const { code, stdout } = await outcry.run(["walk-forward", rsi, "--on", bars, ...space, ...args])
    expect(code).toBe(0)
    const found = JSON.parse(stdout) as {
      readonly walkForward: { readonly steps: ReadonlyArray<Record<"train" | "test", { from: number; to: number }>> }
      readonly curve: { readonly equity: ReadonlyArray<number> }
      readonly overfit: { readonly verdict: string }
    }
    const { steps } = found.walkForward
    expect(steps.length).toBeGreaterThanOrEqual(2)
    for (const { test, train } of steps) expect(test.from).toBe(train.to)
    expect(found.curve.equity).toHaveLength(steps.reduce((sum, { test }) => sum + test.to - test.from, 0))
    expect(found.overfit.verdict).toBe("overfit")
  })

  it("refuses what is no range, no parameter and no signal", async () => {
    const on = (strategy: string, space: string) =>
      outcry.run(["walk-forward", strategy, "--on", bars, "--space", space, ...args])
    const [range, unknown, coded] = await Promise.all([
      on(rsi, "period=2:x"),
      on(rsi, "speed=1:5"),
      on(cross, "fast=1:5")
    ])
    expectError(range, "OUTCRY-1001", 2, /"x" is no number/)
    expectError(unknown, "OUTCRY-1002", 2, /no parameter "speed"/)
    expectError(coded, "OUTCRY-1003", 2, /is no signal/)
  })
})

describe("results that are kept", () => {
  it("are listed, found by the beginning of their id, and kept once", async () => {
    outcry.seedDatabase("research/postgres")
    const keep = () => outcry.run(["backtest", rsi, "--on", bars, "--keep"])
    const first = await keep()
    const id = /kept as (\w{12})/.exec(first.stderr)?.[1] ?? ""
    expect(id).not.toBe("")
    expect((await keep()).stderr).toContain(`kept already as ${id}`)
    const list = JSON.parse((await outcry.run(["report", "--list", "--json"])).stdout) as ReadonlyArray<object>
    expect(list).toMatchObject([{ kind: "backtest", name: "rsi-reversal" }])
    const shown = await outcry.run(["report", id])
    expect([shown.code, shown.stdout]).toEqual([0, expect.stringContaining(`hash ${id}`)])
    expectError(await outcry.run(["report", bars]), "OUTCRY-1032", 2, /is not the result of a back-test/)
  })
})

/** `outcry data`, as it is typed: data sets made of files, checked, run on and removed. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { expectError, Outcry } from "./Outcry.ts"
import { header, walk, written } from "./ResearchFiles.ts"

let outcry: Outcry
beforeAll(() => {
  outcry = new Outcry()
})
afterAll(() => outcry.close())

const file = (name: string, rows: ReadonlyArray<string>): string =>
  written(outcry.folder, name, [header, ...rows].join("\n"))

const data = (...args: ReadonlyArray<string>) => outcry.run(["data", ...args])

describe("outcry data", () => {
  it("takes files as one series, lists it, is run on, and tells a changed byte", async () => {
    const rows = walk(300)
    const parts = [file("a.csv", rows.slice(0, 200)), file("b.csv", rows.slice(200))]
    const made = await data("import", ...parts, "--as", "walk", "--instrument", "sim:WALK/USDT", "--json")
    expect(JSON.parse(made.stdout)).toMatchObject({ name: "walk", rows: 300, instruments: ["sim:WALK/USDT"] })
    expect(JSON.parse((await data("list", "--json")).stdout)).toMatchObject([{ name: "walk" }])
    const strategy = join(import.meta.dirname, "..", "..", "examples", "06-rsi-reversal.ts")
    const run = await outcry.run(["backtest", strategy, "--on", "walk", "--json"])
    expect(JSON.parse(run.stdout)).toMatchObject({ instruments: ["sim:WALK/USDT"] })
    expect((await data("verify", "walk")).stdout).toContain("is what it was: 300 rows")
    const folder = join(outcry.data, "datasets", "walk")
    const close = join(
      folder,
      readdirSync(folder).find((name) => name.startsWith("close."))!
    )
    const bytes = readFileSync(close)
    bytes[0] = bytes[0]! ^ 1
    writeFileSync(close, bytes)
    expectError(await data("verify", "walk"), "OUTCRY-1030", 2, /close\./)
    expect((await data("remove", "walk")).code).toBe(0)
    expectError(await data("verify", "walk"), "OUTCRY-1030", 2, /manifest\.json/)
  })

  it("refuses what is wrong, unless it is told to repair it", async () => {
    const rows = walk(20)
    const odd = file("odd.csv", [...rows.slice(0, 10), rows[5]!, ...rows.slice(10)])
    const check = await data("check", odd)
    expect([check.code, check.stdout]).toEqual([1, expect.stringContaining("error unsorted")])
    expectError(await data("import", odd, "--as", "odd"), "OUTCRY-1030", 2, /unsorted/)
    const repaired = await data("import", odd, "--as", "odd", "--policy", "repair", "--json")
    expect(JSON.parse(repaired.stdout)).toMatchObject({ rows: 20 })
    expect(repaired.stderr).toContain("Repaired: ")
  })
})

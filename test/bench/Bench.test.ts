import { spawnSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, describe, expect, it } from "vitest"
import { compared, fittedExponent, grown, machine, median, spread, versions } from "./Bench.ts"
import { pureCommands, pureEvents } from "./CorePureLoop.ts"
import { cycles, funded, runAll } from "./CoreFlow.ts"

const folder = mkdtempSync(join(tmpdir(), "outcry-bench-test-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const main = (
  ...args: ReadonlyArray<string>
): { readonly code: number | null; readonly out: string; readonly error: string } => {
  const { status, stderr, stdout } = spawnSync(process.execPath, [join(import.meta.dirname, "main.ts"), ...args], {
    encoding: "utf8"
  })
  return { code: status, out: stdout, error: stderr }
}

describe("bench statistics", () => {
  it("take the middle run, and the mean of the two middle ones", () => {
    expect(median([5, 1, 9])).toBe(5)
    expect(median([4, 1, 9, 2])).toBe(3)
    expect(spread([5, 1, 9])).toEqual([1, 9])
  })

  it("fit the exponent by which cost grows", () => {
    const at = (power: number): number => fittedExponent([1, 10, 100, 1000].map((n) => ({ n, value: 7 * n ** power })))
    for (const power of [0, 0.5, 1, 2]) expect(at(power)).toBeCloseTo(power, 10)
    expect(
      grown("x", [
        { n: 1, value: 2 },
        { n: 10, value: 20 }
      ])[1]
    ).toMatchObject({ case: "x", n: 10, value: 20 })
  })

  it("drop the warming pair and keep as many runs as were asked for", () => {
    let calls = 0
    const work = (): number => ++calls
    const rates = compared(3, work, work)
    expect([rates.ours.length, rates.yardstick.length, calls]).toEqual([3, 3, 8])
  })

  it("name the machine and the versions", () => {
    expect(machine()["cores"]).toBeGreaterThan(0)
    expect(versions()).toMatchObject({ outcry: expect.stringMatching(/^\d/), effect: expect.stringMatching(/^4\./) })
  })
})

describe("bench core", () => {
  it("measures accounts that book what the pure loop books", () => {
    const flow = cycles(500, 3)
    const { events, state } = funded()
    const before = events.length
    expect(runAll(state, flow, events)).toBe(1500)
    expect(events.length - before).toBe(1500)
    expect([state.orders.size, state.balances.get("USDT")!.reserved]).toEqual([0, 0n])
    expect(pureCommands(flow)).toBe(1500)
    expect(pureEvents(events)).toBe(events.length)
  })
})

describe("npm run bench", () => {
  it("lists its benches", () => {
    const { code, out } = main("--list")
    expect([code, out.trim().split("\n")]).toEqual([0, expect.arrayContaining(["core", "journal"])])
  })

  it("says which benches there are when a name is wrong, and what an option should be", () => {
    const wrong = main("cores")
    expect([wrong.code, wrong.out]).toEqual([2, ""])
    expect(wrong.error).toMatch(/There is no bench "cores"\. Choose from: ask, core, /)
    expect(main("--jsn", "x")).toMatchObject({ code: 2, error: expect.stringContaining("Usage: npm run bench") })
  })

  it("refuses a file it cannot write before it measures", () => {
    const { code, error, out } = main("core", "--json", join(folder, "none", "r.json"))
    expect([code, out]).toEqual([2, ""])
    expect(error).toContain("Name a file in a folder that exists")
    expect(() => readFileSync(join(folder, "none", "r.json"))).toThrow("ENOENT")
  })
})

import { Outcry } from "@outcry/testkit/Outcry"
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"

let outcry: Outcry
beforeAll(() => {
  outcry = new Outcry()
})
afterAll(() => outcry.close())

const example = join(import.meta.dirname, "../../examples/02-market-maker.ts")

describe("outcry chaos", { timeout: 180_000 }, () => {
  it("breaks floors of a user's strategy and writes a verdict and a report that needs nothing else", async () => {
    const report = join(outcry.folder, "chaos.html")
    const flags = ["--strategy", example, "--scenarios", "2", "--seed", "6", "--report", report, "--json"]
    const { code, stderr, stdout } = await outcry.spawn(["chaos", ...flags]).ended
    expect(stderr).toContain("scenario 2/2")
    const found = JSON.parse(stdout)
    expect(found.violations).toEqual({ I1: [], I2: [], I3: [], I4: [], I5: [], I6: [], I7: [], I8: [] })
    expect(code).toBe(0)
    expect(found.scenarios.map(({ seed, verdict }: { seed: number; verdict: string }) => [seed, verdict])).toEqual([
      [6, "held"],
      [7, "held"]
    ])
    expect(found.floor.strategies.length).toBe(1)
    expect(found.again).toContain("--scenarios 2")
    const html = readFileSync(report, "utf8")
    expect(html).toContain("HELD")
    for (const { faults } of found.scenarios) for (const fault of faults) expect(html).toContain(fault)
    expect(html).toMatch(/prefers-color-scheme: ?dark/)
    expect(html).not.toMatch(/(?:src|href)=|@import|url\(/)
  })

  it.each([
    [["--scenarios", "0"], "There is nothing to do."],
    [["--scenarios", "many"], "--scenarios"],
    [["--strategy", "nowhere.ts"], "there is no such file"],
    [["--config", "nowhere.json"], "cannot be used"]
  ])("refuses %j and says why", async (flags, why) => {
    const { code, stderr } = await outcry.spawn(["chaos", ...flags]).ended
    expect(code).toBe(2)
    expect(stderr).toContain(why)
  })

  it("refuses a floor of a live venue", async () => {
    const file = join(outcry.folder, "live.json")
    const floor = {
      shards: 48,
      databaseUrl: "postgresql://127.0.0.1/outcry",
      venues: [{ id: "binance", restUrl: "https://api.binance.com", wsUrl: "wss://stream.binance.com:9443" }],
      accounts: [],
      strategies: [],
      instruments: [],
      orderExpiryMs: 2_500,
      token: "none",
      otlpEndpoints: [],
      shardLockExpirationMs: 5_000,
      nodes: []
    }
    writeFileSync(file, JSON.stringify(floor))
    const { code, stderr } = await outcry.spawn(["chaos", "--config", file]).ended
    expect(code).toBe(2)
    expect(stderr).toContain("The venue binance")
    expect(stderr).toContain("not on this machine")
  })
})

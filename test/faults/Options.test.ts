import { describe, expect, it } from "vitest"
import { quantile } from "./FaultReport.ts"
import * as Options from "./Options.ts"

describe("the command line of the fault runs", () => {
  it("takes kills, nodes, seed and a file", () => {
    const parsed = Options.parse(["--kills", "20", "--json", "f.json", "--seed", "7", "--nodes", "5"])
    expect(parsed).toMatchObject({ kills: 20, json: "f.json", seed: 7, nodes: 5, accounts: 6, help: false })
  })

  it("needs nothing else for help", () => {
    expect(Options.parse(["--help"]).help).toBe(true)
  })

  it.each([
    [[], /--kills: is missing/],
    [["--kills", "0"], /--kills: "0" is not a whole number from 1 to 1000/],
    [["--kills", "two"], /--kills: "two"/],
    [["--kills", "2", "--nodes", "1"], /--nodes: "1" is not a whole number from 2 to 8/],
    [["--kills", "2", "--wish"], /--wish: Unknown option/],
    [["--kills", "2", "--seeds", "10"], /--seeds: Unknown option/]
  ])("refuses %j in one line that says where help is", (args, message) => {
    expect(() => Options.parse(args)).toThrow(message)
    expect(() => Options.parse(args)).toThrow(/--help/)
  })
})

describe("quantiles of a run", () => {
  it("are values that occurred, by the nearest rank", () => {
    expect(quantile([4, 1, 3, 2], 0.5)).toBe(2)
    expect(quantile([4, 1, 3, 2], 0.99)).toBe(4)
    expect(quantile([5], 0.5)).toBe(5)
  })
})

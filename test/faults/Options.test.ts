import { describe, expect, it } from "vitest"
import { quantile } from "@outcry/runtime/chaos/FaultReport"
import * as Options from "./Options.ts"

describe("the command line of the fault runs", () => {
  it("takes kills, nodes, seed and a file", () => {
    const parsed = Options.parse(["--kills", "20", "--json", "f.json", "--seed", "7", "--nodes", "5"])
    expect(parsed).toMatchObject({ kills: 20, json: "f.json", seed: 7, nodes: 5, scenarios: 0, help: false })
  })

  it("takes a seed alone, which is one of the simulation", () => {
    expect(Options.parse(["--seed", "4711"])).toMatchObject({ seed: 4711, seeds: 0, scenarios: 0 })
  })

  it("needs nothing else for help", () => {
    expect(Options.parse(["--help"]).help).toBe(true)
  })

  it.each([
    [[], /--seeds: is missing, as are --scenarios/],
    [["--kills", "0"], /--kills: "0" is not a whole number from 1 to 1000/],
    [["--kills", "two"], /--kills: "two"/],
    [["--kills", "2", "--nodes", "1"], /--nodes: "1" is not a whole number from 2 to 8/],
    [["--kills", "2", "--wish"], /--wish: Unknown option/],
    [["--kills", "2", "--seeds", "none"], /--seeds: "none" is not a whole number from 1 to 10000000/],
    [["--scenarios", "40", "--seed", "0"], /--seed: scenarios are numbered from 1/]
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

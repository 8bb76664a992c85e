/** Each planted bug must be caught within 1,000 seeds, or by the races on a real Postgres: else the counts mean little. */
import { plantedBugs } from "@outcry/model/Planted"
import { describe, expect, it } from "vitest"
import { summary } from "./BackgroundReport.ts"
import { inPostgres, onlyInPostgres } from "./Runner.ts"

describe("planted bugs", () => {
  it.each(plantedBugs.filter((bug) => !onlyInPostgres.includes(bug)))("the simulation catches %s", async (bug) => {
    const report = (await summary()).planted.find((each) => each.bug === bug)
    expect(report).toMatchObject({ bug, caught: true })
    console.log(`${bug}: caught after ${report!.seeds} seeds (${report!.invariant}: ${report!.detail})`)
  })

  it.each(inPostgres)("the races on Postgres catch %s", async (bug) => {
    const race = (await summary()).races.find((each) => each.bug === bug)
    expect(race?.violations.length).toBeGreaterThan(0)
  })
})

describe("the fence on Postgres", () => {
  it("loses none of its races", async () => {
    const race = (await summary()).races.find(({ bug }) => bug === undefined)
    expect(race?.violations).toEqual([])
  })
})

import { failPointNames } from "@outcry/actor-account/FailPoint"
import { scenarioOf } from "@outcry/runtime/chaos/ScenarioPlan"
import { describe, expect, it } from "vitest"

const namesOf = (number: number): ReadonlyArray<string> => scenarioOf(number).faults.map(({ name }) => name)
const firstForty = Array.from({ length: 40 }, (_, index) => namesOf(index + 1))

describe("the plan of scenarios", () => {
  it.each([
    "postgres stopped for 10 s and restarted",
    "postgres stopped at once (immediate)",
    "postgres back-ends terminated",
    "database disk full",
    "stand-by promoted (synchronous)",
    "stand-by promoted (asynchronous, behind)",
    "time-out after accept",
    "5xx after accept",
    "fills repeated and reordered",
    "sockets dropped",
    "ban (418)",
    "rate limit (429)",
    "maintenance",
    "partition node and database",
    "partition node and node",
    "freeze past the lease (zombie)",
    "freeze between check and send",
    "clock behind by 30 s from the start",
    "clock jumps ahead by 30 s",
    "clock behind by 30 s, freeze between check and send",
    "clock behind by 30 s, kill between check and send",
    ...failPointNames.map((point) => `kill at ${point}`)
  ])("has among its first forty: %s", (name) => {
    expect(firstForty.flat()).toContain(name)
  })

  it("has faults that overlap among its first forty, never two of the same need", () => {
    expect(firstForty.filter((names) => names.length === 2).length).toBeGreaterThanOrEqual(4)
    for (let number = 1; number <= 400; number++) {
      const { faults } = scenarioOf(number)
      expect(new Set(faults.map(({ needs }) => needs)).size).toBe(faults.length)
    }
  })

  it("never loses facts by chance: a floor that did cannot be gone on with", () => {
    for (let number = 41; number <= 400; number++)
      expect(scenarioOf(number).faults.filter(({ losesFacts }) => losesFacts === true)).toEqual([])
  })

  it("makes the same scenario of the same number, and others of others", () => {
    const many = Array.from({ length: 200 }, (_, index) => namesOf(index + 41).join(" + "))
    expect(many).toEqual(Array.from({ length: 200 }, (_, index) => namesOf(index + 41).join(" + ")))
    expect(new Set(many).size).toBeGreaterThan(100)
  })
})

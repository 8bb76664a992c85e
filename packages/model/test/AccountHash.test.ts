/** The canonical form is what snapshots are stored in: its text may not change with how it is made. */
import { AccountFixture } from "@outcry/testkit/AccountFixture"
import { AccountFlow } from "@outcry/testkit/AccountFlow"
import { describe, expect, it } from "vitest"
import { canonical } from "../src/AccountHash.ts"

/** The obvious way: a copy with everything in order, the keys of an order's own fills left out, made into JSON. */
const sorted = (value: unknown): unknown => {
  if (typeof value === "bigint") return `${value}n`
  if (value instanceof Map)
    return Array.from(value, ([key, held]) => [String(key), sorted(held)] as const).toSorted(([a], [b]) =>
      a < b ? -1 : 1
    )
  if (value instanceof Set) return Array.from(value, String).toSorted()
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== "object" || value === null) return value
  const entries = Object.entries(value).filter(([key, held]) => held !== undefined && key !== "tradeKeys")
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([key, held]) => [key, sorted(held)]))
}

describe("the canonical form of an account", () => {
  it("is the JSON of a copy with keys, maps and sets in order", () => {
    for (let seed = 1; seed <= 60; seed++) {
      const flow = new AccountFlow(seed)
      for (let command = 0; command < 120; command++) flow.run(flow.next())
      expect(canonical(flow.state), `seed ${seed}`).toBe(JSON.stringify(sorted(flow.state)))
    }
  })

  it("is the same where a snapshot of an older release lacks the keys of an order's own fills", () => {
    const account = new AccountFixture()
    const id = account.working()
    account.run(account.filled(id, { lots: 300 }))
    const order = account.state.orders.get(id)!
    const text = canonical(account.state)
    expect(order.tradeKeys?.size).toBe(1)
    delete order.tradeKeys
    expect(canonical(account.state)).toBe(text)
  })

  it("writes text that JSON must escape, and numbers that are none, as JSON does", () => {
    const flow = new AccountFlow(1)
    const odd = Object.assign(flow.state, { odd: ['"\\\u2028', Number.NaN, undefined, -0, [new Set([2, 1])]] })
    expect(canonical(odd)).toBe(JSON.stringify(sorted(odd)))
  })
})

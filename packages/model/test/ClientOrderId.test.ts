import { describe, expect, it } from "vitest"
import { derive, isOurs } from "../src/ClientOrderId.ts"

describe("a client order id", () => {
  it("never changes: an order in flight is looked up by it after any restart and any release", () => {
    expect(derive("journal-1", "alpha", "cross", 1)).toBe("ochpjmpaet7dejew3m")
    expect(derive("journal-1", "alpha", "cross", 2)).toBe("oc5ctyrlagqucansnt")
    expect(derive("journal-2", "alpha", "cross", 1)).toBe("oc5f2bnf4occtzvj3e")
  })

  it("has 18 lower-case characters that every venue takes, and does not start with t", () => {
    for (let seq = 1; seq <= 2000; seq++) {
      const id = derive("j", "a", "s", seq)
      expect(id).toMatch(/^oc[a-z2-7]{16}$/)
      expect(isOurs(id)).toBe(true)
    }
    for (const id of [
      "",
      "web_1",
      "oc",
      "OCaaaaaaaaaaaaaaaa",
      "ocaaaaaaaaaaaaaaa1",
      "xocaaaaaaaaaaaaaaaa",
      "ocaaaaaaaaaaaaaaaaa"
    ])
      expect(isOurs(id), id).toBe(false)
  })

  it("differs with the journal, the account, the strategy and the sequence, however they are cut", () => {
    const ids = new Set<string>()
    for (const journal of ["j", "j2"])
      for (const account of ["a", "ab", 'a","b'])
        for (const strategy of ["s", "bs", 'b","s', ""])
          for (let seq = 0; seq < 500; seq++) ids.add(derive(journal, account, strategy, seq))
    expect(ids.size).toBe(2 * 3 * 4 * 500)
  })

  it("spreads evenly over its alphabet in every place", () => {
    const counts = Array.from({ length: 16 }, () => new Map<string, number>())
    const draws = 6400
    for (let seq = 0; seq < draws; seq++) {
      const id = derive("spread", "a", "s", seq)
      for (let at = 0; at < 16; at++) counts[at]!.set(id[at + 2]!, (counts[at]!.get(id[at + 2]!) ?? 0) + 1)
    }
    for (const place of counts) {
      expect(place.size).toBe(32)
      let chiSquare = 0
      for (const count of place.values()) chiSquare += (count - draws / 32) ** 2 / (draws / 32)
      // 31 degrees of freedom: 80 is passed by chance less than once in 10^5.
      expect(chiSquare).toBeLessThan(80)
    }
  })
})

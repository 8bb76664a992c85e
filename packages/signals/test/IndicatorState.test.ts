/** An indicator in a strategy's state: whole in its snapshot, equal to the bit after it. */
import { indicators } from "@outcry/indicators/Registry"
import { SeededRandom } from "@outcry/model/SeededRandom"
import { Schema } from "effect"
import { describe, expect, it } from "vitest"
import { IndicatorState } from "../src/IndicatorState.ts"

const through = (state: IndicatorState): IndicatorState => {
  const text = JSON.stringify(Schema.encodeSync(IndicatorState.schema)(state))
  return Schema.decodeUnknownSync(IndicatorState.schema)(JSON.parse(text))
}

describe("an indicator's state", () => {
  it.each(indicators.map(({ name }) => name))("goes on as if nothing had happened: %s", (name) => {
    const random = new SeededRandom(3)
    const state = IndicatorState.of(name)
    let restored = IndicatorState.of(name)
    for (let bar = 0; bar < 150; bar++) {
      const low = random.between(900, 1000)
      const [open, close] = [low + random.between(0, 50), low + random.between(0, 50)]
      const row = [open, low + 60, low, close, random.between(0, 9)] as const
      // A missing cell now and then.
      const cells = random.chance(0.05) ? ([Number.NaN, ...row.slice(1)] as unknown as typeof row) : row
      state.update(...cells)
      restored.update(...cells)
      if (bar % 7 === 0) restored = through(restored)
      expect([...restored.values], `bar ${bar}`).toEqual([...state.values])
      expect(restored.peek(...row)).toBe(state.peek(...row))
    }
  })

  it("refuses what does not belong together, saying what to do", () => {
    const kept = Schema.encodeSync(IndicatorState.schema)(IndicatorState.of("sma", { period: 5 }))
    const decode = Schema.decodeUnknownSync(IndicatorState.schema)
    expect(() => decode({ ...kept, given: { period: 6 } })).toThrow(/of other parameters: replay the history/)
    expect(() => decode({ ...kept, given: { length: 5 } })).toThrow(/"length" is not one of its parameters/)
    expect(() => decode({ ...kept, indicator: "smaa" })).toThrow(/no indicator "smaa"/)
    expect(() => decode({ ...kept, values: [] })).toThrow(/holds 0 outputs where sma has 1/)
  })
})

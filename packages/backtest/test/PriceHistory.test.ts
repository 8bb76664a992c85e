import { SeededRandom } from "@outcry/model/SeededRandom"
import { describe, expect, it } from "vitest"
import { RunMetrics } from "../src/RunMetrics.ts"
import { PriceHistory } from "../src/vector/PriceHistory.ts"
import { walk } from "./CrossSignals.ts"

describe("a price history", () => {
  it("knows high, low and deepest fall of any stretch, as a look at every price does", () => {
    for (const rows of [2, 3, 64, 65, 127, 500, 1024]) {
      const { close } = walk(rows, rows)
      const history = new PriceHistory(close)
      const random = new SeededRandom(rows)
      for (let turn = 0; turn < 200; turn++) {
        const from = random.between(0, rows - 1)
        const to = random.between(from + 1, rows)
        history.stretch(from, to)
        let [high, low, deepest] = [0, Number.POSITIVE_INFINITY, 1]
        for (const price of close.subarray(from, to)) {
          high = Math.max(high, price)
          low = Math.min(low, price)
          deepest = Math.min(deepest, price / high)
        }
        expect([history.high, history.low, history.deepest]).toEqual([high, low, deepest])
      }
    }
  })

  it("gives a fully invested stretch the figures that its bars give one by one", () => {
    const { close } = walk(77, 800)
    const history = new PriceHistory(close)
    const counts = { trades: 0, wins: 0, gains: 0, losses: 0 }
    const random = new SeededRandom(4)
    for (let turn = 0; turn < 50; turn++) {
      const from = random.between(0, 300)
      const middle = random.between(from + 1, 500)
      const to = random.between(middle + 1, 800)
      const [whole, byBar] = [new RunMetrics(), new RunMetrics()]
      for (const each of [whole, byBar]) each.begin(100, 100)
      // The second stretch begins under the high of the first, as after a pause.
      whole.takeWhole(2, close, history, from, middle)
      whole.takeWhole(1.7, close, history, middle, to)
      byBar.takeHeld(0, 2, close, from, middle)
      byBar.takeHeld(0, 1.7, close, middle, to)
      for (const each of [whole, byBar]) each.finish(to - from, to - from, 252, counts)
      whole.values.forEach((value, at) => {
        if (Number.isNaN(byBar.values[at])) expect(value).toBeNaN()
        else expect(Math.abs(value - byBar.values[at]!)).toBeLessThan(1e-12 * Math.max(1, Math.abs(value)))
      })
    }
  })
})

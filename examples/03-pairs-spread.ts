/**
 * Pairs spread: two instruments that move together. When their price ratio strays from its running mean by more than
 * `entry` deviations it buys the cheap one and sells the dear one, and closes both when the ratio is back.
 */
import * as Parameter from "@outcry/model/Parameter"
import { defineStrategy } from "@outcry/model/Strategy"
import { Schema } from "effect"

const State = Schema.Struct({
  closes: Schema.Record(Schema.String, Schema.Number),
  mean: Schema.Number,
  variance: Schema.Number,
  bars: Schema.Int
})

export default defineStrategy({
  name: "pairs-spread",
  version: 1,
  parameters: Schema.Struct({
    first: Parameter.instrument("sim:BTC/USDT"),
    second: Parameter.instrument("sim:ETH/USDT"),
    quantityFirst: Parameter.decimal("0.01"),
    quantitySecond: Parameter.decimal("0.23"),
    /** Weight of the past in mean and variance is 1 − 1/window. */
    window: Parameter.integer(10, { min: 2, max: 10_000 }),
    entry: Parameter.number(1, { min: 0.1, max: 10 }),
    exit: Parameter.number(0.2, { min: 0, max: 5 })
  }),
  state: State,
  feeds: ({ first, second, window }) => [
    { instrument: first, barSeconds: 1, warmupBars: window },
    { instrument: second, barSeconds: 1, warmupBars: window }
  ],
  initial: (): typeof State.Type => ({ closes: {}, mean: 0, variance: 0, bars: 0 }),
  onBar: (bar, ctx) => {
    const { entry, exit, first, quantityFirst, quantitySecond, second, window } = ctx.parameters
    const closes = { ...ctx.state.closes, [bar.instrument]: bar.closeTicks }
    ctx.state = { ...ctx.state, closes }
    const [a, b] = [closes[first], closes[second]]
    // Both legs are looked at once a second, on the second one's bar.
    if (bar.instrument !== second || a === undefined || b === undefined) return
    const ratio = Math.log(a / b)
    const weight = 1 / Math.min(window, ctx.state.bars + 1)
    const distance = ratio - ctx.state.mean
    const mean = ctx.state.mean + weight * distance
    const variance = (1 - weight) * (ctx.state.variance + weight * distance * distance)
    ctx.state = { closes, mean, variance, bars: ctx.state.bars + 1 }
    if (ctx.state.bars < window || ctx.openOrders(first).length + ctx.openOrders(second).length > 0) return
    const score = variance === 0 ? 0 : (ratio - mean) / Math.sqrt(variance)
    const held = ctx.position(first)
    if (held === 0 && ctx.position(second) === 0) {
      if (Math.abs(score) < entry) return
      ctx.signal(score > 0 ? "first-dear" : "first-cheap", score)
      if (score > 0) {
        ctx.sell(first, { quantity: quantityFirst })
        ctx.buy(second, { quantity: quantitySecond })
      } else {
        ctx.buy(first, { quantity: quantityFirst })
        ctx.sell(second, { quantity: quantitySecond })
      }
    } else if (held > 0 ? score >= -exit : score <= exit) {
      ctx.signal("reverted", score)
      for (const leg of [first, second]) {
        const lots = ctx.position(leg)
        if (lots > 0) ctx.sell(leg, { quantity: lots })
        else if (lots < 0) ctx.buy(leg, { quantity: -lots })
      }
    }
  }
})

/**
 * Moving-average cross on bars, of a second unless told otherwise: long while the fast average is above the slow one, flat otherwise.
 * Averages are exponential, so the state is two numbers and a side.
 */
import * as Parameter from "@outcry/model/Parameter"
import { defineStrategy } from "@outcry/model/Strategy"
import { Schema } from "effect"

export default defineStrategy({
  name: "moving-average-cross",
  version: 1,
  parameters: Schema.Struct({
    instrument: Parameter.instrument("sim:BTC/USDT"),
    barSeconds: Parameter.integer(1, { min: 1, max: 86_400 }),
    fast: Parameter.integer(3, { min: 1, max: 1000 }),
    slow: Parameter.integer(8, { min: 2, max: 5000 }),
    quantity: Parameter.decimal("0.01")
  }),
  state: Schema.Struct({ fast: Schema.Number, slow: Schema.Number, bars: Schema.Int }),
  feeds: ({ barSeconds, instrument, slow }) => [{ instrument, barSeconds, warmupBars: slow }],
  initial: () => ({ fast: 0, slow: 0, bars: 0 }),
  onBar: (bar, ctx) => {
    const { fast, instrument, quantity, slow } = ctx.parameters
    const average = (last: number, length: number): number =>
      ctx.state.bars === 0 ? bar.closeTicks : last + (2 / (length + 1)) * (bar.closeTicks - last)
    ctx.state = { fast: average(ctx.state.fast, fast), slow: average(ctx.state.slow, slow), bars: ctx.state.bars + 1 }
    if (ctx.state.bars < slow || ctx.openOrders(instrument).length > 0) return
    const held = ctx.position(instrument)
    const spread = ctx.state.fast - ctx.state.slow
    if (spread > 0 && held <= 0) {
      ctx.signal("crossed-up", spread)
      ctx.buy(instrument, { quantity })
    } else if (spread < 0 && held > 0) {
      ctx.signal("crossed-down", spread)
      ctx.sell(instrument, { quantity: held })
    }
  }
})

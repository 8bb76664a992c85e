/**
 * A grid: bids below the market and offers above it, a step apart. A bid that is filled is followed by an offer a step
 * higher, an offer by a bid a step lower, so that every swing there and back earns a step. Bought all the way down, it
 * holds what it bought: a market that leaves the grid leaves it with inventory, and a grid is laid anew around it.
 */
import { quantityLotsOf } from "@outcry/model/Instrument"
import * as Parameter from "@outcry/model/Parameter"
import { defineStrategy, type StrategyContext } from "@outcry/model/Strategy"
import { Schema } from "effect"

const State = Schema.Struct({
  /** The price it is laid around and the step, in ticks; 0 before it is laid. */
  centre: Schema.Int,
  step: Schema.Int,
  /** Steps from the centre, by order. */
  levels: Schema.Record(Schema.String, Schema.Int)
})

const Parameters = Schema.Struct({
  instrument: Parameter.instrument("sim:ETH/USDT"),
  quantity: Parameter.decimal("0.05"),
  /** Orders on each side. */
  levels: Parameter.integer(4, { min: 1, max: 100 }),
  stepBps: Parameter.number(2, { min: 0.1, max: 1000 }),
  /** A grid laid with more than so many orders' worth is laid on the other side only. */
  inventoryMax: Parameter.integer(10, { min: 1, max: 1000 })
})

type Context = StrategyContext<typeof Parameters.Type, typeof State.Type>

const place = (ctx: Context, level: number, side: "buy" | "sell"): void => {
  const { instrument, quantity } = ctx.parameters
  const { centre, levels, step } = ctx.state
  const orderSeq = ctx[side](instrument, { quantity, price: centre + level * step, postOnly: true })
  ctx.state = { ...ctx.state, levels: { ...levels, [orderSeq]: level } }
}

export default defineStrategy({
  name: "grid",
  version: 1,
  parameters: Parameters,
  state: State,
  feeds: ({ instrument }) => [{ instrument, quotes: true }],
  initial: (): typeof State.Type => ({ centre: 0, step: 0, levels: {} }),
  // Orders of an earlier run whose levels are forgotten.
  onStart: (ctx) => {
    if (ctx.state.centre === 0) ctx.cancelAll(ctx.parameters.instrument)
  },
  onQuote: ({ askTicks, bidTicks }, ctx) => {
    const { instrument, inventoryMax, levels, quantity, stepBps } = ctx.parameters
    if (bidTicks === 0 || askTicks === 0) return
    const middle = Math.round((bidTicks + askTicks) / 2)
    const { centre, step } = ctx.state
    if (centre !== 0 && Math.abs(middle - centre) <= (levels + 1) * step) return
    if (ctx.openOrders(instrument).length > 0) return ctx.cancelAll(instrument)
    ctx.signal("grid", middle)
    ctx.state = { centre: middle, step: Math.max(1, Math.round((middle * stepBps) / 10_000)), levels: {} }
    const held = ctx.position(instrument) / (quantityLotsOf(ctx.instrument(instrument), quantity) ?? 1)
    for (let level = 1; level <= levels; level++) {
      if (held < inventoryMax) place(ctx, -level, "buy")
      if (held > -inventoryMax) place(ctx, level, "sell")
    }
  },
  onFill: ({ orderSeq, side }, ctx) => {
    const { [orderSeq]: level, ...levels } = ctx.state.levels
    const open = ctx.openOrders(ctx.parameters.instrument).some((order) => order.orderSeq === orderSeq)
    if (level === undefined || open) return
    ctx.state = { ...ctx.state, levels }
    place(ctx, side === "buy" ? level + 1 : level - 1, side === "buy" ? "sell" : "buy")
  }
})

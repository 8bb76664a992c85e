/** The strategy of bench `event`: two exponential averages of the middle; long while the fast one is above, flat below. */
import { strategySpec, type StrategySpec } from "@outcry/backtest/BacktestSpec"
import { defineStrategy } from "@outcry/model/Strategy"
import { Schema } from "effect"

export const fastLength = 2000
export const slowLength = 8000

export const averageCross = defineStrategy({
  name: "average-cross",
  version: 1,
  parameters: Schema.Struct({ instrument: Schema.String, fast: Schema.Int, slow: Schema.Int }),
  state: Schema.Struct({ fast: Schema.Number, slow: Schema.Number, seen: Schema.Number }),
  feeds: ({ instrument }) => [{ instrument, quotes: true, trades: true }],
  initial: () => ({ fast: 0, slow: 0, seen: 0 }),
  onQuote: (quote, ctx) => {
    const state = ctx.state as { fast: number; slow: number; seen: number }
    const middle = (quote.bidTicks + quote.askTicks) / 2
    if (state.seen === 0) state.fast = state.slow = middle
    state.seen += 1
    state.fast += (2 / (ctx.parameters.fast + 1)) * (middle - state.fast)
    state.slow += (2 / (ctx.parameters.slow + 1)) * (middle - state.slow)
    if (state.seen < ctx.parameters.slow) return
    const held = ctx.position(quote.instrument)
    if (state.fast > state.slow ? held > 0 : held === 0) return
    if (ctx.openOrders(quote.instrument).length > 0) return
    if (held > 0) ctx.sell(quote.instrument, { quantity: held })
    else ctx.buy(quote.instrument, { quantity: 1000 })
  }
})

/** So many strategies of the same rule, spread over the instruments. */
export const crosses = (ids: ReadonlyArray<string>, count: number): ReadonlyArray<StrategySpec> =>
  Array.from({ length: count }, (_, at) => {
    const parameters = { instrument: ids[at % ids.length]!, fast: fastLength + at, slow: slowLength }
    return strategySpec(averageCross, { id: `cross-${at}`, parameters })
  })

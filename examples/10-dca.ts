/**
 * Cost averaging: spends the same amount at regular times, whatever the price, and twice of it while the price is below its
 * average. The next purchase stands in its state, and so does the average: a restart neither forgets one nor makes one twice.
 */
import * as Amount from "@outcry/model/Amount"
import * as Parameter from "@outcry/model/Parameter"
import { defineStrategy } from "@outcry/model/Strategy"
import { IndicatorState } from "@outcry/signals/IndicatorState"
import { Schema } from "effect"

export default defineStrategy({
  name: "cost-averaging",
  version: 1,
  parameters: Schema.Struct({
    instrument: Parameter.instrument("sim:BTC/USDT"),
    /** Quote asset per purchase. */
    spend: Parameter.decimal("50"),
    everySec: Parameter.number(5, { min: 0.1, max: 31_536_000 }),
    purchases: Parameter.integer(1000, { min: 1, max: 1_000_000 }),
    /** Bars of one second that the average is over. */
    period: Parameter.integer(20, { min: 1, max: 10_000 })
  }),
  // An indicator of the registry lives in the state and is kept with it.
  state: Schema.Struct({ made: Schema.Int, dueUs: Schema.Number, average: IndicatorState.schema }),
  feeds: ({ instrument, period }) => [{ instrument, barSeconds: 1, warmupBars: period }],
  initial: ({ period }) => ({ made: 0, dueUs: 0, average: IndicatorState.of("sma", { period }) }),
  onStart: (ctx) => {
    const { dueUs, made } = ctx.state
    if (made < ctx.parameters.purchases) ctx.timer("buy", Math.max(0, dueUs - ctx.now) / 1000)
  },
  onBar: ({ closeTicks }, { state }) => {
    state.average.update(closeTicks)
  },
  onTimer: (_name, ctx) => {
    const { everySec, instrument, purchases, spend } = ctx.parameters
    const { askTicks } = ctx.quote(instrument) ?? { askTicks: 0 }
    // Without a price nobody knows how much to buy: look again soon.
    if (askTicks === 0) return ctx.timer("buy", 500)
    const times = askTicks < ctx.state.average.values[0]! ? 2n : 1n
    // As many lots as the amount pays at the offer, in exact arithmetic.
    const lots = Number((times * Amount.from(spend)) / (BigInt(askTicks) * ctx.instrument(instrument).tickLot))
    ctx.signal("due", lots)
    if (lots > 0) ctx.buy(instrument, { quantity: lots })
    ctx.state = { ...ctx.state, made: ctx.state.made + 1, dueUs: ctx.now + everySec * 1_000_000 }
    if (ctx.state.made < purchases) ctx.timer("buy", everySec * 1000)
  }
})

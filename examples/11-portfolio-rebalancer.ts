/**
 * Keeps a portfolio of two instruments and cash at its weights: looks at regular times, and where a share has strayed by
 * more than the band it trades back to its weight; sells before it buys. It counts in the capital it was given and what it
 * has spent of it, so several of them share an account without meeting.
 */
import * as Amount from "@outcry/model/Amount"
import { signOf } from "@outcry/model/MarketData"
import * as Parameter from "@outcry/model/Parameter"
import { defineStrategy, type StrategyContext } from "@outcry/model/Strategy"
import { Schema } from "effect"

const Parameters = Schema.Struct({
  first: Parameter.instrument("sim:BTC/USDT"),
  second: Parameter.instrument("sim:ETH/USDT"),
  shareFirst: Parameter.number(0.5, { min: 0, max: 1 }),
  shareSecond: Parameter.number(0.3, { min: 0, max: 1 }),
  /** In quote asset; what is in neither instrument is cash. */
  capital: Parameter.number(5000, { min: 1, max: 1e9 }),
  /** How far a share may stray, as a share of the whole. */
  band: Parameter.number(0.02, { min: 0.001, max: 1 }),
  everySec: Parameter.number(5, { min: 0.1, max: 31_536_000 })
}).check(
  Schema.makeFilter(({ shareFirst, shareSecond }) =>
    shareFirst + shareSecond <= 1 ? undefined : "shareFirst and shareSecond may add up to 1 at most"
  )
)

const State = Schema.Struct({ spent: Schema.Finite, dueUs: Schema.Number })

type Context = StrategyContext<typeof Parameters.Type, typeof State.Type>

/** Quote asset that one lot is worth at so many ticks. */
const worth = (ctx: Context, id: string, ticks: number): number => Amount.toNumber(ctx.instrument(id).tickLot) * ticks

const rebalance = (ctx: Context): void => {
  const { band, capital, first, second, shareFirst, shareSecond } = ctx.parameters
  const legs = [
    { id: first, share: shareFirst },
    { id: second, share: shareSecond }
  ].map(({ id, share }) => {
    const { askTicks = 0, bidTicks = 0 } = ctx.quote(id) ?? {}
    const known = askTicks > 0 && bidTicks > 0 && ctx.openOrders(id).length === 0
    return { id, share, lot: known ? worth(ctx, id, (askTicks + bidTicks) / 2) : 0, lots: ctx.position(id) }
  })
  // Nothing is weighed while a price is unknown or an order is on its way.
  if (legs.some(({ lot }) => lot === 0)) return
  const total = capital - ctx.state.spent + legs.reduce((sum, { lot, lots }) => sum + lot * lots, 0)
  const orders = legs.map(({ id, lot, lots, share }) => ({ id, drift: share - (lot * lots) / total, lot }))
  for (const { drift, id, lot } of orders.toSorted((a, b) => a.drift - b.drift)) {
    const lots = Math.round((drift * total) / lot)
    if (Math.abs(drift) <= band || lots === 0) continue
    ctx.signal("strayed", drift)
    ctx[lots > 0 ? "buy" : "sell"](id, { quantity: Math.abs(lots) })
  }
}

export default defineStrategy({
  name: "portfolio-rebalancer",
  version: 1,
  parameters: Parameters,
  state: State,
  feeds: ({ first, second }) => [{ instrument: first }, { instrument: second }],
  initial: () => ({ spent: 0, dueUs: 0 }),
  onStart: (ctx) => ctx.timer("look", Math.max(0, ctx.state.dueUs - ctx.now) / 1000),
  onTimer: (_name, ctx) => {
    rebalance(ctx)
    ctx.state = { ...ctx.state, dueUs: ctx.now + ctx.parameters.everySec * 1_000_000 }
    ctx.timer("look", ctx.parameters.everySec * 1000)
  },
  onFill: ({ instrument, lots, priceTicks, side }, ctx) => {
    const paid = signOf(side) * lots * worth(ctx, instrument, priceTicks)
    ctx.state = { ...ctx.state, spent: ctx.state.spent + paid }
  }
})

/**
 * A strategy for the test of parity: takes with market orders where the last trades and the book lean one way, quotes both
 * sides post-only around the touch, moves its quotes by a timer and by the market, and gives some positions exits that the
 * account holds. What it does depends on quotes, trades, bars, the book, its fills, positions and open orders, chance and
 * time.
 */
import { defineStrategy, type StrategyContext } from "@outcry/model/Strategy"
import { Schema } from "effect"

const Parameters = Schema.Struct({ instrument: Schema.String, quantity: Schema.String, positionMax: Schema.String })
type Parameters = typeof Parameters.Type

const State = Schema.Struct({
  lean: Schema.Finite,
  takenUs: Schema.Finite,
  taken: Schema.Int,
  bid: Schema.Int,
  ask: Schema.Int
})
type State = { -readonly [K in keyof typeof State.Type]: (typeof State.Type)[K] }

type Context = StrategyContext<Parameters, State>

const restMs = 120
const leanMin = 1.4
const exitTicks = 60

const lotsOf = (ctx: Context, quantity: string): number => Math.round(Number(quantity) / Number(lotSize(ctx)))
const lotSize = (ctx: Context): string => ctx.instrument(ctx.parameters.instrument).lotSize

/** Where the book has more: −1 to 1 over its five best levels. */
const bookLean = (ctx: Context): number => {
  const depth = ctx.book(ctx.parameters.instrument)?.depth(5)
  if (depth === undefined) return 0
  const sum = (flat: ReadonlyArray<number>): number =>
    flat.reduce((lots, each, at) => lots + (at % 2 === 1 ? each : 0), 0)
  const [bids, asks] = [sum(depth.bids), sum(depth.asks)]
  return bids + asks === 0 ? 0 : (bids - asks) / (bids + asks)
}

const take = (ctx: Context): void => {
  const { instrument, positionMax, quantity } = ctx.parameters
  const { state } = ctx
  if (ctx.now - state.takenUs < restMs * 1_000 || Math.abs(state.lean) < leanMin) return
  const up = state.lean > 0
  if (bookLean(ctx) > 0 !== up) return
  const room = lotsOf(ctx, positionMax) - (up ? 1 : -1) * ctx.position(instrument)
  if (room <= 0) return
  // What would trade with ourselves goes first; the next event finds it gone.
  const opposed = ctx.openOrders(instrument).find(({ orderSeq }) => orderSeq === (up ? state.ask : state.bid))
  if (opposed !== undefined) return ctx.cancel(opposed.orderSeq)
  ctx.signal("lean", state.lean)
  state.takenUs = ctx.now
  state.lean = 0
  const top = ctx.quote(instrument)
  if (top === undefined) return
  // Every third brings its exits along: a stop and a profit, held by the account until prices reach them.
  const far = exitTicks * (up ? 1 : -1)
  const exits =
    ++state.taken % 3 === 0
      ? {
          stopLoss: { stop: priceOf(ctx, top.bidTicks - far) },
          takeProfit: { price: priceOf(ctx, top.askTicks + far) }
        }
      : {}
  if (up) ctx.buy(instrument, { quantity, ...exits })
  else ctx.sell(instrument, { quantity, ...exits })
}

const quote = (ctx: Context): void => {
  const { instrument, quantity } = ctx.parameters
  const { state } = ctx
  const top = ctx.quote(instrument)
  if (top === undefined || top.bidTicks === 0 || top.askTicks === 0) return
  const open = ctx.openOrders(instrument)
  const mine = (seq: number) => open.find((order) => order.orderSeq === seq)
  // Chance moves a quote by a tick, so that it is part of what is compared.
  const back = ctx.random() < 0.2 ? 1 : 0
  const [bid, ask] = [top.bidTicks - back, top.askTicks + back]
  const [resting, offered] = [mine(state.bid), mine(state.ask)]
  if (resting !== undefined && resting.priceTicks !== bid) ctx.cancel(resting.orderSeq)
  else if (resting === undefined)
    state.bid = ctx.buy(instrument, { price: priceOf(ctx, bid), quantity, postOnly: true })
  if (offered !== undefined && offered.priceTicks !== ask) ctx.cancel(offered.orderSeq)
  else if (offered === undefined)
    state.ask = ctx.sell(instrument, { price: priceOf(ctx, ask), quantity, postOnly: true })
}

const priceOf = (ctx: Context, ticks: number): string =>
  (ticks * Number(ctx.instrument(ctx.parameters.instrument).tickSize)).toFixed(2)

export default defineStrategy<Parameters, State>({
  name: "parity",
  version: 1,
  parameters: Parameters,
  state: State,
  feeds: ({ instrument }) => [{ instrument, quotes: true, trades: true, book: true, barSeconds: 1 }],
  initial: () => ({ lean: 0, takenUs: 0, taken: 0, bid: 0, ask: 0 }),
  onStart: (ctx) => ctx.timer("quote", 120),
  onBar: (bar, ctx) => {
    ctx.state.lean += Math.sign(bar.closeTicks - bar.openTicks) * 0.5
  },
  onTrade: (trade, ctx) => {
    ctx.state.lean = ctx.state.lean * 0.8 + (trade.aggressor === "buy" ? 1 : -1)
    take(ctx)
  },
  onQuote: (top, ctx) => {
    if (top.bidLots > 4 * top.askLots) take(ctx)
  },
  onFill: (fill, ctx) => {
    if (fill.liquidity === "maker") quote(ctx)
  },
  onTimer: (_, ctx) => {
    quote(ctx)
    ctx.timer("quote", 120)
  }
})

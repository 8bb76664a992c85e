/**
 * A market maker on the book: one post-only bid and one offer around the middle, leaned against its inventory, moved
 * when the market has left them behind. Never takes.
 */
import * as Parameter from "@outcry/model/Parameter"
import { quantityLotsOf } from "@outcry/model/Instrument"
import { defineStrategy, type StrategyContext } from "@outcry/model/Strategy"
import { Schema } from "effect"

const parameters = Schema.Struct({
  instrument: Parameter.instrument("sim:ETH/USDT"),
  quantity: Parameter.decimal("0.05"),
  /** Distance of each quote from the middle, in basis points. */
  halfSpreadBps: Parameter.number(0.6, { min: 0, max: 500 }),
  /** Largest inventory, in quotes. */
  inventoryMax: Parameter.integer(8, { min: 1, max: 1000 }),
  /** How far the middle may move before the quotes follow, in basis points. */
  moveBps: Parameter.number(0.5, { min: 0, max: 500 }),
  refreshMs: Parameter.integer(500, { min: 50, max: 60_000 })
})
type Parameters = typeof parameters.Type

const quote = (ctx: StrategyContext<Parameters, { quoted: number }>): void => {
  const { halfSpreadBps, instrument, inventoryMax, moveBps, quantity } = ctx.parameters
  const book = ctx.book(instrument)
  if (book === undefined || book.bidTicks === 0 || book.askTicks === 0) return
  const lots = quantityLotsOf(ctx.instrument(instrument), quantity) ?? 0
  const held = ctx.position(instrument) / lots
  const middle = (book.bidTicks + book.askTicks) / 2
  const half = (middle * halfSpreadBps) / 10_000
  // Leaning the middle against what is held makes the side that brings it back to zero the better one.
  const fair = middle - (held / inventoryMax) * half
  const open = ctx.openOrders(instrument)
  const moved = Math.abs(fair - ctx.state.quoted) * 10_000 > middle * moveBps
  if (open.length === 2 && !moved) return
  if (open.length > 0) {
    // New quotes only once the old ones are gone: never more than one a side.
    ctx.cancelAll(instrument)
    return
  }
  ctx.state.quoted = fair
  ctx.signal("quote", fair)
  const bid = Math.min(Math.floor(fair - half), book.askTicks - 1)
  const ask = Math.max(Math.ceil(fair + half), book.bidTicks + 1)
  if (held < inventoryMax) ctx.buy(instrument, { quantity: lots, price: bid, postOnly: true })
  if (held > -inventoryMax) ctx.sell(instrument, { quantity: lots, price: ask, postOnly: true })
}

export default defineStrategy({
  name: "market-maker",
  version: 1,
  parameters,
  state: Schema.Struct({ quoted: Schema.mutableKey(Schema.Number) }),
  feeds: ({ instrument }) => [{ instrument, book: true }],
  initial: () => ({ quoted: 0 }),
  onStart: (ctx) => {
    ctx.cancelAll(ctx.parameters.instrument)
    ctx.timer("refresh", ctx.parameters.refreshMs)
  },
  onTimer: (_name, ctx) => {
    quote(ctx)
    ctx.timer("refresh", ctx.parameters.refreshMs)
  },
  onFill: (_fill, ctx) => quote(ctx),
  onGap: (gap, ctx) => {
    if (!gap.resumed) ctx.cancelAll(gap.instrument)
  }
})

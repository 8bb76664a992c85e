/**
 * A market maker on the book: one post-only bid and one offer around the middle, leaned against its inventory, moved
 * when the market has left them behind. Never takes. Looks at most twice a second, however often the book changes.
 */
import { quantityLotsOf } from "@outcry/model/Instrument"
import * as Parameter from "@outcry/model/Parameter"
import { defineStrategy } from "@outcry/model/Strategy"
import { Schema } from "effect"

const State = Schema.Struct({
  /** The middle that the present quotes were made around, in ticks. */
  fair: Schema.Number,
  /** When it last looked, epoch µs. */
  lookedAt: Schema.Number
})

export default defineStrategy({
  name: "market-maker",
  version: 1,
  parameters: Schema.Struct({
    instrument: Parameter.instrument("sim:ETH/USDT"),
    quantity: Parameter.decimal("0.05"),
    /** Distance of each quote from the middle, in basis points. */
    halfSpreadBps: Parameter.number(0.6, { min: 0, max: 500 }),
    /** Largest inventory, in quotes. */
    inventoryMax: Parameter.integer(8, { min: 1, max: 1000 }),
    /** How far the middle may move before the quotes follow, in basis points. */
    moveBps: Parameter.number(0.5, { min: 0, max: 500 }),
    lookEveryMs: Parameter.integer(500, { min: 50, max: 60_000 })
  }),
  state: State,
  feeds: ({ instrument }) => [{ instrument, book: true }],
  initial: (): typeof State.Type => ({ fair: 0, lookedAt: 0 }),
  // Quotes of an earlier run stand where its market was.
  onStart: (ctx) => ctx.cancelAll(ctx.parameters.instrument),
  onBook: (_delta, ctx) => {
    const { halfSpreadBps, instrument, inventoryMax, lookEveryMs, moveBps, quantity } = ctx.parameters
    const book = ctx.book(instrument)
    if (book === undefined || book.bidTicks === 0 || book.askTicks === 0) return
    if (ctx.now - ctx.state.lookedAt < lookEveryMs * 1000) return
    ctx.state = { ...ctx.state, lookedAt: ctx.now }
    // In quotes. A quantity that is no whole number of lots is refused by name when it is quoted.
    const held = ctx.position(instrument) / (quantityLotsOf(ctx.instrument(instrument), quantity) ?? 1)
    const middle = (book.bidTicks + book.askTicks) / 2
    const half = (middle * halfSpreadBps) / 10_000
    // Leaning the middle against what is held makes the side that brings it back to zero the better one.
    const fair = middle - (held / inventoryMax) * half
    const [buys, sells] = [held < inventoryMax, held > -inventoryMax]
    const open = ctx.openOrders(instrument)
    const moved = Math.abs(fair - ctx.state.fair) * 10_000 > middle * moveBps
    if (open.length === Number(buys) + Number(sells) && !moved) return
    // New quotes only once the old ones are gone: never more than one a side.
    if (open.length > 0) return ctx.cancelAll(instrument)
    ctx.state = { ...ctx.state, fair }
    ctx.signal("quote", fair)
    const bid = Math.min(Math.floor(fair - half), book.askTicks - 1)
    const ask = Math.max(Math.ceil(fair + half), book.bidTicks + 1)
    if (buys) ctx.buy(instrument, { quantity, price: bid, postOnly: true })
    if (sells) ctx.sell(instrument, { quantity, price: ask, postOnly: true })
  },
  onGap: (gap, ctx) => {
    if (!gap.resumed) ctx.cancelAll(gap.instrument)
  }
})

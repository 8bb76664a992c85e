/**
 * A strategy that never stops trading: every `everyMs` another kind of order, in turn, with the side that brings the
 * position back to zero: at the market, resting, with a bracket, waiting for a price, trailing, and changed while open. It
 * is the load of the fault runs: at any time some intent is between its commit and its answer.
 */
import * as Parameter from "@outcry/model/Parameter"
import { defineStrategy } from "@outcry/model/Strategy"
import { Schema } from "effect"

/** Orders that may rest at the venue at once, and that may wait here; then one is canceled instead of placing another. */
const restingMax = 3
const waitingMax = 4
/** How far away exits and triggers are, as a share of the price: little enough that some are touched. */
const distance = 0.0002

export default defineStrategy({
  name: "load",
  version: 2,
  parameters: Schema.Struct({
    instrument: Parameter.instrument("sim:BTC/USDT"),
    everyMs: Parameter.integer(100, { min: 10, max: 60_000 }),
    quantity: Parameter.decimal("0.001")
  }),
  state: Schema.Struct({ turn: Schema.Int }),
  feeds: ({ instrument }) => [{ instrument, quotes: true }],
  initial: () => ({ turn: 0 }),
  onStart: (ctx) => ctx.timer("next", ctx.parameters.everyMs),
  onTimer: (_name, ctx) => {
    const { everyMs, instrument, quantity } = ctx.parameters
    ctx.timer("next", everyMs)
    const quote = ctx.quote(instrument)
    if (quote === undefined) return
    const turn = ctx.state.turn + 1
    const held = ctx.position(instrument)
    const buys = held === 0 ? turn % 2 === 0 : held < 0
    const [near, far] = buys ? [quote.bidTicks, quote.askTicks] : [quote.askTicks, quote.bidTicks]
    const away = Math.max(2, Math.round(near * distance))
    /** Against the order's side, for a loss; with it, for a profit. */
    const [loss, profit] = buys ? [near - away, far + away] : [near + away, far - away]
    const open = ctx.openOrders(instrument)
    const waiting = open.filter(({ status }) => status === "held" || status === "triggered")
    const resting = open.filter((order) => !waiting.includes(order))
    // Never against an order of its own: the venue would give both sides one trade.
    const inTheWay =
      resting.find((order) => (order.side === "buy") !== buys) ?? resting[restingMax - 1] ?? waiting[waitingMax - 1]
    if (inTheWay !== undefined) return ctx.cancel(inTheWay.orderSeq)
    ctx.state = { turn }
    const place = buys ? ctx.buy : ctx.sell
    switch (turn % 9) {
      case 0:
        return void place(instrument, { quantity })
      case 1:
        return void place(instrument, { quantity, price: far })
      case 2:
        return void place(instrument, { quantity, price: far, timeInForce: "IOC" })
      case 3:
        return void place(instrument, { quantity, price: far, takeProfit: profit, stopLoss: loss })
      case 4:
        return void place(instrument, { quantity, price: near })
      case 5: {
        const [first] = resting
        if (first === undefined) return void place(instrument, { quantity, price: near, postOnly: true })
        return void ctx.modify(first.orderSeq, { price: far })
      }
      case 6:
        return void place(instrument, { quantity, stop: buys ? far + away : far - away })
      case 7:
        return void place(instrument, { quantity, trailPercent: 0.02 })
      default:
        return void place(instrument, { quantity, price: near, goodForMs: 1_500 })
    }
  }
})

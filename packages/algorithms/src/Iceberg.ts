/**
 * One small order at a time, the next when it is filled: none is larger than `display`, or than the least that the venue
 * takes where that is more; what is left and too small for an order of its own goes with the last. Rests at the limit
 * price where there is one, else joins the best price of its side. At the end the rest crosses in such orders, one a
 * look, for as long as `graceSec`. For venues without icebergs of their own.
 */
import { quantityLotsOf } from "@outcry/model/Instrument"
import { Schema } from "effect"
import { strategyOf } from "./Algorithm.ts"
import { parentFields } from "./ParentOrder.ts"

export default strategyOf({
  name: "iceberg",
  parameters: Schema.Struct({
    ...parentFields,
    /** Decimal, in base asset: the most that is shown at a time, and taken at a time at the end. */
    display: parentFields.quantity
  }),
  atLimit: true,
  countsTrades: false,
  quantities: () => ({}),
  display: ({ display }) => display,
  target: ({ filled, open, quantity }, ctx) => {
    // What is shown is shown until it is gone.
    if (open > 0) return filled + open
    const { display, instrument, randomise } = ctx.parameters
    const lots = quantityLotsOf(ctx.instrument(instrument), display) ?? 0
    return Math.min(quantity, filled + Math.max(1, Math.round(lots * (1 - randomise * ctx.random()))))
  }
})

/**
 * One small order at a time, the next when it is filled: the book never shows more than `display`. Rests at the limit
 * price where there is one, else joins the best price of its side. For venues without icebergs of their own.
 */
import { quantityLotsOf } from "@outcry/model/Instrument"
import { Schema } from "effect"
import { strategyOf } from "./Algorithm.ts"
import { parentFields } from "./ParentOrder.ts"

export default strategyOf({
  name: "iceberg",
  parameters: Schema.Struct({
    ...parentFields,
    /** Decimal, in base asset: the most that is shown at a time. */
    display: parentFields.quantity
  }),
  atLimit: true,
  countsTrades: false,
  quantities: ({ display }) => ({ display }),
  target: ({ filled, open, quantity }, ctx) => {
    // What is shown is shown until it is gone.
    if (open > 0) return filled + open
    const { display, instrument, randomise } = ctx.parameters
    const lots = quantityLotsOf(ctx.instrument(instrument), display) ?? 0
    return Math.min(quantity, filled + Math.max(1, Math.round(lots * (1 - randomise * ctx.random()))))
  }
})

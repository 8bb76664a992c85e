/**
 * A share of what the market trades: after each slice, so much of the public volume since the beginning. Our own trades
 * are part of that volume. Volume in a gap is not counted, so it falls behind then rather than run ahead.
 */
import * as Parameter from "@outcry/model/Parameter"
import { Schema } from "effect"
import { strategyOf } from "./Algorithm.ts"
import { parentFields } from "./ParentOrder.ts"

export default strategyOf({
  name: "pov",
  parameters: Schema.Struct({
    ...parentFields,
    /** Per cent of the market's volume. */
    participation: Parameter.number(10, { min: 0.01, max: 100 })
  }),
  atLimit: false,
  countsTrades: true,
  quantities: () => ({}),
  target: ({ quantity }, { parameters, state }) =>
    Math.min(quantity, Math.floor((state.marketLots * parameters.participation) / 100))
})

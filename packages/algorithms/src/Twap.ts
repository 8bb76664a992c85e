/** Time-weighted: equal parts over the time, one due at the end of each slice. */
import { Schema } from "effect"
import { strategyOf } from "./Algorithm.ts"
import { parentFields } from "./ParentOrder.ts"

export default strategyOf({
  name: "twap",
  parameters: Schema.Struct(parentFields),
  atLimit: false,
  countsTrades: false,
  quantities: () => ({}),
  target: ({ elapsed, quantity }) => Math.floor(quantity * elapsed)
})

/**
 * Buys a quantity in equal parts over a minute: an execution algorithm made of one function, how much should be filled by
 * now. What is due, when to send it, what becomes of the rest and how it survives a crash is the same for all of them.
 *
 * Those that come with Outcry run by name: `--strategy 'algorithm:twap@my-order:{"instrument":"sim:BTC/USDT", … }'`.
 */
import { strategyOf } from "@outcry/algorithms/Algorithm"
import { parentFields } from "@outcry/algorithms/ParentOrder"
import * as Parameter from "@outcry/model/Parameter"
import { Schema } from "effect"

export default strategyOf({
  name: "buy-in-parts",
  parameters: Schema.Struct({
    ...parentFields,
    instrument: Parameter.instrument("sim:BTC/USDT"),
    side: Parameter.choice(["buy", "sell"], "buy"),
    quantity: Parameter.decimal("0.02"),
    durationSec: Parameter.number(60, { min: 1, max: 86_400 }),
    sliceSec: Parameter.number(5, { min: 0.1, max: 3600 })
  }),
  target: ({ elapsed, quantity }) => Math.floor(quantity * elapsed),
  quantities: () => ({}),
  atLimit: false,
  countsTrades: false
})

/**
 * Two averages of closes, a signal: long while the fast one is above the slow one, flat otherwise. Made to be searched:
 * `outcry optimise examples/13-average-cross.ts --on spy.zip --space fast=5:104,slow=105:204` tries 10,000 pairs.
 */
import * as Parameter from "@outcry/model/Parameter"
import { liveSignal } from "@outcry/signals/LiveSignal"
import { defineSignal } from "@outcry/signals/Signal"
import { Schema } from "effect"

export const signal = defineSignal({
  name: "average-cross",
  version: 1,
  parameters: Schema.Struct({
    instrument: Parameter.instrument("sim:BTC/USDT"),
    barSeconds: Parameter.integer(1, { min: 1, max: 86_400 }),
    fast: Parameter.integer(5, { min: 1, max: 1000 }),
    slow: Parameter.integer(20, { min: 2, max: 2000 })
  }),
  columns: ({ fast, slow }) => ({
    fast: { indicator: "sma", given: { period: fast } },
    slow: { indicator: "sma", given: { period: slow } }
  }),
  reach: () => 0,
  rule: (place) => {
    const [fast, slow] = [place("fast"), place("slow")]
    return ({ value }) => {
      const difference = value(fast) - value(slow)
      return difference > 0 ? 1 : difference <= 0 ? 0 : Number.NaN
    }
  }
})

export default liveSignal(signal, { size: "0.01" })

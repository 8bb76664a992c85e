/**
 * Bollinger breakout, a signal: long when the close breaks out above the upper band, short below the lower one, out when it
 * is back at the middle. Live, it waits with limit orders where `limitOffsetTicks` says how far from the close.
 */
import * as Parameter from "@outcry/model/Parameter"
import { liveSignal } from "@outcry/signals/LiveSignal"
import { defineSignal } from "@outcry/signals/Signal"
import { Schema } from "effect"

export const signal = defineSignal({
  name: "bollinger-breakout",
  version: 1,
  parameters: Schema.Struct({
    instrument: Parameter.instrument("sim:ETH/USDT"),
    barSeconds: Parameter.integer(1, { min: 1, max: 86_400 }),
    period: Parameter.integer(12, { min: 2, max: 500 }),
    /** Standard deviations to each side. */
    deviations: Parameter.number(1.5, { min: 0.1, max: 10 })
  }),
  columns: ({ deviations, period }) => {
    const bands = { indicator: "bbands", given: { period, deviations } }
    return {
      upper: { ...bands, output: "upper" },
      middle: { ...bands, output: "middle" },
      lower: { ...bands, output: "lower" }
    }
  },
  reach: () => 0,
  rule: (place) => {
    const [close, upper, middle, lower] = [place("close"), place("upper"), place("middle"), place("lower")]
    return ({ held, value }) => {
      if (value(close) > value(upper)) return 1
      if (value(close) < value(lower)) return -1
      // The distance to the middle has the sign of the side as long as the breakout lasts.
      return held * (value(close) - value(middle)) <= 0 ? 0 : held
    }
  }
})

export default liveSignal(signal, { size: "0.2" })

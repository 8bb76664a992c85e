/**
 * MACD trend, a signal: with the trend (the side of a long average that the close is on) while MACD's histogram agrees with
 * it, half the size while it does not, and never against it.
 */
import * as Parameter from "@outcry/model/Parameter"
import { liveSignal } from "@outcry/signals/LiveSignal"
import { defineSignal } from "@outcry/signals/Signal"
import { Schema } from "effect"

export const signal = defineSignal({
  name: "macd-trend",
  version: 1,
  parameters: Schema.Struct({
    instrument: Parameter.instrument("sim:BTC/USDT"),
    barSeconds: Parameter.integer(1, { min: 1, max: 86_400 }),
    fast: Parameter.integer(4, { min: 1, max: 500 }),
    slow: Parameter.integer(9, { min: 2, max: 1000 }),
    smoothing: Parameter.integer(3, { min: 1, max: 500 }),
    trend: Parameter.integer(15, { min: 2, max: 5000 })
  }).check(Schema.makeFilter(({ fast, slow }) => (fast < slow ? undefined : "fast must be below slow"))),
  columns: ({ fast, slow, smoothing, trend }) => ({
    momentum: { indicator: "macd", given: { fast, slow, signal: smoothing }, output: "histogram" },
    trend: { indicator: "ema", given: { period: trend } }
  }),
  reach: () => 0,
  rule: (place) => {
    const [close, momentum, trend] = [place("close"), place("momentum"), place("trend")]
    return ({ value }) => {
      const side = Math.sign(value(close) - value(trend))
      const agrees = side * value(momentum)
      // What is not known yet changes nothing.
      if (Number.isNaN(agrees)) return Number.NaN
      return agrees > 0 ? side : side / 2
    }
  }
})

export default liveSignal(signal, { size: "0.01" })

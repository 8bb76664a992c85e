/**
 * RSI reversal, a signal: long when the relative strength index comes back up out of oversold, short when it comes back down
 * out of overbought, flat once it is through the middle. A signal names the position to hold after each bar; the same one
 * is searched over history at once (`signal`) and trades bar by bar (the default export).
 */
import * as Parameter from "@outcry/model/Parameter"
import { liveSignal } from "@outcry/signals/LiveSignal"
import { defineSignal } from "@outcry/signals/Signal"
import { Schema } from "effect"

export const signal = defineSignal({
  name: "rsi-reversal",
  version: 1,
  parameters: Schema.Struct({
    instrument: Parameter.instrument("sim:BTC/USDT"),
    barSeconds: Parameter.integer(1, { min: 1, max: 86_400 }),
    period: Parameter.integer(7, { min: 2, max: 500 }),
    /** Oversold below it, overbought above 100 less it. */
    oversold: Parameter.number(35, { min: 1, max: 49 })
  }),
  columns: ({ period }) => ({ rsi: { indicator: "rsi", given: { period } } }),
  // One row back, to see it cross.
  reach: () => 1,
  rule: (place, { oversold }) => {
    const rsi = place("rsi")
    return ({ held, value }) => {
      const [now, before] = [value(rsi), value(rsi, 1)]
      if (before < oversold && now >= oversold) return 1
      if (before > 100 - oversold && now <= 100 - oversold) return -1
      const back = (held > 0 && now >= 50) || (held < 0 && now <= 50)
      // NaN keeps what is held.
      return back ? 0 : Number.NaN
    }
  }
})

export default liveSignal(signal, { size: "0.01" })

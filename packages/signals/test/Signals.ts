/** Signals for the tests, each with something the others lack. */
import * as Parameter from "@outcry/model/Parameter"
import { Schema } from "effect"
import { defineSignal } from "../src/Signal.ts"

const market = { instrument: Parameter.instrument("sim:BTC/USDT"), barSeconds: Parameter.integer(1, { min: 1 }) }

/** Two averages; looks one row back; keeps what is held on most rows. */
export const cross = defineSignal({
  name: "cross",
  version: 1,
  parameters: Schema.Struct({
    ...market,
    fast: Parameter.integer(3, { min: 1, max: 100 }),
    slow: Parameter.integer(8, { min: 2, max: 500 })
  }).check(Schema.makeFilter(({ fast, slow }) => (fast < slow ? undefined : "fast must be below slow"))),
  columns: ({ fast, slow }) => ({
    fast: { indicator: "ema", given: { period: fast } },
    slow: { indicator: "sma", given: { period: slow } }
  }),
  reach: () => 1,
  rule: (place) => {
    const [fast, slow] = [place("fast"), place("slow")]
    return ({ value }) => {
      const [now, before] = [value(fast) - value(slow), value(fast, 1) - value(slow, 1)]
      if (now > 0 && before <= 0) return 1
      return now < 0 && before >= 0 ? -1 : Number.NaN
    }
  }
})

/** Columns of columns declared out of order, an output that is not the first, two columns of one kernel, volume, held rows. */
export const layered = defineSignal({
  name: "layered",
  version: 1,
  parameters: Schema.Struct({ ...market, period: Parameter.integer(10, { min: 2, max: 100 }) }),
  columns: ({ period }) => ({
    smoothed: { indicator: "wma", given: { period: 5 }, of: ["strength"] },
    strength: { indicator: "rsi", given: { period } },
    upper: { indicator: "bbands", given: { period } },
    share: { indicator: "bbands", given: { period }, output: "percentB" },
    flow: { indicator: "mfi", given: { period } },
    tied: { indicator: "correl", given: { period }, of: ["close", "volume"] }
  }),
  reach: () => 7,
  rule: (place) => {
    const [smoothed, share, flow, tied, close, upper] = ["smoothed", "share", "flow", "tied", "close", "upper"].map(
      place
    )
    return ({ held, heldRows, value }) => {
      if (held !== 0 && heldRows >= 9) return 0
      if (value(close!) > value(upper!)) return 0.25
      if (value(smoothed!) < 45 && value(share!) < value(share!, 7)) return value(flow!) > 50 ? 1 : 0.5
      return value(tied!, 3) > 0.4 ? -1 : Number.NaN
    }
  }
})

/** Remembers in `memory` the highest close since it bought. */
export const trailing = defineSignal({
  name: "trailing",
  version: 1,
  parameters: Schema.Struct(market),
  columns: () => ({ top: { indicator: "max", given: { period: 12 }, of: ["high"] } }),
  memory: 1,
  rule: (place) => {
    const [close, top] = [place("close"), place("top")]
    return ({ held, memory, value }) => {
      const best = memory!
      best[0] = held > 0 ? Math.max(best[0]!, value(close)) : value(close)
      if (held > 0) return value(close) < best[0] * 0.99 ? 0 : 1
      return value(close) > value(top, 1) ? 1 : 0
    }
  }
})

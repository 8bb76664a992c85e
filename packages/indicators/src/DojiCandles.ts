/** Candles that close about where they opened. Source of every rule: TA-Lib's function named beside it. Warm-up 10. */
import type { CandleBars } from "./CandleBars.ts"
import { pattern } from "./CandlePattern.ts"

const isDoji = (bars: CandleBars) => bars.body(0) <= bars.tiny(0)

export const doji = pattern(
  { name: "doji", title: "Doji", talib: "CDLDOJI", warmup: 10, formula: "body at most a tenth of the mean range" },
  (bars) => (isDoji(bars) ? 100 : 0)
)

export const dragonflyDoji = pattern(
  {
    name: "dragonflydoji",
    title: "Dragonfly doji",
    talib: "CDLDRAGONFLYDOJI",
    warmup: 10,
    formula: "a doji with a lower shadow and hardly an upper one"
  },
  (bars) => (isDoji(bars) && bars.upperShadow(0) < bars.tiny(0) && bars.lowerShadow(0) > bars.tiny(0) ? 100 : 0)
)

export const gravestoneDoji = pattern(
  {
    name: "gravestonedoji",
    title: "Gravestone doji",
    talib: "CDLGRAVESTONEDOJI",
    warmup: 10,
    formula: "a doji with an upper shadow and hardly a lower one"
  },
  (bars) => (isDoji(bars) && bars.lowerShadow(0) < bars.tiny(0) && bars.upperShadow(0) > bars.tiny(0) ? 100 : 0)
)

export const longLeggedDoji = pattern(
  {
    name: "longleggeddoji",
    title: "Long-legged doji",
    talib: "CDLLONGLEGGEDDOJI",
    warmup: 10,
    formula: "a doji with a shadow longer than its body"
  },
  (bars) => (isDoji(bars) && (bars.lowerShadow(0) > bars.body(0) || bars.upperShadow(0) > bars.body(0)) ? 100 : 0)
)

export const takuri = pattern(
  {
    name: "takuri",
    title: "Takuri",
    talib: "CDLTAKURI",
    warmup: 10,
    formula: "a dragonfly doji whose lower shadow is more than twice its body"
  },
  (bars) => (isDoji(bars) && bars.upperShadow(0) < bars.tiny(0) && bars.lowerShadow(0) > 2 * bars.body(0) ? 100 : 0)
)

export const rickshawMan = pattern(
  {
    name: "rickshawman",
    title: "Rickshaw man",
    talib: "CDLRICKSHAWMAN",
    warmup: 10,
    formula: "a doji in the middle of its range, both shadows longer than the body"
  },
  (bars) => {
    const middle = bars.l(0) + bars.range(0) / 2
    const near = bars.near(0)
    const legs = bars.lowerShadow(0) > bars.body(0) && bars.upperShadow(0) > bars.body(0)
    return isDoji(bars) && legs && bars.bottom(0) <= middle + near && bars.top(0) >= middle - near ? 100 : 0
  }
)

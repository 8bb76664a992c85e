/** Candles that close about where they opened. Source of every rule: TA-Lib's function named beside it. Warm-up 10. */
import type { CandleBars } from "./CandleBars.ts"
import { pattern } from "./CandlePattern.ts"

const isDoji = (bars: CandleBars) => bars.body(0) <= bars.tiny(0)

/** CDLDOJI: body at most a tenth of the mean range. */
export const doji = pattern("doji", "Doji", 10, (bars) => (isDoji(bars) ? 100 : 0))

/** CDLDRAGONFLYDOJI: a doji with a lower shadow and hardly an upper one. */
export const dragonflyDoji = pattern("dragonflydoji", "Dragonfly doji", 10, (bars) =>
  isDoji(bars) && bars.upperShadow(0) < bars.tiny(0) && bars.lowerShadow(0) > bars.tiny(0) ? 100 : 0
)

/** CDLGRAVESTONEDOJI: a doji with an upper shadow and hardly a lower one. */
export const gravestoneDoji = pattern("gravestonedoji", "Gravestone doji", 10, (bars) =>
  isDoji(bars) && bars.lowerShadow(0) < bars.tiny(0) && bars.upperShadow(0) > bars.tiny(0) ? 100 : 0
)

/** CDLLONGLEGGEDDOJI: a doji with a shadow longer than its body. */
export const longLeggedDoji = pattern("longleggeddoji", "Long-legged doji", 10, (bars) =>
  isDoji(bars) && (bars.lowerShadow(0) > bars.body(0) || bars.upperShadow(0) > bars.body(0)) ? 100 : 0
)

/** CDLTAKURI: a dragonfly doji whose lower shadow is more than twice its body. */
export const takuri = pattern("takuri", "Takuri", 10, (bars) =>
  isDoji(bars) && bars.upperShadow(0) < bars.tiny(0) && bars.lowerShadow(0) > 2 * bars.body(0) ? 100 : 0
)

/** CDLRICKSHAWMAN: a doji in the middle of its range, both shadows longer than the body. */
export const rickshawMan = pattern("rickshawman", "Rickshaw man", 10, (bars) => {
  const middle = bars.l(0) + bars.range(0) / 2
  const near = bars.near(0)
  const legs = bars.lowerShadow(0) > bars.body(0) && bars.upperShadow(0) > bars.body(0)
  return isDoji(bars) && legs && bars.bottom(0) <= middle + near && bars.top(0) >= middle - near ? 100 : 0
})

/** Patterns of one candle, two of them with a glance at the bar before. Source: TA-Lib's function named beside each. */
import type { CandleBars } from "./CandleBars.ts"
import { pattern } from "./CandlePattern.ts"

const isLong = (bars: CandleBars) => bars.body(0) > bars.meanBody(0)
const isShort = (bars: CandleBars) => bars.body(0) < bars.meanBody(0)
const noUpper = (bars: CandleBars) => bars.upperShadow(0) < bars.tiny(0)
const noLower = (bars: CandleBars) => bars.lowerShadow(0) < bars.tiny(0)

/** A short body on a lower shadow longer than itself, with hardly an upper shadow. */
const hangs = (bars: CandleBars) => isShort(bars) && bars.lowerShadow(0) > bars.body(0) && noUpper(bars)

/** A short body under an upper shadow longer than itself, with hardly a lower shadow. */
const stands = (bars: CandleBars) => isShort(bars) && bars.upperShadow(0) > bars.body(0) && noLower(bars)

/** CDLHAMMER: such a body near or below the low of the bar before. Warm-up 11. */
export const hammer = pattern("hammer", "Hammer", 11, (bars) =>
  hangs(bars) && bars.bottom(0) <= bars.l(1) + bars.near(1) ? 100 : 0
)

/** CDLHANGINGMAN: such a body near or above the high of the bar before. Warm-up 11. */
export const hangingMan = pattern("hangingman", "Hanging man", 11, (bars) =>
  hangs(bars) && bars.bottom(0) >= bars.h(1) - bars.near(1) ? -100 : 0
)

/** CDLINVERTEDHAMMER: a hammer upside down, its body below the one before. Warm-up 11. */
export const invertedHammer = pattern("invertedhammer", "Inverted hammer", 11, (bars) =>
  stands(bars) && bars.gapsDown(0) ? 100 : 0
)

/** CDLSHOOTINGSTAR: a hammer upside down, its body above the one before. Warm-up 11. */
export const shootingStar = pattern("shootingstar", "Shooting star", 11, (bars) =>
  stands(bars) && bars.gapsUp(0) ? -100 : 0
)

/** CDLMARUBOZU: a long body with hardly a shadow. Warm-up 10. */
export const marubozu = pattern("marubozu", "Marubozu", 10, (bars) =>
  isLong(bars) && noUpper(bars) && noLower(bars) ? bars.colour(0) * 100 : 0
)

/** CDLCLOSINGMARUBOZU: a long body with hardly a shadow beyond its close. Warm-up 10. */
export const closingMarubozu = pattern("closingmarubozu", "Closing marubozu", 10, (bars) =>
  isLong(bars) && (bars.white(0) ? noUpper(bars) : noLower(bars)) ? bars.colour(0) * 100 : 0
)

/** CDLBELTHOLD: a long body with hardly a shadow beyond its open. Warm-up 10. */
export const beltHold = pattern("belthold", "Belt-hold", 10, (bars) =>
  isLong(bars) && (bars.white(0) ? noLower(bars) : noUpper(bars)) ? bars.colour(0) * 100 : 0
)

/** CDLSPINNINGTOP: a short body, both shadows longer. Warm-up 10. */
export const spinningTop = pattern("spinningtop", "Spinning top", 10, (bars) =>
  isShort(bars) && bars.upperShadow(0) > bars.body(0) && bars.lowerShadow(0) > bars.body(0) ? bars.colour(0) * 100 : 0
)

/** CDLHIGHWAVE: a short body, both shadows more than twice as long. Warm-up 10. */
export const highWave = pattern("highwave", "High-wave candle", 10, (bars) => {
  const reach = 2 * bars.body(0)
  return isShort(bars) && bars.upperShadow(0) > reach && bars.lowerShadow(0) > reach ? bars.colour(0) * 100 : 0
})

const shortShadows = (bars: CandleBars) =>
  bars.upperShadow(0) < bars.meanShadow(0) && bars.lowerShadow(0) < bars.meanShadow(0)

/** CDLLONGLINE: a long body with short shadows. Warm-up 10. */
export const longLine = pattern("longline", "Long line", 10, (bars) =>
  isLong(bars) && shortShadows(bars) ? bars.colour(0) * 100 : 0
)

/** CDLSHORTLINE: a short body with short shadows. Warm-up 10. */
export const shortLine = pattern("shortline", "Short line", 10, (bars) =>
  isShort(bars) && shortShadows(bars) ? bars.colour(0) * 100 : 0
)

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

export const hammer = pattern(
  {
    name: "hammer",
    title: "Hammer",
    talib: "CDLHAMMER",
    warmup: 11,
    formula: "a short body on a longer lower shadow, hardly an upper one, near or below the low of the bar before"
  },
  (bars) => (hangs(bars) && bars.bottom(0) <= bars.l(1) + bars.near(1) ? 100 : 0)
)

export const hangingMan = pattern(
  {
    name: "hangingman",
    title: "Hanging man",
    talib: "CDLHANGINGMAN",
    warmup: 11,
    formula: "a short body on a longer lower shadow, hardly an upper one, near or above the high of the bar before"
  },
  (bars) => (hangs(bars) && bars.bottom(0) >= bars.h(1) - bars.near(1) ? -100 : 0)
)

export const invertedHammer = pattern(
  {
    name: "invertedhammer",
    title: "Inverted hammer",
    talib: "CDLINVERTEDHAMMER",
    warmup: 11,
    formula: "a short body under a longer upper shadow, hardly a lower one, below the body before"
  },
  (bars) => (stands(bars) && bars.gapsDown(0) ? 100 : 0)
)

export const shootingStar = pattern(
  {
    name: "shootingstar",
    title: "Shooting star",
    talib: "CDLSHOOTINGSTAR",
    warmup: 11,
    formula: "a short body under a longer upper shadow, hardly a lower one, above the body before"
  },
  (bars) => (stands(bars) && bars.gapsUp(0) ? -100 : 0)
)

export const marubozu = pattern(
  {
    name: "marubozu",
    title: "Marubozu",
    talib: "CDLMARUBOZU",
    warmup: 10,
    formula: "a long body with hardly a shadow"
  },
  (bars) => (isLong(bars) && noUpper(bars) && noLower(bars) ? bars.colour(0) * 100 : 0)
)

export const closingMarubozu = pattern(
  {
    name: "closingmarubozu",
    title: "Closing marubozu",
    talib: "CDLCLOSINGMARUBOZU",
    warmup: 10,
    formula: "a long body with hardly a shadow beyond its close"
  },
  (bars) => (isLong(bars) && (bars.white(0) ? noUpper(bars) : noLower(bars)) ? bars.colour(0) * 100 : 0)
)

export const beltHold = pattern(
  {
    name: "belthold",
    title: "Belt-hold",
    talib: "CDLBELTHOLD",
    warmup: 10,
    formula: "a long body with hardly a shadow beyond its open"
  },
  (bars) => (isLong(bars) && (bars.white(0) ? noLower(bars) : noUpper(bars)) ? bars.colour(0) * 100 : 0)
)

export const spinningTop = pattern(
  {
    name: "spinningtop",
    title: "Spinning top",
    talib: "CDLSPINNINGTOP",
    warmup: 10,
    formula: "a short body, both shadows longer"
  },
  (bars) =>
    isShort(bars) && bars.upperShadow(0) > bars.body(0) && bars.lowerShadow(0) > bars.body(0) ? bars.colour(0) * 100 : 0
)

export const highWave = pattern(
  {
    name: "highwave",
    title: "High-wave candle",
    talib: "CDLHIGHWAVE",
    warmup: 10,
    formula: "a short body, both shadows more than twice as long"
  },
  (bars) => {
    const reach = 2 * bars.body(0)
    return isShort(bars) && bars.upperShadow(0) > reach && bars.lowerShadow(0) > reach ? bars.colour(0) * 100 : 0
  }
)

const shortShadows = (bars: CandleBars) =>
  bars.upperShadow(0) < bars.meanShadow(0) && bars.lowerShadow(0) < bars.meanShadow(0)

export const longLine = pattern(
  { name: "longline", title: "Long line", talib: "CDLLONGLINE", warmup: 10, formula: "a long body with short shadows" },
  (bars) => (isLong(bars) && shortShadows(bars) ? bars.colour(0) * 100 : 0)
)

export const shortLine = pattern(
  {
    name: "shortline",
    title: "Short line",
    talib: "CDLSHORTLINE",
    warmup: 10,
    formula: "a short body with short shadows"
  },
  (bars) => (isShort(bars) && shortShadows(bars) ? bars.colour(0) * 100 : 0)
)

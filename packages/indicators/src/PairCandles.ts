/** Patterns of two candles. Source of every rule: TA-Lib's function named beside it. */
import type { CandleBars } from "./CandleBars.ts"
import { pattern, penetrating, touching } from "./CandlePattern.ts"

/** CDLENGULFING: a body that covers the one before, of the other colour. Warm-up 2. */
export const engulfing = touching("engulfing", "Engulfing", 2, (touch) => (bars) => {
  if (bars.white(0) === bars.white(1)) return 0
  const above = bars.top(0) - bars.top(1)
  const below = bars.bottom(1) - bars.bottom(0)
  if (above < 0 || below < 0 || (above === 0 && below === 0)) return 0
  return covering(bars.colour(0), above > 0 && below > 0, touch)
})

/** Avoids the −0 of a direction times 0. */
const covering = (direction: number, wholly: boolean, touch: number) =>
  wholly ? direction * 100 : touch === 0 ? 0 : direction * touch

/** The body lies inside the one before: against that one's colour. */
const inside = (bars: CandleBars, touch: number) => {
  const above = bars.top(1) - bars.top(0)
  const below = bars.bottom(0) - bars.bottom(1)
  return above < 0 || below < 0 ? 0 : covering(-bars.colour(1), above > 0 && below > 0, touch)
}

/** CDLHARAMI: a short body inside the long one before. Warm-up 11. */
export const harami = touching(
  "harami",
  "Harami",
  11,
  (touch) => (bars) => (bars.body(1) > bars.meanBody(1) && bars.body(0) <= bars.meanBody(0) ? inside(bars, touch) : 0)
)

/** CDLHARAMICROSS: a doji inside the long body before. Warm-up 11. */
export const haramiCross = touching(
  "haramicross",
  "Harami cross",
  11,
  (touch) => (bars) => (bars.body(1) > bars.meanBody(1) && bars.body(0) <= bars.tiny(0) ? inside(bars, touch) : 0)
)

/** CDLDOJISTAR: a doji beyond the long body before, in its direction. Warm-up 11. */
export const dojiStar = pattern("dojistar", "Doji star", 11, (bars) =>
  bars.body(1) > bars.meanBody(1) && bars.body(0) <= bars.tiny(0) && (bars.white(1) ? bars.gapsUp(0) : bars.gapsDown(0))
    ? -bars.colour(1) * 100
    : 0
)

/** CDLPIERCING: after a long black body a long white one, from below its low to above its middle. Warm-up 11. */
export const piercing = pattern("piercing", "Piercing line", 11, (bars) =>
  !bars.white(1) &&
  bars.body(1) > bars.meanBody(1) &&
  bars.white(0) &&
  bars.body(0) > bars.meanBody(0) &&
  bars.o(0) < bars.l(1) &&
  bars.c(0) < bars.o(1) &&
  bars.c(0) > bars.c(1) + bars.body(1) * 0.5
    ? 100
    : 0
)

/** CDLDARKCLOUDCOVER: after a long white body a black one, from above its high down into it. Warm-up 11. */
export const darkCloudCover = penetrating(
  "darkcloudcover",
  "Dark cloud cover",
  11,
  0.5,
  (penetration) => (bars) =>
    bars.white(1) &&
    bars.body(1) > bars.meanBody(1) &&
    !bars.white(0) &&
    bars.o(0) > bars.h(1) &&
    bars.c(0) > bars.o(1) &&
    bars.c(0) < bars.c(1) - bars.body(1) * penetration
      ? -100
      : 0
)

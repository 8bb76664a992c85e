/** Patterns of two candles. Source of every rule: TA-Lib's function named beside it. */
import type { CandleBars } from "./CandleBars.ts"
import { pattern, penetrating, touching } from "./CandlePattern.ts"

export const engulfing = touching(
  {
    name: "engulfing",
    title: "Engulfing",
    talib: "CDLENGULFING",
    warmup: 2,
    formula: "a body that covers the one before, of the other colour"
  },
  (touch) => (bars) => {
    if (bars.white(0) === bars.white(1)) return 0
    const above = bars.top(0) - bars.top(1)
    const below = bars.bottom(1) - bars.bottom(0)
    if (above < 0 || below < 0 || (above === 0 && below === 0)) return 0
    return covering(bars.colour(0), above > 0 && below > 0, touch)
  }
)

/** Avoids the −0 of a direction times 0. */
const covering = (direction: number, wholly: boolean, touch: number) =>
  wholly ? direction * 100 : touch === 0 ? 0 : direction * touch

/** The body lies inside the one before: against that one's colour. */
const inside = (bars: CandleBars, touch: number) => {
  const above = bars.top(1) - bars.top(0)
  const below = bars.bottom(0) - bars.bottom(1)
  return above < 0 || below < 0 ? 0 : covering(-bars.colour(1), above > 0 && below > 0, touch)
}

export const harami = touching(
  {
    name: "harami",
    title: "Harami",
    talib: "CDLHARAMI",
    warmup: 11,
    formula: "a short body inside the long one before"
  },
  (touch) => (bars) => (bars.body(1) > bars.meanBody(1) && bars.body(0) <= bars.meanBody(0) ? inside(bars, touch) : 0)
)

export const haramiCross = touching(
  {
    name: "haramicross",
    title: "Harami cross",
    talib: "CDLHARAMICROSS",
    warmup: 11,
    formula: "a doji inside the long body before"
  },
  (touch) => (bars) => (bars.body(1) > bars.meanBody(1) && bars.body(0) <= bars.tiny(0) ? inside(bars, touch) : 0)
)

export const dojiStar = pattern(
  {
    name: "dojistar",
    title: "Doji star",
    talib: "CDLDOJISTAR",
    warmup: 11,
    formula: "a doji beyond the long body before, in its direction"
  },
  (bars) =>
    bars.body(1) > bars.meanBody(1) &&
    bars.body(0) <= bars.tiny(0) &&
    (bars.white(1) ? bars.gapsUp(0) : bars.gapsDown(0))
      ? -bars.colour(1) * 100
      : 0
)

export const piercing = pattern(
  {
    name: "piercing",
    title: "Piercing line",
    talib: "CDLPIERCING",
    warmup: 11,
    formula: "after a long black body a long white one, from below its low to above its middle"
  },
  (bars) =>
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

export const darkCloudCover = penetrating(
  {
    name: "darkcloudcover",
    title: "Dark cloud cover",
    talib: "CDLDARKCLOUDCOVER",
    warmup: 11,
    formula: "after a long white body a black one, from above its high down into it"
  },
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

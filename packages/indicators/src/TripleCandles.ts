/** Patterns of three candles (one looks at a fourth). Source of every rule: TA-Lib's function named beside it. */
import type { CandleBars } from "./CandleBars.ts"
import { type CandleRule, pattern, penetrating } from "./CandlePattern.ts"

/** A long black body, a star below it, and a white body that closes well into the first. */
const morning =
  (star: (bars: CandleBars) => number) =>
  (penetration: number): CandleRule =>
  (bars) =>
    bars.body(2) > bars.meanBody(2) &&
    !bars.white(2) &&
    bars.body(1) <= star(bars) &&
    bars.gapsDown(1) &&
    bars.body(0) > bars.meanBody(0) &&
    bars.white(0) &&
    bars.c(0) > bars.c(2) + bars.body(2) * penetration
      ? 100
      : 0

/** A long white body, a star above it, and a black body that closes well into the first. */
const evening =
  (star: (bars: CandleBars) => number) =>
  (penetration: number): CandleRule =>
  (bars) =>
    bars.body(2) > bars.meanBody(2) &&
    bars.white(2) &&
    bars.body(1) <= star(bars) &&
    bars.gapsUp(1) &&
    bars.body(0) > bars.meanBody(0) &&
    !bars.white(0) &&
    bars.c(0) < bars.c(2) - bars.body(2) * penetration
      ? -100
      : 0

const short = (bars: CandleBars) => bars.meanBody(1)
const tiny = (bars: CandleBars) => bars.tiny(1)

export const morningStar = penetrating(
  {
    name: "morningstar",
    title: "Morning star",
    talib: "CDLMORNINGSTAR",
    warmup: 12,
    formula: "a long black body, a short one below it, and a long white body that closes well into the first"
  },
  0.3,
  morning(short)
)

export const morningDojiStar = penetrating(
  {
    name: "morningdojistar",
    title: "Morning doji star",
    talib: "CDLMORNINGDOJISTAR",
    warmup: 12,
    formula: "a long black body, a doji below it, and a long white body that closes well into the first"
  },
  0.3,
  morning(tiny)
)

export const eveningStar = penetrating(
  {
    name: "eveningstar",
    title: "Evening star",
    talib: "CDLEVENINGSTAR",
    warmup: 12,
    formula: "a long white body, a short one above it, and a long black body that closes well into the first"
  },
  0.3,
  evening(short)
)

export const eveningDojiStar = penetrating(
  {
    name: "eveningdojistar",
    title: "Evening doji star",
    talib: "CDLEVENINGDOJISTAR",
    warmup: 12,
    formula: "a long white body, a doji above it, and a long black body that closes well into the first"
  },
  0.3,
  evening(tiny)
)

/** A white candle with hardly an upper shadow. */
const soldier = (bars: CandleBars, lag: number) => bars.white(lag) && bars.upperShadow(lag) < bars.tiny(lag)

/** Opens above the open before and not far above its close; not far shorter than it. */
const advances = (bars: CandleBars, lag: number) =>
  bars.c(lag) > bars.c(lag + 1) &&
  bars.o(lag) > bars.o(lag + 1) &&
  bars.o(lag) <= bars.c(lag + 1) + bars.near(lag + 1) &&
  bars.body(lag) > bars.body(lag + 1) - bars.far(lag + 1)

export const threeWhiteSoldiers = pattern(
  {
    name: "threewhitesoldiers",
    title: "Three white soldiers",
    talib: "CDL3WHITESOLDIERS",
    warmup: 12,
    formula: "three white candles with hardly an upper shadow, each higher, the last one long"
  },
  (bars) =>
    soldier(bars, 2) &&
    soldier(bars, 1) &&
    soldier(bars, 0) &&
    advances(bars, 1) &&
    advances(bars, 0) &&
    bars.body(0) > bars.meanBody(0)
      ? 100
      : 0
)

/** A black candle with hardly a lower shadow. */
const crow = (bars: CandleBars, lag: number) => !bars.white(lag) && bars.lowerShadow(lag) < bars.tiny(lag)

/** Opens within the body before, closes below it. */
const declines = (bars: CandleBars, lag: number) =>
  bars.o(lag) < bars.o(lag + 1) && bars.o(lag) > bars.c(lag + 1) && bars.c(lag) < bars.c(lag + 1)

export const threeBlackCrows = pattern(
  {
    name: "threeblackcrows",
    title: "Three black crows",
    talib: "CDL3BLACKCROWS",
    warmup: 13,
    formula:
      "after a white candle three black ones with hardly a lower shadow, each lower, the first closing below its high"
  },
  (bars) =>
    bars.white(3) &&
    crow(bars, 2) &&
    crow(bars, 1) &&
    crow(bars, 0) &&
    declines(bars, 1) &&
    declines(bars, 0) &&
    bars.h(3) > bars.c(2)
      ? -100
      : 0
)

export const threeInside = pattern(
  {
    name: "threeinside",
    title: "Three inside",
    talib: "CDL3INSIDE",
    warmup: 12,
    formula: "a harami, and a third candle that closes beyond the first one's open"
  },
  (bars) =>
    bars.body(2) > bars.meanBody(2) &&
    bars.body(1) <= bars.meanBody(1) &&
    bars.top(1) < bars.top(2) &&
    bars.bottom(1) > bars.bottom(2) &&
    bars.white(0) !== bars.white(2) &&
    (bars.white(2) ? bars.c(0) < bars.o(2) : bars.c(0) > bars.o(2))
      ? -bars.colour(2) * 100
      : 0
)

export const threeOutside = pattern(
  {
    name: "threeoutside",
    title: "Three outside",
    talib: "CDL3OUTSIDE",
    warmup: 3,
    formula: "an engulfing, and a third candle that closes further"
  },
  (bars) =>
    bars.white(1) !== bars.white(2) &&
    bars.top(1) > bars.top(2) &&
    bars.bottom(1) < bars.bottom(2) &&
    (bars.white(1) ? bars.c(0) > bars.c(1) : bars.c(0) < bars.c(1))
      ? bars.colour(1) * 100
      : 0
)

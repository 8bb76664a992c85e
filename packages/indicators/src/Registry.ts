/**
 * Every indicator by name: what strategies, rules, the API and the command line choose from. A name once published keeps
 * its meaning; parameters are checked here, so that a kernel is only made of sound ones.
 */
import { ad, adosc, cmf } from "./AccumulationDistribution.ts"
import { kama } from "./AdaptiveAverage.ts"
import { aroon, aroonosc } from "./Aroon.ts"
import { avgprice, bop, medprice, typprice, wclprice } from "./BarPrice.ts"
import { bbands } from "./BollingerBands.ts"
import { dema, t3, tema } from "./ChainedAverage.ts"
import { donchian, midpoint, midprice } from "./Channel.ts"
import { cci } from "./CommodityChannel.ts"
import { beta, correl } from "./Correlation.ts"
import { adx, adxr, dx, minusDi, plusDi } from "./DirectionalIndex.ts"
import { minusDm, plusDm } from "./DirectionalMovement.ts"
import { doji, dragonflyDoji, gravestoneDoji, longLeggedDoji, rickshawMan, takuri } from "./DojiCandles.ts"
import { ema, rma } from "./ExponentialAverage.ts"
import { max, min } from "./Extremum.ts"
import { heikinashi } from "./HeikinAshi.ts"
import { hma, zlema } from "./HullAverage.ts"
import { ichimoku } from "./Ichimoku.ts"
import { keltner } from "./KeltnerChannel.ts"
import { linearreg, linearregAngle, linearregIntercept, linearregSlope, tsf } from "./LinearRegression.ts"
import { macd } from "./Macd.ts"
import { sma, sum } from "./MovingSum.ts"
import { darkCloudCover, dojiStar, engulfing, harami, haramiCross, piercing } from "./PairCandles.ts"
import { sar } from "./ParabolicSar.ts"
import { pivots } from "./PivotLevels.ts"
import { apo, ppo } from "./PriceOscillator.ts"
import { logReturn, mom, roc, rocp, rocr } from "./RateOfChange.ts"
import { cmo, cutlerRsi, rsi } from "./RelativeStrength.ts"
import {
  beltHold,
  closingMarubozu,
  hammer,
  hangingMan,
  highWave,
  invertedHammer,
  longLine,
  marubozu,
  shootingStar,
  shortLine,
  spinningTop
} from "./SingleCandles.ts"
import { stoch, stochf, stochrsi, willr } from "./Stochastic.ts"
import { supertrend } from "./SuperTrend.ts"
import { swings } from "./SwingPoint.ts"
import {
  eveningDojiStar,
  eveningStar,
  morningDojiStar,
  morningStar,
  threeBlackCrows,
  threeInside,
  threeOutside,
  threeWhiteSoldiers
} from "./TripleCandles.ts"
import { trix } from "./Trix.ts"
import { atr, natr, trange } from "./TrueRange.ts"
import { ultosc } from "./UltimateOscillator.ts"
import { stddev, variance, volatility } from "./Variance.ts"
import { movingVwap, vwap, vwma } from "./VolumeAverage.ts"
import { efi, mfi, obv } from "./VolumeFlow.ts"
import { trima, wma } from "./WeightedAverage.ts"
import type { Indicator } from "./Indicator.ts"
import type { Kernel } from "./Kernel.ts"
import type { Given } from "./Parameter.ts"

/** Families in the order of the documentation: averages, oscillators, trend, bands, volume, statistics, bars, candles. */
export const indicators: ReadonlyArray<Indicator> = [
  sma,
  sum,
  ema,
  rma,
  wma,
  trima,
  dema,
  tema,
  t3,
  hma,
  zlema,
  kama,
  vwma,
  movingVwap,
  vwap,
  rsi,
  cutlerRsi,
  cmo,
  stoch,
  stochf,
  stochrsi,
  willr,
  cci,
  mom,
  roc,
  rocp,
  rocr,
  logReturn,
  ultosc,
  macd,
  apo,
  ppo,
  trix,
  plusDm,
  minusDm,
  plusDi,
  minusDi,
  dx,
  adx,
  adxr,
  aroon,
  aroonosc,
  ichimoku,
  sar,
  supertrend,
  bbands,
  keltner,
  donchian,
  midpoint,
  midprice,
  trange,
  atr,
  natr,
  obv,
  efi,
  mfi,
  ad,
  adosc,
  cmf,
  variance,
  stddev,
  volatility,
  linearreg,
  linearregSlope,
  linearregAngle,
  linearregIntercept,
  tsf,
  correl,
  beta,
  max,
  min,
  avgprice,
  medprice,
  typprice,
  wclprice,
  bop,
  heikinashi,
  pivots,
  swings,
  doji,
  dragonflyDoji,
  gravestoneDoji,
  longLeggedDoji,
  takuri,
  rickshawMan,
  hammer,
  hangingMan,
  invertedHammer,
  shootingStar,
  marubozu,
  closingMarubozu,
  beltHold,
  spinningTop,
  highWave,
  longLine,
  shortLine,
  engulfing,
  harami,
  haramiCross,
  dojiStar,
  piercing,
  darkCloudCover,
  morningStar,
  morningDojiStar,
  eveningStar,
  eveningDojiStar,
  threeWhiteSoldiers,
  threeBlackCrows,
  threeInside,
  threeOutside
]

/** A name that no indicator has. */
export class IndicatorUnknown extends Error {
  readonly _tag = "IndicatorUnknown"
  readonly given: string
  /** Those whose names are alike, or all. */
  readonly offer: ReadonlyArray<string>

  constructor(given: string) {
    const alike = indicators.map(({ name }) => name).filter((name) => name.includes(given) || given.includes(name))
    const offer = alike.length > 0 ? alike : indicators.map(({ name }) => name)
    super(`There is no indicator "${given}"; choose from ${offer.join(", ")}`)
    this.name = "IndicatorUnknown"
    this.given = given
    this.offer = offer
  }
}

const byName = new Map(indicators.map((indicator) => [indicator.name, indicator]))

/** Throws IndicatorUnknown. */
export const indicatorNamed = (name: string): Indicator => {
  const found = byName.get(name)
  if (found === undefined) throw new IndicatorUnknown(name)
  return found
}

/** A fresh kernel by name. Throws IndicatorUnknown and ParameterRefused. */
export const kernelOf = (name: string, given: Given = {}): Kernel => indicatorNamed(name).make(given)

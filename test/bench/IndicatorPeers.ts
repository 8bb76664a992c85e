/**
 * The same indicators by two libraries of npm, for bench `indicators`: `@ixjb94/indicators` over whole histories and
 * `trading-signals` bar by bar. What a library lacks, or takes other inputs for, is left out: the bench says how many remain.
 */
import { IndicatorsSync } from "@ixjb94/indicators"
import * as signals from "trading-signals"

/** Plain arrays: what both libraries take. */
export interface PlainBars {
  readonly open: Array<number>
  readonly high: Array<number>
  readonly low: Array<number>
  readonly close: Array<number>
  readonly volume: Array<number>
}

const sync = new IndicatorsSync()

/** By our names, with the parameters of TalibCalls. */
export const ixjb94: Readonly<Record<string, (bars: PlainBars) => unknown>> = {
  sma: ({ close }) => sync.sma(close, 14),
  ema: ({ close }) => sync.ema(close, 14),
  wma: ({ close }) => sync.wma(close, 14),
  trima: ({ close }) => sync.trima(close, 14),
  dema: ({ close }) => sync.dema(close, 9),
  tema: ({ close }) => sync.tema(close, 9),
  kama: ({ close }) => sync.kama(close, 10),
  rsi: ({ close }) => sync.rsi(close, 14),
  cmo: ({ close }) => sync.cmo(close, 14),
  stoch: ({ close, high, low }) => sync.stoch(high, low, close, 9, 3, 4),
  willr: ({ close, high, low }) => sync.willr(high, low, close, 14),
  cci: ({ close, high, low }) => sync.cci(high, low, close, 14),
  mom: ({ close }) => sync.mom(close, 10),
  roc: ({ close }) => sync.roc(close, 10),
  rocr: ({ close }) => sync.rocr(close, 10),
  ultosc: ({ close, high, low }) => sync.ultosc(high, low, close, 7, 14, 28),
  macd: ({ close }) => sync.macd(close, 12, 26, 9),
  apo: ({ close }) => sync.apo(close, 5, 12),
  ppo: ({ close }) => sync.ppo(close, 5, 12),
  trix: ({ close }) => sync.trix(close, 8),
  dx: ({ high, low }) => sync.dx(high, low, 14),
  adx: ({ high, low }) => sync.adx(high, low, 14),
  adxr: ({ high, low }) => sync.adxr(high, low, 14),
  aroon: ({ high, low }) => sync.aroon(high, low, 14),
  aroonosc: ({ high, low }) => sync.aroonosc(high, low, 14),
  sar: ({ high, low }) => sync.psar(high, low, 0.02, 0.2),
  bbands: ({ close }) => sync.bbands(close, 20, 2),
  trange: ({ close, high, low }) => sync.tr(high, low, close),
  atr: ({ close, high, low }) => sync.atr(high, low, close, 14),
  natr: ({ close, high, low }) => sync.natr(high, low, close, 14),
  obv: ({ close, volume }) => sync.obv(close, volume),
  ad: ({ close, high, low, volume }) => sync.ad(high, low, close, volume),
  adosc: ({ close, high, low, volume }) => sync.adosc(high, low, close, volume, 3, 10),
  mfi: ({ close, high, low, volume }) => sync.mfi(high, low, close, volume, 14),
  var: ({ close }) => sync.var(close, 10),
  stddev: ({ close }) => sync.stddev(close, 10),
  linearreg: ({ close }) => sync.linreg(close, 14),
  linearregslope: ({ close }) => sync.linregslope(close, 14),
  linearregintercept: ({ close }) => sync.linregintercept(close, 14),
  tsf: ({ close }) => sync.tsf(close, 14),
  max: ({ close }) => sync.max(close, 14),
  min: ({ close }) => sync.min(close, 14),
  avgprice: ({ close, high, low, open }) => sync.avgprice(open, high, low, close),
  medprice: ({ high, low }) => sync.medprice(high, low),
  typprice: ({ close, high, low }) => sync.typprice(high, low, close),
  wclprice: ({ close, high, low }) => sync.wcprice(high, low, close),
  bop: ({ close, high, low, open }) => sync.bop(open, high, low, close)
}

interface Candle {
  readonly open: number
  readonly high: number
  readonly low: number
  readonly close: number
  readonly volume: number
}

/** Bars as objects, made before the clock starts. */
export const candlesOf = ({ close, high, low, open, volume }: PlainBars): ReadonlyArray<Candle> =>
  close.map((last, at) => ({ open: open[at]!, high: high[at]!, low: low[at]!, close: last, volume: volume[at]! }))

/** Feeds every bar to a fresh indicator. */
type Feed = (bars: PlainBars, candles: ReadonlyArray<Candle>) => void

const closes =
  (make: () => { add(input: number): unknown }): Feed =>
  ({ close }) => {
    const indicator = make()
    for (const value of close) indicator.add(value)
  }

const bars =
  (make: () => { add(input: Candle): unknown }): Feed =>
  (_, candles) => {
    const indicator = make()
    for (const candle of candles) indicator.add(candle)
  }

export const tradingSignals: Readonly<Record<string, Feed>> = {
  sma: closes(() => new signals.SMA(14)),
  ema: closes(() => new signals.EMA(14)),
  wma: closes(() => new signals.WMA(14)),
  trima: closes(() => new signals.TRIMA(14)),
  dema: closes(() => new signals.DEMA(9)),
  tema: closes(() => new signals.TEMA(9)),
  t3: closes(() => new signals.T3(5, 0.7)),
  rsi: closes(() => new signals.RSI(14)),
  cmo: closes(() => new signals.CMO(14)),
  mom: closes(() => new signals.MOM(10)),
  roc: closes(() => new signals.ROC(10)),
  macd: closes(() => new signals.MACD(new signals.EMA(12), new signals.EMA(26), new signals.EMA(9))),
  apo: closes(() => new signals.APO({ fastPeriod: 5, slowPeriod: 12 })),
  ppo: closes(() => new signals.PPO({ fastPeriod: 5, slowPeriod: 12 })),
  trix: closes(() => new signals.TRIX(8)),
  bbands: closes(() => new signals.BollingerBands(20, 2)),
  linearreg: closes(() => new signals.LinearRegression(14)),
  stoch: bars(() => new signals.StochasticOscillator({ kPeriod: 9, kSlowingPeriod: 3, dPeriod: 4 })),
  willr: bars(() => new signals.WilliamsR(14)),
  cci: bars(() => new signals.CCI(14)),
  ultosc: bars(() => new signals.UltimateOscillator({ shortPeriod: 7, mediumPeriod: 14, longPeriod: 28 })),
  dx: bars(() => new signals.DX(14)),
  adx: bars(() => new signals.ADX(14)),
  adxr: bars(() => new signals.ADXR(14)),
  aroon: bars(() => new signals.Aroon(14)),
  sar: bars(() => new signals.PSAR({ accelerationMax: 0.2, accelerationStep: 0.02 })),
  trange: bars(() => new signals.TR()),
  atr: bars(() => new signals.ATR(14)),
  natr: bars(() => new signals.NATR(14)),
  ad: bars(() => new signals.AD()),
  adosc: bars(() => new signals.ADOSC({ fastPeriod: 3, slowPeriod: 10 })),
  mfi: bars(() => new signals.MFI(14)),
  bop: bars(() => new signals.BOP())
}

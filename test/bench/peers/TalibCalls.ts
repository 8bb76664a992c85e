/**
 * Which function of TA-Lib answers what one of our indicators does: its columns in TA-Lib's order, its options in theirs.
 * Of indicators with more outputs than TA-Lib's function, the first ones are meant.
 */
import type { Input } from "@outcry/indicators/Indicator"
import type { Given } from "@outcry/indicators/Parameter"

export interface TalibCall {
  readonly indicator: string
  readonly parameters: Given
  readonly function: string
  readonly columns: ReadonlyArray<Input>
  /** Positional, after the columns. */
  readonly options: ReadonlyArray<number>
}

const high = "high"
const low = "low"
const close = "close"
const volume = "volume"
const range: ReadonlyArray<Input> = [high, low]
const bar: ReadonlyArray<Input> = [high, low, close]
const candle: ReadonlyArray<Input> = ["open", high, low, close]
const traded: ReadonlyArray<Input> = [high, low, close, volume]

const call = (
  indicator: string,
  name: string,
  columns: ReadonlyArray<Input>,
  options: ReadonlyArray<number> = [],
  parameters: Given = {}
): TalibCall => ({ indicator, parameters, function: name, columns, options })

/** An indicator whose only option is its period. */
const over = (indicator: string, name: string, period: number, columns: ReadonlyArray<Input> = ["value"]): TalibCall =>
  call(indicator, name, columns, [period], { period })

const average = { sma: 0, ema: 1, wma: 2 } as const

export const talibCalls: ReadonlyArray<TalibCall> = [
  over("sma", "SMA", 14),
  over("sum", "SUM", 14),
  over("ema", "EMA", 14),
  over("wma", "WMA", 14),
  over("trima", "TRIMA", 14),
  over("dema", "DEMA", 9),
  over("tema", "TEMA", 9),
  call("t3", "T3", ["value"], [5, 0.7], { period: 5, volume: 0.7 }),
  over("kama", "KAMA", 10),
  over("rsi", "RSI", 14),
  over("cmo", "CMO", 14),
  call("stoch", "STOCH", bar, [9, 3, average.sma, 4, average.sma], { fastK: 9, slowK: 3, slowD: 4 }),
  call("stochf", "STOCHF", bar, [9, 4, average.sma], { fastK: 9, fastD: 4 }),
  call("stochrsi", "STOCHRSI", ["value"], [14, 5, 3, average.sma], { period: 14, fastK: 5, fastD: 3 }),
  over("willr", "WILLR", 14, bar),
  over("cci", "CCI", 14, bar),
  over("mom", "MOM", 10),
  over("roc", "ROC", 10),
  over("rocp", "ROCP", 10),
  over("rocr", "ROCR", 10),
  call("ultosc", "ULTOSC", bar, [7, 14, 28]),
  call("macd", "MACD", ["value"], [12, 26, 9]),
  call("apo", "APO", ["value"], [5, 12, average.ema], { fast: 5, slow: 12 }),
  call("ppo", "PPO", ["value"], [5, 12, average.sma], { fast: 5, slow: 12, average: "sma" }),
  over("trix", "TRIX", 8),
  over("plusdm", "PLUS_DM", 14, range),
  over("minusdm", "MINUS_DM", 14, range),
  over("plusdi", "PLUS_DI", 14, bar),
  over("minusdi", "MINUS_DI", 14, bar),
  over("dx", "DX", 14, bar),
  over("adx", "ADX", 14, bar),
  over("adxr", "ADXR", 14, bar),
  over("aroon", "AROON", 14, range),
  over("aroonosc", "AROONOSC", 14, range),
  call("sar", "SAR", range, [0.02, 0.2]),
  call("bbands", "BBANDS", ["value"], [20, 2, 2, average.sma]),
  call("trange", "TRANGE", bar),
  over("atr", "ATR", 14, bar),
  over("natr", "NATR", 14, bar),
  call("obv", "OBV", [close, volume]),
  call("ad", "AD", traded),
  call("adosc", "ADOSC", traded, [3, 10]),
  over("mfi", "MFI", 14, traded),
  over("var", "VAR", 10),
  call("stddev", "STDDEV", ["value"], [10, 1.5], { period: 10, deviations: 1.5 }),
  over("linearreg", "LINEARREG", 14),
  over("linearregslope", "LINEARREG_SLOPE", 14),
  over("linearregangle", "LINEARREG_ANGLE", 14),
  over("linearregintercept", "LINEARREG_INTERCEPT", 14),
  over("tsf", "TSF", 14),
  over("correl", "CORREL", 20, ["value", "other"]),
  // TA-Lib's first argument is the benchmark.
  over("beta", "BETA", 10, ["other", "value"]),
  over("max", "MAX", 14),
  over("min", "MIN", 14),
  over("midpoint", "MIDPOINT", 14),
  over("midprice", "MIDPRICE", 14, range),
  call("avgprice", "AVGPRICE", candle),
  call("medprice", "MEDPRICE", range),
  call("typprice", "TYPPRICE", bar),
  call("wclprice", "WCLPRICE", bar),
  call("bop", "BOP", candle)
]

const titles: Readonly<Record<string, string>> = {
  threewhitesoldiers: "3WHITESOLDIERS",
  threeblackcrows: "3BLACKCROWS",
  threeinside: "3INSIDE",
  threeoutside: "3OUTSIDE"
}

/** The function of a candlestick pattern, which TA-Lib names alike. */
export const talibCandle = (indicator: string, penetration: number | undefined): TalibCall =>
  call(
    indicator,
    `CDL${titles[indicator] ?? indicator.toUpperCase()}`,
    candle,
    penetration === undefined ? [] : [penetration]
  )

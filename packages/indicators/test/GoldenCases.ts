/** Which file holds which indicator, how precisely, and from which row on; docs/indicators.md is made of it. */
import type { Given } from "../src/Parameter.ts"

export interface GoldenCase {
  readonly file: string
  readonly indicator: string
  readonly parameters: Given
  /** The file's column for each output, "" for one it lacks. */
  readonly columns: ReadonlyArray<string>
  /** How far a printed value may be off, besides 1e-9 of it. */
  readonly within: number
  /** Values compared, of all columns together: none may be lost. */
  readonly values: number
  /** The row from which the file's own way to begin no longer shows. */
  readonly from: number
  /** Why that is not the first row, or what else the file does in its own way. */
  readonly why: string
}

/** Both files of candlestick patterns, and how many bars they have; a pattern's warm-up is empty. */
export const candleFiles: ReadonlyArray<readonly [string, number]> = [
  ["spy_candle_patterns.txt", 500],
  ["ewz_candle_patterns.txt", 3831]
]

/** Compared by tests of their own. */
export const otherFiles: ReadonlyArray<string> = [
  "spy_with_vwap.txt",
  "spy_qqq_corr.csv",
  "spy_pivot_pnt_hl.txt",
  ...candleFiles.map(([file]) => file)
]

/** Not of indicators: bars alone, and what `@outcry/analytics` holds itself to. */
export const filesOfOthers: ReadonlyArray<string> = ["spy_ohlcv.txt", "spy_sortino.csv", "spy_valueatrisk.csv"]

const golden = (
  file: string,
  indicator: string,
  parameters: Given,
  columns: ReadonlyArray<string>,
  within: number,
  values: number,
  from = 0,
  why = ""
): GoldenCase => ({ file, indicator, parameters, columns, within, values, from, why })

/** Rounded to so many decimals. */
const half = (decimals: number) => 0.5001 * 10 ** -decimals

/** Cut off after so many decimals, or rounded from single precision. */
const unit = (decimals: number) => 10 ** -decimals

const firstRange = "the file counts the first bar's high − low as a true range; TA-Lib begins with the second bar"
const fourteen = "the file begins with the sum of 14 movements, TA-Lib with 13"
const singly = "the file is in single precision"

export const goldenCases: ReadonlyArray<GoldenCase> = [
  golden("spy_ad.txt", "ad", {}, ["AD"], half(5), 500),
  golden(
    "spy_ad_osc.txt",
    "adosc",
    {},
    ["AdOsc_3_10"],
    0,
    214,
    150,
    "the file's averages begin with an SMA, TA-Lib's with the first value"
  ),
  golden("spy_atr_wilder.txt", "atr", { period: 14 }, ["Average True Range 14"], half(5), 251, 250, firstRange),
  golden(
    "spy_bollinger_bands.txt",
    "bbands",
    { period: 20, deviations: 2 },
    ["Bollinger Bands® 20 2 Top", "Moving Average 20", "Bollinger Bands® 20 2 Bottom", "BandWidth", "%B"],
    1.1e-4,
    2405,
    0,
    "cut off after 4 decimals; width and %b are made of values cut off"
  ),
  golden("spy_dema.txt", "dema", { period: 5 }, ["DEMA_5"], 0, 356),
  golden("spy_heikin_ashi.txt", "heikinashi", {}, ["HA_Open", "HA_High", "HA_Low", "HA_Close"], half(7), 2000),
  golden("spy_hma.txt", "hma", { period: 16 }, ["HMA_16"], half(7), 482),
  golden("spy_kama.txt", "kama", { period: 5 }, ["KAMA_5"], 0, 495),
  golden("spy_mfi.txt", "mfi", { period: 20 }, ["Money Flow Index 20"], 1e-5, 480, 0, singly),
  golden("spy_natr.txt", "natr", { period: 5 }, ["NATR_5"], 0, 495),
  golden("spy_ultosc.txt", "ultosc", { short: 7, middle: 14, long: 28 }, ["ULTOSC_7_14_28"], 0, 472),
  golden("spy_with_adx.txt", "trange", {}, ["TR"], half(2), 503),
  golden("spy_with_adx.txt", "plusdm", { period: 14 }, ["+DM14"], half(2), 354, 150, fourteen),
  golden("spy_with_adx.txt", "minusdm", { period: 14 }, ["-DM14"], half(2), 354, 150, fourteen),
  golden("spy_with_adx.txt", "plusdi", { period: 14 }, ["+DI14"], half(4), 254, 250, fourteen),
  golden("spy_with_adx.txt", "minusdi", { period: 14 }, ["-DI14"], half(4), 254, 250, fourteen),
  golden("spy_with_adx.txt", "dx", { period: 14 }, ["DX"], half(2), 304, 200, fourteen),
  golden("spy_with_adx.txt", "adx", { period: 14 }, ["ADX 14"], half(4), 254, 250, fourteen),
  golden("spy_with_adx.txt", "adxr", { period: 14 }, ["ADXR 14"], half(4), 254, 250, fourteen),
  golden("spy_with_cci.txt", "cci", { period: 14 }, ["Commodity Channel Index (CCI) 14"], 3e-3, 488, 0, singly),
  golden(
    "spy_with_don50.txt",
    "donchian",
    { period: 50 },
    ["Donchian Channels 50 Top", "Donchian Channels 50 Mean", "Donchian Channels 50 Bottom"],
    half(3),
    1353,
    49,
    "the file shows windows that are not full"
  ),
  golden("spy_with_ichimoku.csv", "ichimoku", {}, ["Tenkan", "Kijun", "Senkou A", "Senkou B", ""], 0, 1839),
  golden("spy_with_indicators.txt", "sma", { period: 14 }, ["SMA14"], unit(2), 487, 0, singly),
  golden("spy_with_indicators.txt", "ema", { period: 14 }, ["EMA14"], unit(2), 487, 0, singly),
  golden(
    "spy_with_indicators.txt",
    "macd",
    {},
    ["MACD 12 26", "", ""],
    3e-4,
    350,
    150,
    "the file begins the fast average with the first 12 bars; single precision"
  ),
  golden("spy_with_indicators.txt", "cutlerrsi", { period: 14 }, ["RSI 14"], 3e-4, 485, 0, singly),
  golden("spy_with_indicators.txt", "rsi", { period: 14 }, ["RSI 14 Wilder"], 1e-5, 486, 0, singly),
  golden(
    "spy_with_keltner.csv",
    "keltner",
    { period: 20, multiplier: 1.5, average: "sma" },
    ["Keltner Channels 20 Top", "Middle Band", "Keltner Channels 20 Bottom"],
    unit(4),
    1443,
    20,
    `${firstRange}; cut off after 4 decimals`
  ),
  golden("spy_with_keltner.csv", "typprice", {}, ["TypicalPrice"], half(4), 501),
  golden("spy_with_macd.txt", "macd", {}, ["MACD", "Signal", "Histogram"], unit(5), 549, 0, singly),
  golden("spy_with_obv.txt", "obv", {}, ["OBV"], 1500, 500, 0, singly),
  golden("spy_with_roc50.txt", "mom", { period: 50 }, ["Rate of Change 50"], 2e-5, 451, 0, singly),
  golden(
    "spy_with_stoch12k3.txt",
    "stoch",
    { fastK: 12, slowK: 3, slowD: 5 },
    ["Stochastics 12 %K 3", "%D 5"],
    4e-4,
    972,
    0,
    singly
  ),
  golden("spy_with_williamsR14.txt", "willr", { period: 14 }, ["Williams %R 14"], 4e-4, 488, 0, singly),
  golden("spy_with_zlema.csv", "zlema", { period: 5 }, ["ZLEMA5"], 0, 494)
]

/** Which file holds which indicator, how precisely, and from which row on; README.md tells why where it is not the first. */
import type { Given } from "../src/Parameter.ts"

export interface GoldenCase {
  readonly file: string
  readonly indicator: string
  readonly parameters: Given
  /** The file's column for each output, "" for one it lacks. */
  readonly columns: ReadonlyArray<string>
  /** How far a printed value may be off, besides 1e-9 of it. */
  readonly within: number
  /** Values compared in each column: none may be lost. */
  readonly values: number
  /** The row from which the file's own way to begin no longer shows. */
  readonly from: number
}

const golden = (
  file: string,
  indicator: string,
  parameters: Given,
  columns: ReadonlyArray<string>,
  within: number,
  values: number,
  from = 0
): GoldenCase => ({ file, indicator, parameters, columns, within, values, from })

/** Rounded to so many decimals. */
const half = (decimals: number) => 0.5001 * 10 ** -decimals

/** Cut off after so many decimals, or rounded from single precision. */
const unit = (decimals: number) => 10 ** -decimals

export const goldenCases: ReadonlyArray<GoldenCase> = [
  golden("spy_ad.txt", "ad", {}, ["AD"], half(5), 500),
  golden("spy_ad_osc.txt", "adosc", {}, ["AdOsc_3_10"], 0, 214, 150),
  golden("spy_atr_wilder.txt", "atr", { period: 14 }, ["Average True Range 14"], half(5), 251, 250),
  golden(
    "spy_bollinger_bands.txt",
    "bbands",
    { period: 20, deviations: 2 },
    ["Bollinger Bands® 20 2 Top", "Moving Average 20", "Bollinger Bands® 20 2 Bottom", "BandWidth", "%B"],
    1.1e-4,
    481
  ),
  golden("spy_dema.txt", "dema", { period: 5 }, ["DEMA_5"], 0, 356),
  golden("spy_heikin_ashi.txt", "heikinashi", {}, ["HA_Open", "HA_High", "HA_Low", "HA_Close"], half(7), 500),
  golden("spy_hma.txt", "hma", { period: 16 }, ["HMA_16"], half(7), 482),
  golden("spy_kama.txt", "kama", { period: 5 }, ["KAMA_5"], 0, 495),
  golden("spy_mfi.txt", "mfi", { period: 20 }, ["Money Flow Index 20"], 1e-5, 480),
  golden("spy_natr.txt", "natr", { period: 5 }, ["NATR_5"], 0, 495),
  golden("spy_ultosc.txt", "ultosc", { short: 7, middle: 14, long: 28 }, ["ULTOSC_7_14_28"], 0, 472),
  golden("spy_with_adx.txt", "trange", {}, ["TR"], half(2), 503),
  golden("spy_with_adx.txt", "plusdm", { period: 14 }, ["+DM14"], half(2), 354, 150),
  golden("spy_with_adx.txt", "minusdm", { period: 14 }, ["-DM14"], half(2), 354, 150),
  golden("spy_with_adx.txt", "plusdi", { period: 14 }, ["+DI14"], half(4), 254, 250),
  golden("spy_with_adx.txt", "minusdi", { period: 14 }, ["-DI14"], half(4), 254, 250),
  golden("spy_with_adx.txt", "dx", { period: 14 }, ["DX"], half(2), 304, 200),
  golden("spy_with_adx.txt", "adx", { period: 14 }, ["ADX 14"], half(4), 254, 250),
  golden("spy_with_adx.txt", "adxr", { period: 14 }, ["ADXR 14"], half(4), 254, 250),
  golden("spy_with_cci.txt", "cci", { period: 14 }, ["Commodity Channel Index (CCI) 14"], 3e-3, 488),
  golden(
    "spy_with_don50.txt",
    "donchian",
    { period: 50 },
    ["Donchian Channels 50 Top", "Donchian Channels 50 Mean", "Donchian Channels 50 Bottom"],
    half(3),
    451,
    49
  ),
  golden("spy_with_ichimoku.csv", "ichimoku", {}, ["Tenkan", "Kijun", "Senkou A", "Senkou B", ""], 0, 423),
  golden("spy_with_indicators.txt", "sma", { period: 14 }, ["SMA14"], unit(2), 487),
  golden("spy_with_indicators.txt", "ema", { period: 14 }, ["EMA14"], unit(2), 487),
  golden("spy_with_indicators.txt", "macd", {}, ["MACD 12 26", "", ""], 3e-4, 350, 150),
  golden("spy_with_indicators.txt", "cutlerrsi", { period: 14 }, ["RSI 14"], 3e-4, 485),
  golden("spy_with_indicators.txt", "rsi", { period: 14 }, ["RSI 14 Wilder"], 1e-5, 486),
  golden(
    "spy_with_keltner.csv",
    "keltner",
    { period: 20, multiplier: 1.5, average: "sma" },
    ["Keltner Channels 20 Top", "Middle Band", "Keltner Channels 20 Bottom"],
    unit(4),
    481,
    20
  ),
  golden("spy_with_keltner.csv", "typprice", {}, ["TypicalPrice"], half(4), 501),
  golden("spy_with_macd.txt", "macd", {}, ["MACD", "Signal", "Histogram"], unit(5), 183),
  golden("spy_with_obv.txt", "obv", {}, ["OBV"], 1500, 500),
  golden("spy_with_roc50.txt", "mom", { period: 50 }, ["Rate of Change 50"], 2e-5, 451),
  golden(
    "spy_with_stoch12k3.txt",
    "stoch",
    { fastK: 12, slowK: 3, slowD: 5 },
    ["Stochastics 12 %K 3", "%D 5"],
    4e-4,
    484
  ),
  golden("spy_with_williamsR14.txt", "willr", { period: 14 }, ["Williams %R 14"], 4e-4, 488),
  golden("spy_with_zlema.csv", "zlema", { period: 5 }, ["ZLEMA5"], 0, 494)
]

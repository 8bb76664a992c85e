/** The instruments that tests trade, as our simulated exchange lists them, and those of the recordings of Binance. */
import * as Instrument from "@outcry/model/Instrument"

const usdt = (venue: string, base: string, lotSize: string): Instrument.InstrumentSpec => ({
  venue,
  symbol: `${base}/USDT`,
  base,
  quote: "USDT",
  version: 1,
  tickSize: "0.01",
  lotSize,
  minQuantity: lotSize,
  maxQuantity: "9000",
  minNotional: "5",
  maxNotional: "9000000"
})

export const btcUsdtSpec: Instrument.InstrumentSpec = usdt("sim", "BTC", "0.00001")
export const ethUsdtSpec: Instrument.InstrumentSpec = usdt("sim", "ETH", "0.0001")

export const btcUsdt: Instrument.Instrument = Instrument.make(btcUsdtSpec)
export const ethUsdt: Instrument.Instrument = Instrument.make(ethUsdtSpec)

/** With the sizes of August 2024. */
export const binanceBtcUsdt: Instrument.Instrument = Instrument.make(usdt("binance", "BTC", "0.00001"))
export const binanceEthUsdt: Instrument.Instrument = Instrument.make(usdt("binance", "ETH", "0.0001"))

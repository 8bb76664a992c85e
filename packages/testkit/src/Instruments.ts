/** The instruments that tests trade, as our simulated exchange lists them. */
import * as Instrument from "@outcry/model/Instrument"

const usdt = (base: string, lotSize: string): Instrument.InstrumentSpec => ({
  venue: "sim",
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

export const btcUsdtSpec: Instrument.InstrumentSpec = usdt("BTC", "0.00001")
export const ethUsdtSpec: Instrument.InstrumentSpec = usdt("ETH", "0.0001")

export const btcUsdt: Instrument.Instrument = Instrument.make(btcUsdtSpec)
export const ethUsdt: Instrument.Instrument = Instrument.make(ethUsdtSpec)

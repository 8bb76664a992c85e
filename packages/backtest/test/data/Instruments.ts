/** Instruments of the recordings, with the sizes of their time. */
import * as Instrument from "@outcry/model/Instrument"

const spec = { venue: "binance", quote: "USDT", version: 1, tickSize: "0.01", maxQuantity: "9000", minNotional: "5" }

export const btc = Instrument.make({
  ...spec,
  symbol: "BTC/USDT",
  base: "BTC",
  lotSize: "0.00001",
  minQuantity: "0.00001",
  maxNotional: "9000000"
})

export const eth = Instrument.make({
  ...spec,
  symbol: "ETH/USDT",
  base: "ETH",
  lotSize: "0.0001",
  minQuantity: "0.0001",
  maxNotional: "9000000"
})

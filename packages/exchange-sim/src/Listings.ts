/**
 * The instruments this exchange lists, and where their agents' prices begin.
 */
import * as Instrument from "@outcry/model/Instrument"

export interface Listing {
  readonly instrument: Instrument.Instrument
  /** Where the crowd begins. */
  readonly priceTicks: number
}

const common = {
  venue: "sim",
  quote: "USDT",
  version: 1,
  tickSize: "0.01",
  maxQuantity: "9000",
  minNotional: "5",
  maxNotional: "9000000"
}

export const listings: ReadonlyArray<Listing> = [
  {
    instrument: Instrument.make({
      ...common,
      symbol: "BTC/USDT",
      base: "BTC",
      lotSize: "0.00001",
      minQuantity: "0.00001"
    }),
    priceTicks: 6_000_000
  },
  {
    instrument: Instrument.make({
      ...common,
      symbol: "ETH/USDT",
      base: "ETH",
      lotSize: "0.0001",
      minQuantity: "0.0001"
    }),
    priceTicks: 300_000
  }
]

/** `BTCUSDT`. */
export const wireSymbol = (instrument: Instrument.Instrument): string => `${instrument.base}${instrument.quote}`

/**
 * Funding of perpetual contracts: at fixed times a long pays a short `rate` of the position's value, the other way round
 * where the rate is negative (Binance, "Introduction to Binance Futures Funding Rates", 2026-11).
 *
 * `recorded` takes the rates that the data hold; `constant` pays the same rate at every full interval of UTC.
 */
import * as Amount from "@outcry/model/Amount"
import { type Instrument, notional } from "@outcry/model/Instrument"
import { requireWithin } from "./InvalidModel.ts"

export type Funding =
  | { readonly kind: "none" }
  | { readonly kind: "recorded" }
  /** `rate` as a fraction, as 0.0001; `everyHours` default 8. */
  | { readonly kind: "constant"; readonly rate: number; readonly everyHours?: number }

export interface FundingModel {
  readonly funding: Funding
  /** Whether rates on the tape count. */
  readonly recorded: boolean
  readonly rate: number
  /** The first payment after a time, epoch µs; Infinity where there is none. */
  readonly nextUs: (afterUs: number) => number
}

const hourUs = 3_600_000_000
const rateScale = 1_000_000_000_000

/** Throws InvalidModel where a number makes no sense. */
export const fundingModel = (funding: Funding): FundingModel => {
  if (funding.kind !== "constant")
    return { funding, recorded: funding.kind === "recorded", rate: 0, nextUs: () => Infinity }
  const rate = requireWithin("constant funding", "rate", funding.rate, -1, 1)
  const everyUs = requireWithin("constant funding", "everyHours", funding.everyHours ?? 8, 1, 8760) * hourUs
  return { funding, recorded: false, rate, nextUs: (afterUs) => (Math.floor(afterUs / everyUs) + 1) * everyUs }
}

/** What a position of `lots` (signed) receives at a rate, in quote asset: negative where it pays. Half to even at 10^-12. */
export const fundingOf = (instrument: Instrument, lots: number, markTicks: number, rate: number): Amount.Amount =>
  -Amount.mulDiv(notional(instrument, markTicks, lots), BigInt(Math.round(rate * rateScale)), BigInt(rateScale))

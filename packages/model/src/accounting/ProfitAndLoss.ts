/**
 * Profit and loss of an owner's positions, by average cost and by first in first out, with fees valued in the quote asset
 * where there is a price and listed where there is none.
 */
import type * as Amount from "../Amount.ts"
import type { InstrumentId } from "../Instrument.ts"
import type { Books } from "./Books.ts"
import { worthOf } from "./Exposure.ts"
import { costFifo, type FeePart } from "./PositionBooks.ts"

/** What an amount of one asset was worth in another at a time (epoch µs); undefined where there is no price. */
export type PriceSource = (amount: Amount.Amount, from: string, to: string, timeUs: number) => Amount.Amount | undefined

/** A fee in the quote asset: by the fill's own price where that says it, else by the price source. */
export const feeIn = (fee: FeePart, quote: string, prices: PriceSource): Amount.Amount | undefined =>
  fee.value ?? prices(fee.amount, fee.asset, quote, fee.timeUs)

export interface Result {
  readonly realised: Amount.Amount
  /** Undefined where there is no price. */
  readonly unrealised: Amount.Amount | undefined
}

export interface PositionResult {
  readonly instrument: InstrumentId
  readonly currency: string
  readonly quantity: Amount.Amount
  /** Signed value paid for what is held. */
  readonly cost: Amount.Amount
  readonly average: Result
  readonly fifo: Result
  /** Fees that have a value, in `currency`. */
  readonly fees: Amount.Amount
  /** Fees that have none, by asset. */
  readonly unvaluedFees: ReadonlyMap<string, Amount.Amount>
  readonly fills: number
}

/** One line for each instrument the owner (`""`: the account) ever traded, by name. */
export const resultsOf = (
  books: Books,
  owner: string,
  priceTicks: (instrument: InstrumentId) => number | undefined,
  prices: PriceSource
): ReadonlyArray<PositionResult> =>
  Array.from(books.owners.get(owner)?.positions ?? [])
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([id, position]) => {
      const instrument = books.instruments.get(id)
      const price = priceTicks(id)
      const worth =
        position.quantity === 0n
          ? 0n
          : instrument === undefined || price === undefined
            ? undefined
            : worthOf(instrument, position.quantity, price)
      let fees = 0n
      const unvaluedFees = new Map<string, Amount.Amount>()
      for (const { fee: amount, feeAsset: asset, feeValue, timeVenue: timeUs } of position.fills) {
        if (amount === 0n) continue
        const value = feeIn({ amount, asset, value: feeValue, timeUs }, position.quote, prices)
        if (value === undefined) unvaluedFees.set(asset, (unvaluedFees.get(asset) ?? 0n) + amount)
        else fees += value
      }
      return {
        instrument: id,
        currency: position.quote,
        quantity: position.quantity,
        cost: position.cost,
        average: { realised: position.realised, unrealised: worth === undefined ? undefined : worth - position.cost },
        fifo: {
          realised: position.realisedFifo,
          unrealised: worth === undefined ? undefined : worth - costFifo(position)
        },
        fees,
        unvaluedFees,
        fills: position.fills.length
      }
    })

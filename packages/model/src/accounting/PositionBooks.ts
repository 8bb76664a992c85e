/**
 * One position as the books keep it, twice over: at average cost and in tax lots, first in first out. Quantities are
 * amounts of the base asset, so a new lot size of the instrument changes nothing; values are amounts of the quote asset.
 *
 * Identities kept by every fill, by both methods: Σ signed quantity = `quantity`, and Σ −sign × value = realised − cost.
 * Realised results are gross; fees stand beside them in their own assets.
 */
import * as Amount from "../Amount.ts"
import type { InstrumentId } from "../Instrument.ts"
import { type Side, signOf } from "../MarketData.ts"

/** One execution as the books need it. */
export interface BookedFill {
  /** Unique within its instrument. */
  readonly key: string
  readonly clientOrderId: string
  readonly side: Side
  readonly quantity: Amount.Amount
  readonly value: Amount.Amount
  readonly fee: Amount.Amount
  readonly feeAsset: string
  /** What the fee is worth in the quote asset where the fill itself says: paid in base or quote; else undefined. */
  readonly feeValue: Amount.Amount | undefined
  readonly timeVenue: number
}

/** A part of a fee, and what is needed to value it. */
export interface FeePart {
  readonly asset: string
  readonly amount: Amount.Amount
  readonly value: Amount.Amount | undefined
  readonly timeUs: number
}

/** What is left of one opening fill. Short where the position is. */
interface TaxLot {
  readonly key: string
  readonly timeUs: number
  quantity: Amount.Amount
  value: Amount.Amount
  fee: Amount.Amount
  feeValue: Amount.Amount | undefined
  readonly feeAsset: string
}

/** A closed part of a tax lot. Long: bought, then sold. Short: sold, then bought back. */
export interface Disposal {
  readonly direction: "long" | "short"
  readonly quantity: Amount.Amount
  readonly openKey: string
  readonly openUs: number
  readonly openValue: Amount.Amount
  readonly openFee: FeePart
  readonly closeKey: string
  readonly closeUs: number
  readonly closeValue: Amount.Amount
  readonly closeFee: FeePart
}

export interface PositionBooks {
  readonly instrument: InstrumentId
  readonly base: string
  readonly quote: string
  /** Signed. */
  quantity: Amount.Amount
  /** Signed value paid for what is held, at average cost. */
  cost: Amount.Amount
  realised: Amount.Amount
  realisedFifo: Amount.Amount
  /** Open tax lots are those from `head` on. */
  readonly lots: Array<TaxLot>
  head: number
  readonly disposals: Array<Disposal>
  readonly fills: Array<BookedFill>
  readonly fees: Map<string, Amount.Amount>
}

export const emptyPosition = (instrument: InstrumentId, base: string, quote: string): PositionBooks => ({
  instrument,
  base,
  quote,
  quantity: 0n,
  cost: 0n,
  realised: 0n,
  realisedFifo: 0n,
  lots: [],
  head: 0,
  disposals: [],
  fills: [],
  fees: new Map()
})

/** Dropped lots that may pile up in front of the open ones. */
const headMax = 1024

/** The part of an amount that falls to `quantity` out of `whole`; the whole of it for the whole. */
const share = (amount: Amount.Amount, quantity: Amount.Amount, whole: Amount.Amount): Amount.Amount =>
  quantity === whole ? amount : Amount.mulDiv(amount, quantity, whole)

const average = (position: PositionBooks, fill: BookedFill): void => {
  const buys = signOf(fill.side) === 1
  const held = Amount.abs(position.quantity)
  const closes = position.quantity !== 0n && position.quantity > 0n !== buys
  const closing = closes ? (held < fill.quantity ? held : fill.quantity) : 0n
  let opened = fill.value
  if (closing > 0n) {
    const paid = share(position.cost, closing, held)
    const closed = share(fill.value, closing, fill.quantity)
    position.realised += (buys ? -closed : closed) - paid
    position.cost -= paid
    opened = fill.value - closed
  }
  if (fill.quantity > closing) position.cost += buys ? opened : -opened
  position.quantity += buys ? fill.quantity : -fill.quantity
}

const dropClosed = (position: PositionBooks): void => {
  position.head += 1
  if (position.head < headMax) return
  position.lots.splice(0, position.head)
  position.head = 0
}

/** Closes lots from the oldest on and opens one with what is left; call it before the quantity moves. */
const firstInFirstOut = (position: PositionBooks, fill: BookedFill): void => {
  const buys = signOf(fill.side) === 1
  let { fee, feeValue, quantity: rest, value } = fill
  const long = position.quantity > 0n
  if (position.quantity !== 0n && long !== buys)
    while (rest > 0n && position.head < position.lots.length) {
      const lot = position.lots[position.head]!
      const quantity = lot.quantity < rest ? lot.quantity : rest
      const opened = {
        value: share(lot.value, quantity, lot.quantity),
        fee: share(lot.fee, quantity, lot.quantity),
        feeValue: lot.feeValue === undefined ? undefined : share(lot.feeValue, quantity, lot.quantity)
      }
      const closed = {
        value: share(value, quantity, rest),
        fee: share(fee, quantity, rest),
        feeValue: feeValue === undefined ? undefined : share(feeValue, quantity, rest)
      }
      position.realisedFifo += long ? closed.value - opened.value : opened.value - closed.value
      position.disposals.push({
        direction: long ? "long" : "short",
        quantity,
        openKey: lot.key,
        openUs: lot.timeUs,
        openValue: opened.value,
        openFee: { asset: lot.feeAsset, amount: opened.fee, value: opened.feeValue, timeUs: lot.timeUs },
        closeKey: fill.key,
        closeUs: fill.timeVenue,
        closeValue: closed.value,
        closeFee: { asset: fill.feeAsset, amount: closed.fee, value: closed.feeValue, timeUs: fill.timeVenue }
      })
      lot.quantity -= quantity
      lot.value -= opened.value
      lot.fee -= opened.fee
      if (lot.feeValue !== undefined) lot.feeValue -= opened.feeValue ?? 0n
      rest -= quantity
      value -= closed.value
      fee -= closed.fee
      if (feeValue !== undefined) feeValue -= closed.feeValue ?? 0n
      if (lot.quantity === 0n) dropClosed(position)
    }
  if (rest === 0n) return
  const { feeAsset, key, timeVenue: timeUs } = fill
  position.lots.push({ key, timeUs, quantity: rest, value, fee, feeValue, feeAsset })
}

const apply = (position: PositionBooks, fill: BookedFill): void => {
  firstInFirstOut(position, fill)
  average(position, fill)
  if (fill.fee !== 0n) position.fees.set(fill.feeAsset, (position.fees.get(fill.feeAsset) ?? 0n) + fill.fee)
}

export const bookFill = (position: PositionBooks, fill: BookedFill): void => {
  position.fills.push(fill)
  apply(position, fill)
}

/**
 * The position as if one of its fills had never been. What later fills closed depends on it, so they are booked anew;
 * undefined where there is no such fill.
 */
export const withoutFill = (position: PositionBooks, key: string): PositionBooks | undefined => {
  const at = position.fills.findLastIndex((fill) => fill.key === key)
  if (at < 0) return undefined
  const anew = emptyPosition(position.instrument, position.base, position.quote)
  for (const [index, fill] of position.fills.entries()) if (index !== at) bookFill(anew, fill)
  return anew
}

/** The open tax lots, oldest first. */
export const openLots = (position: PositionBooks): ReadonlyArray<Readonly<TaxLot>> => position.lots.slice(position.head)

/** Signed value paid for what is held, by first in first out. */
export const costFifo = (position: PositionBooks): Amount.Amount => {
  let value = 0n
  for (let index = position.head; index < position.lots.length; index++) value += position.lots[index]!.value
  return position.quantity < 0n ? -value : value
}

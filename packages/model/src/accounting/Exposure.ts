/**
 * What an account stands to lose by, without what is too little to be sold: dust. A rest below the smallest quantity or
 * value of an order can neither be closed nor hedged; it is listed and left out.
 */
import * as Amount from "../Amount.ts"
import type { Instrument, InstrumentId } from "../Instrument.ts"
import type { Books } from "./Books.ts"

const one = 10n ** BigInt(Amount.scale)

/** Worth of a quantity at a price in ticks, signed as the quantity. */
export const worthOf = (instrument: Instrument, quantity: Amount.Amount, priceTicks: number): Amount.Amount =>
  Amount.mulDiv(quantity, BigInt(priceTicks) * instrument.tick, one)

/**
 * Why a quantity cannot be traded, or undefined where it can. Without a price only the quantity decides. The part that
 * is finer than a lot cannot be traded either way, and counts as dust only where nothing else is left.
 */
export const dustOf = (
  instrument: Instrument,
  quantity: Amount.Amount,
  priceTicks: number | undefined
): "belowMinQuantity" | "belowMinNotional" | undefined => {
  if (quantity === 0n) return undefined
  const whole = (Amount.abs(quantity) / instrument.lot) * instrument.lot
  if (whole === 0n || whole < BigInt(instrument.minQuantityLots) * instrument.lot) return "belowMinQuantity"
  if (priceTicks === undefined) return undefined
  return worthOf(instrument, whole, priceTicks) < instrument.minNotionalAmount ? "belowMinNotional" : undefined
}

export interface Exposed {
  readonly instrument: InstrumentId
  readonly quantity: Amount.Amount
  /** Signed, in the instrument's quote asset. */
  readonly notional: Amount.Amount
  readonly currency: string
}

export interface Exposure {
  readonly positions: ReadonlyArray<Exposed>
  readonly dust: ReadonlyArray<{
    readonly instrument: InstrumentId
    readonly quantity: Amount.Amount
    readonly why: "belowMinQuantity" | "belowMinNotional"
  }>
  /** Positions without a price: not in any sum. */
  readonly unpriced: ReadonlyArray<{ readonly instrument: InstrumentId; readonly quantity: Amount.Amount }>
  /** Σ |notional| by quote asset. */
  readonly gross: ReadonlyMap<string, Amount.Amount>
}

/** Exposure of one owner (`""`: the account) at the given prices. */
export const exposureOf = (
  books: Books,
  owner: string,
  priceTicks: (instrument: InstrumentId) => number | undefined
): Exposure => {
  const positions: Array<Exposed> = []
  const dust: Array<Exposure["dust"][number]> = []
  const unpriced: Array<Exposure["unpriced"][number]> = []
  const gross = new Map<string, Amount.Amount>()
  const held = Array.from(books.owners.get(owner)?.positions ?? []).toSorted(([a], [b]) => (a < b ? -1 : 1))
  for (const [id, { quantity }] of held) {
    const instrument = books.instruments.get(id)
    if (instrument === undefined || quantity === 0n) continue
    const price = priceTicks(id)
    const why = dustOf(instrument, quantity, price)
    if (why !== undefined) dust.push({ instrument: id, quantity, why })
    else if (price === undefined) unpriced.push({ instrument: id, quantity })
    else {
      const notional = worthOf(instrument, quantity, price)
      positions.push({ instrument: id, quantity, notional, currency: instrument.quote })
      gross.set(instrument.quote, (gross.get(instrument.quote) ?? 0n) + Amount.abs(notional))
    }
  }
  return { positions, dust, unpriced, gross }
}

/**
 * Balances that no order could turn into anything else: too little for every instrument that sells them, at its price.
 * An asset that no instrument sells, such as the money itself, is none.
 */
export const dustBalances = (
  books: Books,
  priceTicks: (instrument: InstrumentId) => number | undefined
): ReadonlyArray<{ readonly asset: string; readonly amount: Amount.Amount }> =>
  Array.from(books.balances)
    .filter(([asset, amount]) => {
      if (amount <= 0n) return false
      const selling = Array.from(books.instruments.values()).filter(({ base }) => base === asset)
      return selling.length > 0 && selling.every((each) => dustOf(each, amount, priceTicks(each.id)) !== undefined)
    })
    .map(([asset, amount]) => ({ asset, amount }))
    .toSorted((a, b) => (a.asset < b.asset ? -1 : 1))

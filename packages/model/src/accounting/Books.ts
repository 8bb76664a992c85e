/**
 * An account's books: a fold over its journal. Positions of the account and of each strategy, balances, and every
 * movement of a balance by its kind. Knows no prices: what a result is worth elsewhere is asked of the reports.
 *
 * Everything is exact. A balance is the sum of its movements; a busted fill is taken out as if it had never been.
 */
import type { AccountEvent, FillBusted, OrderFilled } from "../AccountEvent.ts"
import { fillKey } from "../AccountEvent.ts"
import * as Amount from "../Amount.ts"
import * as Instrument from "../Instrument.ts"
import { signOf } from "../MarketData.ts"
import { bookFill, type BookedFill, emptyPosition, type PositionBooks, withoutFill } from "./PositionBooks.ts"

/** `adopted`: the venue's balance as it was first found. `bought` and `sold` are both legs of a fill. */
export const movementKinds = [
  "adopted",
  "bought",
  "sold",
  "fee",
  "funding",
  "deposit",
  "withdrawal",
  "venueCorrection",
  "operator",
  "busted"
] as const
export type MovementKind = (typeof movementKinds)[number]

export interface Movement {
  readonly asset: string
  readonly kind: MovementKind
  readonly amount: Amount.Amount
}

/** What one owner holds and paid. */
export interface OwnerBooks {
  readonly positions: Map<Instrument.InstrumentId, PositionBooks>
  readonly fees: Map<string, Amount.Amount>
}

export interface Books {
  readonly account: string
  /** As listed now; every version is kept by `id@version`. */
  readonly instruments: Map<Instrument.InstrumentId, Instrument.Instrument>
  readonly versions: Map<string, Instrument.Instrument>
  readonly balances: Map<string, Amount.Amount>
  /** All of the account under "", each strategy under its name. */
  readonly owners: Map<string, OwnerBooks>
  /** Received less paid, by instrument and asset. */
  readonly funding: Map<Instrument.InstrumentId, Map<string, Amount.Amount>>
  readonly strategies: Map<string, string>
}

export const emptyBooks = (account: string): Books => ({
  account,
  instruments: new Map(),
  versions: new Map(),
  balances: new Map(),
  owners: new Map([["", { positions: new Map(), fees: new Map() }]]),
  funding: new Map(),
  strategies: new Map()
})

const one = 10n ** BigInt(Amount.scale)

const addTo = (sums: Map<string, Amount.Amount>, key: string, amount: Amount.Amount): void => {
  sums.set(key, (sums.get(key) ?? 0n) + amount)
}

/** The version of an instrument that a fill was quoted in. */
export const listedAt = (books: Books, id: Instrument.InstrumentId, version: number): Instrument.Instrument => {
  const current = books.instruments.get(id)
  const instrument = current?.version === version ? current : books.versions.get(`${id}@${version}`)
  if (instrument === undefined) throw new Error(`Books of ${books.account}: ${id}@${version} was never listed`)
  return instrument
}

const ownerOf = (books: Books, name: string): OwnerBooks => {
  const known = books.owners.get(name)
  if (known !== undefined) return known
  const added = { positions: new Map(), fees: new Map() }
  books.owners.set(name, added)
  return added
}

/** The account, and the strategy that the order is of. */
const ownersOf = (books: Books, clientOrderId: string): ReadonlyArray<OwnerBooks> => {
  const strategy = books.strategies.get(clientOrderId) ?? ""
  return strategy === "" ? [ownerOf(books, "")] : [ownerOf(books, ""), ownerOf(books, strategy)]
}

/** What a fill's fee is worth in the quote asset, where the fill itself says. */
export const feeValueOf = (instrument: Instrument.Instrument, event: OrderFilled): Amount.Amount | undefined => {
  if (event.fee === 0n || event.feeAsset === instrument.quote) return event.fee
  if (event.feeAsset !== instrument.base) return undefined
  return Amount.mulDiv(event.fee, BigInt(event.priceTicks) * instrument.tick, one)
}

const bookedOf = (instrument: Instrument.Instrument, event: OrderFilled): BookedFill => ({
  key: fillKey(event),
  clientOrderId: event.clientOrderId,
  side: event.side,
  quantity: Instrument.baseAmount(instrument, event.lots),
  value: Instrument.notional(instrument, event.priceTicks, event.lots),
  fee: event.fee,
  feeAsset: event.feeAsset,
  feeValue: feeValueOf(instrument, event),
  timeVenue: event.timeVenue
})

const fill = (books: Books, event: OrderFilled): void => {
  const instrument = listedAt(books, event.instrument, event.instrumentVersion)
  const booked = bookedOf(instrument, event)
  for (const owner of ownersOf(books, event.clientOrderId)) {
    let position = owner.positions.get(event.instrument)
    if (position === undefined) {
      position = emptyPosition(event.instrument, instrument.base, instrument.quote)
      owner.positions.set(event.instrument, position)
    }
    bookFill(position, booked)
    if (event.fee !== 0n) addTo(owner.fees, event.feeAsset, event.fee)
  }
}

const bust = (books: Books, event: FillBusted): void => {
  const key = fillKey(event)
  for (const owner of ownersOf(books, event.clientOrderId)) {
    const known = owner.positions.get(event.instrument)
    const without = known === undefined ? undefined : withoutFill(known, key)
    if (without === undefined) throw new Error(`Books of ${books.account}: fill ${key} is busted and was never booked`)
    owner.positions.set(event.instrument, without)
    if (event.fee !== 0n) addTo(owner.fees, event.feeAsset, -event.fee)
  }
}

/** What a fact does to the balances. Of a fill: its two legs and its fee. */
const movementsOf = (books: Books, event: AccountEvent): ReadonlyArray<Movement> => {
  switch (event.type) {
    case "BalancesAdopted":
      return event.balances.map(({ amount, asset }) => ({
        asset,
        kind: "adopted",
        amount: amount - (books.balances.get(asset) ?? 0n)
      }))
    case "BalanceAdjusted":
      return [{ asset: event.asset, kind: event.adjustment, amount: event.amount }]
    case "FundingPaid":
      return [{ asset: event.asset, kind: "funding", amount: event.amount }]
    case "OrderFilled":
    case "FillBusted": {
      const instrument = listedAt(books, event.instrument, event.instrumentVersion)
      const busted = event.type === "FillBusted"
      const sign = BigInt(busted ? -signOf(event.side) : signOf(event.side))
      const kind = busted ? "busted" : event.side === "buy" ? "bought" : "sold"
      const legs: Array<Movement> = [
        { asset: instrument.base, kind, amount: sign * Instrument.baseAmount(instrument, event.lots) },
        { asset: instrument.quote, kind, amount: -sign * Instrument.notional(instrument, event.priceTicks, event.lots) }
      ]
      if (event.fee !== 0n)
        legs.push({ asset: event.feeAsset, kind: busted ? "busted" : "fee", amount: busted ? event.fee : -event.fee })
      return legs
    }
    default:
      return []
  }
}

/** Books one fact, in place, and tells what it moved. Throws only on a fact that no account can have journalled. */
export const post = (books: Books, event: AccountEvent): ReadonlyArray<Movement> => {
  const movements = movementsOf(books, event)
  for (const { amount, asset } of movements) addTo(books.balances, asset, amount)
  switch (event.type) {
    case "InstrumentListed": {
      const instrument = Instrument.make(event.spec)
      books.instruments.set(instrument.id, instrument)
      books.versions.set(`${instrument.id}@${instrument.version}`, instrument)
      break
    }
    case "OrderIntended":
      books.strategies.set(event.clientOrderId, event.strategy)
      break
    case "OrderFilled":
      fill(books, event)
      break
    case "FillBusted":
      bust(books, event)
      break
    case "FundingPaid": {
      const paid = books.funding.get(event.instrument) ?? new Map<string, Amount.Amount>()
      addTo(paid, event.asset, event.amount)
      books.funding.set(event.instrument, paid)
      break
    }
    default:
      // Everything else moves neither money nor positions, but for what is a movement alone.
      break
  }
  return movements
}

/**
 * What trading cost beyond the price: for each order the average against its arrival price, fees and delays, and the
 * same summed by strategy.
 *
 * Arrival price: the middle of the mark that the intent was decided on; of an order that was held, of the mark it was
 * released on. Implementation shortfall (Perold, "The Implementation Shortfall: Paper versus Reality", 1988), of what was
 * filled: positive where it traded worse than arrival. What was left unfilled is shown as quantity, not priced.
 */
import { type AccountEvent, type Mark, type OrderFilled, tradeKey } from "../AccountEvent.ts"
import * as Amount from "../Amount.ts"
import * as Instrument from "../Instrument.ts"
import { type Side, signOf } from "../MarketData.ts"
import { type Books, emptyBooks, feeValueOf, listedAt, post } from "./Books.ts"
import { feeIn, type PriceSource } from "./ProfitAndLoss.ts"

/** What is gathered of one order while its facts pass by. */
interface OrderTrack {
  readonly clientOrderId: string
  readonly strategy: string
  readonly instrument: Instrument.Instrument
  readonly side: Side
  lots: number
  mark: Mark
  timeDecided: number
  timeIntent: number
  timeFirstFill: number | undefined
  readonly fills: Map<string, OrderFilled>
}

export interface OrderCost {
  readonly clientOrderId: string
  readonly strategy: string
  readonly instrument: Instrument.InstrumentId
  readonly side: Side
  readonly quantity: Amount.Amount
  readonly filled: Amount.Amount
  /** Prices in the quote asset, rounded to 10^-12; undefined without a fill. */
  readonly arrivalPrice: Amount.Amount
  readonly averagePrice: Amount.Amount | undefined
  readonly currency: string
  /** What was filled, at the arrival price: the base of the basis points. */
  readonly arrivalValue: Amount.Amount
  /** Positive where it cost more, or brought less, than at arrival. */
  readonly shortfall: Amount.Amount
  readonly shortfallBps: number | undefined
  readonly fees: Amount.Amount
  readonly unvaluedFees: ReadonlyMap<string, Amount.Amount>
  /** From the strategy's decision to the committed intent, and from there to the first fill; µs. */
  readonly decisionDelayUs: number | undefined
  readonly firstFillDelayUs: number | undefined
}

export interface StrategyCost {
  readonly strategy: string
  readonly currency: string
  readonly orders: number
  readonly filledOrders: number
  readonly arrivalValue: Amount.Amount
  readonly shortfall: Amount.Amount
  readonly shortfallBps: number | undefined
  readonly fees: Amount.Amount
}

export interface Costs {
  /** In the order of their intents. */
  readonly orders: ReadonlyArray<OrderCost>
  /** By strategy and currency. */
  readonly strategies: ReadonlyArray<StrategyCost>
}

const bps = (part: Amount.Amount, whole: Amount.Amount): number | undefined =>
  whole === 0n ? undefined : (Amount.toNumber(part) / Amount.toNumber(whole)) * 10_000

const costOf = (track: OrderTrack, prices: PriceSource): OrderCost => {
  const { instrument, mark } = track
  const twiceMid = BigInt(mark.bidTicks + mark.askTicks)
  let [lots, paid, fees] = [0, 0n, 0n]
  const unvaluedFees = new Map<string, Amount.Amount>()
  for (const fill of track.fills.values()) {
    lots += fill.lots
    paid += Instrument.notional(instrument, fill.priceTicks, fill.lots)
    if (fill.fee === 0n) continue
    const value = feeValueOf(instrument, fill)
    const fee = { asset: fill.feeAsset, amount: fill.fee, value, timeUs: fill.timeVenue }
    const worth = feeIn(fee, instrument.quote, prices)
    if (worth === undefined) unvaluedFees.set(fill.feeAsset, (unvaluedFees.get(fill.feeAsset) ?? 0n) + fill.fee)
    else fees += worth
  }
  const arrivalValue = Amount.mulDiv(twiceMid * BigInt(lots) * instrument.tickLot, 1n, 2n)
  const shortfall = BigInt(signOf(track.side)) * (paid - arrivalValue)
  const filled = Instrument.baseAmount(instrument, lots)
  return {
    clientOrderId: track.clientOrderId,
    strategy: track.strategy,
    instrument: instrument.id,
    side: track.side,
    quantity: Instrument.baseAmount(instrument, track.lots),
    filled,
    arrivalPrice: Amount.mulDiv(twiceMid * instrument.tick, 1n, 2n),
    averagePrice: lots === 0 ? undefined : Amount.mulDiv(paid, 10n ** BigInt(Amount.scale), filled),
    currency: instrument.quote,
    arrivalValue,
    shortfall,
    shortfallBps: bps(shortfall, arrivalValue),
    fees,
    unvaluedFees,
    decisionDelayUs: track.timeDecided === 0 ? undefined : track.timeIntent - track.timeDecided,
    firstFillDelayUs: track.timeFirstFill === undefined ? undefined : track.timeFirstFill - track.timeIntent
  }
}

const sumUp = (orders: ReadonlyArray<OrderCost>): ReadonlyArray<StrategyCost> => {
  const groups = new Map<string, Array<OrderCost>>()
  for (const order of orders) {
    const key = JSON.stringify([order.strategy, order.currency])
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [order])
    else group.push(order)
  }
  return Array.from(groups)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([, group]) => {
      let [arrivalValue, shortfall, fees] = [0n, 0n, 0n]
      for (const order of group) {
        arrivalValue += order.arrivalValue
        shortfall += order.shortfall
        fees += order.fees
      }
      return {
        strategy: group[0]!.strategy,
        currency: group[0]!.currency,
        orders: group.length,
        filledOrders: group.filter(({ filled }) => filled > 0n).length,
        arrivalValue,
        shortfall,
        shortfallBps: bps(shortfall, arrivalValue),
        fees
      }
    })
}

/** Follows one fact; orders that were adopted from outside have no arrival price and are left out. */
const follow = (tracks: Map<string, OrderTrack>, books: Books, event: AccountEvent): void => {
  switch (event.type) {
    case "OrderIntended":
      tracks.set(event.clientOrderId, {
        clientOrderId: event.clientOrderId,
        strategy: event.strategy,
        instrument: listedAt(books, event.instrument, event.instrumentVersion),
        side: event.terms.side,
        lots: event.terms.lots,
        mark: event.mark,
        timeDecided: event.timeDecided,
        timeIntent: event.timeIntent,
        timeFirstFill: undefined,
        fills: new Map()
      })
      return
    case "OrderReleased": {
      const track = tracks.get(event.clientOrderId)
      if (track === undefined) return
      track.mark = event.mark
      track.lots = event.terms.lots
      track.timeIntent = event.timeIntent
      // Nobody waited for an order that slept.
      track.timeDecided = 0
      return
    }
    case "OrderFilled": {
      const track = tracks.get(event.clientOrderId)
      if (track === undefined) return
      track.fills.set(tradeKey(event), event)
      track.timeFirstFill ??= event.timeVenue
      return
    }
    case "FillBusted":
      tracks.get(event.clientOrderId)?.fills.delete(tradeKey(event))
      return
    default:
  }
}

/** Costs of every order that a journal holds, from its beginning. */
export const costsOf = (account: string, events: Iterable<AccountEvent>, prices: PriceSource): Costs => {
  const books = emptyBooks(account)
  const tracks = new Map<string, OrderTrack>()
  for (const event of events) {
    if (event.type === "InstrumentListed") post(books, event)
    follow(tracks, books, event)
  }
  const orders = Array.from(tracks.values(), (track) => costOf(track, prices))
  return { orders, strategies: sumUp(orders) }
}

/**
 * The state of an account and how facts change it. `evolve` is total over the facts that `decide` emits, mutates the
 * state it is given (one owner, no sharing) and depends on nothing else: replaying a journal gives the live state.
 *
 * Memory is bounded: open orders by limit, closed orders and fill keys by the constants below.
 */
import type * as Amount from "./Amount.ts"
import { type AccountEvent, type OrderFilled, type OrderIntended, tradeKey, type TradingState } from "./AccountEvent.ts"
import * as Instrument from "./Instrument.ts"
import { defaults, type Limits } from "./Limits.ts"
import { type FeedPosition, microsPerSecond, signOf } from "./MarketData.ts"
import { isClosed, type Order, type OrderInput, type OrderStatus, remainingLots } from "./Order.ts"
import {
  balanceOf,
  findOrder,
  hold,
  instrumentAt,
  move,
  nameAtVenue,
  oldestOf,
  open,
  type OrderLedger,
  requantise,
  versionKey
} from "./OrderLedger.ts"
import * as Position from "./Position.ts"

export { findOrder, instrumentAt, versionKey }

/** Fills kept per instrument to drop repeats at once; the journal's unique index stands behind. */
export const fillKeysMax = 10_000
/** Differences remembered, so that one found again by every look-up is journalled once. */
export const flaggedMax = 1000

/** What the account knows of one strategy: how far it got and what became of its intents. */
export interface StrategyRecord {
  /** Highest intent sequence seen; lower ones are repeats. */
  intentSeq: number
  /** Last cause acted upon, per feed. */
  readonly causes: Map<Instrument.InstrumentId, { feedEpoch: number; seq: number }>
  readonly positions: Map<Instrument.InstrumentId, Position.Position>
  readonly fees: Map<string, Amount.Amount>
  placed: number
  readonly refused: Map<string, number>
  readonly outcomes: Map<OrderStatus, number>
}

/** Orders, balances and instruments are the ledger's; the rest is who owns what, and what was seen already. */
export interface AccountState extends OrderLedger {
  /** Facts applied so far: the sequence of the last journal row. */
  seq: number
  /** Version 0 until a first LimitsSet: the defaults. */
  limits: Limits
  tradingState: TradingState
  /** Whether the venue's balances were taken over: done once. */
  balancesAdopted: boolean
  readonly positions: Map<Instrument.InstrumentId, Position.Position>
  readonly fees: Map<string, Amount.Amount>
  readonly strategies: Map<string, StrategyRecord>
  /** Venue trade ids that were booked, per instrument. */
  readonly fillKeys: Map<Instrument.InstrumentId, Set<string>>
  /** Latest venue trade id per instrument, where to ask for more. */
  readonly lastTradeIds: Map<Instrument.InstrumentId, string>
  /** Times of the latest intents, ascending: those of the last second, at most `orderRateMax` of them. */
  readonly recentIntents: Array<number>
  differences: number
  /** The latest differences, as `flagKey` names them. */
  readonly flagged: Set<string>
}

export const initial = (account: string): AccountState => ({
  account,
  seq: 0,
  instruments: new Map(),
  versions: new Map(),
  limits: { ...defaults, version: 0 },
  tradingState: "active",
  balances: new Map(),
  balancesAdopted: false,
  orders: new Map(),
  closed: new Map(),
  venueOrderIds: new Map(),
  openLots: new Map(),
  positions: new Map(),
  fees: new Map(),
  strategies: new Map(),
  fillKeys: new Map(),
  lastTradeIds: new Map(),
  recentIntents: [],
  differences: 0,
  flagged: new Set()
})

export const flagKey = (clientOrderId: string, detail: string): string => `${clientOrderId} ${detail}`

const getOrAdd = <K, V>(map: Map<K, V>, key: K, make: () => V): V => {
  const found = map.get(key)
  if (found !== undefined) return found
  const made = make()
  map.set(key, made)
  return made
}

/** Whether a feed position lies after another of the same feed. */
export const isAfter = (
  position: { readonly feedEpoch: number; readonly seq: number },
  last: { readonly feedEpoch: number; readonly seq: number }
): boolean => position.feedEpoch > last.feedEpoch || (position.feedEpoch === last.feedEpoch && position.seq > last.seq)

const strategyOf = (state: AccountState, strategy: string): StrategyRecord =>
  getOrAdd(state.strategies, strategy, () => ({
    intentSeq: 0,
    causes: new Map(),
    positions: new Map(),
    fees: new Map(),
    placed: 0,
    refused: new Map(),
    outcomes: new Map()
  }))

const bump = <K>(map: Map<K, number>, key: K, by = 1): void => {
  map.set(key, (map.get(key) ?? 0) + by)
}

/** Moves an order and counts how its strategy's orders end; a late fill may change an end. */
const step = (state: AccountState, order: Order, input: OrderInput): void => {
  const before = move(state, order, input)
  if (before === order.status || order.strategy === "") return
  const outcomes = strategyOf(state, order.strategy).outcomes
  if (isClosed(before)) bump(outcomes, before, -1)
  if (isClosed(order.status)) bump(outcomes, order.status)
}

/** High-water marks only rise: a refused repeat of an old cause must not open the door to the ones after it. */
const advance = (record: StrategyRecord, intentSeq: number, cause: FeedPosition | undefined): void => {
  if (intentSeq > record.intentSeq) record.intentSeq = intentSeq
  if (cause === undefined) return
  const last = record.causes.get(cause.instrument)
  if (last === undefined) record.causes.set(cause.instrument, { feedEpoch: cause.feedEpoch, seq: cause.seq })
  else if (isAfter(cause, last)) {
    last.feedEpoch = cause.feedEpoch
    last.seq = cause.seq
  }
}

const known = (state: AccountState, clientOrderId: string): Order => {
  const order = findOrder(state, clientOrderId)
  if (order === undefined) throw new Error(`Account ${state.account}: order ${clientOrderId} is not in its journal`)
  return order
}

const remember = (kept: Set<string>, key: string, max: number): void => {
  kept.add(key)
  for (const oldest of oldestOf(kept, max)) kept.delete(oldest)
}

const noKeys = (): Set<string> => new Set()

const rememberIntent = (state: AccountState, timeIntent: number): void => {
  const recent = state.recentIntents
  recent.push(timeIntent)
  while (recent.length > state.limits.orderRateMax || recent[0]! <= timeIntent - microsPerSecond) recent.shift()
}

const isLater = (a: string, b: string): boolean => a.length > b.length || (a.length === b.length && a > b)

const payFee = (fees: Map<string, Amount.Amount>, event: OrderFilled): void => {
  fees.set(event.feeAsset, (fees.get(event.feeAsset) ?? 0n) + event.fee)
}

const fill = (state: AccountState, event: OrderFilled): void => {
  const order = known(state, event.clientOrderId)
  const quoted = instrumentAt(state, event.instrument, event.instrumentVersion)
  if (!isClosed(order.status)) hold(state, order, event.lots, -1)
  order.filledLots += event.lots
  step(state, order, remainingLots(order) === 0 ? "filled" : "partlyFilled")
  remember(getOrAdd(state.fillKeys, event.instrument, noKeys), tradeKey(event), fillKeysMax)
  const last = state.lastTradeIds.get(event.instrument)
  if (last === undefined || isLater(event.venueTradeId, last))
    state.lastTradeIds.set(event.instrument, event.venueTradeId)
  const value = Instrument.notional(quoted, event.priceTicks, event.lots)
  const base = Instrument.baseAmount(quoted, event.lots)
  const buys = signOf(event.side) === 1
  balanceOf(state, quoted.quote).total += buys ? -value : value
  balanceOf(state, quoted.base).total += buys ? base : -base
  const lots = requantise(event.lots, quoted, state.instruments.get(event.instrument)!)!
  Position.applyValue(getOrAdd(state.positions, event.instrument, Position.empty), event.side, lots, value)
  const record = order.strategy === "" ? undefined : strategyOf(state, order.strategy)
  if (record !== undefined)
    Position.applyValue(getOrAdd(record.positions, event.instrument, Position.empty), event.side, lots, value)
  if (event.fee === 0n) return
  balanceOf(state, event.feeAsset).total -= event.fee
  payFee(state.fees, event)
  if (record !== undefined) payFee(record.fees, event)
}

/** The account's net position and each strategy's share in an instrument, where there is one. */
export const holdersOf = (state: AccountState, id: Instrument.InstrumentId): ReadonlyArray<Position.Position> =>
  [state.positions, ...Array.from(state.strategies.values(), (record) => record.positions)].flatMap(
    (positions) => positions.get(id) ?? []
  )

const intend = (state: AccountState, event: OrderIntended): void => {
  const record = strategyOf(state, event.strategy)
  advance(record, event.intentSeq, event.cause)
  record.placed += 1
  open(state, {
    clientOrderId: event.clientOrderId,
    instrument: event.instrument,
    instrumentVersion: event.instrumentVersion,
    strategy: event.strategy,
    intentSeq: event.intentSeq,
    terms: event.terms,
    cause: event.cause,
    trace: event.trace,
    timeIntent: event.timeIntent,
    deadlineUs: event.deadlineUs,
    reserveTicks: event.reserveTicks,
    venueOrderId: "",
    status: "intended",
    filledLots: 0,
    cancelRequested: false,
    reason: ""
  })
  rememberIntent(state, event.timeIntent)
}

const list = (state: AccountState, spec: Instrument.InstrumentSpec): void => {
  const next = Instrument.make(spec)
  const previous = state.instruments.get(next.id)
  state.instruments.set(next.id, next)
  state.versions.set(versionKey(next.id, next.version), next)
  if (previous === undefined) return
  for (const position of holdersOf(state, next.id)) position.lots = requantise(position.lots, previous, next)!
}

/** Applies one fact, in place, and returns the same state. Throws only on a fact that decide cannot have emitted. */
export const evolve = (state: AccountState, event: AccountEvent): AccountState => {
  state.seq += 1
  switch (event.type) {
    case "InstrumentListed":
      list(state, event.spec)
      break
    case "LimitsSet":
      state.limits = event.limits
      state.recentIntents.splice(0, state.recentIntents.length - event.limits.orderRateMax)
      break
    case "BalancesAdopted":
      state.balancesAdopted = true
      for (const { asset, amount } of event.balances) balanceOf(state, asset).total = amount
      break
    case "OrderIntended":
      intend(state, event)
      break
    case "IntentRefused": {
      const record = strategyOf(state, event.strategy)
      advance(record, event.intentSeq, event.cause)
      bump(record.refused, event.reason)
      break
    }
    case "CancelRequested": {
      if (event.strategy !== "") advance(strategyOf(state, event.strategy), event.intentSeq, event.cause)
      const order = known(state, event.clientOrderId)
      order.cancelRequested = true
      step(state, order, "cancelRequested")
      break
    }
    case "OrderAccepted": {
      const order = known(state, event.clientOrderId)
      nameAtVenue(state, order, event.venueOrderId)
      step(state, order, "accepted")
      // A cancel asked for before the venue had answered goes out now.
      if (order.cancelRequested && order.status === "working") step(state, order, "cancelRequested")
      break
    }
    case "OrderRejected": {
      const order = known(state, event.clientOrderId)
      order.reason = `${event.code} ${event.reason}`.trim()
      step(state, order, "rejected")
      break
    }
    case "OrderUnknown": {
      const order = known(state, event.clientOrderId)
      order.reason = event.reason
      step(state, order, "lost")
      break
    }
    case "OrderNotPlaced": {
      const order = known(state, event.clientOrderId)
      order.reason = event.reason
      step(state, order, "absent")
      break
    }
    case "CancelRefused": {
      const order = known(state, event.clientOrderId)
      order.cancelRequested = false
      step(state, order, "cancelRefused")
      break
    }
    case "OrderCanceled":
      step(state, known(state, event.clientOrderId), "canceled")
      break
    case "OrderExpired":
      step(state, known(state, event.clientOrderId), "expired")
      break
    case "OrderFilled":
      fill(state, event)
      break
    case "ExternalOrderAdopted": {
      const order: Order = {
        clientOrderId: event.clientOrderId,
        instrument: event.instrument,
        instrumentVersion: event.instrumentVersion,
        strategy: "",
        intentSeq: 0,
        terms: event.terms,
        cause: undefined,
        trace: undefined,
        timeIntent: event.timeVenue,
        deadlineUs: event.timeVenue,
        reserveTicks: event.terms.priceTicks,
        venueOrderId: "",
        status: "working",
        filledLots: 0,
        cancelRequested: false,
        reason: "placed outside Outcry"
      }
      open(state, order)
      nameAtVenue(state, order, event.venueOrderId)
      break
    }
    case "TradingStateChanged":
      state.tradingState = event.state
      break
    case "DifferenceFlagged":
      state.differences += 1
      remember(state.flagged, flagKey(event.clientOrderId, event.detail), flaggedMax)
      break
  }
  return state
}

/**
 * What an account remembers, and the small ways in which facts touch it. Mutable in place: one owner, no sharing.
 *
 * Memory is bounded: open orders by limit, closed orders and fill keys by constants. An order keeps the keys of its own
 * fills for as long as it is remembered itself, so that none of them can be booked again.
 */
import type * as Amount from "./Amount.ts"
import type { TradingState } from "./AccountEvent.ts"
import type * as Instrument from "./Instrument.ts"
import { defaults, type Limits } from "./Limits.ts"
import { type FeedPosition, microsPerSecond } from "./MarketData.ts"
import type { Order, OrderStatus } from "./Order.ts"
import type { Group } from "./OrderGroup.ts"
import { findOrder, oldestOf, type OrderLedger } from "./OrderLedger.ts"
import type * as Position from "./Position.ts"

/** Fills kept per instrument to drop repeats at once; the journal's unique index stands behind. */
export const fillKeysMax = 10_000
/** Differences remembered, so that one found again by every look-up is journalled once. */
export const flaggedMax = 1000
/** Busts and funding payments remembered, so that one told again is booked once. */
export const onceMax = 2000

/** Owner of the orders that the account itself derives: the closing of positions. */
export const accountStrategy = "account"

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
  /** What the open orders of a group have filled together, and those that ended before them. */
  readonly groups: Map<string, Group>
  /** Fills that were taken back, as `fillKey` names them: the venue telling of one again books nothing. */
  readonly bustedKeys: Set<string>
  /** Funding that was booked, by the venue's id. */
  readonly fundingIds: Set<string>
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
  flagged: new Set(),
  watched: new Set(),
  groups: new Map(),
  unprotected: new Set(),
  bustedKeys: new Set(),
  fundingIds: new Set()
})

export const flagKey = (clientOrderId: string, detail: string): string => `${clientOrderId} ${detail}`

export const getOrAdd = <K, V>(map: Map<K, V>, key: K, make: () => V): V => {
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

export const strategyOf = (state: AccountState, strategy: string): StrategyRecord =>
  getOrAdd(state.strategies, strategy, () => ({
    intentSeq: 0,
    causes: new Map(),
    positions: new Map(),
    fees: new Map(),
    placed: 0,
    refused: new Map(),
    outcomes: new Map()
  }))

/** High-water marks only rise: a refused repeat of an old cause must not open the door to the ones after it. */
export const advance = (record: StrategyRecord, intentSeq: number, cause: FeedPosition | undefined): void => {
  if (intentSeq > record.intentSeq) record.intentSeq = intentSeq
  if (cause === undefined) return
  const last = record.causes.get(cause.instrument)
  if (last === undefined) record.causes.set(cause.instrument, { feedEpoch: cause.feedEpoch, seq: cause.seq })
  else if (isAfter(cause, last)) {
    last.feedEpoch = cause.feedEpoch
    last.seq = cause.seq
  }
}

export const known = (state: AccountState, clientOrderId: string): Order => {
  const order = findOrder(state, clientOrderId)
  if (order === undefined) throw new Error(`Account ${state.account}: order ${clientOrderId} is not in its journal`)
  return order
}

export const remember = (kept: Set<string>, key: string, max: number): void => {
  kept.add(key)
  for (const oldest of oldestOf(kept, max)) kept.delete(oldest)
}

export const rememberIntent = (state: AccountState, timeIntent: number): void => {
  const recent = state.recentIntents
  recent.push(timeIntent)
  while (recent.length > state.limits.orderRateMax || recent[0]! <= timeIntent - microsPerSecond) recent.shift()
}

/** The account's net position and each strategy's share in an instrument, where there is one. */
export const holdersOf = (state: AccountState, id: Instrument.InstrumentId): ReadonlyArray<Position.Position> =>
  [state.positions, ...Array.from(state.strategies.values(), (record) => record.positions)].flatMap(
    (positions) => positions.get(id) ?? []
  )

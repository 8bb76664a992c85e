/**
 * The checks an intent must pass before it may become an order, in the order they are made. Each has a reason code,
 * which is what metrics count, `outcry explain` shows and the journal keeps.
 *
 * Pure: everything a check depends on is in its input, and the inputs are journalled with the decision.
 */
import * as Amount from "./Amount.ts"
import type { Mark } from "./AccountEvent.ts"
import type { AccountState } from "./AccountState.ts"
import { type Instrument, notional, priceText, quantityText } from "./Instrument.ts"
import { boundsOf } from "./Limits.ts"
import { microsPerSecond } from "./MarketData.ts"
import type { OrderTerms } from "./Order.ts"
import type { RefusalReason } from "./Refusal.ts"

export interface CheckInput {
  readonly state: AccountState
  readonly instrument: Instrument
  readonly terms: OrderTerms
  /** Undefined until a first quote came. */
  readonly mark: Mark | undefined
  readonly markOf: (instrument: string) => Mark | undefined
  readonly now: number
  /** Instruments on which an order's fate is open: nothing new goes there meanwhile. */
  readonly frozen: (instrument: string) => boolean
}

/** Price at which funds are held back: the limit, or for a market order the far touch moved by the collar. */
export const reserveTicks = (state: AccountState, terms: OrderTerms, mark: Mark): number => {
  if (terms.type === "limit") return terms.priceTicks
  const touch = terms.side === "buy" ? mark.askTicks : mark.bidTicks
  const margin = Math.ceil((touch * state.limits.priceCollarBps) / 10_000)
  return terms.side === "buy" ? touch + margin : touch
}

const lotsAtWorst = (state: AccountState, id: string, terms: OrderTerms | undefined): number => {
  const held = state.positions.get(id)?.lots ?? 0
  const open = state.openLots.get(id)
  const buys = (open?.buy ?? 0) + (terms?.side === "buy" ? terms.lots : 0)
  const sells = (open?.sell ?? 0) + (terms?.side === "sell" ? terms.lots : 0)
  return Math.max(Math.abs(held + buys), Math.abs(held - sells))
}

/** Whether the order can only bring the position nearer to zero, open orders included. */
export const reduces = (state: AccountState, id: string, terms: OrderTerms): boolean => {
  const held = state.positions.get(id)?.lots ?? 0
  const open = state.openLots.get(id)
  return terms.side === "sell"
    ? held > 0 && (open?.sell ?? 0) + terms.lots <= held
    : held < 0 && (open?.buy ?? 0) + terms.lots <= -held
}

const exposure = (input: CheckInput): Amount.Amount => {
  let total = 0n
  for (const instrument of input.state.instruments.values()) {
    const mine = instrument.id === input.instrument.id
    const lots = lotsAtWorst(input.state, instrument.id, mine ? input.terms : undefined)
    if (lots === 0) continue
    const mark = mine ? input.mark : input.markOf(instrument.id)
    // Without a mark the cost of what is held stands in for its value.
    total +=
      mark === undefined
        ? Amount.abs(input.state.positions.get(instrument.id)?.cost ?? 0n)
        : notional(instrument, mark.askTicks, lots)
  }
  return total
}

interface Check {
  readonly reason: RefusalReason
  /** What is wrong, with the figures, or undefined where the check passes. */
  readonly find: (input: CheckInput) => string | undefined
}

const isCount = (value: number): boolean => Number.isSafeInteger(value) && value > 0

export const checks: ReadonlyArray<Check> = [
  {
    reason: "TradingHalted",
    find: ({ state }) => (state.tradingState === "halted" ? `account ${state.account} is halted` : undefined)
  },
  {
    reason: "TradingReducing",
    find: ({ instrument, state, terms }) =>
      state.tradingState === "reducing" && !reduces(state, instrument.id, terms)
        ? `account ${state.account} only accepts orders that reduce its position`
        : undefined
  },
  {
    reason: "InstrumentFrozen",
    find: ({ frozen, instrument }) =>
      frozen(instrument.id) ? `an earlier order's fate on ${instrument.id} is still being established` : undefined
  },
  {
    reason: "InvalidPrice",
    find: ({ terms }) =>
      (terms.type === "market" ? terms.priceTicks === 0 : isCount(terms.priceTicks))
        ? undefined
        : `${terms.type} price of ${terms.priceTicks} ticks`
  },
  {
    reason: "InvalidQuantity",
    find: ({ terms }) => (isCount(terms.lots) ? undefined : `quantity of ${terms.lots} lots`)
  },
  {
    reason: "QuantityBelowMin",
    find: ({ instrument, terms }) =>
      terms.lots < instrument.minQuantityLots
        ? `${quantityText(instrument, terms.lots)} is below ${instrument.minQuantity} ${instrument.base}`
        : undefined
  },
  {
    reason: "QuantityAboveMax",
    find: ({ instrument, terms }) =>
      terms.lots > instrument.maxQuantityLots
        ? `${quantityText(instrument, terms.lots)} is above ${instrument.maxQuantity} ${instrument.base}`
        : undefined
  },
  {
    reason: "StalePrice",
    find: ({ instrument, mark, now, state }) => {
      if (mark === undefined || mark.bidTicks <= 0 || mark.askTicks <= 0)
        return `no two-sided quote of ${instrument.id}`
      const ageMs = Math.floor((now - mark.timeReceived) / 1000)
      return ageMs > state.limits.markAgeMsMax
        ? `quote is ${ageMs} ms old, at most ${state.limits.markAgeMsMax}`
        : undefined
    }
  },
  {
    reason: "NotionalBelowMin",
    find: ({ instrument, mark, terms }) => {
      // A market order is worth at least what the near touch pays.
      const ticks = terms.type === "limit" ? terms.priceTicks : mark!.bidTicks
      const value = notional(instrument, ticks, terms.lots)
      return value < instrument.minNotionalAmount
        ? `${Amount.format(value)} is below ${instrument.minNotional} ${instrument.quote}`
        : undefined
    }
  },
  {
    reason: "NotionalAboveMax",
    find: ({ instrument, mark, state, terms }) => {
      const value = notional(instrument, reserveTicks(state, terms, mark!), terms.lots)
      return value > instrument.maxNotionalAmount
        ? `${Amount.format(value)} is above ${instrument.maxNotional} ${instrument.quote}`
        : undefined
    }
  },
  {
    reason: "PriceCollar",
    find: ({ instrument, mark, state, terms }) => {
      if (terms.type === "market") return undefined
      const touch = terms.side === "buy" ? mark!.askTicks : mark!.bidTicks
      const beyond = terms.side === "buy" ? terms.priceTicks - touch : touch - terms.priceTicks
      return beyond * 10_000 > touch * state.limits.priceCollarBps
        ? `${priceText(instrument, terms.priceTicks)} is more than ${state.limits.priceCollarBps} bps beyond ${priceText(instrument, touch)}`
        : undefined
    }
  },
  {
    reason: "PositionLimit",
    find: ({ instrument, mark, state, terms }) => {
      if (reduces(state, instrument.id, terms)) return undefined
      const value = notional(instrument, mark!.askTicks, lotsAtWorst(state, instrument.id, terms))
      return value > boundsOf(state.limits).positionNotionalMax
        ? `position could reach ${Amount.format(value)}, at most ${state.limits.positionNotionalMax} ${instrument.quote}`
        : undefined
    }
  },
  {
    reason: "ExposureLimit",
    find: (input) => {
      if (reduces(input.state, input.instrument.id, input.terms)) return undefined
      const value = exposure(input)
      return value > boundsOf(input.state.limits).grossExposureMax
        ? `gross exposure could reach ${Amount.format(value)}, at most ${input.state.limits.grossExposureMax} ${input.instrument.quote}`
        : undefined
    }
  },
  {
    reason: "OpenOrdersLimit",
    find: ({ state }) =>
      state.orders.size >= state.limits.openOrdersMax ? `${state.orders.size} orders are open already` : undefined
  },
  {
    reason: "OrderRateLimit",
    find: ({ now, state }) => {
      const { orderRateMax } = state.limits
      const first = state.recentIntents.at(-orderRateMax)
      return state.recentIntents.length >= orderRateMax && first! > now - microsPerSecond
        ? `${orderRateMax} orders within the last second`
        : undefined
    }
  },
  {
    reason: "InsufficientBalance",
    find: ({ instrument, mark, state, terms }) => {
      const asset = terms.side === "buy" ? instrument.quote : instrument.base
      const balance = state.balances.get(asset)
      const free = balance === undefined ? 0n : balance.total - balance.reserved
      const needed =
        terms.side === "buy"
          ? notional(instrument, reserveTicks(state, terms, mark!), terms.lots)
          : BigInt(terms.lots) * instrument.lot
      return needed > free ? `needs ${Amount.format(needed)} ${asset}, free ${Amount.format(free)}` : undefined
    }
  }
]

export interface Refusal {
  readonly reason: RefusalReason
  readonly detail: string
}

/** The first check that stops the order, or undefined. */
export const refuse = (input: CheckInput): Refusal | undefined => {
  for (const check of checks) {
    const detail = check.find(input)
    if (detail !== undefined) return { reason: check.reason, detail }
  }
  return undefined
}

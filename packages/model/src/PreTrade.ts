/**
 * The checks an order must pass before it may go out, in the order they are made. Each has a reason code,
 * which is what metrics count, `outcry explain` shows and the journal keeps.
 *
 * Pure: everything a check depends on is in its input, and the inputs are journalled with the decision.
 */
import * as Amount from "./Amount.ts"
import type { Mark, OtherMark } from "./AccountEvent.ts"
import type { AccountState } from "./AccountState.ts"
import { type Instrument, notional, priceText, quantityText } from "./Instrument.ts"
import { boundsOf } from "./Limits.ts"
import { microsPerSecond, type Side, signOf } from "./MarketData.ts"
import { type Contingency, hasLimit, hasTrigger, isSleeping, type OrderTerms } from "./Order.ts"
import { isCount, termsFault, triggerFault } from "./OrderTermsCheck.ts"
import type { RefusalReason } from "./Refusal.ts"
import { touches } from "./Trigger.ts"

/**
 * Where an order stands when it is checked: on its way to the venue at once, taken into our keeping, or on its way to the
 * venue after having slept. What is asleep holds no funds and counts for no limit but the number of open orders, since it
 * is checked in full when it goes out.
 */
export type Stage = "place" | "hold" | "release"

export interface CheckInput {
  readonly state: AccountState
  readonly instrument: Instrument
  readonly terms: OrderTerms
  readonly stage: Stage
  readonly contingency: Contingency | undefined
  /** Undefined until a first quote came. */
  readonly mark: Mark | undefined
  readonly markOf: (instrument: string) => Mark | undefined
  readonly now: number
  /** Instruments on which an order's fate is open: nothing new goes there meanwhile. */
  readonly frozen: (instrument: string) => boolean
  /** The marks of other instruments that a check looked at; made when there is a first. */
  seen?: Map<string, OtherMark> | undefined
  /** What the order could be worth, and the position at worst: worked out by the first check that needs them. */
  value?: Amount.Amount | undefined
  worst?: Amount.Amount | undefined
}

/** Price at which funds are held back: the limit, or what the market could cost: the far touch, or a trigger beyond it. */
export const reserveTicks = (state: AccountState, terms: OrderTerms, mark: Mark): number => {
  if (hasLimit(terms.type)) return terms.priceTicks
  if (terms.side === "sell") return mark.bidTicks
  const touch = Math.max(mark.askTicks, terms.triggerTicks ?? 0)
  return touch + Math.ceil((touch * state.limits.priceCollarBps) / 10_000)
}

const anyMarket = { type: "market", priceTicks: 0, lots: 1, timeInForce: "IOC", postOnly: false } as const

/**
 * Lots by which an order on this side can bring the position nearer to zero, what is open on that side counted out; of a
 * sell no more than is free, since a fee may have been taken from what was bought.
 */
export const reducibleLots = (state: AccountState, instrument: Instrument, side: Side): number => {
  const held = state.positions.get(instrument.id)?.lots ?? 0
  const open = state.openLots.get(instrument.id)
  if (side === "buy") return Math.max(0, -held - (open?.buy ?? 0))
  const standing = held - (open?.sell ?? 0)
  if (standing <= 0) return 0
  const balance = state.balances.get(instrument.base)
  const free = balance === undefined ? 0n : (balance.total - balance.reserved) / instrument.lot
  return free <= 0n ? 0 : Math.min(standing, Number(free))
}

/** The most that one market order may ask for, by quantity and by what it could be worth. */
export const lotsAtOnce = (state: AccountState, instrument: Instrument, side: Side, mark: Mark): number => {
  const one = notional(instrument, reserveTicks(state, { ...anyMarket, side }, mark), 1)
  const { maxNotionalAmount, maxQuantityLots } = instrument
  return one > 0n ? Math.max(1, Math.min(maxQuantityLots, Number(maxNotionalAmount / one))) : maxQuantityLots
}

const lotsAtWorst = (state: AccountState, id: string, terms?: OrderTerms): number => {
  const held = state.positions.get(id)?.lots ?? 0
  const open = state.openLots.get(id)
  const buys = (open?.buy ?? 0) + (terms?.side === "buy" ? terms.lots : 0)
  const sells = (open?.sell ?? 0) + (terms?.side === "sell" ? terms.lots : 0)
  return Math.max(Math.abs(held + buys), Math.abs(held - sells))
}

/** Whether the order can only bring the position nearer to zero, open orders included. */
export const reduces = (state: AccountState, id: string, terms: OrderTerms): boolean => {
  if (terms.reduceOnly === true) return true
  const held = state.positions.get(id)?.lots ?? 0
  const open = state.openLots.get(id)
  return terms.side === "sell"
    ? held > 0 && (open?.sell ?? 0) + terms.lots <= held
    : held < 0 && (open?.buy ?? 0) + terms.lots <= -held
}

/** What the order is worth at the price at which its funds are held back. */
const valueOf = (input: CheckInput): Amount.Amount =>
  (input.value ??= notional(input.instrument, reserveTicks(input.state, input.terms, input.mark!), input.terms.lots))

/** What the position in the order's instrument could come to be worth. */
const worstOf = (input: CheckInput): Amount.Amount =>
  (input.worst ??= notional(
    input.instrument,
    input.mark!.askTicks,
    lotsAtWorst(input.state, input.instrument.id, input.terms)
  ))

const exposure = (input: CheckInput): Amount.Amount => {
  let total = 0n
  for (const instrument of input.state.instruments.values()) {
    if (instrument.id === input.instrument.id) {
      total += worstOf(input)
      continue
    }
    const lots = lotsAtWorst(input.state, instrument.id)
    if (lots === 0) continue
    const mark = input.markOf(instrument.id)
    if (mark !== undefined)
      (input.seen ??= new Map()).set(instrument.id, {
        instrument: instrument.id,
        instrumentVersion: instrument.version,
        bidTicks: mark.bidTicks,
        askTicks: mark.askTicks,
        timeReceived: mark.timeReceived
      })
    // Without a mark the cost of what is held stands in for its value.
    total +=
      mark === undefined
        ? Amount.abs(input.state.positions.get(instrument.id)?.cost ?? 0n)
        : notional(instrument, mark.askTicks, lots)
  }
  return total
}

/** Whether there is a position that this side brings nearer to zero. */
export const holds = (state: AccountState, id: string, side: Side): boolean =>
  (state.positions.get(id)?.lots ?? 0) * signOf(side) < 0

interface Check {
  readonly reason: RefusalReason
  /** The stages at which it is made; all, where it is absent. */
  readonly at?: ReadonlyArray<Stage>
  /** What is wrong, with the figures, or undefined where the check passes. */
  readonly find: (input: CheckInput) => string | undefined
}

const underWay: ReadonlyArray<Stage> = ["place", "release"]
const taken: ReadonlyArray<Stage> = ["place", "hold"]

/** An order of ours that this one would trade with; one that goes to the market trades at the touch. */
const ownMatch = (state: AccountState, id: string, terms: OrderTerms, mark: Mark): string | undefined => {
  const buys = terms.side === "buy"
  const reach = terms.type === "limit" ? terms.priceTicks : buys ? mark.askTicks : mark.bidTicks
  for (const order of state.orders.values()) {
    const { priceTicks, side, type } = order.terms
    if (order.instrument !== id || side === terms.side || type !== "limit" || isSleeping(order.status)) continue
    if (buys ? priceTicks <= reach : priceTicks >= reach) return order.clientOrderId
  }
  return undefined
}

export const checks: ReadonlyArray<Check> = [
  {
    reason: "TradingHalted",
    find: ({ state, terms }) =>
      state.tradingState === "halted" && terms.reduceOnly !== true ? `account ${state.account} is halted` : undefined
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
    at: underWay,
    find: ({ frozen, instrument }) =>
      frozen(instrument.id) ? `an earlier order's fate on ${instrument.id} is still being established` : undefined
  },
  {
    reason: "InvalidPrice",
    find: ({ terms }) =>
      (hasLimit(terms.type) ? isCount(terms.priceTicks) : terms.priceTicks === 0)
        ? undefined
        : `${terms.type} price of ${terms.priceTicks} ticks`
  },
  {
    reason: "InvalidQuantity",
    find: ({ terms }) => (isCount(terms.lots) ? undefined : `quantity of ${terms.lots} lots`)
  },
  {
    reason: "InvalidTerms",
    at: taken,
    find: ({ instrument, now, terms }) => termsFault(terms, instrument, now)
  },
  {
    reason: "InvalidTrigger",
    at: taken,
    find: ({ contingency, instrument, mark, terms }) => {
      if (!hasTrigger(terms.type)) return undefined
      const fault = triggerFault(terms)
      if (fault !== undefined || mark === undefined || terms.triggerTicks === undefined) return fault
      if (mark.bidTicks <= 0 || mark.askTicks <= 0) return undefined
      // A child is armed later, at prices that nobody knows yet.
      if (contingency?.parent !== undefined || !touches(terms, mark)) return undefined
      const at = priceText(instrument, terms.side === "sell" ? mark.bidTicks : mark.askTicks)
      return `triggerTicks: a ${terms.side} ${terms.type} at ${priceText(instrument, terms.triggerTicks)} would fire at once, the market is at ${at}; move it, or send what is to happen now`
    }
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
    find: (input) => {
      const { instrument, mark, terms } = input
      const value = hasLimit(terms.type)
        ? valueOf(input)
        : notional(instrument, terms.triggerTicks ?? mark!.bidTicks, terms.lots)
      return value < instrument.minNotionalAmount
        ? `${Amount.format(value)} is below ${instrument.minNotional} ${instrument.quote}`
        : undefined
    }
  },
  {
    reason: "NotionalAboveMax",
    find: (input) => {
      const { instrument } = input
      const value = valueOf(input)
      return value > instrument.maxNotionalAmount
        ? `${Amount.format(value)} is above ${instrument.maxNotional} ${instrument.quote}`
        : undefined
    }
  },
  {
    reason: "PriceCollar",
    find: ({ contingency, instrument, mark, state, terms }) => {
      if (!hasLimit(terms.type) || contingency?.parent !== undefined) return undefined
      // What waits for a trigger trades there, not at today's price.
      const touch = terms.triggerTicks ?? (terms.side === "buy" ? mark!.askTicks : mark!.bidTicks)
      const beyond = terms.side === "buy" ? terms.priceTicks - touch : touch - terms.priceTicks
      return beyond * 10_000 > touch * state.limits.priceCollarBps
        ? `${priceText(instrument, terms.priceTicks)} is more than ${state.limits.priceCollarBps} bps beyond ${priceText(instrument, touch)}`
        : undefined
    }
  },
  {
    reason: "SelfTrade",
    at: ["place"],
    find: ({ instrument, mark, state, terms }) => {
      const open = state.openLots.get(instrument.id)
      if (open === undefined || (terms.side === "buy" ? open.sell : open.buy) === 0 || hasTrigger(terms.type))
        return undefined
      if (state.limits.selfTrade === "allow") return undefined
      const own = ownMatch(state, instrument.id, terms, mark!)
      return own === undefined ? undefined : `would trade with our own order ${own}`
    }
  },
  {
    reason: "PositionLimit",
    at: underWay,
    find: (input) => {
      const { instrument, state, terms } = input
      if (reduces(state, instrument.id, terms)) return undefined
      const value = worstOf(input)
      return value > boundsOf(state.limits).positionNotionalMax
        ? `position could reach ${Amount.format(value)}, at most ${state.limits.positionNotionalMax} ${instrument.quote}`
        : undefined
    }
  },
  {
    reason: "ExposureLimit",
    at: underWay,
    find: (input) => {
      if (reduces(input.state, input.instrument.id, input.terms)) return undefined
      const value = exposure(input)
      return value > boundsOf(input.state.limits).grossExposureMax
        ? `gross exposure could reach ${Amount.format(value)}, at most ${input.state.limits.grossExposureMax} ${input.instrument.quote}`
        : undefined
    }
  },
  {
    reason: "NothingToReduce",
    find: ({ contingency, instrument, stage, state, terms }) => {
      if (terms.reduceOnly !== true) return undefined
      const waits = contingency?.parent !== undefined || contingency?.after !== undefined
      if (stage === "hold" && (waits || holds(state, instrument.id, terms.side))) return undefined
      const lots = stage === "hold" ? 0 : reducibleLots(state, instrument, terms.side)
      return lots === 0
        ? `no position in ${instrument.id} that a ${terms.side} reduces and no open order holds`
        : undefined
    }
  },
  {
    reason: "OpenOrdersLimit",
    at: taken,
    find: ({ state }) =>
      state.orders.size >= state.limits.openOrdersMax ? `${state.orders.size} orders are open already` : undefined
  },
  {
    reason: "OrderRateLimit",
    at: taken,
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
    at: underWay,
    find: (input) => {
      const { instrument, state, terms } = input
      const asset = terms.side === "buy" ? instrument.quote : instrument.base
      const balance = state.balances.get(asset)
      const free = balance === undefined ? 0n : balance.total - balance.reserved
      const needed = terms.side === "buy" ? valueOf(input) : BigInt(terms.lots) * instrument.lot
      return needed > free ? `needs ${Amount.format(needed)} ${asset}, free ${Amount.format(free)}` : undefined
    }
  }
]

const at = (stage: Stage): ReadonlyArray<Check> =>
  checks.filter((check) => check.at === undefined || check.at.includes(stage))
const checksAt: Readonly<Record<Stage, ReadonlyArray<Check>>> = {
  place: at("place"),
  hold: at("hold"),
  release: at("release")
}

export interface Refusal {
  readonly reason: RefusalReason
  readonly detail: string
}

/** The first check that stops the order, or undefined. */
export const refuse = (input: CheckInput): Refusal | undefined => {
  for (const check of checksAt[input.stage]) {
    const detail = check.find(input)
    if (detail !== undefined) return { reason: check.reason, detail }
  }
  return undefined
}

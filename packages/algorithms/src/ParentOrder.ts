/**
 * What all execution algorithms share: the parent order's parameters and state, and the one rule by which child orders
 * are sent: due = target(now) − filled − open.
 *
 * Filled and open are what the account says (the strategy's position and its open orders), never a memory of the
 * algorithm's own. A crash or a move can therefore delay a parent order, but not trade a part of it twice: whatever an
 * earlier run has sent is either filled or open, and is counted before anything more is asked for. It follows that a
 * strategy name is one parent order: a new one needs a new name. Only what comes to light after the account itself had
 * closed its order, such as a fill that the venue reports late, can exceed the quantity, by that much.
 *
 * It acts on its timer alone: while a new run is being told what happened since its snapshot, nothing is decided yet.
 */
import type { Instrument } from "@outcry/model/Instrument"
import { signOf, sides } from "@outcry/model/MarketData"
import * as Parameter from "@outcry/model/Parameter"
import type { StrategyContext } from "@outcry/model/Strategy"
import { Schema } from "effect"

const decimal = { expected: "a decimal such as 0.1" }

export const parentFields = {
  instrument: Schema.String.check(
    Schema.isPattern(/^[^:\s]+:\S+$/, { expected: "an instrument such as sim:BTC/USDT" })
  ),
  side: Schema.Literals(sides),
  /** Decimal, in base asset: all that is to be traded. */
  quantity: Schema.String.check(
    Schema.isPattern(/^(?=.*[1-9])\d+(\.\d+)?$/, { expected: "a positive decimal such as 0.1" })
  ),
  /** When to begin, epoch µs; 0: at once. */
  startUs: Parameter.integer(0, { min: 0 }),
  durationSec: Parameter.number(600, { min: 1, max: 31 * 86_400 }),
  /** How often a child order is due. */
  sliceSec: Parameter.number(10, { min: 0.1, max: 86_400 }),
  /** Decimal; never buys above nor sells below. 0: no limit. */
  limitPrice: Schema.String.check(Schema.isPattern(/^\d+(\.\d+)?$/, decimal)).pipe(Schema.optionalKey),
  /** Never trades further than this from the price at arrival, in basis points. 0: no limit. */
  capBps: Parameter.number(0, { min: 0, max: 10_000 }),
  /** Sizes of slices vary at random by up to this part of a slice, so that they are harder to read. */
  randomise: Parameter.number(0.2, { min: 0, max: 1 }),
  /** Child orders join the best price of their side, or cross the spread. */
  style: Parameter.choice(["passive", "cross"], "passive"),
  /** What becomes of the rest when the time is over. */
  atEnd: Parameter.choice(["cross", "cancel"], "cross"),
  /** How long the rest may take to cross before the order ends incomplete. */
  graceSec: Parameter.number(60, { min: 1, max: 86_400 })
}

export interface ParentParameters {
  readonly instrument: string
  readonly side: "buy" | "sell"
  readonly quantity: string
  readonly startUs: number
  readonly durationSec: number
  readonly sliceSec: number
  readonly limitPrice?: string
  readonly capBps: number
  readonly randomise: number
  readonly style: "passive" | "cross"
  readonly atEnd: "cross" | "cancel"
  readonly graceSec: number
}

/** May be lost in a crash: the schedule then begins anew, over the whole duration, for what is still to be done. */
export const ParentState = Schema.Struct({
  /** When the schedule began, epoch µs; 0: not yet. */
  startedUs: Schema.Number,
  /** Bid plus ask in ticks when it began: twice the arrival price. */
  arrivalTwice: Schema.Number,
  /** Filled when the schedule began: by a run whose state was lost. */
  startLots: Schema.Int,
  slice: Schema.Int,
  /** Of this slice's end, in parts of a slice. */
  jitter: Schema.Number,
  /** The latest child order, and the slice it was sent in. */
  childSeq: Schema.Int,
  childSlice: Schema.Int,
  /** Lots traded by the whole market since the beginning, as far as they were heard of. */
  marketLots: Schema.Number,
  /** Lots filled when progress was last told. */
  toldLots: Schema.Int,
  /** Empty while it works. */
  done: Schema.Literals(["", "filled", "incomplete"])
})
export type ParentState = typeof ParentState.Type

export const initialState = (): ParentState => ({
  startedUs: 0,
  arrivalTwice: 0,
  startLots: 0,
  slice: -1,
  jitter: 0,
  childSeq: 0,
  childSlice: -1,
  marketLots: 0,
  toldLots: 0,
  done: ""
})

export type ParentContext<P extends ParentParameters = ParentParameters> = StrategyContext<P, ParentState>

/** Where a parent order stands by the account's word, in lots, since its schedule began. */
interface Standing {
  readonly quantity: number
  readonly filled: number
  /** Of child orders: asked for and neither filled nor ended. */
  readonly open: number
  /** Part of the time that is over at the end of the present slice, its jitter included; 1 in the last. */
  readonly elapsed: number
}

/** How many lots should be filled or open by now. */
export type Target<P extends ParentParameters> = (standing: Standing, ctx: ParentContext<P>) => number

export const second = 1_000_000

/** The schedule of a parent order as its parameters and state have it. */
const slicesOf = ({ durationSec, sliceSec }: ParentParameters): number => Math.max(1, Math.ceil(durationSec / sliceSec))

const minLots = (instrument: Instrument, priceTicks: number): number => {
  const perLot = BigInt(priceTicks) * instrument.tickLot
  const byValue = perLot === 0n ? 0 : Number((instrument.minNotionalAmount + perLot - 1n) / perLot)
  return Math.max(1, instrument.minQuantityLots, byValue)
}

/** The worst price that may be paid, in ticks; undefined where there is no limit. */
const limitTicksOf = (
  ctx: ParentContext,
  instrument: Instrument,
  limitTicks: number | undefined
): number | undefined => {
  const { capBps, side } = ctx.parameters
  if (capBps === 0) return limitTicks
  const arrival = ctx.state.arrivalTwice / 2
  const capped =
    side === "buy" ? Math.floor(arrival * (1 + capBps / 10_000)) : Math.ceil(arrival * (1 - capBps / 10_000))
  if (limitTicks === undefined) return Math.max(1, capped)
  return side === "buy" ? Math.min(capped, limitTicks) : Math.max(1, capped, limitTicks)
}

export interface Checked {
  readonly instrument: Instrument
  readonly quantityLots: number
  readonly limitTicks: number | undefined
  /** The most that one child order may be, where the venue takes one as small. */
  readonly displayLots: number | undefined
}

/** Lots of the next child order. What it leaves is never too small for an order of its own. */
const childLots = (due: number, rest: number, least: number, displayLots: number | undefined): number => {
  if (displayLots === undefined) return rest - due < least ? rest : due
  const lots = Math.min(rest, Math.max(due, least), Math.max(displayLots, least))
  if (lots === rest || rest - lots >= least) return lots
  return rest >= 2 * least ? rest - least : rest
}

/** Draws the present slice's jitter once. The last slice ends on the whole quantity. */
const advance = (ctx: ParentContext): number => {
  const { randomise, sliceSec } = ctx.parameters
  const slices = slicesOf(ctx.parameters)
  const slice = Math.min(slices - 1, Math.floor((ctx.now - ctx.state.startedUs) / (sliceSec * second)))
  if (slice !== ctx.state.slice) ctx.state = { ...ctx.state, slice, jitter: (ctx.random() * 2 - 1) * randomise }
  return slice === slices - 1 ? 1 : Math.min(1, Math.max(0, (slice + 1 + ctx.state.jitter) / slices))
}

const finish = (ctx: ParentContext, filled: number, quantity: number): void => {
  ctx.state = { ...ctx.state, done: filled >= quantity ? "filled" : "incomplete" }
  ctx.signal("done", filled / quantity)
}

const tell = (ctx: ParentContext, filled: number, quantity: number): void => {
  if (filled === ctx.state.toldLots) return
  ctx.state = { ...ctx.state, toldLots: filled }
  ctx.signal("progress", filled / quantity)
}

export interface Pricing {
  /** Rests at the limit price, where one is given, instead of the best price of its side. */
  readonly atLimit: boolean
}

/** The cap alone is a bound and no price to rest at: it lies beyond the market. */
const restsAtLimit = ({ atLimit }: Pricing, { limitTicks }: Checked): boolean => atLimit && limitTicks !== undefined

const send = (ctx: ParentContext, checked: Checked, lots: number, crossing: boolean, pricing: Pricing): void => {
  const { instrument } = checked
  const { side } = ctx.parameters
  const quote = ctx.quote(instrument.id)
  if (quote === undefined || quote.bidTicks === 0 || quote.askTicks === 0) return
  const buys = side === "buy"
  const limit = limitTicksOf(ctx, instrument, checked.limitTicks)
  const [near, far] = buys ? [quote.bidTicks, quote.askTicks] : [quote.askTicks, quote.bidTicks]
  const within = (ticks: number): number =>
    limit === undefined ? ticks : buys ? Math.min(ticks, limit) : Math.max(ticks, limit)
  const resting = restsAtLimit(pricing, checked)
  const price = crossing ? far : resting && limit !== undefined ? limit : within(near)
  // The market is beyond what may be paid: waiting costs nothing.
  if (crossing && within(far) !== far) return
  const rest = Math.min(lots, instrument.maxQuantityLots)
  if (rest < minLots(instrument, price)) return
  const order = crossing
    ? { quantity: rest, price, timeInForce: "IOC" as const }
    : { quantity: rest, price, postOnly: !resting }
  const childSeq = buys ? ctx.buy(instrument.id, order) : ctx.sell(instrument.id, order)
  ctx.state = { ...ctx.state, childSeq, childSlice: ctx.state.slice }
}

/** Whether a resting child stands where nobody looks any more: sent by an earlier run, or left behind by the market. */
const isStale = (ctx: ParentContext, checked: Checked, due: number, pricing: Pricing): boolean => {
  const { instrument } = checked
  const quote = ctx.quote(instrument.id)
  if (quote === undefined) return false
  const best = ctx.parameters.side === "buy" ? quote.bidTicks : quote.askTicks
  const atLimit = restsAtLimit(pricing, checked)
  return ctx
    .openOrders(instrument.id)
    .some(
      ({ orderSeq, priceTicks }) =>
        orderSeq !== ctx.state.childSeq ||
        (ctx.state.childSlice !== ctx.state.slice && !atLimit && (due > 0 || priceTicks !== best))
    )
}

/** After the time is over: what rests is taken back, and the rest crosses or is left. */
const close = (ctx: ParentContext, checked: Checked, filled: number): void => {
  const { atEnd, durationSec, graceSec, instrument } = ctx.parameters
  if (ctx.openOrders(instrument).length > 0) return ctx.cancelAll(instrument)
  const endUs = ctx.state.startedUs + durationSec * second
  const { quantityLots: quantity } = checked
  const rest = quantity - filled
  if (atEnd === "cancel" || ctx.now >= endUs + graceSec * second) return finish(ctx, filled, quantity)
  const quote = ctx.quote(instrument)
  if (quote === undefined || quote.bidTicks === 0) return
  // Too little to be an order: nobody will ever take it.
  const least = minLots(checked.instrument, quote.bidTicks)
  if (rest < least) return finish(ctx, filled, quantity)
  send(ctx, checked, childLots(rest, rest, least, checked.displayLots), true, { atLimit: false })
}

/** One look: what is due is sent, what is stale is taken back. Does nothing while it does not know a price. */
export const look = <P extends ParentParameters>(
  ctx: ParentContext<P>,
  checked: Checked,
  target: Target<P>,
  pricing: Pricing
): void => {
  const { instrument, quantityLots: quantity } = checked
  const { durationSec, side, startUs, style } = ctx.parameters
  if (ctx.state.done !== "") return
  const filled = signOf(side) * ctx.position(instrument.id)
  let open = 0
  for (const order of ctx.openOrders(instrument.id)) open += order.lots - order.filledLots
  tell(ctx, filled, quantity)
  if (filled >= quantity && open === 0) return finish(ctx, filled, quantity)
  const quote = ctx.quote(instrument.id)
  if (ctx.now < startUs || quote === undefined || quote.bidTicks === 0 || quote.askTicks === 0) return
  if (ctx.state.startedUs === 0)
    ctx.state = {
      ...ctx.state,
      startedUs: ctx.now,
      arrivalTwice: quote.bidTicks + quote.askTicks,
      startLots: filled
    }
  const elapsed = advance(ctx)
  if (ctx.now >= ctx.state.startedUs + durationSec * second) return close(ctx, checked, filled)
  const since = ctx.state.startLots
  const standing = { quantity: quantity - since, filled: filled - since, open, elapsed }
  const due = Math.min(quantity, since + target(standing, ctx)) - filled - open
  if (open > 0) {
    if (isStale(ctx, checked, due, pricing)) ctx.cancelAll(instrument.id)
    return
  }
  if (due <= 0) return
  const limit = limitTicksOf(ctx, instrument, checked.limitTicks)
  const atLimit = side === "buy" || restsAtLimit(pricing, checked)
  const lowest = atLimit && limit !== undefined ? Math.min(quote.bidTicks, limit) : quote.bidTicks
  const lots = childLots(due, quantity - filled, minLots(instrument, lowest), checked.displayLots)
  send(ctx, checked, lots, style === "cross", pricing)
}

/**
 * Makes a strategy of a target: how many lots should be filled or open by now. Everything else about a parent order is
 * the same for every algorithm (see ParentOrder).
 */
import { notional, quantityLotsOf, ticksOf } from "@outcry/model/Instrument"
import type { FeedDeclaration, StrategyDefinition } from "@outcry/model/Strategy"
import type { Schema } from "effect"
import {
  type Checked,
  initialState,
  look,
  type ParentContext,
  type ParentParameters,
  ParentState,
  type Pricing,
  type Target
} from "./ParentOrder.ts"

/** Parameters that fit their schema and not their instrument; the message names the field. */
export class InvalidParameters extends Error {
  readonly _tag = "InvalidParameters"
}

export interface Algorithm<P extends ParentParameters> extends Pricing {
  readonly name: string
  readonly parameters: Schema.Codec<P, unknown>
  readonly target: Target<P>
  /** Whether the target depends on what others trade. */
  readonly countsTrades: boolean
  /** Further decimals that must be whole numbers of lots, by field. */
  readonly quantities: (parameters: P) => Readonly<Record<string, string>>
  /** The most that one child order may be, in base asset. Default: no bound. */
  readonly display?: (parameters: P) => string
}

const check = <P extends ParentParameters>(algorithm: Algorithm<P>, ctx: ParentContext<P>): Checked => {
  const { parameters } = ctx
  const instrument = ctx.instrument(parameters.instrument)
  const refuse = (field: string, value: string, unit: string): never => {
    throw new InvalidParameters(
      `${algorithm.name}: ${field} ${value} of ${instrument.id} is not a whole number of ${unit}`
    )
  }
  const lotsOf = (field: string, value: string): number =>
    quantityLotsOf(instrument, value) ?? refuse(field, value, `lots of ${instrument.lotSize}`)
  for (const [field, value] of Object.entries(algorithm.quantities(parameters))) lotsOf(field, value)
  const { limitPrice } = parameters
  const limitTicks =
    limitPrice === undefined
      ? 0
      : (ticksOf(instrument, limitPrice) ?? refuse("limitPrice", limitPrice, `ticks of ${instrument.tickSize}`))
  // A sale may bring more than its limit, unless it rests there.
  const dearest = parameters.side === "buy" || (algorithm.atLimit && parameters.style === "passive") ? limitTicks : 0
  const orderable = (field: string, value: string): number => {
    const lots = lotsOf(field, value)
    const below = (at: string, least: string): InvalidParameters =>
      new InvalidParameters(
        `${algorithm.name}: ${field} ${value} of ${instrument.id}${at} is below the least that can be ordered, ${least}`
      )
    if (lots < instrument.minQuantityLots) throw below("", instrument.minQuantity)
    if (dearest > 0 && notional(instrument, dearest, lots) < instrument.minNotionalAmount)
      throw below(` at limitPrice ${limitPrice}`, `${instrument.minNotional} ${instrument.quote}`)
    return lots
  }
  const display = algorithm.display?.(parameters)
  return {
    instrument,
    quantityLots: orderable("quantity", parameters.quantity),
    limitTicks: limitTicks === 0 ? undefined : limitTicks,
    displayLots: display === undefined ? undefined : orderable("display", display)
  }
}

/** Four looks a slice, at least ten and at most one a second. */
const lookEveryMs = ({ sliceSec }: ParentParameters): number => Math.min(1000, Math.max(100, sliceSec * 250))

const timer = "look"

export const strategyOf = <P extends ParentParameters>(algorithm: Algorithm<P>): StrategyDefinition<P, ParentState> => {
  const again = (ctx: ParentContext<P>): void => {
    if (ctx.state.done === "") ctx.timer(timer, lookEveryMs(ctx.parameters))
  }
  const base: StrategyDefinition<P, ParentState> = {
    name: algorithm.name,
    version: 1,
    parameters: algorithm.parameters,
    state: ParentState,
    feeds: ({ instrument }): ReadonlyArray<FeedDeclaration> => [{ instrument, trades: algorithm.countsTrades }],
    initial: initialState,
    onStart: (ctx) => {
      check(algorithm, ctx)
      again(ctx)
    },
    onTimer: (_name, ctx) => {
      look(ctx, check(algorithm, ctx), algorithm.target, algorithm)
      again(ctx)
    },
    // Nothing rests unseen while no price is known.
    onGap: (gap, ctx) => {
      if (!gap.resumed && ctx.state.done === "") ctx.cancelAll(gap.instrument)
    }
  }
  if (!algorithm.countsTrades) return base
  return {
    ...base,
    onTrade: (trade, ctx) => {
      if (ctx.state.startedUs !== 0) ctx.state = { ...ctx.state, marketLots: ctx.state.marketLots + trade.lots }
    }
  }
}

/**
 * A signal as a strategy of the live contract: the same rule over the same kernels, bar by bar. At each close it brings
 * the strategy's position to target × size: what is open is canceled first, and only when it is gone the difference is
 * asked for, at most once a bar. What an order leaves unfilled, or an account refuses, the next close tries again.
 *
 * Exits of a protected signal stand at the venue beside the position. When one of them has filled, the strategy stays out
 * until the rule's own target changes.
 */
import { type Instrument, quantityLotsOf } from "@outcry/model/Instrument"
import type { Bar } from "@outcry/model/MarketData"
import * as Parameter from "@outcry/model/Parameter"
import type { OpenOrder, StrategyContext, StrategyDefinition } from "@outcry/model/Strategy"
import { Schema } from "effect"
import { type BarValues, barValuesOf } from "./BarValues.ts"
import { refuserOf } from "./InvalidSignal.ts"
import { checkProtection, exitsOf, guardOf } from "./ProtectiveExit.ts"
import type { Protection, SignalDefinition } from "./Signal.ts"
import { planSignal } from "./SignalPlan.ts"
import { SignalRun } from "./SignalRun.ts"

/** What the live form takes beside the signal's own parameters; a signal that declares one of these keeps its own. */
export interface LiveTerms {
  readonly instrument: string
  readonly barSeconds: number
  /** Base asset per unit of target, a decimal; a whole number of lots. */
  readonly size: string
  /** Without it orders are market orders; else limit orders so far from the close, on the side that waits. */
  readonly limitOffsetTicks?: number
}

export const LiveSignalState = Schema.Struct({
  run: SignalRun.schema,
  /** Canceled what was open at this bar, and owes the orders that follow. */
  due: Schema.Boolean,
  /** An exit has filled since the target last changed. */
  out: Schema.Boolean,
  /** The last close, and the one at which the target last changed. */
  closeTicks: Schema.Int,
  changedTicks: Schema.Int,
  /** Orders that are exits. */
  exits: Schema.Array(Schema.Int)
})
export type LiveSignalState = typeof LiveSignalState.Type

type Context<P> = StrategyContext<P & LiveTerms, LiveSignalState>

const isStruct = (schema: Schema.Constraint): schema is Schema.Struct<Schema.Struct.Fields> => "fields" in schema

const liveParameters = <P>(definition: SignalDefinition<P>, size: string): Schema.Codec<P & LiveTerms, unknown> => {
  const refuse = refuserOf(definition.name)
  const { parameters } = definition
  if (!isStruct(parameters))
    return refuse("parameters", "is no Schema.Struct", "Declare them with Schema.Struct({ … }).")
  for (const field of ["instrument", "barSeconds"])
    if (!Object.hasOwn(parameters.fields, field))
      refuse(`parameters.${field}`, "is missing", "A signal that runs live says what it trades and on which bars.")
  const terms = {
    size: Parameter.decimal(size),
    limitOffsetTicks: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: -100_000, maximum: 100_000 })))
  }
  // The signal's own checks hold for its own fields, which stay as they are.
  const live = parameters.mapFields((fields) => ({ ...terms, ...fields }), { unsafePreserveChecks: true })
  return live as unknown as Schema.Codec<P & LiveTerms, unknown>
}

const isExit = (order: OpenOrder): boolean => order.reduceOnly === true

class Trader<P> {
  private readonly definition: SignalDefinition<P>
  /** By instrument, whose sizes never change; runs of one definition share them. */
  private readonly values = new WeakMap<Instrument, BarValues>()

  constructor(definition: SignalDefinition<P>) {
    this.definition = definition
  }

  /** Throws InvalidSignal where the size fits no lots or the exits make no sense. */
  check(ctx: Context<P>): void {
    this.sizeLots(ctx)
    checkProtection(this.protection(ctx) ?? {}, refuserOf(this.definition.name))
  }

  onBar(bar: Bar, ctx: Context<P>): void {
    const { run } = ctx.state
    run.resume(this.definition, ctx.parameters)
    const { price, quantity } = this.valuesOf(ctx)
    const before = run.held
    const target = run.step(
      price(bar.openTicks),
      price(bar.highTicks),
      price(bar.lowTicks),
      price(bar.closeTicks),
      quantity(bar.lots),
      bar.timeOpen + bar.intervalUs
    )
    ctx.state = { ...ctx.state, closeTicks: bar.closeTicks, due: false }
    if (target !== before) {
      ctx.state = { ...ctx.state, changedTicks: bar.closeTicks, out: false }
      ctx.signal(target > 0 ? "long" : target < 0 ? "short" : "flat", target)
    }
    if (!ctx.warmingUp) this.settle(ctx)
  }

  onFill(orderSeq: number, ctx: Context<P>): void {
    if (ctx.state.exits.includes(orderSeq)) ctx.state = { ...ctx.state, out: true }
    this.follow(ctx)
  }

  private valuesOf(ctx: Context<P>): BarValues {
    const instrument = ctx.instrument(ctx.parameters.instrument)
    const known = this.values.get(instrument) ?? barValuesOf(instrument)
    this.values.set(instrument, known)
    return known
  }

  /** What was to be canceled may be gone now. */
  follow(ctx: Context<P>): void {
    if (!ctx.state.due || ctx.openOrders(ctx.parameters.instrument).length > 0) return
    ctx.state = { ...ctx.state, due: false }
    this.place(ctx)
  }

  private settle(ctx: Context<P>): void {
    const { instrument } = ctx.parameters
    const wanted = this.wantedLots(ctx)
    const open = ctx.openOrders(instrument)
    if (ctx.position(instrument) === wanted && (wanted === 0 ? open.length === 0 : open.every(isExit))) return
    if (open.length === 0) return this.place(ctx)
    ctx.state = { ...ctx.state, due: true }
    ctx.cancelAll(instrument)
  }

  private place(ctx: Context<P>): void {
    const { instrument } = ctx.parameters
    const wanted = this.wantedLots(ctx)
    const held = ctx.position(instrument)
    const protection = this.protection(ctx)
    const turns = held * wanted < 0
    const kept = held * wanted > 0 ? Math.min(Math.abs(held), Math.abs(wanted)) : 0
    if (protection !== undefined && kept > 0) this.guard(ctx, protection, Math.sign(wanted) * kept)
    if (turns && protection !== undefined) {
      // Exits belong to what is opened, so a protected position is closed by an order of its own.
      this.order(ctx, -held, undefined)
      this.order(ctx, wanted, protection)
    } else this.order(ctx, wanted - held, Math.abs(wanted) > Math.abs(held) ? protection : undefined)
    const exits = ctx.openOrders(instrument).filter(isExit)
    ctx.state = { ...ctx.state, exits: exits.map(({ orderSeq }) => orderSeq) }
  }

  private order(ctx: Context<P>, lots: number, protection: Protection | undefined): void {
    if (lots === 0) return
    const side = lots > 0 ? ("buy" as const) : ("sell" as const)
    const exits = protection === undefined ? {} : exitsOf(protection, side, ctx.state.changedTicks)
    ctx[side](ctx.parameters.instrument, { quantity: Math.abs(lots), ...this.priceOf(ctx, lots), ...exits })
  }

  private guard(ctx: Context<P>, protection: Protection, lots: number): void {
    const { instrument } = ctx.parameters
    const orders = guardOf(protection, lots > 0 ? "buy" : "sell", ctx.state.changedTicks, Math.abs(lots))
    if (orders.length > 1) ctx.oco(instrument, orders)
    else for (const order of orders) ctx[order.side](instrument, order)
  }

  private priceOf({ parameters, state }: Context<P>, lots: number): { readonly price?: number } {
    const { limitOffsetTicks } = parameters
    if (limitOffsetTicks === undefined) return {}
    return { price: Math.max(1, state.closeTicks - Math.sign(lots) * limitOffsetTicks) }
  }

  private wantedLots(ctx: Context<P>): number {
    const { out, run } = ctx.state
    const target = out ? 0 : run.held
    return Math.sign(target) * Math.round(Math.abs(target) * this.sizeLots(ctx))
  }

  private sizeLots(ctx: Context<P>): number {
    const instrument = ctx.instrument(ctx.parameters.instrument)
    const { size } = ctx.parameters
    const lots = quantityLotsOf(instrument, size)
    if (lots !== undefined && lots > 0) return lots
    return refuserOf(this.definition.name)(
      "size",
      `${size} is no whole number of lots of ${instrument.id}`,
      `Give a multiple of ${instrument.lotSize}.`
    )
  }

  private protection(ctx: Context<P>): Protection | undefined {
    const protection = this.definition.protection?.(ctx.parameters)
    return protection !== undefined && Object.keys(protection).length > 0 ? protection : undefined
  }
}

/** The live form. `size` is the default of the parameter of that name. Throws InvalidSignal. */
export const liveSignal = <P>(
  definition: SignalDefinition<P>,
  { size = "0.01" }: { readonly size?: string } = {}
): StrategyDefinition<P & LiveTerms, LiveSignalState> => {
  const trader = new Trader(definition)
  return {
    name: definition.name,
    version: definition.version,
    parameters: liveParameters(definition, size),
    state: LiveSignalState,
    feeds: (parameters) => {
      const { barSeconds, instrument } = parameters
      return [{ instrument, barSeconds, warmupBars: planSignal(definition, parameters).warmupBars }]
    },
    initial: (parameters) => ({
      run: SignalRun.of(definition, parameters),
      due: false,
      out: false,
      closeTicks: 0,
      changedTicks: 0,
      exits: []
    }),
    onStart: (ctx) => trader.check(ctx),
    onBar: (bar, ctx) => trader.onBar(bar, ctx),
    onFill: ({ orderSeq }, ctx) => trader.onFill(orderSeq, ctx),
    onOrder: (_end, ctx) => trader.follow(ctx)
  }
}

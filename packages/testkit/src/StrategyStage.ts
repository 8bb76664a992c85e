/**
 * A strategy on a market of the test's: quotes, bars and time as the test gives them, orders filled against the touch. Market
 * orders fill at once, limits when the touch crosses them, stops when it reaches them; exits wait for their parent and end
 * one another. No queue, no depth, no account: it shows what a strategy asks for and what becomes of it.
 */
import type { Instrument } from "@outcry/model/Instrument"
import { type Side, signOf } from "@outcry/model/MarketData"
import type { OrderTerms } from "@outcry/model/Order"
import type { StrategyDefinition, StrategyFill } from "@outcry/model/Strategy"
import { type RunnerIntent, StrategyRunner } from "@outcry/model/StrategyRunner"
import { Schema } from "effect"

export interface Touch {
  readonly bidTicks: number
  readonly askTicks: number
}

export interface StageBar {
  readonly openTicks: number
  readonly highTicks: number
  readonly lowTicks: number
  readonly closeTicks: number
  readonly lots: number
}

interface Resting {
  readonly orderSeq: number
  readonly instrument: string
  readonly terms: OrderTerms
  readonly group: string | undefined
  /** Its parent, until that has filled. */
  waitsFor: number | undefined
  /** Of a trailing stop: the best price since it stood. */
  bestTicks: number
}

export class StrategyStage<P, S> {
  /** Everything it asked for, as `buy 100 sim:BTC/USDT @ 5 post-only`, `cancel 3`. */
  readonly asked: Array<string> = []
  readonly fills: Array<StrategyFill> = []
  now: number
  runner: StrategyRunner<P, S>
  private readonly definition: StrategyDefinition<P, S>
  private readonly parameters: P
  private readonly instruments: ReadonlyArray<Instrument>
  private readonly touches = new Map<string, Touch>()
  private readonly resting = new Map<number, Resting>()
  private seq = 0

  /** Starts it at once. Throws what decoding the parameters throws. */
  constructor(
    definition: StrategyDefinition<P, S>,
    given: unknown,
    instruments: ReadonlyArray<Instrument>,
    startUs = 1_750_000_000_000_000
  ) {
    this.definition = definition
    this.parameters = Schema.decodeUnknownSync(definition.parameters, { onExcessProperty: "error" })(given)
    this.instruments = instruments
    this.now = startUs
    this.runner = this.make()
    this.runner.start(this.now)
    this.take()
  }

  get state(): S {
    return this.runner.snapshot().state
  }

  /** What it asked for since the last look. */
  look(): ReadonlyArray<string> {
    return this.asked.splice(0)
  }

  /** Net of its fills, in lots. */
  position(instrument: string): number {
    return this.fills.reduce(
      (sum, fill) => sum + (fill.instrument === instrument ? signOf(fill.side) * fill.lots : 0),
      0
    )
  }

  get open(): number {
    return this.resting.size
  }

  /** A new touch: what it crosses fills, then the strategy hears of it. */
  quote(instrument: string, bidTicks: number, askTicks: number): void {
    this.touches.set(instrument, { bidTicks, askTicks })
    this.settle()
    this.runner.handle({ type: "quote", ...this.stamp(instrument), bidTicks, bidLots: 1, askTicks, askLots: 1 })
    this.settle()
  }

  /** A whole book of that touch; what it crosses fills first. */
  book(instrument: string, bidTicks: number, askTicks: number): void {
    this.touches.set(instrument, { bidTicks, askTicks })
    this.settle()
    const levels = { bids: [bidTicks, 100], asks: [askTicks, 100] }
    this.runner.handle({ type: "delta", ...this.stamp(instrument), snapshot: true, ...levels })
    this.settle()
  }

  /** A bar that closed now; `warming` gives it as history. */
  bar(instrument: string, bar: StageBar, intervalUs = 1_000_000, warming = false): void {
    const timeOpen = this.now - intervalUs
    const event = { type: "bar" as const, ...this.stamp(instrument), intervalUs, timeOpen, trades: 1, ...bar }
    if (warming) this.runner.warmUp([event])
    else this.runner.handle(event)
    this.settle()
  }

  /** A second passes, with a touch one tick around the price and a bar at it. */
  second(instrument: string, closeTicks: number): void {
    this.advance(1)
    this.quote(instrument, closeTicks - 1, closeTicks + 1)
    this.bar(instrument, { openTicks: closeTicks, highTicks: closeTicks, lowTicks: closeTicks, closeTicks, lots: 1 })
  }

  /** Time passes; timers fire when they are due. */
  advance(seconds: number): void {
    const until = this.now + Math.round(seconds * 1_000_000)
    for (let due = this.runner.nextTimerUs(); due !== undefined && due <= until; due = this.runner.nextTimerUs()) {
      this.now = Math.max(this.now, due)
      this.runner.fireTimers(this.now)
      this.settle()
    }
    this.now = until
  }

  /** The run ends; another goes on from its snapshot as text, with what the account knows. */
  restart(): void {
    const kept = this.runner.snapshot()
    const state = JSON.stringify(Schema.encodeUnknownSync(this.definition.state)(kept.state))
    const intentSeq = this.runner.lastIntentSeq
    const openOrders = this.instruments.flatMap(({ id }) => this.openOrders(id))
    this.runner = this.make()
    this.runner.restore({ ...kept, state: Schema.decodeUnknownSync(this.definition.state)(JSON.parse(state)) })
    this.runner.adopt({
      intentSeq,
      positions: this.instruments.map(({ id: instrument }) => ({ instrument, lots: this.position(instrument) })),
      openOrders
    })
    for (const [instrument, touch] of this.touches) this.quoteAgain(instrument, touch)
    this.runner.start(this.now)
    this.settle()
  }

  /** What a feed says to one that joins; a strategy that acts on quotes would take it for another. */
  private quoteAgain(instrument: string, touch: Touch): void {
    if (this.runner.feeds.some((feed) => feed.instrument === instrument && feed.quotes === true)) return
    this.runner.handle({ type: "quote", ...this.stamp(instrument), bidLots: 1, askLots: 1, ...touch })
  }

  private openOrders(id: string) {
    return [...this.resting.values()]
      .filter(({ instrument }) => instrument === id)
      .map(({ group, instrument, orderSeq, terms, waitsFor }) => ({
        orderSeq,
        instrument,
        side: terms.side,
        priceTicks: terms.priceTicks,
        lots: terms.lots,
        filledLots: 0,
        cancelRequested: false,
        type: terms.type,
        ...(terms.reduceOnly === undefined ? {} : { reduceOnly: terms.reduceOnly }),
        ...(waitsFor === undefined ? {} : { parent: waitsFor }),
        ...(group === undefined ? {} : { group })
      }))
  }

  private make(): StrategyRunner<P, S> {
    return new StrategyRunner(this.definition, this.parameters, { instruments: this.instruments, seed: 1 })
  }

  private stamp(instrument: string) {
    this.seq += 1
    return { instrument, feedEpoch: 1, seq: this.seq, timeVenue: this.now, timeReceived: this.now }
  }

  /** Takes what was asked for and fills what can be filled, until nothing moves any more. */
  private settle(): void {
    this.take()
    for (let next = this.fillable(); next !== undefined; next = this.fillable()) {
      this.fill(next.order, next.priceTicks)
      this.take()
    }
  }

  private take(): void {
    const intents = this.runner.intents().slice()
    this.runner.clearIntents()
    for (const intent of intents) {
      if (intent.kind === "place") this.place(intent)
      else if (intent.kind === "cancel") {
        this.asked.push(`cancel ${intent.orderSeq}`)
        this.cancel(intent.orderSeq)
      } else throw new Error("this stage knows no modifications")
    }
    // What a cancellation leads to is taken with it.
    if (this.runner.intents().length > 0) this.take()
  }

  private place(intent: Extract<RunnerIntent, { readonly kind: "place" }>): void {
    const { contingency, instrument, intentSeq: orderSeq, terms } = intent
    const { lots, postOnly, priceTicks, reduceOnly, side, trailBps, triggerTicks } = terms
    const words = [
      `${side} ${lots} ${instrument}`,
      ...(priceTicks === 0 ? [] : [`@ ${priceTicks}`]),
      ...(triggerTicks === undefined ? [] : [`stop ${triggerTicks}`]),
      ...(trailBps === undefined ? [] : [`trail ${trailBps}`]),
      ...(postOnly ? ["post-only"] : []),
      ...(reduceOnly === true ? ["exit"] : [])
    ]
    this.asked.push(words.join(" "))
    const { group, parent } = contingency ?? {}
    this.resting.set(orderSeq, { orderSeq, instrument, terms, group, waitsFor: parent, bestTicks: 0 })
  }

  private cancel(orderSeq: number): void {
    const order = this.resting.get(orderSeq)
    if (order === undefined) return
    this.resting.delete(orderSeq)
    this.runner.orderEnded(
      { instrument: order.instrument, orderSeq, status: "canceled", filledLots: 0, reason: "" },
      this.now
    )
    for (const each of this.resting.values()) if (each.waitsFor === orderSeq) this.cancel(each.orderSeq)
  }

  private fillable(): { readonly order: Resting; readonly priceTicks: number } | undefined {
    for (const order of this.resting.values()) {
      const touch = this.touches.get(order.instrument)
      if (touch === undefined || order.waitsFor !== undefined) continue
      const priceTicks = priceOf(order, touch)
      if (priceTicks !== undefined) return { order, priceTicks }
    }
    return undefined
  }

  private fill(order: Resting, priceTicks: number): void {
    const { group, instrument, orderSeq, terms } = order
    const { lots, side } = terms
    this.resting.delete(orderSeq)
    const fill: StrategyFill = {
      instrument,
      orderSeq,
      side,
      priceTicks,
      lots,
      liquidity: terms.priceTicks === 0 ? "taker" : "maker",
      timeVenue: this.now
    }
    this.fills.push(fill)
    for (const each of this.resting.values()) {
      if (each.waitsFor === orderSeq) each.waitsFor = undefined
      else if (group !== undefined && each.group === group) this.cancel(each.orderSeq)
    }
    const told = (): StrategyFill => fill
    this.runner.fill(told(), this.now)
  }
}

/** The price at which an order fills on that touch, if it does. */
const priceOf = (order: Resting, { askTicks, bidTicks }: Touch): number | undefined => {
  const { priceTicks, side, trailBps, triggerTicks, type } = order.terms
  const taken = side === "buy" ? askTicks : bidTicks
  if (taken === 0) return undefined
  if (type === "market") return taken
  if (type === "limit") return crosses(side, taken, priceTicks) ? priceTicks : undefined
  if (type === "stop") return reaches(side, taken, triggerTicks ?? 0) ? taken : undefined
  if (type !== "trailingStop" || trailBps === undefined) throw new Error(`this stage knows no ${type} orders`)
  const better = side === "sell" ? Math.max : Math.min
  order.bestTicks = order.bestTicks === 0 ? taken : better(order.bestTicks, taken)
  const trail = (order.bestTicks * trailBps) / 10_000
  return reaches(side, taken, side === "sell" ? order.bestTicks - trail : order.bestTicks + trail) ? taken : undefined
}

const crosses = (side: Side, taken: number, limit: number): boolean =>
  side === "buy" ? taken <= limit : taken >= limit

const reaches = (side: Side, taken: number, trigger: number): boolean =>
  side === "buy" ? taken >= trigger : taken <= trigger

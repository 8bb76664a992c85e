/**
 * A market of seeded agents: one order book in which the crowd and API accounts' orders meet on equal terms.
 *
 * Deterministic: the same seed, start and API orders at the same times give the same events, whatever the steps in which
 * `advanceTo` is called. Never ends; the crowd keeps both sides quoted. Knows no wall clock.
 */
import type { MarketListener, MarketTop } from "@outcry/matching/MarketListener"
import { PublicFeed } from "@outcry/matching/PublicFeed"
import type { BookEvent, Depth, NewOrder, Rehearsal } from "@outcry/matching/MatchingEngine"
import { OrderBook } from "@outcry/matching/OrderBook"
import { toNumber } from "@outcry/model/Amount"
import type { Instrument } from "@outcry/model/Instrument"
import { opposite, type Side, sides, signOf } from "@outcry/model/MarketData"
import type { Agent, AgentOrder, Floor } from "./Agent.ts"
import { makeCrowd } from "./Crowd.ts"
import { Fundamental } from "./Fundamental.ts"
import type { Market, MarketOrder } from "./Market.ts"

export interface AgentMarketOptions {
  readonly instrument: Instrument
  readonly seed: number
  readonly startUs: number
  /** Price at the start, and what the price is drawn back to over hours. */
  readonly priceTicks: number
  readonly listener: MarketListener
  /** How much faster than usual the crowd acts; default 1. */
  readonly activity?: number
  /** Trade ids count up from here; default 1. */
  readonly firstTradeId?: number
}

/** An agent's number is the crowd order id modulo this. */
const agentsMax = 64

export class AgentMarket implements Market {
  readonly instrument: Instrument
  readonly startUs: number
  private readonly book: OrderBook
  private readonly feed: PublicFeed
  private readonly listener: MarketListener
  private readonly fundamental: Fundamental
  private readonly agents: ReadonlyArray<Agent>
  /** When each agent acts next. */
  private readonly dueUs: Array<number>
  private readonly quotePerTickLot: number
  private nowUs: number
  private orders = 0
  private acting = 0
  private readonly floor: Floor
  private readonly onEvent = (event: BookEvent): void => this.took(event)

  constructor(options: AgentMarketOptions) {
    const { instrument, seed, startUs, priceTicks, listener } = options
    this.instrument = instrument
    this.startUs = startUs
    this.nowUs = startUs
    this.quotePerTickLot = toNumber(instrument.tickLot)
    this.book = new OrderBook({ firstTradeId: options.firstTradeId ?? 1 })
    this.listener = listener
    this.feed = new PublicFeed(listener, {
      lotsAt: (side, ticks) => this.book.lotsAt(side, ticks),
      top: () => this.top()
    })
    this.fundamental = new Fundamental({ seed, symbol: instrument.symbol, startUs, priceTicks })
    this.agents = makeCrowd({ seed, symbol: instrument.symbol, activity: options.activity ?? 1 })
    // All are due at the start: the makers, first in the list, have quoted when the first taker looks.
    this.dueUs = this.agents.map(() => startUs)
    this.floor = {
      nowUs: () => this.nowUs,
      fundamentalTicks: () => this.fundamental.at(this.nowUs),
      bestBidTicks: () => this.book.bestBidTicks(),
      bestAskTicks: () => this.book.bestAskTicks(),
      lotsWorth: (quote) => this.lotsWorth(quote),
      submit: (order) => this.submitForAgent(order),
      cancel: (orderId) => this.remove(orderId)
    }
  }

  /** Advances to that time first. */
  submit(order: MarketOrder, timeUs: number): void {
    if (order.orderId <= 0 || order.ownerId <= 0)
      throw new RangeError(`Order ${order.orderId}: an account's ids are above 0`)
    this.advanceTo(timeUs)
    this.book.submit(order, this.onEvent)
    this.feed.flush(this.nowUs)
  }

  /** Advances to that time first. */
  cancel(orderId: number, timeUs: number): boolean {
    this.advanceTo(timeUs)
    const removed = orderId > 0 && this.remove(orderId)
    this.feed.flush(this.nowUs)
    return removed
  }

  reduce(orderId: number, lots: number, timeUs: number): boolean {
    this.advanceTo(timeUs)
    const resting = this.book.find(orderId)
    if (resting === undefined || orderId <= 0) return false
    this.feed.touch(resting.side, resting.priceTicks)
    const reduced = this.book.reduce(orderId, lots, this.onEvent)
    this.feed.flush(this.nowUs)
    return reduced
  }

  rehearse(order: MarketOrder): Rehearsal {
    return this.book.rehearse(order)
  }

  depth(levels: number): Depth {
    return this.book.depth(levels)
  }

  top(): MarketTop {
    const bidTicks = this.book.bestBidTicks() ?? 0
    const askTicks = this.book.bestAskTicks() ?? 0
    return {
      bidTicks,
      bidLots: this.book.lotsAt("buy", bidTicks),
      askTicks,
      askLots: this.book.lotsAt("sell", askTicks)
    }
  }

  prepare(timeUs: number): Promise<number> {
    return Promise.resolve(timeUs)
  }

  advanceTo(timeUs: number): void {
    for (let agent = this.nextAgent(); this.dueUs[agent]! <= timeUs; agent = this.nextAgent()) {
      this.nowUs = this.dueUs[agent]!
      this.acting = agent
      const waitUs = this.agents[agent]!.act(this.floor)
      this.dueUs[agent] = this.nowUs + Math.max(1, Math.round(waitUs))
      this.feed.flush(this.nowUs)
      this.listener.onSettled?.(this.nowUs)
    }
    if (timeUs > this.nowUs) this.nowUs = timeUs
  }

  nextEventUs(): number {
    return this.dueUs[this.nextAgent()]!
  }

  ended(): boolean {
    return false
  }

  closed(): boolean {
    return false
  }

  hash(): string {
    return `${this.feed.hash()}-${this.book.hash()}`
  }

  /** Index of the agent that acts next; of several at one instant, the first. */
  private nextAgent(): number {
    let next = 0
    for (let index = 1; index < this.dueUs.length; index++) if (this.dueUs[index]! < this.dueUs[next]!) next = index
    return next
  }

  private lotsWorth(quote: number): number {
    return Math.max(1, Math.round(quote / (this.fundamental.at(this.nowUs) * this.quotePerTickLot)))
  }

  private submitForAgent(order: AgentOrder): number {
    this.orders += 1
    const orderId = -(this.orders * agentsMax + this.acting)
    this.book.submit(crowdOrder(orderId, order), this.onEvent)
    return orderId
  }

  private remove(orderId: number): boolean {
    const resting = this.book.find(orderId)
    if (resting === undefined) return false
    this.feed.touch(resting.side, resting.priceTicks)
    return this.book.cancel(orderId, this.onEvent)
  }

  private took(event: BookEvent): void {
    const timeUs = this.nowUs
    this.feed.event(event, timeUs)
    if (event.type === "rested") this.feed.touch(event.side, event.priceTicks)
    if (event.type === "prevented") for (const side of sides) this.feed.touch(side, event.priceTicks)
    if (event.type !== "match") return
    const { tradeId, priceTicks, lots, takerSide } = event
    const makerSide = opposite(takerSide)
    this.feed.touch(makerSide, priceTicks)
    this.feed.trade({ tradeId, priceTicks, lots, buyerIsMaker: makerSide === "buy", timeUs })
    this.tell(event.makerOrderId, makerSide, lots, event.makerRemainingLots)
    this.tell(event.takerOrderId, takerSide, lots, event.takerRemainingLots)
  }

  private tell(orderId: number, side: Side, lots: number, rest: number): void {
    if (orderId < 0) this.agents[-orderId % agentsMax]!.onMatch(orderId, signOf(side) * lots, rest)
  }
}

const crowdOrder = (orderId: number, order: AgentOrder): NewOrder => ({
  orderId,
  ownerId: 0,
  side: order.side,
  type: "limit",
  priceTicks: order.priceTicks,
  lots: order.lots,
  quoteTickLots: 0,
  timeInForce: order.timeInForce,
  postOnly: order.postOnly,
  displayLots: 0,
  selfTrade: "NONE"
})

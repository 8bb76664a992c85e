/**
 * What venues of quotes and of books have in common: an order meets the first price that came after its decision; a taker
 * walks the levels of the other side, each lot once until the next price, its slippage on top; what rests waits for prints
 * by the queue model, and for prices that cross it.
 */
import type { QueueModel } from "@outcry/matching/models/QueueModel"
import type { SlippageModel } from "@outcry/matching/models/SlippageModel"
import { opposite, type Side } from "@outcry/model/MarketData"
import type { MarketTape } from "./MarketTape.ts"
import { RestingOrders } from "./RestingOrders.ts"
import { reaches, type SimulatedVenue, type VenueListener, type VenueOrder } from "./SimulatedVenue.ts"

export interface TakerVenueOptions {
  readonly queue: QueueModel
  readonly slippage: SlippageModel
  readonly listener: VenueListener
  /** Levels that a taker may walk. */
  readonly levelsMax: number
}

export abstract class TakerVenue implements SimulatedVenue {
  stamp = 0
  readonly walking = false
  protected readonly resting: RestingOrders
  private readonly options: TakerVenueOptions
  /** Takers and new orders that no price has met yet. */
  private readonly inbox: Array<VenueOrder> = []
  /** Lots that were taken of each side since its last price. */
  private readonly taken = { buy: 0, sell: 0 }

  constructor(options: TakerVenueOptions) {
    this.options = options
    this.resting = new RestingOrders(options.queue, options.listener)
  }

  abstract advance(tape: MarketTape, row: number): void
  abstract split(): void
  /** Price and lots of a side's level, the best first; 0 where there is none. `buy` are the bids. */
  protected abstract ticksAt(side: Side, level: number): number
  protected abstract lotsAt(side: Side, level: number): number
  /** Lots that stand at the price of a resting order; NaN where that is not known. */
  protected abstract standing(order: VenueOrder): number

  get idle(): boolean {
    return this.inbox.length === 0 && this.resting.size === 0
  }

  submit(order: VenueOrder, timeUs: number): void {
    if (order.stamp < this.stamp) this.work(order, timeUs)
    else this.inbox.push(order)
  }

  cancel(orderId: number, timeUs: number): boolean {
    const at = this.inbox.findIndex((order) => order.orderId === orderId)
    const order = at < 0 ? this.resting.remove(orderId) : this.inbox.splice(at, 1)[0]
    if (order === undefined) return false
    this.options.listener.ended(order, "canceled", timeUs)
    return true
  }

  /** Prices have changed: what rests is crossed or moves up, where they are quotes, and what waited is worked. */
  protected priced(timeUs: number, areQuotes: boolean): void {
    const { resting, taken } = this
    this.stamp += 1
    taken.buy = 0
    taken.sell = 0
    if (areQuotes && resting.size > 0)
      for (const side of ["buy", "sell"] as const) {
        const far = opposite(side)
        const [ticks, lots] = [this.ticksAt(far, 0), this.lotsAt(far, 0)]
        if (ticks > 0 && resting[side].length > 0) taken[far] = lots - resting.crossed(side, ticks, lots, timeUs)
        for (const order of resting[side]) resting.level(order, this.standing(order))
      }
    // What is worked may cancel what comes after it; what is asked for meanwhile waits for the next price.
    while (this.inbox.length > 0 && this.inbox[0]!.stamp < this.stamp) this.work(this.inbox.shift()!, timeUs)
  }

  protected printed(priceTicks: number, lots: number, aggressor: Side, timeUs: number): void {
    if (this.resting.size > 0) this.resting.traded(priceTicks, lots, aggressor, timeUs)
  }

  private work(order: VenueOrder, timeUs: number): void {
    const { listener } = this.options
    const takes = reaches(order, this.ticksAt(opposite(order.side), 0))
    if (order.postOnly && takes) return listener.rejected(order, "postOnly would take", timeUs)
    const goes = takes && (order.timeInForce !== "FOK" || this.within(order) >= order.restLots)
    listener.accepted(order, timeUs)
    if (goes) this.take(order, timeUs)
    if (order.restLots === 0) return
    if (order.type === "market" || order.timeInForce === "IOC" || order.timeInForce === "FOK")
      return listener.ended(order, "expired", timeUs)
    // The rest of a taker is alone at its price; who comes to it later stands behind.
    order.aheadLots = goes ? 0 : this.standing(order)
    this.resting.add(order)
  }

  private isWithin(order: VenueOrder, level: number): boolean {
    return level < this.options.levelsMax && reaches(order, this.ticksAt(opposite(order.side), level))
  }

  private within(order: VenueOrder): number {
    const far = opposite(order.side)
    let lots = -this.taken[far]
    for (let level = 0; this.isWithin(order, level); level++) lots += this.lotsAt(far, level)
    return lots
  }

  private take(order: VenueOrder, timeUs: number): void {
    const { listener, slippage } = this.options
    const { side } = order
    const far = opposite(side)
    const sign = side === "buy" ? 1 : -1
    const touch = this.ticksAt(far, 0)
    const slip = slippage.ticksOf({ side, priceTicks: touch, lots: order.restLots, volumeLots: this.lotsAt(far, 0) })
    /** Lots of the levels so far. */
    let passed = 0
    for (let level = 0; order.restLots > 0 && this.isWithin(order, level); level++) {
      passed += this.lotsAt(far, level)
      const lots = Math.min(order.restLots, passed - this.taken[far])
      if (lots <= 0) continue
      let price = Math.max(1, this.ticksAt(far, level) + sign * slip)
      if (order.type === "limit")
        price = sign > 0 ? Math.min(price, order.priceTicks) : Math.max(price, order.priceTicks)
      this.taken[far] += lots
      order.restLots -= lots
      listener.filled(order, price, lots, "taker", timeUs)
    }
  }
}

/**
 * A venue of bars. An order meets the bars that opened at or after its decision, each from its open even if it arrives later
 * within it: delays that are long beside the interval need finer data. Within a bar the price is assumed to go
 * from the open to the nearer extreme, to the other one and to the close, as charting platforms' broker emulators do
 * (TradingView, "Pine Script user manual: Strategies, Broker emulator", 2026-11).
 *
 * Market orders and limits that the open reaches trade at the open, a limit inside the bar at its own price, a stop that
 * the account holds at its trigger or, after a gap, at the open; takers pay slippage on top, never past their limit. No
 * more than `volumeShareMax` of the bar's lots trades; a market order good till canceled goes on in the next bar.
 */
import type { QueueModel } from "@outcry/matching/models/QueueModel"
import type { SlippageModel } from "@outcry/matching/models/SlippageModel"
import { type MarketTape, tapeCodes } from "./MarketTape.ts"
import { reaches, type SimulatedVenue, type VenueListener, type VenueOrder } from "./SimulatedVenue.ts"

export interface BarVenueOptions {
  readonly queue: QueueModel
  readonly slippage: SlippageModel
  readonly listener: VenueListener
  /** Interval of the bars that orders meet, µs: others only tell. */
  readonly spanUs: number
  /** Share of a bar's lots that may be ours, above 0; Infinity: whatever is asked for. */
  readonly volumeShareMax: number
}

export class BarVenue implements SimulatedVenue {
  stamp = 0
  walking = false
  private readonly options: BarVenueOptions
  private inbox: Array<VenueOrder> = []
  /** Limit orders that rest, and market orders that wait for more volume; by time. */
  private working: Array<VenueOrder> = []
  private price = 0
  private volumeLots = 0
  private leftLots = 0
  private time = 0

  constructor(options: BarVenueOptions) {
    this.options = options
  }

  get idle(): boolean {
    return this.inbox.length === 0 && this.working.length === 0
  }

  submit(order: VenueOrder, timeUs: number): void {
    if (this.walking) this.enter(order, timeUs)
    else this.inbox.push(order)
  }

  cancel(orderId: number, timeUs: number): boolean {
    for (const orders of [this.inbox, this.working]) {
      const at = orders.findIndex((order) => order.orderId === orderId)
      if (at < 0) continue
      this.options.listener.ended(orders.splice(at, 1)[0]!, "canceled", timeUs)
      return true
    }
    return false
  }

  split(): void {
    this.price = 0
  }

  advance(tape: MarketTape, row: number): void {
    if (tape.code[row] !== tapeCodes.bar || tape.span[row] !== this.options.spanUs) return
    this.stamp += 1
    if (this.idle && !this.options.listener.watches()) return
    const [open, high, low, close] = [tape.a[row]!, tape.b[row]!, tape.c[row]!, tape.d[row]!]
    const timeOpen = tape.time[row]! - this.options.spanUs
    this.volumeLots = tape.e[row]!
    const { volumeShareMax } = this.options
    this.leftLots = volumeShareMax === Infinity ? Infinity : Math.floor(this.volumeLots * volumeShareMax)
    this.walking = true
    this.time = timeOpen
    this.price = open
    this.atOpen(timeOpen)
    this.time = tape.time[row]!
    const lowFirst = open - low <= high - open
    this.walk(lowFirst ? low : high)
    this.walk(lowFirst ? high : low)
    this.walk(close)
    this.walking = false
    this.expire()
  }

  /** What rested before is served first, then what came meanwhile, then what the open wakes. */
  private atOpen(timeOpen: number): void {
    const { listener } = this.options
    // A fill may cancel others on the spot: what is no longer here is passed over.
    for (const order of this.working.slice())
      if (this.working.includes(order) && reaches(order, this.price))
        this.fill(order, this.price, order.type === "market" ? "taker" : "maker")
    for (const order of this.inbox.slice()) {
      const at = this.inbox.indexOf(order)
      if (at < 0 || order.timeDecided > timeOpen) continue
      this.inbox.splice(at, 1)
      this.enter(order, timeOpen)
    }
    listener.priced(this.price)
  }

  /** An order meets the price as it is now. */
  private enter(order: VenueOrder, timeUs: number): void {
    const { listener } = this.options
    const takes = reaches(order, this.price)
    if (order.postOnly && takes) return listener.rejected(order, "postOnly would take", timeUs)
    listener.accepted(order, timeUs)
    const enough = order.timeInForce !== "FOK" || this.leftLots >= order.restLots
    if (!takes || !enough) return this.rest(order)
    this.working.push(order)
    this.fill(order, this.price, "taker")
    if (order.restLots > 0 && order.timeInForce !== "GTC") this.end(order)
  }

  private rest(order: VenueOrder): void {
    if (order.timeInForce === "IOC" || order.timeInForce === "FOK")
      return this.options.listener.ended(order, "expired", this.time)
    this.working.push(order)
  }

  private end(order: VenueOrder): void {
    if (order.type === "limit" && order.timeInForce === "GTD") return
    const at = this.working.indexOf(order)
    if (at < 0) return
    this.working.splice(at, 1)
    this.options.listener.ended(order, "expired", this.time)
  }

  /** Nothing that had to fill at once is left over. */
  private expire(): void {
    for (const order of this.working.slice())
      if (order.timeInForce === "IOC" || order.timeInForce === "FOK") this.end(order)
  }

  private fill(order: VenueOrder, priceTicks: number, liquidity: "maker" | "taker"): void {
    const { listener, slippage } = this.options
    const lots = Math.min(order.restLots, this.leftLots)
    if (lots <= 0) return
    const sign = order.side === "buy" ? 1 : -1
    let price = priceTicks
    if (liquidity === "taker") {
      const { side } = order
      price += sign * slippage.ticksOf({ side, priceTicks, lots, volumeLots: this.volumeLots })
      if (order.type === "limit")
        price = sign > 0 ? Math.min(price, order.priceTicks) : Math.max(price, order.priceTicks)
    }
    this.leftLots -= lots
    order.restLots -= lots
    if (order.restLots === 0) this.working.splice(this.working.indexOf(order), 1)
    listener.filled(order, price, lots, liquidity, this.time)
  }

  /** The price goes to `to`; on the way it meets resting limits and the triggers that accounts watch, nearest first. */
  private walk(to: number): void {
    const { listener } = this.options
    for (;;) {
      const limit = this.leftLots > 0 ? this.nextLimit(to) : undefined
      const trigger = this.price === to ? undefined : listener.nextTrigger(this.price, to)
      const isLimit =
        limit !== undefined &&
        (trigger === undefined || Math.abs(limit.priceTicks - this.price) <= Math.abs(trigger - this.price))
      if (isLimit) {
        this.price = limit.priceTicks
        this.fill(limit, limit.priceTicks, "maker")
      } else if (trigger !== undefined) {
        this.price = trigger
        listener.priced(trigger)
      } else {
        this.price = to
        return listener.priced(to)
      }
    }
  }

  /** The nearest limit on the way that the queue model lets trade there. */
  private nextLimit(to: number): VenueOrder | undefined {
    const rises = to > this.price
    const side = rises ? "sell" : "buy"
    const sign = rises ? 1 : -1
    const touch = this.options.queue.queue.kind === "touch"
    let nearest: VenueOrder | undefined
    for (const order of this.working) {
      if (order.type !== "limit" || order.side !== side) continue
      const toGo = (to - order.priceTicks) * sign
      if (toGo < 0 || (toGo === 0 && !touch) || (order.priceTicks - this.price) * sign < 0) continue
      if (nearest === undefined || (nearest.priceTicks - order.priceTicks) * sign > 0) nearest = order
    }
    return nearest
  }
}

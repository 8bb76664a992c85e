/**
 * Conditional orders of one instrument that wait for a print: stops and take-profits at a price, and trailing ones that
 * follow the best price since they began. Knows prices and ids; what fires is the caller's to send into the book.
 *
 * Fires in an order that is the same in every run: those that wait for a rise, the lowest first; those that wait for a
 * fall, the highest first; of equal prices the earlier; then trailing ones in the order in which they began to follow. A print that finds nothing to fire allocates
 * nothing. Rules of Binance's ("Spot Trailing Stop order FAQ", 2026-11): a trailing order with a price begins to follow
 * with the first print that reaches the price, one without at once.
 */
import type { Side } from "@outcry/model/MarketData"

export interface Trigger {
  readonly orderId: number
  /** A sell trails below the highest price, a buy above the lowest. */
  readonly side: Side
  /** Waits for the price to rise to `priceTicks`, or to fall to it. */
  readonly waitsFor: "rise" | "fall"
  /** Where it fires, or, of a trailing order, where it begins to follow; 0 = none. */
  readonly priceTicks: number
  /** Basis points between the best price and the trigger; 0 = it does not trail. */
  readonly trailBps: number
}

interface Following {
  readonly trigger: Trigger
  /** Highest of a sell, lowest of a buy; 0 before the first print. */
  bestTicks: number
}

const wholeBps = 10_000

export class TriggerBook {
  /** The next to fire at the end; of equal prices the earlier. */
  readonly #rise: Array<Trigger> = []
  readonly #fall: Array<Trigger> = []
  #following: Array<Following> = []

  get size(): number {
    return this.#rise.length + this.#fall.length + this.#following.length
  }

  /** `lastTicks`: the last print, with which a trailing order without a price begins; 0 where there was none. */
  add(trigger: Trigger, lastTicks: number): void {
    if (trigger.priceTicks === 0 && trigger.trailBps === 0) {
      throw new RangeError(`Order ${trigger.orderId} waits for nothing: give a price, a trail or both`)
    }
    if (trigger.priceTicks === 0) {
      this.#following.push({ trigger, bestTicks: lastTicks })
      return
    }
    const waiting = trigger.waitsFor === "rise" ? this.#rise : this.#fall
    const sign = trigger.waitsFor === "rise" ? -1 : 1
    let low = 0
    let high = waiting.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (sign * waiting[middle]!.priceTicks < sign * trigger.priceTicks) low = middle + 1
      else high = middle
    }
    waiting.splice(low, 0, trigger)
  }

  /** False where no such order waits. */
  remove(orderId: number): boolean {
    for (const waiting of [this.#rise, this.#fall]) {
      const index = waiting.findIndex((trigger) => trigger.orderId === orderId)
      if (index < 0) continue
      waiting.splice(index, 1)
      return true
    }
    const index = this.#following.findIndex(({ trigger }) => trigger.orderId === orderId)
    if (index < 0) return false
    this.#following.splice(index, 1)
    return true
  }

  /** Whether an order of these terms would fire, or begin to follow, at that price. */
  static reached(trigger: Trigger, priceTicks: number): boolean {
    if (trigger.priceTicks === 0) return false
    return trigger.waitsFor === "rise" ? priceTicks >= trigger.priceTicks : priceTicks <= trigger.priceTicks
  }

  /** Takes a print; tells which orders fire, in order, each once. They no longer wait. */
  printed(priceTicks: number, fire: (orderId: number) => void): void {
    const first = this.#following.length
    this.#take(this.#rise, priceTicks, fire)
    this.#take(this.#fall, priceTicks, fire)
    let fired = false
    // Those that began with this very print are behind `first` and cannot fire with it.
    for (let index = 0; index < first; index++) {
      const following = this.#following[index]!
      if (!follows(following, priceTicks)) continue
      fire(following.trigger.orderId)
      following.bestTicks = -1
      fired = true
    }
    if (fired) this.#following = this.#following.filter(({ bestTicks }) => bestTicks >= 0)
  }

  #take(waiting: Array<Trigger>, priceTicks: number, fire: (orderId: number) => void): void {
    while (waiting.length > 0 && TriggerBook.reached(waiting[waiting.length - 1]!, priceTicks)) {
      const trigger = waiting.pop()!
      if (trigger.trailBps > 0) this.#following.push({ trigger, bestTicks: priceTicks })
      else fire(trigger.orderId)
    }
  }
}

/** Moves the best price along; true where the price has come back by the trail. */
const follows = (following: Following, priceTicks: number): boolean => {
  const { bestTicks, trigger } = following
  const sells = trigger.side === "sell"
  if (bestTicks === 0 || (sells ? priceTicks > bestTicks : priceTicks < bestTicks)) {
    following.bestTicks = priceTicks
    return false
  }
  const away = sells ? wholeBps - trigger.trailBps : wholeBps + trigger.trailBps
  return sells ? priceTicks * wholeBps <= bestTicks * away : priceTicks * wholeBps >= bestTicks * away
}

/** Prices that wake the orders which accounts hold, for a venue that walks through a bar. */
import { isSleeping } from "@outcry/model/Order"
import type { RunAccount } from "./RunAccount.ts"

export class Triggers {
  private readonly accounts: ReadonlyArray<RunAccount>

  constructor(accounts: ReadonlyArray<RunAccount>) {
    this.accounts = accounts
  }

  /** The nearest beyond `from`, up to `to`; undefined where there is none. */
  next(instrument: string, from: number, to: number): number | undefined {
    const sign = Math.sign(to - from)
    let nearest: number | undefined
    for (const { state } of this.accounts)
      for (const id of state.watched) {
        const order = state.orders.get(id)
        if (order?.instrument !== instrument || !isSleeping(order.status)) continue
        // A limit that sleeps for its group wakes where it would trade.
        const price = order.terms.triggerTicks ?? order.terms.priceTicks
        if (price === 0 || (price - from) * sign <= 0 || (to - price) * sign < 0) continue
        if (nearest === undefined || (nearest - price) * sign > 0) nearest = price
      }
    return nearest
  }
}

/**
 * Traders who wait: limit orders at random distances behind the touch, or just inside it, left standing for a while. They
 * give the book its uneven depth, and their forgotten orders get run over when the price moves.
 */
import { type Agent, type AgentOptions, bps, type Floor } from "./Agent.ts"

export interface PatientOptions extends AgentOptions {
  readonly intervalMs: number
  readonly quoteSize: number
  /** Most orders left standing at once; the oldest goes first. */
  readonly ordersMax: number
}

export class PatientAgent implements Agent {
  private readonly options: PatientOptions
  /** Ids of standing orders, oldest first. */
  private readonly standing: Array<number> = []

  constructor(options: PatientOptions) {
    this.options = options
  }

  act(floor: Floor): number {
    const { random, activity, intervalMs, quoteSize, ordersMax } = this.options
    const oldest = this.standing[0]
    if (oldest !== undefined && (this.standing.length >= ordersMax || random.chance(0.25))) {
      this.standing.shift()
      floor.cancel(oldest)
    }
    const bid = floor.bestBidTicks()
    const ask = floor.bestAskTicks()
    if (bid !== undefined && ask !== undefined) {
      const side = random.chance(0.5) ? "buy" : "sell"
      const inside = ask - bid > 2 && random.chance(0.2)
      const away = inside ? -1 : Math.round(bps(bid, random.exponential(3)))
      const priceTicks = side === "buy" ? Math.min(bid - away, ask - 1) : Math.max(ask + away, bid + 1)
      const lots = floor.lotsWorth(quoteSize * Math.exp(random.normal()))
      if (priceTicks > 0) {
        this.standing.push(floor.submit({ side, priceTicks, lots, timeInForce: "GTC", postOnly: true }))
      }
    }
    return 1 + random.exponential((intervalMs * 1000) / activity)
  }

  onMatch(orderId: number, _: number, rest: number): void {
    const index = rest === 0 ? this.standing.indexOf(orderId) : -1
    if (index >= 0) this.standing.splice(index, 1)
  }
}

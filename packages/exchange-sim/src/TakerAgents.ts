/**
 * The agents that take: `NoiseTaker` for reasons of its own, `InformedTaker` when quotes lag the fundamental price, and
 * `TrendTaker` with or against the recent move. All send immediate-or-cancel orders with a limit close to the touch, so
 * that none of them can sweep the book.
 */
import { opposite, type Side, signOf } from "@outcry/model/MarketData"
import { type Agent, type AgentOptions, bps, type Floor } from "./Agent.ts"

export interface TakerOptions extends AgentOptions {
  /** Mean time between two looks at the market. */
  readonly intervalMs: number
  /** Typical size of an order, in quote asset. */
  readonly quoteSize: number
}

/** How far beyond the touch a taker's limit lies. */
const reachBps = 3

const take = (floor: Floor, side: Side, lots: number): void => {
  const touch = side === "buy" ? floor.bestAskTicks() : floor.bestBidTicks()
  if (touch === undefined) return
  const priceTicks = Math.max(1, Math.round(touch + signOf(side) * bps(touch, reachBps)))
  floor.submit({ side, priceTicks, lots, timeInForce: "IOC", postOnly: false })
}

/** Log-normally distributed size about the typical one. */
const sizeOf = ({ random, quoteSize }: TakerOptions, floor: Floor): number =>
  floor.lotsWorth(quoteSize * Math.exp(random.normal() * 0.8))

const waitOf = ({ random, activity, intervalMs }: TakerOptions): number =>
  1 + random.exponential((intervalMs * 1000) / activity)

/** Trades at random; its sides come in runs, as real order flow does. */
export class NoiseTaker implements Agent {
  private readonly options: TakerOptions
  private side: Side = "buy"

  constructor(options: TakerOptions) {
    this.options = options
  }

  act(floor: Floor): number {
    if (this.options.random.chance(0.35)) this.side = opposite(this.side)
    take(floor, this.side, sizeOf(this.options, floor))
    return waitOf(this.options)
  }

  onMatch(): void {}
}

/** Knows the fundamental price and takes quotes that are off it by more than its edge. */
export class InformedTaker implements Agent {
  private readonly options: TakerOptions & { readonly edgeBps: number }

  constructor(options: TakerOptions & { readonly edgeBps: number }) {
    this.options = options
  }

  act(floor: Floor): number {
    const worth = floor.fundamentalTicks()
    const edge = bps(worth, this.options.edgeBps)
    const ask = floor.bestAskTicks()
    const bid = floor.bestBidTicks()
    const lots = sizeOf(this.options, floor)
    if (ask !== undefined && ask < worth - edge) {
      floor.submit({ side: "buy", priceTicks: Math.floor(worth - edge), lots, timeInForce: "IOC", postOnly: false })
    } else if (bid !== undefined && bid > worth + edge) {
      floor.submit({ side: "sell", priceTicks: Math.ceil(worth + edge), lots, timeInForce: "IOC", postOnly: false })
    }
    return waitOf(this.options)
  }

  onMatch(): void {}
}

/** Compares a fast with a slow average of the mid price and trades with the move (+1) or against it (−1). */
export class TrendTaker implements Agent {
  private readonly options: TakerOptions & { readonly direction: 1 | -1; readonly thresholdBps: number }
  private fast = 0
  private slow = 0
  private positionLots = 0

  constructor(options: TakerOptions & { readonly direction: 1 | -1; readonly thresholdBps: number }) {
    this.options = options
  }

  act(floor: Floor): number {
    const ask = floor.bestAskTicks()
    const bid = floor.bestBidTicks()
    if (ask === undefined || bid === undefined) return waitOf(this.options)
    const middle = (ask + bid) / 2
    this.fast = this.fast === 0 ? middle : this.fast + (middle - this.fast) * 0.4
    this.slow = this.slow === 0 ? middle : this.slow + (middle - this.slow) * 0.08
    const move = ((this.fast - this.slow) / middle) * 10_000 * this.options.direction
    const lots = floor.lotsWorth(this.options.quoteSize)
    if (move > this.options.thresholdBps && this.positionLots < lots * 4) take(floor, "buy", lots)
    else if (move < -this.options.thresholdBps && this.positionLots > -lots * 4) take(floor, "sell", lots)
    return waitOf(this.options)
  }

  onMatch(_: number, signedLots: number): void {
    this.positionLots += signedLots
  }
}

/**
 * A market maker: keeps a ladder of post-only orders on both sides of what it thinks is fair, leans against its inventory,
 * and replaces an order when it strays from where it should stand. It thinks a moment late, so that its quotes can be
 * picked off. Its inventory fades with time, as if hedged elsewhere: it never stops quoting either side.
 */
import type { Side } from "@outcry/model/MarketData"
import { type Agent, type AgentOptions, bps, type Floor } from "./Agent.ts"

export interface MakerOptions extends AgentOptions {
  /** Distance of the first order from fair value, in basis points. */
  readonly halfSpreadBps: number
  /** Size of the first order, in quote asset; deeper orders are larger. */
  readonly quoteSize: number
  readonly ordersPerSide: number
  /** Mean time between two looks at the market. */
  readonly reactionMs: number
}

interface Slot {
  readonly side: Side
  readonly depth: number
  /** 0 where nothing stands. */
  orderId: number
  priceTicks: number
  lots: number
}

/** Strongest lean against a full inventory, and what share of the inventory stays after one look. */
const leanBps = 2
const inventoryKept = 0.98
/** An inventory of this many first orders is full. */
const inventorySizes = 12

export class MakerAgent implements Agent {
  private readonly options: MakerOptions
  private readonly slots: ReadonlyArray<Slot>
  private inventoryLots = 0

  constructor(options: MakerOptions) {
    this.options = options
    const depths = Array.from({ length: options.ordersPerSide }, (_, depth) => depth)
    const slot = (side: Side, depth: number): Slot => ({ side, depth, orderId: 0, priceTicks: 0, lots: 0 })
    this.slots = depths.flatMap((depth) => [slot("buy", depth), slot("sell", depth)])
  }

  act(floor: Floor): number {
    const { random, activity, reactionMs, halfSpreadBps, quoteSize } = this.options
    const size = floor.lotsWorth(quoteSize)
    const full = size * inventorySizes
    this.inventoryLots = Math.trunc(this.inventoryLots * inventoryKept)
    const lean = Math.max(-1, Math.min(1, this.inventoryLots / full)) * leanBps
    const worth = floor.fundamentalTicks()
    const fair = worth - bps(worth, lean) + bps(worth, 0.3) * random.normal()
    const unit = Math.max(1, bps(worth, halfSpreadBps))
    for (const slot of this.slots) {
      const astray = Math.abs(slot.priceTicks - placeOf(slot, fair, unit)) > unit * (0.5 + slot.depth * 0.6)
      if (slot.orderId !== 0 && (astray || slot.lots * 4 < size)) {
        floor.cancel(slot.orderId)
        slot.orderId = 0
      }
    }
    for (const slot of this.slots)
      if (slot.orderId === 0) this.place(floor, slot, placeOf(slot, fair, unit), unit, size)
    return (reactionMs * 1000 * (0.6 + 0.8 * random.fraction())) / activity
  }

  onMatch(orderId: number, signedLots: number, rest: number): void {
    this.inventoryLots += signedLots
    const slot = this.slots.find((each) => each.orderId === orderId)
    if (slot === undefined) return
    slot.lots = rest
    if (rest === 0) slot.orderId = 0
  }

  /** Never closer to the other side's touch than its own half spread: what lags there is not worth trading against. */
  private place(floor: Floor, slot: Slot, wanted: number, unit: number, size: number): void {
    const ask = floor.bestAskTicks() ?? Number.MAX_SAFE_INTEGER
    const bid = floor.bestBidTicks() ?? 0
    const priceTicks =
      slot.side === "buy" ? Math.floor(Math.min(wanted, ask - unit)) : Math.ceil(Math.max(wanted, bid + unit))
    if (priceTicks < 1) return
    const lots = Math.max(1, Math.round(size * (1 + slot.depth * 0.7) * (0.6 + 0.8 * this.options.random.fraction())))
    slot.priceTicks = priceTicks
    slot.lots = lots
    slot.orderId = floor.submit({ side: slot.side, priceTicks, lots, timeInForce: "GTC", postOnly: true })
  }
}

/** Where a slot's order should stand. */
const placeOf = (slot: Slot, fair: number, unit: number): number => {
  const distance = unit * (1 + slot.depth * 1.3)
  return slot.side === "buy" ? fair - distance : fair + distance
}

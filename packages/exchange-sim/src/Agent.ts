/**
 * The contract between a market and one trading agent of its crowd. Agents see what a trader sees, plus the fundamental
 * price; they act when their time comes, through the floor only, and keep no clock of their own.
 */
import type { TimeInForce } from "@outcry/matching/MatchingEngine"
import type { SeededRandom } from "@outcry/model/SeededRandom"
import type { Side } from "@outcry/model/MarketData"

/** An agent's limit order. */
export interface AgentOrder {
  readonly side: Side
  readonly priceTicks: number
  readonly lots: number
  readonly timeInForce: TimeInForce
  readonly postOnly: boolean
}

/** What an agent can see and do while it acts. */
export interface Floor {
  readonly nowUs: () => number
  /** In ticks, not rounded. */
  readonly fundamentalTicks: () => number
  readonly bestBidTicks: () => number | undefined
  readonly bestAskTicks: () => number | undefined
  /** Lots worth about that much quote asset at the fundamental price; at least 1. */
  readonly lotsWorth: (quote: number) => number
  /** Sends an order; its id, under which matches are reported even before this returns. */
  readonly submit: (order: AgentOrder) => number
  readonly cancel: (orderId: number) => boolean
}

export interface Agent {
  /** Acts once; returns the microseconds until it wants to act again (more than 0). */
  readonly act: (floor: Floor) => number
  /** One of its orders traded. `signedLots` is positive for a buy; `rest` is what still stands in the book. */
  readonly onMatch: (orderId: number, signedLots: number, rest: number) => void
}

/** What every agent is made with: chance of its own, and how much faster than usual the crowd acts. */
export interface AgentOptions {
  readonly random: SeededRandom
  readonly activity: number
}

/** Basis points of a price. */
export const bps = (priceTicks: number, points: number): number => (priceTicks * points) / 10_000

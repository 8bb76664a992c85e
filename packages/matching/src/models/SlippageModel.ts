/**
 * How much worse than the price it found a taking order trades, in whole ticks, never better. Deterministic by seed.
 *
 * `squareRoot`: the impact of trading a share q of the volume is coefficientBps · √q of the price, the square-root law
 * (Almgren, Thum, Hauptmann and Li, "Direct Estimation of Equity Market Impact", 2005, find an exponent of 0.6; Tóth et
 * al., "Anomalous Price Impact and the Critical Nature of Liquidity in Financial Markets", 2011, one half).
 * `halfSpread`: for prices that are middles or closes: what crossing an assumed spread costs.
 */
import type { Side } from "@outcry/model/MarketData"
import { SeededRandom, seedFor } from "@outcry/model/SeededRandom"
import { requireWithin } from "./InvalidModel.ts"

export type Slippage =
  | { readonly kind: "none" }
  | { readonly kind: "basisPoints"; readonly bps: number }
  | { readonly kind: "halfSpread"; readonly spreadBps: number }
  /** What trading the whole volume would move the price by, in basis points. */
  | { readonly kind: "squareRoot"; readonly coefficientBps: number }
  /** Uniform from 0 to `bpsMax`. */
  | { readonly kind: "random"; readonly bpsMax: number }

export interface SlippageInput {
  readonly side: Side
  /** Price without slippage. */
  readonly priceTicks: number
  readonly lots: number
  /** What it trades a share of: the bar's lots, or those of the quote. */
  readonly volumeLots: number
}

export interface SlippageModel {
  readonly slippage: Slippage
  /** Ticks against the order: 0 or more, at most what leaves a sell one tick. */
  readonly ticksOf: (input: SlippageInput) => number
}

const bpsMost = 10_000

/** A part of a price as whole ticks, rounded against the order; a hair of floating point counts for nothing. */
const adverse = (priceTicks: number, bps: number): number => Math.max(0, Math.ceil((priceTicks * bps) / 10_000 - 1e-9))

const bpsOf = (slippage: Slippage, seed: number): ((input: SlippageInput) => number) => {
  switch (slippage.kind) {
    case "none":
      return () => 0
    case "basisPoints": {
      const bps = requireWithin("basisPoints slippage", "bps", slippage.bps, 0, bpsMost)
      return () => bps
    }
    case "halfSpread": {
      const bps = requireWithin("halfSpread slippage", "spreadBps", slippage.spreadBps, 0, bpsMost) / 2
      return () => bps
    }
    case "squareRoot": {
      const most = requireWithin("squareRoot slippage", "coefficientBps", slippage.coefficientBps, 0, bpsMost)
      // Without any volume it moves the price as if it were all of it.
      return ({ lots, volumeLots }) => most * Math.sqrt(volumeLots > 0 ? Math.min(1, lots / volumeLots) : 1)
    }
    case "random": {
      const most = requireWithin("random slippage", "bpsMax", slippage.bpsMax, 0, bpsMost)
      const random = new SeededRandom(seedFor(seed, "slippage"))
      return () => random.fraction() * most
    }
  }
}

/** Throws InvalidModel where a number makes no sense. */
export const slippageModel = (slippage: Slippage, seed: number): SlippageModel => {
  const bps = bpsOf(slippage, seed)
  return {
    slippage,
    ticksOf: (input) => {
      const ticks = adverse(input.priceTicks, bps(input))
      return input.side === "buy" ? ticks : Math.min(ticks, input.priceTicks - 1)
    }
  }
}

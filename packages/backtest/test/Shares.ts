/** Shares as LEAN lists them, and their raw daily bars, for tests. */
import { type Instrument, make } from "@outcry/model/Instrument"
import type { BarColumns } from "@outcry/signals/BarColumns"
import { readLeanDaily } from "../src/data/LeanDaily.ts"
import { archiveOf } from "./data/SharedData.ts"

/** Whole shares, prices in ten-thousandths of a dollar. */
export const shareOf = (name: string): Instrument =>
  make({
    venue: "lean",
    symbol: `${name.toUpperCase()}/USD`,
    base: name.toUpperCase(),
    quote: "USD",
    version: 1,
    tickSize: "0.0001",
    lotSize: "1",
    minQuantity: "1",
    maxQuantity: "1000000000",
    minNotional: "0",
    maxNotional: "1000000000000"
  })

export const rawBarsOf = (name: string): Promise<BarColumns> =>
  readLeanDaily(archiveOf(name), { instrument: shareOf(name).id })

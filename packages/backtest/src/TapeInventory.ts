/** What a tape holds of each instrument: read once a tape, since many runs share one. */
import { type MarketTape, tapeCodes } from "./MarketTape.ts"

export interface Inventory {
  readonly quotes: number
  readonly trades: number
  readonly bars: number
  readonly deltas: number
  readonly gaps: number
  readonly actions: number
  /** Shortest interval of its bars, µs; Infinity where there are none. */
  readonly spanUs: number
}

const known = new WeakMap<MarketTape, ReadonlyArray<Inventory>>()

const counted = (tape: MarketTape): ReadonlyArray<Inventory> => {
  const kinds = Object.keys(tapeCodes).length + 1
  const counts = tape.instruments.map(() => new Float64Array(kinds))
  const spans = tape.instruments.map(() => Infinity)
  for (let row = 0; row < tape.length; row++) {
    const at = tape.instrument[row]!
    const code = tape.code[row]!
    counts[at]![code]! += 1
    if (code === tapeCodes.bar && tape.span[row]! < spans[at]!) spans[at] = tape.span[row]!
  }
  return counts.map((count, at) => ({
    quotes: count[tapeCodes.quote]!,
    trades: count[tapeCodes.trade]!,
    bars: count[tapeCodes.bar]!,
    deltas: count[tapeCodes.delta]!,
    gaps: count[tapeCodes.gap]!,
    actions: count[tapeCodes.split]! + count[tapeCodes.dividend]! + count[tapeCodes.funding]!,
    spanUs: spans[at]!
  }))
}

/** By place in `tape.instruments`. */
export const inventoryOf = (tape: MarketTape): ReadonlyArray<Inventory> => {
  const found = known.get(tape)
  if (found !== undefined) return found
  const made = counted(tape)
  known.set(tape, made)
  return made
}

/** The first row at or after a time. */
export const rowAt = (tape: MarketTape, timeUs: number): number => {
  let low = 0
  let high = tape.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (tape.time[middle]! < timeUs) low = middle + 1
    else high = middle
  }
  return low
}

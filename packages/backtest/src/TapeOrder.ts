/**
 * The one order of a tape: by time; at the same time market data before corporate actions, since a bar that closes then
 * was traded before them; else as it was written. A merge of the runs that are there already: k streams cost n·log k.
 */
import { tapeCodes } from "./MarketTape.ts"

const isAction = (code: number): boolean => code >= tapeCodes.split

/** Rows in order, or undefined where they stand in it already. */
export const orderOf = (time: Float64Array, code: Uint8Array, length: number): Uint32Array | undefined => {
  const isBefore = (x: number, y: number): boolean =>
    time[x]! < time[y]! || (time[x] === time[y] && isAction(code[y]!) && !isAction(code[x]!))
  /** Where runs begin, and the end. */
  let runs: Array<number> = [0]
  for (let row = 1; row < length; row++) if (isBefore(row, row - 1)) runs.push(row)
  if (runs.length === 1) return undefined
  runs.push(length)
  let from = Uint32Array.from({ length }, (_, row) => row)
  let to = new Uint32Array(length)
  while (runs.length > 2) {
    const merged: Array<number> = [0]
    for (let run = 0; run + 1 < runs.length; run += 2) {
      const middle = runs[run + 1]!
      const end = runs[run + 2] ?? middle
      let left = runs[run]!
      let right = middle
      for (let at = left; at < end; at++)
        to[at] =
          left < middle && (right >= end || !isBefore(from[right]!, from[left]!)) ? from[left++]! : from[right++]!
      merged.push(end)
    }
    const swapped = from
    from = to
    to = swapped
    runs = merged
  }
  return from
}

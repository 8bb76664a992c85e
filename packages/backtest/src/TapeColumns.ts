/** Columns of a tape while it is written: they grow by doubling, and are laid out in their final order once. */
import type { MarketTape } from "./MarketTape.ts"

const floatNames = ["time", "timeVenue", "a", "b", "c", "d", "e", "f", "span"] as const

type FloatName = (typeof floatNames)[number]

const bytesOf = (bytes: number, shared: boolean): ArrayBufferLike =>
  shared ? new SharedArrayBuffer(bytes) : new ArrayBuffer(bytes)

const doubled = (column: Float64Array, length: number): Float64Array => {
  const next = new Float64Array(length)
  next.set(column)
  return next
}

export class TapeColumns {
  length = 0
  levelsLength = 0
  time: Float64Array = new Float64Array(1024)
  timeVenue: Float64Array = new Float64Array(1024)
  a: Float64Array = new Float64Array(1024)
  b: Float64Array = new Float64Array(1024)
  c: Float64Array = new Float64Array(1024)
  d: Float64Array = new Float64Array(1024)
  e: Float64Array = new Float64Array(1024)
  f: Float64Array = new Float64Array(1024)
  span: Float64Array = new Float64Array(1024)
  code = new Uint8Array(1024)
  instrument = new Uint16Array(1024)
  private levels: Float64Array = new Float64Array(1024)

  /** The place of a new row, its fields zero. */
  next(): number {
    if (this.length === this.time.length) this.grow()
    return this.length++
  }

  /** Adds flat ticks and lots of a delta and gives the place of the first. */
  pushLevels(flat: ReadonlyArray<number>): number {
    const first = this.levelsLength
    while (first + flat.length > this.levels.length) this.levels = doubled(this.levels, this.levels.length * 2)
    this.levels.set(flat, first)
    this.levelsLength += flat.length
    return first
  }

  /** The finished tape; `order` holds rows in the order they shall have, absent where they stand in it already. */
  layOut(instruments: ReadonlyArray<string>, shared: boolean, order: Uint32Array | undefined): MarketTape {
    const { length } = this
    const floats = (name: FloatName): Float64Array => {
      const to = new Float64Array(bytesOf(length * 8, shared))
      const from = this[name]
      if (order === undefined) to.set(from.subarray(0, length))
      else for (let row = 0; row < length; row++) to[row] = from[order[row]!]!
      return to
    }
    const code = new Uint8Array(bytesOf(length, shared))
    const instrument = new Uint16Array(bytesOf(length * 2, shared))
    for (let row = 0; row < length; row++) {
      const from = order === undefined ? row : order[row]!
      code[row] = this.code[from]!
      instrument[row] = this.instrument[from]!
    }
    const levels = new Float64Array(bytesOf(this.levelsLength * 8, shared))
    levels.set(this.levels.subarray(0, this.levelsLength))
    return {
      instruments,
      length,
      time: floats("time"),
      timeVenue: floats("timeVenue"),
      code,
      instrument,
      a: floats("a"),
      b: floats("b"),
      c: floats("c"),
      d: floats("d"),
      e: floats("e"),
      f: floats("f"),
      span: floats("span"),
      levels
    }
  }

  private grow(): void {
    const length = this.time.length * 2
    for (const name of floatNames) this[name] = doubled(this[name], length)
    const code = new Uint8Array(length)
    code.set(this.code)
    this.code = code
    const instrument = new Uint16Array(length)
    instrument.set(this.instrument)
    this.instrument = instrument
  }
}

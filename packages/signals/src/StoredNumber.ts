/** Numbers as JSON that comes back to the bit: NaN, the infinities and −0, for which JSON has no words, are text. */
import { Schema } from "effect"

export const StoredNumber = Schema.Union([Schema.Number, Schema.Literals(["NaN", "Infinity", "-Infinity", "-0"])])
export type StoredNumber = typeof StoredNumber.Type

export const stored = (value: number): StoredNumber => {
  if (Object.is(value, -0)) return "-0"
  if (Number.isNaN(value)) return "NaN"
  if (Number.isFinite(value)) return value
  return value > 0 ? "Infinity" : "-Infinity"
}

export const storedColumn = (column: Float64Array): ReadonlyArray<StoredNumber> => Array.from(column, stored)

export const columnOf = (values: ReadonlyArray<StoredNumber>): Float64Array => Float64Array.from(values, Number)

/** Solutions of linear systems: Cholesky's for positive definite matrices, elimination with row exchanges for others. */
import { type Matrix, zeros } from "./Matrix.ts"

/**
 * The lower L with L Lᵀ = M, of the lower half of a symmetric matrix; undefined where a pivot is not above `tolerance` ×
 * its diagonal entry, that is, where the matrix is not positive definite. Source: Golub and Van Loan, Matrix Computations, 4.2.
 */
export const cholesky = ({ rows: size, values }: Matrix, tolerance = 0): Matrix | undefined => {
  const lower = zeros(size, size)
  const l = lower.values
  for (let row = 0; row < size; row++) {
    const at = row * size
    for (let column = 0; column <= row; column++) {
      const other = column * size
      let sum = values[at + column]!
      for (let inner = 0; inner < column; inner++) sum -= l[at + inner]! * l[other + inner]!
      if (column < row) l[at + column] = sum / l[other + column]!
      else if (sum > tolerance * values[at + row]! && sum > 0) l[at + row] = Math.sqrt(sum)
      else return undefined
    }
  }
  return lower
}

/** x with L Lᵀ x = b, written over b. */
export const choleskySolve = ({ rows: size, values: l }: Matrix, b: Float64Array): Float64Array => {
  for (let row = 0; row < size; row++) {
    let sum = b[row]!
    for (let inner = 0; inner < row; inner++) sum -= l[row * size + inner]! * b[inner]!
    b[row] = sum / l[row * size + row]!
  }
  for (let row = size - 1; row >= 0; row--) {
    const value = b[row]! / l[row * size + row]!
    b[row] = value
    for (let inner = 0; inner < row; inner++) b[inner]! -= l[row * size + inner]! * value
  }
  return b
}

/**
 * The solver of M x = b for any b, by elimination with row exchanges; undefined where a pivot is nothing against the largest
 * entry. Source: Golub and Van Loan, Matrix Computations, 3.4.
 */
export const elimination = ({ rows: size, values }: Matrix): ((b: Float64Array) => Float64Array) | undefined => {
  const a = values.slice()
  const order = Int32Array.from({ length: size }, (_, row) => row)
  let largest = 0
  for (const value of a) largest = Math.max(largest, Math.abs(value))
  for (let column = 0; column < size; column++) {
    let pivot = column
    for (let row = column + 1; row < size; row++)
      if (Math.abs(a[row * size + column]!) > Math.abs(a[pivot * size + column]!)) pivot = row
    if (!(Math.abs(a[pivot * size + column]!) > 1e-14 * largest)) return undefined
    if (pivot !== column) {
      const kept = a.slice(column * size, (column + 1) * size)
      a.copyWithin(column * size, pivot * size, (pivot + 1) * size)
      a.set(kept, pivot * size)
      const place = order[column]!
      order[column] = order[pivot]!
      order[pivot] = place
    }
    for (let row = column + 1; row < size; row++) {
      const factor = a[row * size + column]! / a[column * size + column]!
      if (factor === 0) continue
      a[row * size + column] = factor
      for (let at = column + 1; at < size; at++) a[row * size + at]! -= factor * a[column * size + at]!
    }
  }
  return (b) => {
    const x = Float64Array.from(order, (row) => b[row]!)
    for (let row = 0; row < size; row++) for (let at = 0; at < row; at++) x[row]! -= a[row * size + at]! * x[at]!
    for (let row = size - 1; row >= 0; row--) {
      for (let at = row + 1; at < size; at++) x[row]! -= a[row * size + at]! * x[at]!
      x[row]! /= a[row * size + row]!
    }
    return x
  }
}

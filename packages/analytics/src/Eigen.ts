/**
 * Eigenvalues and eigenvectors of a symmetric matrix by Jacobi's rotations, which keep small eigenvalues accurate.
 * Source: Golub and Van Loan, Matrix Computations, 8.5 (cyclic by row). Meant for up to a few hundred rows.
 */
import { NotSolved } from "./AnalyticsError.ts"
import { copyOf, type Matrix, requireSymmetric, zeros } from "./Matrix.ts"

export interface Eigen {
  /** Falling. */
  readonly values: Float64Array
  /**
   * Row k is the eigenvector of value k, of length 1. Its sign is such that the entry of largest size (the first of equals)
   * is above 0, so that the same matrix gives the same vectors.
   */
  readonly vectors: Matrix
}

const sweepsMax = 60

/** Σ of squares above the diagonal. */
const offDiagonal = (a: Float64Array, size: number): number => {
  let sum = 0
  for (let row = 0; row < size; row++)
    for (let column = row + 1; column < size; column++) sum += a[row * size + column]! ** 2
  return sum
}

/** Turns the plane of p and q so that entry (p, q) vanishes. */
const rotate = (a: Float64Array, vectors: Float64Array, size: number, p: number, q: number): void => {
  const entry = a[p * size + q]!
  if (entry === 0) return
  const theta = (a[q * size + q]! - a[p * size + p]!) / (2 * entry)
  const t = Math.sign(theta || 1) / (Math.abs(theta) + Math.hypot(theta, 1))
  const c = 1 / Math.hypot(t, 1)
  const s = t * c
  a[p * size + p]! -= t * entry
  a[q * size + q]! += t * entry
  a[p * size + q] = a[q * size + p] = 0
  for (let k = 0; k < size; k++) {
    if (k !== p && k !== q) {
      const kp = a[p * size + k]!
      const kq = a[q * size + k]!
      a[p * size + k] = a[k * size + p] = c * kp - s * kq
      a[q * size + k] = a[k * size + q] = s * kp + c * kq
    }
    const vp = vectors[p * size + k]!
    const vq = vectors[q * size + k]!
    vectors[p * size + k] = c * vp - s * vq
    vectors[q * size + k] = s * vp + c * vq
  }
}

export const eigenOf = (matrix: Matrix): Eigen => {
  requireSymmetric("matrix", matrix)
  const size = matrix.rows
  const { values: a } = copyOf(matrix)
  const turned = zeros(size, size)
  for (let index = 0; index < size; index++) turned.values[index * size + index] = 1
  let scale = 0
  for (const value of a) scale += value * value
  for (let sweep = 0; offDiagonal(a, size) > 1e-32 * scale; sweep++) {
    if (sweep === sweepsMax)
      throw new NotSolved({
        problem: "The eigenvalues of the matrix",
        iterations: sweep,
        residual: Math.sqrt(offDiagonal(a, size)),
        remedy: "Scale its entries nearer to 1"
      })
    for (let p = 0; p < size - 1; p++) for (let q = p + 1; q < size; q++) rotate(a, turned.values, size, p, q)
  }
  const order = Array.from({ length: size }, (_, index) => index).toSorted(
    (i, j) => a[j * size + j]! - a[i * size + i]! || i - j
  )
  const vectors = zeros(size, size)
  for (const [rank, index] of order.entries()) {
    const vector = turned.values.subarray(index * size, (index + 1) * size)
    const sign = signOf(vector)
    for (let at = 0; at < size; at++) vectors.values[rank * size + at] = sign * vector[at]!
  }
  return { values: Float64Array.from(order, (index) => a[index * size + index]!), vectors }
}

/** Of the entry of largest size; entries that differ by rounding count as equals, so that the first decides. */
const signOf = (vector: Float64Array): 1 | -1 => {
  let largest = 0
  for (const entry of vector) largest = Math.max(largest, Math.abs(entry))
  return vector.find((entry) => Math.abs(entry) >= largest * (1 - 1e-9))! < 0 ? -1 : 1
}

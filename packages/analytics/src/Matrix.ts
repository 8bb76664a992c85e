/** Dense matrices, row after row in one array, and what the calculations here need of them. */
import { type Numbers, refuse, requireFinite } from "./Series.ts"

export interface Matrix {
  readonly rows: number
  readonly columns: number
  /** Row-major: entry (i, j) is at i × columns + j. */
  readonly values: Float64Array
}

export const zeros = (rows: number, columns: number): Matrix => ({
  rows,
  columns,
  values: new Float64Array(rows * columns)
})

/** From rows of equal length, finite throughout. */
export const matrixOf = (field: string, rows: ReadonlyArray<Numbers>): Matrix => {
  if (rows.length === 0) refuse(field, "has no rows", "Give at least one")
  const matrix = zeros(rows.length, rows[0]!.length)
  for (const [index, row] of rows.entries()) {
    requireFinite(`${field}[${index}]`, row)
    if (row.length !== matrix.columns)
      refuse(
        `${field}[${index}]`,
        `has ${row.length} entries where the first row has ${matrix.columns}`,
        "Align the rows"
      )
    matrix.values.set(Array.from(row), index * matrix.columns)
  }
  return matrix
}

export const rowsOf = ({ columns, rows, values }: Matrix): Array<Array<number>> =>
  Array.from({ length: rows }, (_, row) => Array.from(values.subarray(row * columns, (row + 1) * columns)))

export const copyOf = ({ columns, rows, values }: Matrix): Matrix => ({ rows, columns, values: values.slice() })

export const diagonalOf = ({ columns, values }: Matrix): Float64Array =>
  Float64Array.from({ length: columns }, (_, index) => values[index * columns + index]!)

export const transposed = ({ columns, rows, values }: Matrix): Matrix => {
  const result = zeros(columns, rows)
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      result.values[column * rows + row] = values[row * columns + column]!
  return result
}

export const product = (a: Matrix, b: Matrix): Matrix => {
  const result = zeros(a.rows, b.columns)
  const width = b.columns
  for (let row = 0; row < a.rows; row++)
    for (let inner = 0; inner < a.columns; inner++) {
      const factor = a.values[row * a.columns + inner]!
      if (factor === 0) continue
      for (let column = 0; column < width; column++)
        result.values[row * width + column]! += factor * b.values[inner * width + column]!
    }
  return result
}

/** Matrix times vector. */
export const times = ({ columns, rows, values }: Matrix, vector: Numbers): Float64Array => {
  const result = new Float64Array(rows)
  for (let row = 0; row < rows; row++) {
    let sum = 0
    for (let column = 0; column < columns; column++) sum += values[row * columns + column]! * vector[column]!
    result[row] = sum
  }
  return result
}

export const dot = (a: Numbers, b: Numbers): number => {
  let sum = 0
  for (let index = 0; index < a.length; index++) sum += a[index]! * b[index]!
  return sum
}

/** vᵀ M v. */
export const quadratic = (matrix: Matrix, vector: Numbers): number => dot(vector, times(matrix, vector))

/** A square matrix that equals its transpose to rounding, of `size` rows where that is given; finite throughout. */
export const requireSymmetric = (field: string, matrix: Matrix, size = matrix.rows): void => {
  const { columns, rows, values } = matrix
  if (rows !== columns || rows !== size || rows === 0)
    refuse(field, `is ${rows} × ${columns}`, `Give a square matrix of ${Math.max(size, 1)} rows`)
  requireFinite(field, values)
  let largest = 0
  for (let index = 0; index < values.length; index++) largest = Math.max(largest, Math.abs(values[index]!))
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < row; column++)
      if (Math.abs(values[row * rows + column]! - values[column * rows + row]!) > 1e-10 * largest)
        refuse(`${field}[${row}][${column}]`, "differs from its mirror image", "Give a symmetric matrix")
}

/**
 * Sums and extremes of a price over any run of rows, prepared once for all runs over the same bars: what a position that
 * is all of the equity earned and lost needs no loop over its bars. Sums come from prefix sums, extremes from a tree.
 *
 * The drawdown of joined stretches: the deeper of theirs and of the right one's low under the left one's high.
 */

/** Rows up to which looking at each is as fast as the tree. */
const scannedMax = 64

export class PriceHistory {
  /** Σ over rows 1 … row of r = xₜ / xₜ₋₁ − 1, of r² and of r² where r < 0. */
  readonly sums: Float64Array
  readonly squares: Float64Array
  readonly fallSquares: Float64Array
  /** Of the rows last asked for with `stretch`. */
  high = 0
  low = 0
  /** Lowest ratio of a price to one before it (or itself): 1 − the largest drawdown. */
  deepest = 1
  private readonly price: Float64Array
  private readonly leaves: number
  /** A node's high, low and deepest, side by side; the children of node k are 2k and 2k + 1. */
  private readonly nodes: Float64Array
  private readonly stack = new Int32Array(64)

  constructor(price: Float64Array) {
    const rows = price.length
    this.price = price
    this.sums = new Float64Array(rows)
    this.squares = new Float64Array(rows)
    this.fallSquares = new Float64Array(rows)
    for (let row = 1; row < rows; row++) {
      const change = price[row]! / price[row - 1]! - 1
      this.sums[row] = this.sums[row - 1]! + change
      this.squares[row] = this.squares[row - 1]! + change * change
      this.fallSquares[row] = this.fallSquares[row - 1]! + (change < 0 ? change * change : 0)
    }
    this.leaves = 2 ** Math.ceil(Math.log2(rows))
    this.nodes = new Float64Array(this.leaves * 6)
    const { leaves, nodes } = this
    // Beyond the last row nothing is high, low or fallen.
    for (let leaf = 0; leaf < leaves; leaf++) {
      nodes[(leaves + leaf) * 3] = leaf < rows ? price[leaf]! : 0
      nodes[(leaves + leaf) * 3 + 1] = leaf < rows ? price[leaf]! : Number.POSITIVE_INFINITY
      nodes[(leaves + leaf) * 3 + 2] = 1
    }
    for (let node = leaves - 1; node >= 1; node--) {
      const [at, left, right] = [node * 3, node * 6, node * 6 + 3]
      const across = nodes[right + 1]! / nodes[left]!
      nodes[at] = Math.max(nodes[left]!, nodes[right]!)
      nodes[at + 1] = Math.min(nodes[left + 1]!, nodes[right + 1]!)
      nodes[at + 2] = Math.min(nodes[left + 2]!, nodes[right + 2]!, across)
    }
  }

  /** Sets `high`, `low` and `deepest` for the rows `from` up to, not including, `to`; in log₂ steps at most. */
  stretch(from: number, to: number): void {
    if (to - from <= scannedMax) this.scan(from, to)
    else this.climb(from, to)
  }

  private scan(from: number, to: number): void {
    const { price } = this
    let high = price[from]!
    let low = high
    let deepest = 1
    for (let row = from + 1; row < to; row++) {
      const value = price[row]!
      if (value > high) high = value
      else if (value < high * deepest) deepest = value / high
      if (value < low) low = value
    }
    this.high = high
    this.low = low
    this.deepest = deepest
  }

  private climb(from: number, to: number): void {
    const { leaves, nodes, stack } = this
    let high = 0
    let low = Number.POSITIVE_INFINITY
    let deepest = 1
    let left = from + leaves
    let right = to + leaves
    let later = 0
    while (left < right || later > 0) {
      let node = 0
      if (left < right) {
        if ((left & 1) === 1) node = left++
        if ((right & 1) === 1) stack[later++] = --right
        left >>= 1
        right >>= 1
        if (node === 0) continue
      } else node = stack[--later]!
      const at = node * 3
      const nodeLow = nodes[at + 1]!
      if (nodes[at + 2]! < deepest) deepest = nodes[at + 2]!
      if (nodeLow < high * deepest) deepest = nodeLow / high
      if (nodes[at]! > high) high = nodes[at]!
      if (nodeLow < low) low = nodeLow
    }
    this.high = high
    this.low = low
    this.deepest = deepest
  }
}

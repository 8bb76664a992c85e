/** A column of numbers whose length is not known before its end: it doubles as it fills. */
export class GrowingColumn {
  length = 0
  private values: Float64Array

  constructor(capacity = 1_024) {
    this.values = new Float64Array(capacity)
  }

  push(value: number): void {
    if (this.length === this.values.length) {
      const larger = new Float64Array(this.values.length * 2)
      larger.set(this.values)
      this.values = larger
    }
    this.values[this.length++] = value
  }

  at(row: number): number {
    return this.values[row]!
  }

  /** What was pushed, in memory of its own. */
  done(): Float64Array {
    return this.values.slice(0, this.length)
  }
}

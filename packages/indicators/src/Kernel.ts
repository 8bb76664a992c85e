/**
 * The machine every indicator is made of: columns in, columns out, its state between them. History (`batch`), the closed
 * live bar (`update`) and the bar in progress (`peek`) run the same code on the same state, so they agree to the bit.
 *
 * State is one block of numbers: scalars, then ring buffers. A row writes only ring slots that the state before it no
 * longer reads; undoing a row is therefore putting back its scalars, whatever the window. Nothing is allocated per bar.
 */
export type Columns = ReadonlyArray<Float64Array>

/** A kernel's state as JSON; the numbers JSON has no words for (NaN, infinities, −0) are text. */
export interface KernelSnapshot {
  readonly memory: ReadonlyArray<number | string>
  readonly parts: ReadonlyArray<KernelSnapshot>
}

export interface KernelShape {
  readonly inputs: number
  readonly outputs: number
  /** Numbers that `peek` saves and puts back. */
  readonly scalars?: number
  /** Numbers in ring buffers. */
  readonly ring?: number
  /** Columns between the stages of a kernel made of others. */
  readonly temps?: number
  readonly parts?: ReadonlyArray<Kernel>
}

/** Rows handed to `run` at once: the columns between stages stay in the processor's cache. */
const blockRows = 1024

const stored = (value: number): number | string =>
  Number.isFinite(value) && !Object.is(value, -0) ? value : Object.is(value, -0) ? "-0" : String(value)

const column = (rows: number) => new Float64Array(rows)

/**
 * The columns between stages, shared by all kernels so that they stay in the processor's cache: nothing in them outlives the
 * call of `run` that wrote it. A kernel's lie above those of its parts.
 */
const between: Array<Float64Array> = []

export abstract class Kernel {
  readonly inputs: number
  readonly outputs: number
  /** The outputs of the last `update` or `peek`, in the indicator's order. */
  readonly values: Float64Array
  protected readonly scalars: Float64Array
  protected readonly ring: Float64Array
  private readonly memory: Float64Array
  private readonly saved: Float64Array
  private readonly parts: ReadonlyArray<Kernel>
  /** Its own among the columns between stages: from `base` up to `top`. */
  private readonly base: number
  private readonly top: number
  private readonly rowIn: Columns
  private readonly rowOut: Columns

  constructor({ inputs, outputs, scalars = 0, ring = 0, temps = 0, parts = [] }: KernelShape) {
    this.inputs = inputs
    this.outputs = outputs
    this.memory = new Float64Array(scalars + ring)
    this.scalars = this.memory.subarray(0, scalars)
    this.ring = this.memory.subarray(scalars)
    this.saved = new Float64Array(scalars)
    this.parts = parts
    this.base = parts.reduce((highest, part) => Math.max(highest, part.top), 0)
    this.top = this.base + temps
    this.values = new Float64Array(outputs).fill(Number.NaN)
    this.rowIn = Array.from({ length: inputs }, () => column(1))
    this.rowOut = Array.from({ length: outputs }, (_, at) => this.values.subarray(at, at + 1))
  }

  /**
   * Takes `rows` rows from the columns' beginning and writes as many. A row's inputs are all finite, or all NaN: then its
   * outputs are NaN and the state stays. Called by this class and by kernels made of this one.
   */
  abstract run(inputs: Columns, outputs: Columns, rows: number): void

  /** Commits one closed bar and answers the first output; all are in `values`. An input left out counts as missing. */
  update(a: number, b = Number.NaN, c = Number.NaN, d = Number.NaN, e = Number.NaN): number {
    this.take(a, b, c, d, e)
    this.run(this.rowIn, this.rowOut, 1)
    return this.values[0]!
  }

  /** What `update` would answer for this bar, which may still change: the state stays as it was. */
  peek(a: number, b = Number.NaN, c = Number.NaN, d = Number.NaN, e = Number.NaN): number {
    this.save()
    const first = this.update(a, b, c, d, e)
    this.undo()
    return first
  }

  /**
   * Commits a history, oldest first; streaming may go on from its end. Allocates the outputs unless they are given.
   * Throws a RangeError when columns are missing or differ in length.
   */
  batch(inputs: Columns, outputs?: Columns): Columns {
    const rows = inputs[0]?.length ?? 0
    if (inputs.length !== this.inputs)
      throw new RangeError(`Give ${this.inputs} input columns in the indicator's order; got ${inputs.length}`)
    const results = outputs ?? Array.from({ length: this.outputs }, () => column(rows))
    if (results.length !== this.outputs)
      throw new RangeError(`Give ${this.outputs} output columns in the indicator's order; got ${results.length}`)
    for (const each of [...inputs, ...results])
      if (each.length !== rows) throw new RangeError(`Columns differ in length: ${rows} and ${each.length}`)
    if (rows <= blockRows) this.run(gated(inputs, rows), results, rows)
    else
      for (let from = 0; from < rows; from += blockRows) {
        const to = Math.min(from + blockRows, rows)
        const part = (each: Float64Array) => each.subarray(from, to)
        this.run(gated(inputs.map(part), to - from), results.map(part), to - from)
      }
    return results
  }

  /** Forgets every bar. */
  reset(): void {
    this.memory.fill(0)
    this.values.fill(Number.NaN)
    for (const part of this.parts) part.reset()
  }

  snapshot(): KernelSnapshot {
    return { memory: Array.from(this.memory, stored), parts: this.parts.map((part) => part.snapshot()) }
  }

  /** Continues from a snapshot of a kernel made with the same parameters; a RangeError says that it was not. */
  restore(snapshot: KernelSnapshot): void {
    if (snapshot.memory.length !== this.memory.length || snapshot.parts.length !== this.parts.length)
      throw new RangeError("The snapshot is of another indicator or of other parameters: replay the history instead")
    snapshot.memory.forEach((value, at) => {
      this.memory[at] = Number(value)
    })
    this.parts.forEach((part, at) => part.restore(snapshot.parts[at]!))
  }

  /** A column of at least `rows` rows between two stages; it keeps its size, so live bars allocate nothing. */
  protected temp(at: number, rows: number): Float64Array {
    const slot = this.base + at
    const kept = between[slot]
    if (kept !== undefined && kept.length >= rows) return kept
    while (between.length < slot) between.push(column(rows))
    return (between[slot] = column(rows))
  }

  private take(a: number, b: number, c: number, d: number, e: number): void {
    const row = this.rowIn
    const count = this.inputs
    row[0]![0] = a
    let sum = a
    if (count > 1) sum += row[1]![0] = b
    if (count > 2) sum += row[2]![0] = c
    if (count > 3) sum += row[3]![0] = d
    if (count > 4) sum += row[4]![0] = e
    if (sum - sum === 0) return
    for (let at = 0; at < count; at++) row[at]![0] = Number.NaN
  }

  private save(): void {
    this.saved.set(this.scalars)
    for (let at = 0; at < this.parts.length; at++) this.parts[at]!.save()
  }

  private undo(): void {
    this.scalars.set(this.saved)
    for (let at = 0; at < this.parts.length; at++) this.parts[at]!.undo()
  }
}

/** One column in, one out: the parts that larger kernels chain. */
export abstract class Series extends Kernel {
  constructor(shape: Omit<KernelShape, "inputs" | "outputs">) {
    super({ ...shape, inputs: 1, outputs: 1 })
  }

  abstract pass(input: Float64Array, output: Float64Array, rows: number): void

  override run(inputs: Columns, outputs: Columns, rows: number): void {
    this.pass(inputs[0]!, outputs[0]!, rows)
  }
}

/**
 * Whether all cells add up to a number: what is missing makes the sum NaN, and so can only values near the largest there
 * are. Four sums at a time, so that none waits for the other.
 */
const whole = (inputs: Columns, rows: number): boolean => {
  let total = 0
  for (const each of inputs) {
    let [a, b, c, d] = [0, 0, 0, 0]
    let row = 3
    for (; row < rows; row += 4) {
      a += each[row - 3]!
      b += each[row - 2]!
      c += each[row - 1]!
      d += each[row]!
    }
    for (row -= 3; row < rows; row++) a += each[row]!
    total += a + b + (c + d)
  }
  return total - total === 0
}

/**
 * The inputs with every row that lacks one value made NaN throughout; the same columns when nothing is missing. A single
 * column needs none of it: kernels test it as they read it.
 */
const gated = (inputs: Columns, rows: number): Columns => {
  if (inputs.length === 1 || whole(inputs, rows)) return inputs
  const copies = inputs.map((each) => each.slice())
  for (let at = 0; at < rows; at++)
    if (!copies.every((each) => Number.isFinite(each[at]))) for (const each of copies) each[at] = Number.NaN
  return copies
}

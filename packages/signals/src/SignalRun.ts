/**
 * A signal bar by bar: its kernels, the rows its rule may look back on, and what it holds. Fed the rows of a history it
 * names the targets that an evaluation of the history at once names, to the bit; a snapshot of it continues so.
 */
import { Schema, SchemaTransformation } from "effect"
import { InvalidSignal } from "./InvalidSignal.ts"
import { IndicatorState } from "./IndicatorState.ts"
import type { SignalDefinition, SignalRow } from "./Signal.ts"
import { planSignal, type SignalPlan } from "./SignalPlan.ts"
import { columnOf, StoredNumber, storedColumn } from "./StoredNumber.ts"

/** A rule looked at a row that is not kept. */
export class RowOutOfReach extends Error {
  readonly _tag = "RowOutOfReach"
}

const Stored = Schema.Struct({
  indicators: Schema.Array(IndicatorState.schema),
  width: Schema.Int,
  /** Rows kept. */
  depth: Schema.Int,
  rows: Schema.Int,
  ring: Schema.Array(StoredNumber),
  memory: Schema.Array(StoredNumber),
  held: Schema.Finite,
  heldRows: Schema.Int
}).check(
  Schema.makeFilter(({ depth, ring, width }) =>
    depth > 0 && width > 0 && ring.length === depth * width ? undefined : "the rows kept are not as many as it says"
  )
)
type Stored = typeof Stored.Type

export class SignalRun implements SignalRow {
  held = 0
  heldRows = 0
  now = 0
  readonly memory: Float64Array
  private readonly indicators: ReadonlyArray<IndicatorState>
  private readonly width: number
  private readonly depth: number
  private rows: number
  private readonly ring: Float64Array
  /** Where the current row begins in the ring. */
  private base = 0
  private plan: SignalPlan | undefined
  private rule: ((row: SignalRow) => number) | undefined

  private constructor(kept: Stored) {
    this.indicators = kept.indicators
    this.width = kept.width
    this.depth = kept.depth
    this.rows = kept.rows
    this.ring = columnOf(kept.ring)
    this.memory = columnOf(kept.memory)
    this.held = kept.held
    this.heldRows = kept.heldRows
  }

  /** Before the first bar. Throws InvalidSignal. */
  static of<P>(definition: SignalDefinition<P>, parameters: P): SignalRun {
    const plan = planSignal(definition, parameters)
    const depth = plan.reach + 1
    const run = new SignalRun({
      indicators: plan.kernels.map(({ given, indicator }) => IndicatorState.of(indicator, given)),
      width: plan.width,
      depth,
      rows: 0,
      ring: Array.from({ length: depth * plan.width }, () => "NaN"),
      memory: Array.from({ length: definition.memory ?? 0 }, () => 0),
      held: 0,
      heldRows: 0
    })
    run.take(definition, parameters, plan)
    return run
  }

  static readonly schema: Schema.Codec<SignalRun, typeof Stored.Encoded> = Stored.pipe(
    Schema.decodeTo(
      Schema.declare((value): value is SignalRun => value instanceof SignalRun),
      SchemaTransformation.transform<SignalRun, Stored>({
        decode: (kept) => new SignalRun(kept),
        encode: (run) => ({
          indicators: run.indicators,
          width: run.width,
          depth: run.depth,
          rows: run.rows,
          ring: storedColumn(run.ring),
          memory: storedColumn(run.memory),
          held: run.held,
          heldRows: run.heldRows
        })
      })
    )
  )

  /**
   * Gives a restored run its rule again; does nothing to one that has it. Throws InvalidSignal when the snapshot was
   * taken with other indicators than the signal has now.
   */
  resume<P>(definition: SignalDefinition<P>, parameters: P): void {
    if (this.rule === undefined) this.take(definition, parameters, planSignal(definition, parameters))
  }

  /** Takes a closed bar and answers the target. `now` is when it closed, epoch µs. Throws RowOutOfReach and a RangeError. */
  step(open: number, high: number, low: number, close: number, volume: number, now: number): number {
    const { base, plan, ring, rule } = this.next()
    const fields = base + this.width - 5
    ring[fields] = open
    ring[fields + 1] = high
    ring[fields + 2] = low
    ring[fields + 3] = close
    ring[fields + 4] = volume
    for (let at = 0; at < plan.kernels.length; at++) {
      const { outputs, sources } = plan.kernels[at]!
      const kernel = this.indicators[at]!.kernel
      kernel.update(
        this.input(sources, 0),
        this.input(sources, 1),
        this.input(sources, 2),
        this.input(sources, 3),
        this.input(sources, 4)
      )
      for (const { output, place } of outputs) ring[base + place] = kernel.values[output]!
    }
    this.now = now
    const asked = rule(this)
    if (Math.abs(asked) > 1)
      throw new RangeError(`A rule asked for ${asked}: a target is a number from -1 to 1, or NaN to keep what is held`)
    if (Number.isNaN(asked) || asked === this.held) this.heldRows++
    else {
      this.held = asked
      this.heldRows = 1
    }
    return this.held
  }

  /** As a function of its own: rules take it out of their row. */
  readonly value = (place: number, ago = 0): number => {
    if (!(Number.isInteger(ago) && ago >= 0))
      throw new RowOutOfReach(`A rule asked for the row ${ago} ago: give a whole number from 0; later rows are unknown`)
    if (ago >= this.depth)
      throw new RowOutOfReach(
        `A rule asked for the row ${ago} ago, and ${this.depth - 1} are kept: declare \`reach: () => ${ago}\` in the signal`
      )
    const { depth, ring, rows, width } = this
    return ring[((rows - 1 - ago + depth) % depth) * width + place] ?? Number.NaN
  }

  private input(sources: ReadonlyArray<number>, at: number): number {
    const place = sources[at]
    return place === undefined ? Number.NaN : this.ring[this.base + place]!
  }

  private next() {
    const { plan, rule } = this
    if (plan === undefined || rule === undefined) throw new Error("A restored run needs `resume` before its first bar")
    this.base = (this.rows % this.depth) * this.width
    this.rows++
    return { base: this.base, plan, ring: this.ring, rule }
  }

  private take<P>(definition: SignalDefinition<P>, parameters: P, plan: SignalPlan): void {
    const now = JSON.stringify(plan.kernels.map(({ given, indicator }) => [indicator, given]))
    const then = JSON.stringify(this.indicators.map(({ given, indicator }) => [indicator, given]))
    const sizes = [plan.width, plan.reach + 1, definition.memory ?? 0].join()
    if (now !== then || sizes !== [this.width, this.depth, this.memory.length].join())
      throw new InvalidSignal({
        signal: definition.name,
        field: "state",
        problem: `was kept with other indicators or another reach: ${then}, now ${now}`,
        remedy: "Raise the signal's version so that it starts afresh, or put its parameters back."
      })
    this.plan = plan
    this.rule = definition.rule(plan.place, parameters)
  }
}

/**
 * An indicator inside the state of a strategy: its kernel, and what it was made of, so that a snapshot is whole by itself.
 * Give `IndicatorState.schema` for the field in the strategy's `state` and `IndicatorState.of(name, given)` in `initial`.
 *
 * Restored from a snapshot it continues to the bit. It changes in place; copy nothing of it between events.
 */
import type { Kernel, KernelSnapshot } from "@outcry/indicators/Kernel"
import type { Given } from "@outcry/indicators/Parameter"
import { indicatorNamed } from "@outcry/indicators/Registry"
import { Schema, SchemaTransformation } from "effect"
import { columnOf, StoredNumber, storedColumn } from "./StoredNumber.ts"

const Snapshot: Schema.Codec<KernelSnapshot> = Schema.Struct({
  memory: Schema.Array(StoredNumber),
  parts: Schema.Array(Schema.suspend((): Schema.Codec<KernelSnapshot> => Snapshot))
})

const Stored = Schema.Struct({
  /** Name in the registry of `@outcry/indicators`. */
  indicator: Schema.String,
  given: Schema.Record(Schema.String, Schema.Union([Schema.Number, Schema.String])),
  kernel: Snapshot,
  /** The outputs last answered, which a strategy may read before the next bar. */
  values: Schema.Array(StoredNumber)
})
type Stored = typeof Stored.Type

export class IndicatorState {
  readonly indicator: string
  readonly given: Given
  readonly kernel: Kernel

  private constructor(indicator: string, given: Given) {
    this.indicator = indicator
    this.given = given
    this.kernel = indicatorNamed(indicator).make(given)
  }

  /** A fresh one. Throws IndicatorUnknown and ParameterRefused. */
  static of(indicator: string, given: Given = {}): IndicatorState {
    return new IndicatorState(indicator, given)
  }

  /** The codec of a snapshot: refuses one whose indicator, parameters and memory do not belong together. */
  static readonly schema: Schema.Codec<IndicatorState, Stored> = Stored.check(
    Schema.makeFilter((snapshot) => {
      try {
        IndicatorState.restored(snapshot)
        return undefined
      } catch (error) {
        return error instanceof Error ? error.message : String(error)
      }
    })
  ).pipe(
    Schema.decodeTo(
      Schema.declare((value): value is IndicatorState => value instanceof IndicatorState),
      SchemaTransformation.transform<IndicatorState, Stored>({
        decode: (snapshot) => IndicatorState.restored(snapshot),
        encode: (state) => state.snapshot()
      })
    )
  )

  /** Commits a closed bar and answers the first output, in the indicator's order of inputs; see Kernel. */
  update(a: number, b?: number, c?: number, d?: number, e?: number): number {
    return this.kernel.update(a, b, c, d, e)
  }

  /** What `update` would answer for a bar still in progress; nothing is committed. */
  peek(a: number, b?: number, c?: number, d?: number, e?: number): number {
    return this.kernel.peek(a, b, c, d, e)
  }

  /** All outputs of the last `update` or `peek`. */
  get values(): Float64Array {
    return this.kernel.values
  }

  private static restored({ given, indicator, kernel, values }: Stored): IndicatorState {
    const state = new IndicatorState(indicator, given)
    state.kernel.restore(kernel)
    if (values.length !== state.values.length)
      throw new RangeError(`The snapshot holds ${values.length} outputs where ${indicator} has ${state.values.length}`)
    state.values.set(columnOf(values))
    return state
  }

  private snapshot(): Stored {
    const { given, indicator, kernel, values } = this
    return { indicator, given, kernel: kernel.snapshot(), values: storedColumn(values) }
  }
}

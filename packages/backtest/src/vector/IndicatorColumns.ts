/**
 * The indicator columns of one instrument's bars, each computed once however many runs ask for it, within a bound of
 * memory. What was asked for longest ago goes first; a run that still reads an evicted column keeps it alive.
 */
import { indicatorNamed } from "@outcry/indicators/Registry"
import type { BarColumns } from "@outcry/signals/BarColumns"
import type { ColumnSpec } from "@outcry/signals/Signal"
import { PriceHistory } from "./PriceHistory.ts"

export const barFields = ["open", "high", "low", "close", "volume"] as const
export type BarField = (typeof barFields)[number]

/** An indicator's outputs over the bars. */
export interface KeptColumns {
  readonly outputs: ReadonlyArray<Float64Array>
  /** Rows until every output has its first value, when no input is missing. */
  readonly warmUp: number
  readonly bytes: number
}

export class IndicatorColumns {
  readonly bars: BarColumns
  readonly rows: number
  private readonly bytesMax: number
  private readonly kept = new Map<string, KeptColumns>()
  private bytes = 0
  private made = 0
  private found = 0
  private closes: PriceHistory | undefined

  /** `bytesMax`: what the columns kept may take, 256 MiB unless told otherwise; one is always kept. */
  constructor(bars: BarColumns, bytesMax: number = 256 * 1024 * 1024) {
    this.bars = bars
    this.rows = bars.timeOpen.length
    this.bytesMax = bytesMax
  }

  /**
   * The outputs of an indicator over `inputs`. `key` says what they are, sources included: equal keys mean equal columns.
   * Throws IndicatorUnknown and ParameterRefused.
   */
  outputs(key: string, spec: ColumnSpec, inputs: () => ReadonlyArray<Float64Array>): KeptColumns {
    const known = this.kept.get(key)
    if (known !== undefined) {
      this.found++
      if (this.bytes > this.bytesMax / 2) {
        this.kept.delete(key)
        this.kept.set(key, known)
      }
      return known
    }
    const indicator = indicatorNamed(spec.indicator)
    const outputs = indicator.make(spec.given).batch(inputs())
    this.made++
    const bytes = outputs.length * this.rows * Float64Array.BYTES_PER_ELEMENT
    for (const [oldest, { bytes: freed }] of this.kept) {
      if (this.bytes + bytes <= this.bytesMax) break
      this.kept.delete(oldest)
      this.bytes -= freed
    }
    const kept = { outputs, warmUp: indicator.warmup(spec.given), bytes }
    this.kept.set(key, kept)
    this.bytes += bytes
    return kept
  }

  /** Sums and extremes of the closes, prepared once. */
  history(): PriceHistory {
    return (this.closes ??= new PriceHistory(this.bars.close))
  }

  /** Columns computed, answered without computing, and the bytes held now. */
  stats(): { readonly computed: number; readonly reused: number; readonly bytes: number } {
    return { computed: this.made, reused: this.found, bytes: this.bytes }
  }
}

/** What every indicator of the registry keeps, on seeded bars with gaps, flat runs and missing cells. */
import { describe, expect, it } from "vitest"
import type { Indicator } from "../src/Indicator.ts"
import type { Kernel, KernelSnapshot } from "../src/Kernel.ts"
import { indicators } from "../src/Registry.ts"
import { type Bars, columnsOf, randomBars } from "./RandomBars.ts"

const rows = 400
const seeds = [1, 2, 3]

type Row = [number, number?, number?, number?, number?]

const rowOf = (columns: ReadonlyArray<Float64Array>, at: number): Row => columns.map((each) => each[at]!) as Row

const streamed = (kernel: Kernel, columns: ReadonlyArray<Float64Array>, from = 0, to = columns[0]!.length) => {
  const outputs = Array.from({ length: kernel.outputs }, () => new Float64Array(to - from))
  for (let at = from; at < to; at++) {
    kernel.update(...rowOf(columns, at))
    outputs.forEach((output, k) => {
      output[at - from] = kernel.values[k]!
    })
  }
  return outputs
}

/** Equal to the bit: toEqual tells 0 from −0 and holds NaN equal to itself. */
const same = (left: ReadonlyArray<Float64Array>, right: ReadonlyArray<Float64Array>, why: string) =>
  left.forEach((column, k) => {
    const at = column.findIndex((value, row) => !Object.is(value, right[k]![row]))
    if (at >= 0 || column.length !== right[k]!.length)
      throw new Error(`${why}: output ${k} differs at row ${at}: ${column[at]} and ${right[k]![at]}`)
  })

const forBars = (missing: number, check: (bars: Bars, why: string) => void) => {
  for (const seed of seeds) check(randomBars(seed, rows, missing), `seed ${seed}`)
}

const tail = (columns: ReadonlyArray<Float64Array>, from: number) => columns.map((each) => each.subarray(from))

describe.each(indicators.map((indicator): [string, Indicator] => [indicator.name, indicator]))("%s", (_, indicator) => {
  it("answers the same for a history at once, in pieces, and bar by bar", () => {
    forBars(0.03, (bars, why) => {
      const columns = columnsOf(indicator, bars)
      const whole = indicator.make().batch(columns)
      same(whole, streamed(indicator.make(), columns), `${why}, bar by bar`)
      const kernel = indicator.make()
      const cuts = [0, 1, 7, 150, 151, rows]
      const pieces = cuts.slice(1).map((to, k) => kernel.batch(columns.map((each) => each.slice(cuts[k], to))))
      pieces.forEach((piece, k) =>
        same(
          piece,
          tail(whole, cuts[k]!).map((each) => each.slice(0, piece[0]!.length)),
          why
        )
      )
    })
  })

  it("shows a bar in progress without committing it", () => {
    forBars(0.03, (bars, why) => {
      const columns = columnsOf(indicator, bars)
      const whole = indicator.make().batch(columns)
      const kernel = indicator.make()
      for (let at = 0; at < rows; at++) {
        const row = rowOf(columns, at)
        // A wild bar, a missing one and the true one are looked at before the bar closes.
        kernel.peek(...(row.map((value) => (value ?? 1) * 3 + at) as Row))
        kernel.peek(Number.NaN)
        kernel.peek(...row)
        const peeked = [...kernel.values]
        kernel.update(...row)
        expect(peeked, `${why}, row ${at}`).toEqual([...kernel.values])
        same(
          whole.map((each) => each.subarray(at, at + 1)),
          [...kernel.values].map((v) => Float64Array.of(v)),
          why
        )
      }
    })
  })

  it("continues from a snapshot that went through JSON", () => {
    forBars(0.03, (bars, why) => {
      const columns = columnsOf(indicator, bars)
      const kernel = indicator.make()
      for (const cut of [0, 3, 131]) {
        kernel.reset()
        streamed(kernel, columns, 0, cut)
        const text = JSON.stringify(kernel.snapshot())
        const restored = indicator.make()
        restored.restore(JSON.parse(text) as KernelSnapshot)
        same(streamed(kernel, columns, cut), streamed(restored, columns, cut), `${why}, cut at ${cut}`)
      }
    })
  })

  it("passes over rows with a missing cell as if they were not there", () => {
    forBars(0.05, (bars, why) => {
      const columns = columnsOf(indicator, bars)
      const kept = Array.from({ length: rows }, (_, at) => at).filter((at) => rowOf(columns, at).every(Number.isFinite))
      expect(kept.length).toBeLessThan(rows)
      const gapped = indicator.make().batch(columns)
      const dense = indicator.make().batch(columns.map((each) => Float64Array.from(kept, (at) => each[at]!)))
      same(
        gapped.map((each) => Float64Array.from(kept, (at) => each[at]!)),
        dense,
        why
      )
      for (let at = 0; at < rows; at++)
        if (!kept.includes(at))
          expect(
            gapped.map((each) => each[at]),
            `row ${at}`
          ).toEqual(gapped.map(() => Number.NaN))
    })
  })

  it("has its first values after exactly its warm-up, and is finite from there on moving prices", () => {
    const bars = randomBars(11, rows)
    const outputs = indicator.make().batch(columnsOf(indicator, bars))
    const leads = outputs.map((each) => each.findIndex((value) => !Number.isNaN(value)))
    expect(Math.max(...leads)).toBe(indicator.warmup())
    expect(Math.min(...leads)).toBeGreaterThanOrEqual(0)
    const first = outputs.map((each) => each[indicator.warmup()]!)
    expect(first.every(Number.isFinite)).toBe(true)
  })

  it("answers the same bar by bar for a history longer than the blocks it is worked in", () => {
    const columns = columnsOf(indicator, randomBars(9, 2300, 0.001))
    same(indicator.make().batch(columns), streamed(indicator.make(), columns), "2,300 rows")
  })

  it("forgets everything on reset", () => {
    const columns = columnsOf(indicator, randomBars(5, rows))
    const kernel = indicator.make()
    const first = kernel.batch(columns)
    kernel.reset()
    same(kernel.batch(columns), first, "after reset")
  })
})

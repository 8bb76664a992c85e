/**
 * Run by Allocation.test.ts in a process of its own, whose young generation is too large for a collection to happen: prints
 * how many bytes of heap each indicator takes for an update or a peek once its code is warm: the least of several spans,
 * as code that is being compiled meanwhile takes more.
 */
import { getHeapStatistics } from "node:v8"
import type { Kernel } from "../src/Kernel.ts"
import { indicators } from "../src/Registry.ts"
import { columnsOf, randomBars } from "./RandomBars.ts"

const rows = 1_000
const roundsWarm = 40
const spans = 8
const roundsEach = 5
const bars = randomBars(7, rows, 0.001)
const empty = new Float64Array(rows)

let sum = 0

const measured = (kernel: Pick<Kernel, "update" | "peek" | "values">, columns: ReadonlyArray<Float64Array>): number => {
  const [a = empty, b = empty, c = empty, d = empty] = columns
  const work = (rounds: number): void => {
    for (let round = 0; round < rounds; round++)
      for (let row = 0; row < rows; row++) {
        kernel.update(a[row]!, b[row], c[row], d[row])
        kernel.peek(a[row]!, b[row], c[row], d[row])
        sum += kernel.values[0]!
      }
  }
  work(roundsWarm)
  let least = Number.POSITIVE_INFINITY
  for (let span = 0; span < spans; span++) {
    const before = getHeapStatistics().used_heap_size
    work(roundsEach)
    least = Math.min(least, getHeapStatistics().used_heap_size - before)
  }
  return least / (2 * roundsEach * rows)
}

const told = (name: string, inputs: number, bytes: number): void => {
  process.stdout.write(`${JSON.stringify({ name, inputs, bytes })}\n`)
}

for (const indicator of indicators)
  told(indicator.name, indicator.inputs.length, measured(indicator.make(), columnsOf(indicator, bars)))

// What the meter shows of an update that allocates: four numbers each time.
const sma = indicators[0]!
const kernel = sma.make()
const kept: Array<ReadonlyArray<number>> = [[]]
const wasteful = {
  values: kernel.values,
  peek: (a: number) => kernel.peek(a),
  update: (a: number) => {
    kept[0] = [a, sum, a, sum]
    return kernel.update(a)
  }
}
told("wasteful", 1, measured(wasteful, columnsOf(sma, bars)))

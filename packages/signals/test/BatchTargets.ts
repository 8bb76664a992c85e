/**
 * The plain reading of the signal contract over a history at once: whole columns by `batch`, then the rule row by row. The
 * reference that the live form is held to; it shares no code with it.
 */
import { indicatorNamed } from "@outcry/indicators/Registry"
import type { BarColumns } from "../src/BarColumns.ts"
import type { SignalDefinition } from "../src/Signal.ts"

const fields = ["open", "high", "low", "close", "volume"] as const

export const batchTargets = <P>(
  definition: SignalDefinition<P>,
  parameters: P,
  bars: BarColumns
): ReadonlyArray<number> => {
  const columns = new Map<string, Float64Array>()
  const specs = definition.columns(parameters)
  const columnOf = (name: string): Float64Array => {
    const field = fields.find((each) => each === name)
    if (field !== undefined) return bars[field]
    const known = columns.get(name)
    if (known !== undefined) return known
    const { given, indicator, of, output } = specs[name]!
    const { inputs, make, outputs } = indicatorNamed(indicator)
    const sources = of ?? inputs.map((input) => (input === "value" ? "close" : input))
    const made = make(given).batch(sources.map(columnOf))[output === undefined ? 0 : outputs.indexOf(output)]!
    columns.set(name, made)
    return made
  }
  const places = [...Object.keys(specs), ...fields]
  const table = places.map(columnOf)
  const rule = definition.rule((name) => places.indexOf(name), parameters)
  const memory = new Float64Array(definition.memory ?? 0)
  const targets: Array<number> = []
  let changedAt = 0
  for (let row = 0; row < bars.close.length; row++) {
    const held = targets.at(-1) ?? 0
    const asked = rule({
      value: (place, ago = 0) => table[place]![row - ago] ?? Number.NaN,
      held,
      heldRows: row - changedAt,
      now: bars.timeOpen[row]! + bars.intervalUs,
      memory
    })
    const target = Number.isNaN(asked) ? held : asked
    if (target !== held) changedAt = row
    targets.push(target)
  }
  return targets
}

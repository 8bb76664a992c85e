/**
 * The columns of a signal, put into an order in which each comes after those it is made of, and looked up or computed in
 * `IndicatorColumns`. Names that nothing has, circles and wrong counts are refused with the field that holds them.
 */
import { IndicatorUnknown, indicatorNamed } from "@outcry/indicators/Registry"
import type { Indicator } from "@outcry/indicators/Indicator"
import { ParameterRefused } from "@outcry/indicators/Parameter"
import type { ColumnSpec, SourceName } from "@outcry/signals/Signal"
import { RunRefused, refuse } from "../RunRefused.ts"
import { type BarField, barFields, type IndicatorColumns } from "./IndicatorColumns.ts"

export interface ColumnPlan {
  /** By place: the columns as declared, then open, high, low, close, volume. */
  readonly columns: ReadonlyArray<Float64Array>
  /** The place of a column or bar field; throws RunRefused for a name that is neither. */
  readonly place: (name: SourceName) => number
  /** Rows until every column has its first value, when no input is missing. */
  readonly warmUp: number
}

interface Made {
  readonly column: Float64Array
  readonly key: string
  readonly warmUp: number
}

const isField = (name: string): name is BarField => (barFields as ReadonlyArray<string>).includes(name)

const givenKey = (given: ColumnSpec["given"]): string => {
  if (given === undefined) return ""
  const fields = Object.keys(given)
  if (fields.length > 1) fields.sort()
  let key = ""
  for (const field of fields) key += `${field}=${given[field]},`
  return key
}

/** What an indicator reads where the column does not say: the bar fields it is named after, or the close. */
const sourcesByDefault = (name: string, indicator: Indicator): ReadonlyArray<SourceName> =>
  indicator.inputs.map((input) => {
    if (input === "value") return "close"
    if (input !== "other") return input
    return refuse(`columns.${name}.of`, `is needed: ${indicator.name} compares two series`, "Name both sources.")
  })

class Resolver {
  private readonly specs: Readonly<Record<string, ColumnSpec>>
  private readonly store: IndicatorColumns
  private readonly made = new Map<string, Made>()
  private readonly open: Array<string> = []

  constructor(specs: Readonly<Record<string, ColumnSpec>>, store: IndicatorColumns) {
    this.specs = specs
    this.store = store
  }

  source(name: SourceName, asked: string): Made {
    if (isField(name)) return { column: this.store.bars[name], key: name, warmUp: 0 }
    if (Object.hasOwn(this.specs, name)) return this.column(name)
    const offer = [...Object.keys(this.specs), ...barFields].join(", ")
    return refuse(asked, `names "${name}", which is neither a column nor a bar field`, `Choose from ${offer}.`)
  }

  column(name: string): Made {
    const known = this.made.get(name)
    if (known !== undefined) return known
    if (isField(name)) refuse(`columns.${name}`, "has the name of a bar field", "Give the column another name.")
    if (this.open.includes(name))
      refuse(
        `columns.${this.open.at(-1)}.of`,
        `closes a circle: ${[...this.open.slice(this.open.indexOf(name)), name].join(" → ")}`,
        "Make each column of bar fields or of columns that do not need it."
      )
    this.open.push(name)
    const made = this.compute(name, this.specs[name]!)
    this.open.pop()
    this.made.set(name, made)
    return made
  }

  private compute(name: string, spec: ColumnSpec): Made {
    try {
      return this.computed(name, spec)
    } catch (error) {
      if (error instanceof IndicatorUnknown)
        throw new RunRefused({ field: `columns.${name}.indicator`, problem: "is unknown", remedy: `${error.message}.` })
      if (error instanceof ParameterRefused)
        throw new RunRefused({
          field: `columns.${name}.given.${error.field}`,
          problem: "is refused",
          remedy: `${error.message}.`
        })
      throw error
    }
  }

  private computed(name: string, spec: ColumnSpec): Made {
    const indicator = indicatorNamed(spec.indicator)
    const names = spec.of ?? sourcesByDefault(name, indicator)
    if (names.length !== indicator.inputs.length)
      refuse(
        `columns.${name}.of`,
        `names ${names.length} sources where ${indicator.name} takes ${indicator.inputs.length}`,
        `Give ${indicator.inputs.join(", ")} in that order.`
      )
    const sources = names.map((source) => this.source(source, `columns.${name}.of`))
    const output = spec.output === undefined ? 0 : indicator.outputs.indexOf(spec.output)
    if (output < 0)
      refuse(
        `columns.${name}.output`,
        `is "${spec.output}", which ${indicator.name} does not give`,
        `Choose from ${indicator.outputs.join(", ")}.`
      )
    let key = `${spec.indicator}(${givenKey(spec.given)})`
    let warmUp = 0
    for (const source of sources) {
      key += `[${source.key}]`
      warmUp = Math.max(warmUp, source.warmUp)
    }
    const { outputs, warmUp: own } = this.store.outputs(key, spec, () => sources.map(({ column }) => column))
    return { column: outputs[output]!, key: `${key}.${output}`, warmUp: warmUp + own }
  }
}

/** Throws RunRefused. */
export const planColumns = (specs: Readonly<Record<string, ColumnSpec>>, store: IndicatorColumns): ColumnPlan => {
  const resolver = new Resolver(specs, store)
  const places = new Map<string, number>()
  const columns: Array<Float64Array> = []
  let warmUp = 0
  for (const name of Object.keys(specs)) {
    const made = resolver.column(name)
    places.set(name, columns.length)
    columns.push(made.column)
    warmUp = Math.max(warmUp, made.warmUp)
  }
  for (const field of barFields) {
    places.set(field, columns.length)
    columns.push(store.bars[field])
  }
  const place = (name: SourceName): number =>
    places.get(name) ??
    refuse("rule", `asks for "${name}", which is neither a column nor a bar field`, `Declare it in columns.`)
  return { columns, place, warmUp }
}

/**
 * What a signal's columns are made of, resolved for one set of parameters: the kernels in an order in which each comes
 * after those it reads, where every value stands in a row, and how many bars it takes until all have their first.
 */
import { ParameterRefused } from "@outcry/indicators/Parameter"
import type { Indicator } from "@outcry/indicators/Indicator"
import { IndicatorUnknown, indicatorNamed } from "@outcry/indicators/Registry"
import { type Refuse, refuserOf } from "./InvalidSignal.ts"
import type { ColumnSpec, SignalDefinition, SourceName } from "./Signal.ts"

/** In the order of their places, after the columns. */
export const barFields = ["open", "high", "low", "close", "volume"] as const

export const reachMax = 1000
const reachByDefault = 10

/** Columns that are outputs of one indicator over the same sources share its kernel. */
export interface PlannedKernel {
  readonly indicator: string
  readonly given: Readonly<Record<string, number | string>>
  /** Places it reads, in the indicator's order. */
  readonly sources: ReadonlyArray<number>
  /** Which output goes to which place. */
  readonly outputs: Array<{ readonly output: number; readonly place: number }>
}

export interface SignalPlan {
  readonly kernels: ReadonlyArray<PlannedKernel>
  /** Values in a row: the columns as declared, then open, high, low, close, volume. */
  readonly width: number
  /** Rows back that a rule may look. */
  readonly reach: number
  /** Bars until every column has its first value, as far back as the rule looks. */
  readonly warmupBars: number
  /** The place of a column or bar field; throws InvalidSignal for a name that is neither. */
  readonly place: (name: SourceName) => number
}

class Resolver {
  readonly kernels: Array<PlannedKernel> = []
  private readonly specs: Readonly<Record<string, ColumnSpec>>
  private readonly names: ReadonlyArray<string>
  private readonly refuse: Refuse
  private readonly byKey = new Map<string, PlannedKernel>()
  /** By place: bars until the value is there, once the column is resolved. */
  private readonly warmups: Array<number | undefined>
  private readonly open: Array<string> = []

  constructor(specs: Readonly<Record<string, ColumnSpec>>, refuse: Refuse) {
    this.specs = specs
    this.names = [...Object.keys(specs), ...barFields]
    this.refuse = refuse
    this.warmups = this.names.map((_, place) => (place < this.names.length - barFields.length ? undefined : 0))
  }

  place(name: SourceName, field: string): number {
    const place = this.names.indexOf(name)
    if (place >= 0) return place
    return this.refuse(
      field,
      `names "${name}", which is neither a column nor a bar field`,
      `Choose from ${this.names.join(", ")}.`
    )
  }

  /** Bars until the value at that place is there. */
  warmup(place: number): number {
    const known = this.warmups[place]
    if (known !== undefined) return known
    const name = this.names[place]!
    if (this.open.includes(name))
      this.refuse(
        `columns.${this.open.at(-1)}.of`,
        `closes a circle: ${[...this.open.slice(this.open.indexOf(name)), name].join(" → ")}`,
        "Make each column of bar fields or of columns that do not need it."
      )
    this.open.push(name)
    const bars = this.column(name, place, this.specs[name]!)
    this.open.pop()
    this.warmups[place] = bars
    return bars
  }

  private column(name: string, place: number, spec: ColumnSpec): number {
    const indicator = this.indicator(name, spec)
    const given = spec.given ?? {}
    const sources = (spec.of ?? this.sourcesByDefault(name, indicator)).map((source, at) =>
      this.place(source, `columns.${name}.of[${at}]`)
    )
    if (sources.length !== indicator.inputs.length)
      this.refuse(
        `columns.${name}.of`,
        `names ${sources.length} sources where ${indicator.name} takes ${indicator.inputs.length}`,
        `Give ${indicator.inputs.join(", ")} in that order.`
      )
    const output = spec.output === undefined ? 0 : indicator.outputs.indexOf(spec.output)
    if (output < 0)
      this.refuse(
        `columns.${name}.output`,
        `is "${spec.output}", which ${indicator.name} does not give`,
        `Choose from ${indicator.outputs.join(", ")}.`
      )
    const before = Math.max(0, ...sources.map((source) => this.warmup(source)))
    const own = this.warmupOf(name, indicator, given)
    const key = `${spec.indicator}${JSON.stringify(given, Object.keys(given).toSorted())}[${sources.join()}]`
    const known = this.byKey.get(key)
    if (known !== undefined) known.outputs.push({ output, place })
    else {
      const kernel = { indicator: spec.indicator, given, sources, outputs: [{ output, place }] }
      this.byKey.set(key, kernel)
      this.kernels.push(kernel)
    }
    return before + own
  }

  private indicator(name: string, spec: ColumnSpec): Indicator {
    try {
      return indicatorNamed(spec.indicator)
    } catch (error) {
      if (!(error instanceof IndicatorUnknown)) throw error
      return this.refuse(`columns.${name}.indicator`, `is "${spec.indicator}", which is unknown`, `${error.message}.`)
    }
  }

  private warmupOf(name: string, indicator: Indicator, given: PlannedKernel["given"]): number {
    try {
      return indicator.warmup(given)
    } catch (error) {
      if (!(error instanceof ParameterRefused)) throw error
      return this.refuse(`columns.${name}.given.${error.field}`, "is refused", `${error.message}.`)
    }
  }

  private sourcesByDefault(name: string, indicator: Indicator): ReadonlyArray<SourceName> {
    return indicator.inputs.map((input) => {
      if (input === "value") return "close"
      if (input !== "other") return input
      return this.refuse(`columns.${name}.of`, `is needed: ${indicator.name} compares two series`, "Name both sources.")
    })
  }
}

/** Throws InvalidSignal. */
export const planSignal = <P>(definition: SignalDefinition<P>, parameters: P): SignalPlan => {
  const refuse = refuserOf(definition.name)
  const specs = definition.columns(parameters)
  const names = Object.keys(specs)
  for (const name of names)
    if ((barFields as ReadonlyArray<string>).includes(name))
      refuse(`columns.${name}`, "has the name of a bar field", "Give the column another name.")
  const reach = definition.reach?.(parameters) ?? reachByDefault
  if (!Number.isInteger(reach) || reach < 0 || reach > reachMax)
    refuse("reach", `is ${reach}`, `Give a whole number of rows from 0 to ${reachMax}.`)
  const resolver = new Resolver(specs, refuse)
  const warmups = names.map((_, place) => resolver.warmup(place))
  return {
    kernels: resolver.kernels,
    width: names.length + barFields.length,
    reach,
    warmupBars: Math.max(0, ...warmups) + reach,
    place: (name) => resolver.place(name, "rule")
  }
}

/** What the registry knows of an indicator: enough to offer it in a form, check a rule that names it, and make it. */
import type { Kernel } from "./Kernel.ts"
import { type Given, ParameterRefused, type Parameters, type ValuesOf, valuesOf } from "./Parameter.ts"

/** A bar's fields; `value` is any series (closes, unless told otherwise), `other` a second one of the same length. */
export type Input = "open" | "high" | "low" | "close" | "volume" | "value" | "other"

export interface Indicator {
  /** Lower case, as rules and the API write it. */
  readonly name: string
  readonly title: string
  /** Columns in the order that `update` and `batch` take them. */
  readonly inputs: ReadonlyArray<Input>
  readonly outputs: ReadonlyArray<string>
  /** What the outputs are measured in. */
  readonly unit: string
  /** What is computed, in a line; n is the period, x the input. */
  readonly formula: string
  /** Who described it, and TA-Lib's function where there is one. */
  readonly source: string
  readonly parameters: Parameters
  /** Bars, of those without missing values, until every output has its first value. Throws ParameterRefused. */
  readonly warmup: (given?: Given) => number
  /** A fresh kernel. Throws ParameterRefused. */
  readonly make: (given?: Given) => Kernel
}

interface Definition<P extends Parameters> {
  readonly name: string
  readonly title: string
  readonly inputs: ReadonlyArray<Input>
  readonly outputs: ReadonlyArray<string>
  readonly unit: string
  readonly formula: string
  readonly source: string
  readonly parameters: P
  /** Where parameters must agree with one another: the field to name and what is wrong with it. */
  readonly conflict?: (values: ValuesOf<P>) => readonly [keyof P & string, string] | undefined
  readonly warmup: (values: ValuesOf<P>) => number
  readonly make: (values: ValuesOf<P>) => Kernel
}

export const define = <const P extends Parameters>(definition: Definition<P>): Indicator => {
  const { conflict, formula, inputs, make, name, outputs, parameters, source, title, unit, warmup } = definition
  const checked = (given: Given): ValuesOf<P> => {
    const values = valuesOf(name, parameters, given) as ValuesOf<P>
    const refused = conflict?.(values)
    if (refused !== undefined) throw new ParameterRefused(name, refused[0], values[refused[0]], refused[1])
    return values
  }
  return {
    name,
    title,
    inputs,
    outputs,
    unit,
    formula,
    source,
    parameters,
    warmup: (given = {}) => warmup(checked(given)),
    make: (given = {}) => make(checked(given))
  }
}

/** What an indicator may be told: each parameter's kind, range and default, and the refusal that names the field. */
export interface NumberParameter {
  readonly kind: "integer" | "number"
  readonly byDefault: number
  readonly min: number
  readonly max: number
  readonly meaning: string
}

export interface ChoiceParameter<C extends string = string> {
  readonly kind: "choice"
  readonly byDefault: C
  readonly choices: ReadonlyArray<C>
  readonly meaning: string
}

export type Parameter = NumberParameter | ChoiceParameter
export type Parameters = Readonly<Record<string, Parameter>>

/** Parameters as a user gives them: what is left out takes its default. */
export type Given = Readonly<Record<string, number | string>>

export type ValuesOf<P extends Parameters> = {
  readonly [K in keyof P]: P[K] extends ChoiceParameter<infer C> ? C : number
}

/** A parameter that an indicator refuses. */
export class ParameterRefused extends Error {
  readonly _tag = "ParameterRefused"
  readonly indicator: string
  readonly field: string
  readonly given: unknown

  constructor(indicator: string, field: string, given: unknown, problem: string) {
    super(`${indicator}: "${field}" ${problem}; got ${JSON.stringify(given) ?? String(given)}`)
    this.name = "ParameterRefused"
    this.indicator = indicator
    this.field = field
    this.given = given
  }
}

/** The longest window: about 40 years of daily bars, a week of minutes. */
export const periodMax = 10_000

export const period = (byDefault: number, min = 2, meaning = "window, in bars"): NumberParameter => ({
  kind: "integer",
  byDefault,
  min,
  max: periodMax,
  meaning
})

export const factor = (byDefault: number, min: number, max: number, meaning: string): NumberParameter => ({
  kind: "number",
  byDefault,
  min,
  max,
  meaning
})

export const choice = <const C extends string>(
  choices: ReadonlyArray<C>,
  byDefault: NoInfer<C>,
  meaning: string
): ChoiceParameter<C> => ({ kind: "choice", byDefault, choices, meaning })

const problemOf = (parameter: Parameter, value: unknown): string | undefined => {
  if (parameter.kind === "choice")
    return parameter.choices.includes(String(value)) ? undefined : `must be one of ${parameter.choices.join(", ")}`
  const { kind, max, min } = parameter
  const right = kind === "integer" ? Number.isInteger(value) : Number.isFinite(value)
  if (right && Number(value) >= min && Number(value) <= max) return undefined
  return `must be ${kind === "integer" ? "a whole number" : "a number"} from ${min} to ${max}`
}

/** The parameters with defaults filled in; throws ParameterRefused for a value out of range or a field unknown. */
export const valuesOf = (indicator: string, parameters: Parameters, given: Given): Given => {
  for (const field of Object.keys(given))
    if (!Object.hasOwn(parameters, field))
      throw new ParameterRefused(
        indicator,
        field,
        given[field],
        `is not one of its parameters (${Object.keys(parameters).join(", ") || "it has none"})`
      )
  return Object.fromEntries(
    Object.entries(parameters).map(([field, parameter]) => {
      const value = given[field] ?? parameter.byDefault
      const problem = problemOf(parameter, value)
      if (problem !== undefined) throw new ParameterRefused(indicator, field, value, problem)
      return [field, value]
    })
  )
}

/** `outcry indicators`: the registry's indicators listed, shown, and computed over a file of bars. */
import type { Indicator, Input } from "@outcry/indicators/Indicator"
import { type Given, type Parameter, ParameterRefused, valuesOf } from "@outcry/indicators/Parameter"
import { IndicatorUnknown, indicatorNamed, indicators } from "@outcry/indicators/Registry"
import { Effect, Option } from "effect"
import { BarFile } from "./BarFile.ts"
import { data, json, message, onStdout, table } from "./Output.ts"
import { UserError, userError } from "./UserError.ts"

const rangeText = (parameter: Parameter): string =>
  parameter.kind === "choice"
    ? parameter.choices.join(", ")
    : `${parameter.kind === "integer" ? "whole number" : "number"}, ${parameter.min} to ${parameter.max}`

/** Everything the registry says of an indicator, with the warm-up of the parameters given. */
const described = (indicator: Indicator, given: Given = {}) => {
  const { formula, inputs, name, outputs, parameters, source, title, unit } = indicator
  return { name, title, inputs, outputs, unit, parameters, warmup: indicator.warmup(given), formula, source }
}

const shortly = ({ parameters }: Indicator): string =>
  Object.entries(parameters)
    .map(([field, { byDefault }]) => `${field}=${byDefault}`)
    .join(" ")

/** Mistakes of the registry in the user's form. */
const told = (error: unknown): UserError => {
  if (error instanceof UserError) return error
  if (error instanceof IndicatorUnknown) {
    const alike = error.offer.length < indicators.length ? `Those alike are ${error.offer.join(", ")}; ` : ""
    return userError(
      "UnknownIndicator",
      `There is no indicator "${error.given}".`,
      `${alike}\`outcry indicators\` lists all.`
    )
  }
  if (error instanceof ParameterRefused)
    return userError(
      "InvalidParameters",
      `${error.message}.`,
      `See \`outcry indicators show ${error.indicator}\` for what it accepts.`
    )
  throw error
}

const tried = <A>(work: () => A): Effect.Effect<A, UserError> => Effect.try({ try: work, catch: told })

interface ListOptions {
  readonly filter: Option.Option<string>
  readonly json: boolean
}

export const list = Effect.fnUntraced(function* ({ filter, json: asJson }: ListOptions) {
  const words = Option.getOrElse(filter, () => "").toLowerCase()
  const found = indicators.filter(({ name, source, title }) =>
    `${name} ${title} ${source}`.toLowerCase().includes(words)
  )
  if (asJson) return yield* json(found.map((indicator) => described(indicator)))
  if (found.length === 0) return yield* message(`No indicator has "${words}" in its name, title or source.`)
  const rows = found.map((each) => [each.name, each.title, each.inputs.join(" "), String(each.warmup()), shortly(each)])
  yield* data(table(["name", "title", "inputs", "warm-up", "parameters"], rows, [3]))
  yield* message(`${found.length} of ${indicators.length}; \`outcry indicators show NAME\` tells formula and source.`)
})

const showText = (indicator: Indicator): string => {
  const { formula, inputs, outputs, source, title, unit, warmup } = described(indicator)
  const parameters = Object.entries(indicator.parameters).map(([field, parameter]) => [
    field,
    String(parameter.byDefault),
    rangeText(parameter),
    parameter.meaning
  ])
  return [
    `${onStdout.bold(indicator.name)}  ${title}`,
    "",
    `formula  ${formula}`,
    `source   ${source}`,
    `inputs   ${inputs.join(", ")}`,
    `outputs  ${outputs.join(", ")}`,
    `unit     ${unit}`,
    `warm-up  ${warmup} bars, with the defaults`,
    "",
    parameters.length === 0
      ? "It has no parameters."
      : table(["parameter", "default", "range", "meaning"], parameters, [1])
  ].join("\n")
}

export const show = Effect.fnUntraced(function* (options: { readonly name: string; readonly json: boolean }) {
  const indicator = yield* tried(() => indicatorNamed(options.name))
  yield* options.json ? json(described(indicator)) : data(showText(indicator))
})

const givenOf = (params: ReadonlyArray<string>): Given =>
  Object.fromEntries(
    params.map((param) => {
      const [, field, text] = /^([^=]+)=(.+)$/.exec(param) ?? []
      if (field === undefined || text === undefined)
        throw userError("Usage", `--param "${param}" is not KEY=VALUE.`, "Write it as in --param period=20.")
      return [field, Number.isFinite(Number(text)) ? Number(text) : text]
    })
  )

interface ComputeOptions {
  readonly name: string
  readonly file: string
  readonly param: ReadonlyArray<string>
  readonly value: Option.Option<string>
  readonly other: Option.Option<string>
  readonly last: Option.Option<number>
  readonly csv: boolean
  readonly json: boolean
}

/** The column that an input is read from. */
const columnOf = (input: Input, { name, other, value }: ComputeOptions): string => {
  if (input === "value") return Option.getOrElse(value, () => "close")
  if (input !== "other") return input
  if (Option.isSome(other)) return other.value
  throw userError("Usage", `${name} needs a second series.`, "Name its column with --other COLUMN.")
}

const computed = (options: ComputeOptions) => {
  const indicator = indicatorNamed(options.name)
  const given = givenOf(options.param)
  const kernel = indicator.make(given)
  const file = new BarFile(options.file)
  const columns = indicator.inputs.map((input) =>
    file.column(columnOf(input, options), `the ${input} that ${options.name} reads`)
  )
  return { indicator, given, times: file.times, outputs: kernel.batch(columns) }
}

const rowsOf = ({ outputs, times }: ReturnType<typeof computed>, from: number, missing: string) =>
  times.slice(from).map((time, at) => [
    time,
    ...outputs.map((output) => {
      const value = output[from + at]!
      return Number.isNaN(value) ? missing : String(value)
    })
  ])

export const compute = Effect.fnUntraced(function* (options: ComputeOptions) {
  if (options.csv && options.json)
    return yield* userError("Usage", "--csv and --json exclude each other.", "Choose one of them.")
  const done = yield* tried(() => computed(options))
  const { given, indicator, outputs, times } = done
  const shown = Option.getOrElse(options.last, () => (options.csv || options.json ? times.length : 20))
  const from = Math.max(0, times.length - shown)
  if (options.json)
    return yield* json({
      indicator: indicator.name,
      parameters: valuesOf(indicator.name, indicator.parameters, given),
      warmup: indicator.warmup(given),
      bars: times.length,
      time: times.slice(from),
      outputs: Object.fromEntries(
        indicator.outputs.map((output, k) => [
          output,
          Array.from(outputs[k]!.subarray(from), (value) => (Number.isNaN(value) ? null : value))
        ])
      )
    })
  const head = ["time", ...indicator.outputs]
  if (options.csv) return yield* data([head, ...rowsOf(done, from, "")].map((row) => row.join(",")).join("\n"))
  yield* data(
    table(
      head,
      rowsOf(done, from, "-"),
      indicator.outputs.map((_, at) => at + 1)
    )
  )
  const warmup = indicator.warmup(given)
  if (times.length <= warmup) yield* message(`${times.length} bars are too few: the first value comes after ${warmup}.`)
})

/** What the command line says of a search: spaces, metrics, limits and fixed parameters, each refused by name. Pure. */
import type { Constraint, Objective } from "@outcry/backtest/search/Goal"
import type { Dimension, Value } from "@outcry/backtest/search/ParameterSpace"

/** A text makes no sense; `remedy` says how it is written. */
export class InvalidSearch extends Error {
  readonly _tag = "InvalidSearch"
  readonly remedy: string

  constructor(problem: string, remedy: string) {
    super(problem)
    this.remedy = remedy
  }
}

const refuse = (problem: string, remedy: string): never => {
  throw new InvalidSearch(problem, remedy)
}

/** A number, yes or no, or the text itself. */
export const valueOf = (text: string): Value => {
  if (text === "true" || text === "false") return text === "true"
  const value = Number(text)
  return text.trim() !== "" && Number.isFinite(value) ? value : text
}

const howSpaces = "Write name=min:max, name=min:max:step or name=a|b|c, by commas."

const rangeOf = (part: string, numbers: ReadonlyArray<string>): Dimension => {
  const [min, max, step] = numbers.map((text) =>
    text.trim() !== "" && Number.isFinite(Number(text))
      ? Number(text)
      : refuse(`--space ${part}: "${text}" is no number.`, howSpaces)
  )
  const isWhole = [min, max, step ?? 1].every((value) => Number.isInteger(value))
  return { kind: isWhole ? "integer" : "number", min: min!, max: max!, ...(step === undefined ? {} : { step }) }
}

const dimensionOf = (part: string, text: string): Dimension => {
  const numbers = text.split(":")
  if (numbers.length > 3) return refuse(`--space ${part} has ${numbers.length} numbers.`, howSpaces)
  if (numbers.length > 1) return rangeOf(part, numbers)
  if (text.trim() === "") return refuse(`--space ${part} leaves nothing to choose.`, howSpaces)
  return { kind: "choice", options: text.split("|").map(valueOf) }
}

/** Throws InvalidSearch. */
export const spaceOf = (texts: ReadonlyArray<string>): Readonly<Record<string, Dimension>> => {
  const space: Record<string, Dimension> = {}
  for (const part of texts.flatMap((text) => text.split(","))) {
    const at = part.indexOf("=")
    const name = part.slice(0, Math.max(0, at)).trim()
    if (name === "") refuse(`--space ${part} names no parameter.`, howSpaces)
    if (Object.hasOwn(space, name)) refuse(`--space names ${name} twice.`, "Give each parameter once.")
    space[name] = dimensionOf(part, part.slice(at + 1))
  }
  return space
}

/** Throws InvalidSearch. */
export const fixedOf = (texts: ReadonlyArray<string>): Readonly<Record<string, Value>> =>
  Object.fromEntries(
    texts.map((text) => {
      const at = text.indexOf("=")
      if (at < 1) refuse(`--param ${text} is not KEY=VALUE.`, "Write it as --param quantity=0.1.")
      return [text.slice(0, at), valueOf(text.slice(at + 1))]
    })
  )

export const objectivesOf = (texts: ReadonlyArray<string>): ReadonlyArray<Objective> =>
  (texts.length === 0 ? ["sharpe"] : texts).map((text) =>
    text.startsWith("-") ? { metric: text.slice(1), direction: "minimise" } : { metric: text, direction: "maximise" }
  )

/** Throws InvalidSearch. */
export const limitsOf = (texts: ReadonlyArray<string>): ReadonlyArray<Constraint> =>
  texts.map((text) => {
    const [, metric, sign, bound] = /^\s*([A-Za-z]+)\s*(>=|<=)\s*(\S+)\s*$/.exec(text) ?? []
    const value = Number(bound)
    if (metric === undefined || !Number.isFinite(value))
      return refuse(`--limit ${text} is no limit.`, "Write it as trades>=30 or maxDrawdown<=0.3.")
    return sign === ">=" ? { metric, min: value } : { metric, max: value }
  })

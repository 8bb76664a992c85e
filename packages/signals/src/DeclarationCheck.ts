/**
 * What the shape of a document cannot say: that its names exist and are free, its ranges hold their defaults, its
 * conditions mean something and look back a bounded way, its indicators can be made. Every fault names its path.
 */
import type { Declaration } from "./Declaration.ts"
import { declaredSignal } from "./DeclaredSignal.ts"
import { pathText } from "./DeclarationShape.ts"
import { checkCondition, type Names, reachOf, rowNames } from "./Expression.ts"
import { ExpressionFault, keywords, parseExpression } from "./ExpressionSyntax.ts"
import { type Fault, InvalidDeclaration } from "./InvalidDeclaration.ts"
import { InvalidSignal, refuserOf } from "./InvalidSignal.ts"
import { checkProtection } from "./ProtectiveExit.ts"
import { barFields, planSignal, reachMax } from "./SignalPlan.ts"
import { Schema } from "effect"

type Path = ReadonlyArray<PropertyKey>
type Say = (path: Path, problem: string, remedy: string) => void

/** Parameters that every live signal has. */
const taken: ReadonlyArray<string> = ["instrument", "barSeconds", "size", "limitOffsetTicks"]

const references = (declaration: Declaration): ReadonlyArray<readonly [Path, string]> => {
  const found: Array<readonly [Path, string]> = []
  const look = (path: Path, value: number | string): void => {
    if (typeof value === "string" && value.startsWith("$")) found.push([path, value.slice(1)])
  }
  for (const [name, { parameters = {} }] of Object.entries(declaration.indicators))
    for (const [key, value] of Object.entries(parameters)) look(["indicators", name, "parameters", key], value)
  for (const [name, value] of Object.entries(declaration.exits)) look(["exits", name], value)
  return found
}

const checkParameters = ({ parameters }: Declaration, say: Say): void => {
  for (const [name, { default: byDefault, max, min, type }] of Object.entries(parameters)) {
    const at = ["parameters", name]
    if (taken.includes(name)) say(at, "is a parameter that every signal has", "Give it another name.")
    if (min > max) say([...at, "min"], `is above max, ${min} and ${max}`, "Exchange them.")
    else if (byDefault < min || byDefault > max)
      say([...at, "default"], `is ${byDefault}, outside of its range`, `Give a number from ${min} to ${max}.`)
    for (const field of ["default", "min", "max"] as const)
      if (type === "integer" && !Number.isInteger(parameters[name]![field]))
        say([...at, field], `is ${parameters[name]![field]}`, "An integer's are whole numbers; or use type: number.")
  }
}

const checkNames = ({ indicators }: Declaration, say: Say): void => {
  const reserved = [...keywords, ...rowNames, ...barFields]
  for (const name of Object.keys(indicators))
    if (reserved.includes(name)) say(["indicators", name], "is a word of the language", "Give it another name.")
}

const namesOf = ({ indicators, parameters }: Declaration): Names => ({
  values: [...Object.keys(indicators), ...barFields],
  parameters: Object.fromEntries(
    Object.entries(parameters).map(([name, { max, min, type }]) => [
      name,
      type === "integer" && min >= 0 && max <= reachMax ? { rowsMax: max } : {}
    ])
  )
})

const checkRules = (declaration: Declaration, say: Say): void => {
  const { parameters, rules } = declaration
  if (rules.long === undefined && rules.short === undefined)
    say(["rules"], "enters nothing", "Give `long`, `short`, or both, each with `enter`.")
  const names = namesOf(declaration)
  const widest = Object.fromEntries(Object.entries(parameters).map(([name, { max }]) => [name, max]))
  for (const side of ["long", "short"] as const)
    for (const field of ["enter", "exit"] as const) {
      const text = rules[side]?.[field]
      if (text === undefined) continue
      try {
        const expression = parseExpression(text)
        checkCondition(expression, names)
        const reach = reachOf(expression, widest)
        if (reach > reachMax) say(["rules", side, field], `looks back ${reach} bars`, `Look back at most ${reachMax}.`)
      } catch (error) {
        if (!(error instanceof ExpressionFault)) throw error
        say(["rules", side, field], `${error.problem}, at character ${error.at + 1} of "${text}"`, error.remedy)
      }
    }
}

/** A signal's field as the document's path: `columns.a.given.b` is `indicators.a.parameters.b`. */
const documentPath = (field: string): Path => {
  const keys = field.split(/[.[\]]+/).filter((key) => key !== "")
  if (keys[0] === "protection") return ["exits", ...keys.slice(1)]
  if (keys[0] !== "columns") return keys
  return keys.map((key, at) => {
    if (at === 0) return "indicators"
    if (at === 2 && key === "given") return "parameters"
    return at === 3 && keys[2] === "of" ? Number(key) : key
  })
}

/** Makes it once with its defaults: what cannot be made is told as the author wrote it. */
const checkMaking = (declaration: Declaration, say: Say): void => {
  const signal = declaredSignal(declaration)
  const defaults = Schema.decodeUnknownSync(signal.parameters)({})
  try {
    planSignal(signal, defaults)
    checkProtection(signal.protection?.(defaults) ?? {}, refuserOf(signal.name))
  } catch (error) {
    if (!(error instanceof InvalidSignal)) throw error
    say(documentPath(error.field), error.problem, error.remedy)
  }
}

/** Throws InvalidDeclaration with every fault found. */
export const checkDeclaration = (declaration: Declaration, line: (path: Path) => number | undefined): void => {
  const faults: Array<Fault> = []
  const say: Say = (path, problem, remedy) => {
    const at = line(path)
    faults.push({ path: pathText(path), ...(at === undefined ? {} : { line: at }), problem, remedy })
  }
  checkParameters(declaration, say)
  checkNames(declaration, say)
  for (const [path, name] of references(declaration))
    if (!Object.hasOwn(declaration.parameters, name)) {
      const known = Object.keys(declaration.parameters).map((each) => `$${each}`)
      say(
        path,
        `names "$${name}", which is no parameter`,
        known.length === 0 ? "Declare it under parameters." : `Use one of ${known.join(", ")}.`
      )
    }
  checkRules(declaration, say)
  if (faults.length === 0) checkMaking(declaration, say)
  if (faults.length > 0) throw new InvalidDeclaration({ faults })
}

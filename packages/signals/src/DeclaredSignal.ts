/**
 * A declaration as a signal, and as the strategy it is live.
 *
 * On each row, in this order: a held side is left when an exit in per cent is reached by the close, or its `exit` holds;
 * then a side is entered whose `enter` holds while the other side's does not, which also turns a held side round. After
 * an exit in per cent the side is entered again only when its `enter` has not held on some row since. What is unknown
 * holds nothing.
 *
 * Exits in per cent are counted from the close on which the side was entered (trailing: from the best close since). The
 * vectorised form knows closes only, and so do the rule's targets; live, the same exits also stand at the venue and may
 * fill within a bar, at their own price. Then the position is closed early, and stays closed until the target changes.
 */
import * as Parameter from "@outcry/model/Parameter"
import type { StrategyDefinition } from "@outcry/model/Strategy"
import { Schema } from "effect"
import type { Declaration, DeclaredSide, NumberOrParameter } from "./Declaration.ts"
import { compileExpression, type Evaluate, reachOf } from "./Expression.ts"
import { parseExpression } from "./ExpressionSyntax.ts"
import { liveSignal, type LiveSignalState } from "./LiveSignal.ts"
import type { ColumnSpec, Protection, SignalDefinition, SignalRow } from "./Signal.ts"

export interface DeclaredTerms {
  readonly instrument: string
  readonly barSeconds: number
  readonly size: string
}

export type DeclaredParameters = DeclaredTerms & Readonly<Record<string, number | string>>

const referenced = (value: NumberOrParameter): string | undefined =>
  typeof value === "string" && value.startsWith("$") ? value.slice(1) : undefined

const resolved = (value: NumberOrParameter, parameters: DeclaredParameters): number | string => {
  const name = referenced(value)
  return name === undefined ? value : parameters[name]!
}

const numbersOf = ({ parameters }: Declaration, given: DeclaredParameters): Readonly<Record<string, number>> =>
  Object.fromEntries(Object.keys(parameters).map((name) => [name, Number(given[name])]))

const parametersOf = (declaration: Declaration): Schema.Codec<DeclaredParameters, unknown> => {
  const { barSeconds, instrument, parameters, size } = declaration
  const fields = Object.entries(parameters).map(([name, { default: byDefault, max, min, type }]) => [
    name,
    type === "integer" ? Parameter.integer(byDefault, { min, max }) : Parameter.number(byDefault, { min, max })
  ])
  const struct = Schema.Struct({
    instrument: Parameter.instrument(instrument),
    barSeconds: Parameter.integer(barSeconds, { min: 1, max: 86_400 }),
    size: Parameter.decimal(size),
    ...(Object.fromEntries(fields) as Readonly<Record<string, ReturnType<typeof Parameter.number>>>)
  })
  return struct
}

const columnsOf =
  ({ indicators }: Declaration) =>
  (parameters: DeclaredParameters): Readonly<Record<string, ColumnSpec>> =>
    Object.fromEntries(
      Object.entries(indicators).map(([name, { indicator, of, output, parameters: given = {} }]) => [
        name,
        {
          indicator,
          given: Object.fromEntries(Object.entries(given).map(([key, value]) => [key, resolved(value, parameters)])),
          ...(of === undefined ? {} : { of }),
          ...(output === undefined ? {} : { output })
        }
      ])
    )

const conditionsOf = ({ rules }: Declaration): ReadonlyArray<string> =>
  [rules.long, rules.short].flatMap((side) => (side === undefined ? [] : [side.enter, side.exit ?? ""])).filter(Boolean)

const protectionOf =
  ({ exits }: Declaration) =>
  (parameters: DeclaredParameters): Protection =>
    Object.fromEntries(Object.entries(exits).map(([name, percent]) => [name, Number(resolved(percent, parameters))]))

interface Side {
  readonly enter: Evaluate
  readonly exit: Evaluate
}

const never: Evaluate = () => 0

/** Places in the rule's memory: the close it entered on, the best close since, the side that an exit has barred. */
const [entered, best, barred] = [0, 1, 2]

/** Whether a close that far reaches one of the exits of a side. */
const reached = (protection: Protection, side: number, close: number, memory: Float64Array): boolean => {
  const { stopLoss, takeProfit, trailing } = protection
  const lossAt = (from: number, percent: number): boolean =>
    side * close <= (side * from * (100 - side * percent)) / 100
  return (
    (stopLoss !== undefined && lossAt(memory[entered]!, stopLoss)) ||
    (trailing !== undefined && lossAt(memory[best]!, trailing)) ||
    (takeProfit !== undefined && side * close >= (side * memory[entered]! * (100 + side * takeProfit)) / 100)
  )
}

const targetOf = (
  row: SignalRow,
  close: number,
  long: Side,
  short: Side,
  protection: Protection,
  memory: Float64Array
) => {
  const side = Math.sign(row.held)
  const longEnters = long.enter(row, 0) === 1
  const shortEnters = short.enter(row, 0) === 1
  if ((memory[barred]! > 0 && !longEnters) || (memory[barred]! < 0 && !shortEnters)) memory[barred] = 0
  let next = side
  if (side !== 0) {
    memory[best] = side * Math.max(side * memory[best]!, side * close)
    if (reached(protection, side, close, memory)) {
      next = 0
      memory[barred] = side
    } else if ((side > 0 ? long : short).exit(row, 0) === 1) next = 0
  }
  if (longEnters && !shortEnters && side <= 0 && memory[barred]! <= 0) next = 1
  else if (shortEnters && !longEnters && side >= 0 && memory[barred]! >= 0) next = -1
  if (next !== side && next !== 0) {
    memory[entered] = close
    memory[best] = close
  }
  return next
}

/** The signal; the declaration must have come from `parseDeclaration`. */
export const declaredSignal = (declaration: Declaration): SignalDefinition<DeclaredParameters> => {
  const protection = protectionOf(declaration)
  return {
    name: declaration.name,
    version: declaration.version,
    parameters: parametersOf(declaration),
    columns: columnsOf(declaration),
    reach: (parameters) => {
      const numbers = numbersOf(declaration, parameters)
      return Math.max(0, ...conditionsOf(declaration).map((text) => reachOf(parseExpression(text), numbers)))
    },
    memory: 3,
    protection,
    rule: (place, parameters) => {
      const numbers = numbersOf(declaration, parameters)
      const compiled = (text: string | undefined): Evaluate =>
        text === undefined ? never : compileExpression(parseExpression(text), place, numbers)
      const side = (given: DeclaredSide | undefined): Side => ({
        enter: compiled(given?.enter),
        exit: compiled(given?.exit)
      })
      const [long, short] = [side(declaration.rules.long), side(declaration.rules.short)]
      const [close, exits] = [place("close"), protection(parameters)]
      // Whoever evaluates a history in one go may leave the keeping to the rule, which is made anew for each run.
      const own = new Float64Array(3)
      return (row) => targetOf(row, row.value(close), long, short, exits, row.memory ?? own)
    }
  }
}

/** The strategy of the live contract. */
export const declaredStrategy = (
  declaration: Declaration
): StrategyDefinition<DeclaredParameters & DeclaredTerms, LiveSignalState> => liveSignal(declaredSignal(declaration))

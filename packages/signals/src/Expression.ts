/**
 * What a declared expression means: checked against the names it may use, measured in how far back it looks, and made a
 * function of closures. Conditions are 1, 0, or NaN where a value they need is missing: three-valued logic (S. C. Kleene,
 * Introduction to Metamathematics, 1952, § 64), so that `not` of the unknown is unknown and nothing is entered on it.
 */
import { type Comparison, type Expression, ExpressionFault, type Operator } from "./ExpressionSyntax.ts"
import type { SignalRow } from "./Signal.ts"
import { reachMax } from "./SignalPlan.ts"

/** What an expression may name. */
export interface Names {
  /** Indicators and bar fields. */
  readonly values: ReadonlyArray<string>
  /** Parameters that may stand for a number; `rowsMax` of those that may stand in brackets. */
  readonly parameters: Readonly<Record<string, { readonly rowsMax?: number }>>
}

/** Of the row, beside its values: what is held, and for how many rows. */
export const rowNames: ReadonlyArray<string> = ["held", "heldRows"]

type Sort = "number" | "condition"

const offer = (names: ReadonlyArray<string>): string =>
  names.length === 0 ? "There are none." : `Use one of ${names.join(", ")}.`

class Check {
  private readonly names: Names

  constructor(names: Names) {
    this.names = names
  }

  /** `ago`: it stands where another row than the present is looked at. */
  sort(expression: Expression, ago: boolean): Sort {
    switch (expression.kind) {
      case "number":
        return "number"
      case "name":
        return this.name(expression.name, expression.at, ago)
      case "parameter":
        if (!Object.hasOwn(this.names.parameters, expression.name))
          throw new ExpressionFault(
            expression.at,
            `there is no parameter "$${expression.name}"`,
            offer(Object.keys(this.names.parameters).map((name) => `$${name}`))
          )
        return "number"
      case "ago":
        this.rows(expression.rows)
        return this.sort(expression.of, true)
      case "negate":
        return this.want("number", expression.of, ago)
      case "not":
        return this.want("condition", expression.of, ago)
      case "arithmetic":
        this.want("number", expression.left, ago)
        return this.want("number", expression.right, ago)
      case "and":
      case "or":
        this.want("condition", expression.left, ago)
        return this.want("condition", expression.right, ago)
      case "compare":
      case "crosses":
        this.want("number", expression.left, ago || expression.kind === "crosses")
        this.want("number", expression.right, ago || expression.kind === "crosses")
        return "condition"
    }
  }

  want(sort: Sort, expression: Expression, ago: boolean): Sort {
    if (this.sort(expression, ago) !== sort)
      throw new ExpressionFault(
        expression.at,
        sort === "number"
          ? "a condition stands where a number is needed"
          : "a number stands where a condition is needed",
        sort === "number" ? "Conditions are joined by `and` and `or`." : "Compare it, as in rsi > 50."
      )
    return sort
  }

  private name(name: string, at: number, ago: boolean): Sort {
    if (rowNames.includes(name)) {
      if (ago)
        throw new ExpressionFault(
          at,
          `"${name}" is known of the present row only`,
          "Look back on indicators and bar fields."
        )
      return "number"
    }
    if (this.names.values.includes(name)) return "number"
    const remedy = Object.hasOwn(this.names.parameters, name)
      ? `Write $${name} for the parameter.`
      : offer([...this.names.values, ...rowNames])
    throw new ExpressionFault(at, `there is no "${name}"`, remedy)
  }

  private rows(rows: Expression): void {
    const remedy = `Give a whole number from 0 to ${reachMax}, or an integer parameter in that range; later rows are unknown.`
    if (rows.kind === "number" && Number.isInteger(rows.value) && rows.value <= reachMax) return
    if (rows.kind !== "parameter")
      throw new ExpressionFault(rows.at, "the rows ago are no whole number of bars", remedy)
    this.sort(rows, false)
    if (this.names.parameters[rows.name]?.rowsMax === undefined)
      throw new ExpressionFault(rows.at, `"$${rows.name}" may be no whole number of bars`, remedy)
  }
}

/** Throws ExpressionFault unless it is a condition over these names. */
export const checkCondition = (expression: Expression, names: Names): void => {
  new Check(names).want("condition", expression, false)
}

export type Parameters = Readonly<Record<string, number>>

/** Rows back that it looks at most. */
export const reachOf = (expression: Expression, parameters: Parameters): number => {
  switch (expression.kind) {
    case "number":
    case "name":
    case "parameter":
      return 0
    case "ago":
      return rowsOf(expression.rows, parameters) + reachOf(expression.of, parameters)
    case "negate":
    case "not":
      return reachOf(expression.of, parameters)
    default: {
      const both = Math.max(reachOf(expression.left, parameters), reachOf(expression.right, parameters))
      return expression.kind === "crosses" ? both + 1 : both
    }
  }
}

const rowsOf = (rows: Expression, parameters: Parameters): number =>
  rows.kind === "number" ? rows.value : rows.kind === "parameter" ? parameters[rows.name]! : Number.NaN

/** Its value on a row so many rows ago. */
export type Evaluate = (row: SignalRow, ago: number) => number

const operators: Readonly<Record<Operator, (a: Evaluate, b: Evaluate) => Evaluate>> = {
  "+": (a, b) => (row, ago) => a(row, ago) + b(row, ago),
  "-": (a, b) => (row, ago) => a(row, ago) - b(row, ago),
  "*": (a, b) => (row, ago) => a(row, ago) * b(row, ago),
  "/": (a, b) => (row, ago) => a(row, ago) / b(row, ago)
}

const holds: Readonly<Record<Comparison, (left: number, right: number) => boolean>> = {
  ">": (left, right) => left > right,
  ">=": (left, right) => left >= right,
  "<": (left, right) => left < right,
  "<=": (left, right) => left <= right,
  "==": (left, right) => left === right,
  "!=": (left, right) => left !== right
}

/** Unknown where one side is missing. */
const known = (left: number, right: number, answer: boolean): number =>
  Number.isNaN(left) || Number.isNaN(right) ? Number.NaN : answer ? 1 : 0

/** The expression as a function; it must have been checked. `place` is where a row holds an indicator or bar field. */
export const compileExpression = (
  expression: Expression,
  place: (name: string) => number,
  parameters: Parameters
): Evaluate => {
  const compile = (each: Expression): Evaluate => compileExpression(each, place, parameters)
  switch (expression.kind) {
    case "number": {
      const { value } = expression
      return () => value
    }
    case "parameter": {
      const value = parameters[expression.name]!
      return () => value
    }
    case "name": {
      if (expression.name === "held") return (row) => row.held
      if (expression.name === "heldRows") return (row) => row.heldRows
      const at = place(expression.name)
      return (row, ago) => row.value(at, ago)
    }
    case "ago": {
      const [of, rows] = [compile(expression.of), rowsOf(expression.rows, parameters)]
      return (row, ago) => of(row, ago + rows)
    }
    case "negate": {
      const of = compile(expression.of)
      return (row, ago) => -of(row, ago)
    }
    case "not": {
      const of = compile(expression.of)
      return (row, ago) => 1 - of(row, ago)
    }
    case "arithmetic":
      return operators[expression.operator](compile(expression.left), compile(expression.right))
    case "compare": {
      const [left, right, answer] = [compile(expression.left), compile(expression.right), holds[expression.operator]]
      return (row, ago) => {
        const a = left(row, ago)
        const b = right(row, ago)
        return known(a, b, answer(a, b))
      }
    }
    case "and": {
      const [left, right] = [compile(expression.left), compile(expression.right)]
      return (row, ago) => {
        const a = left(row, ago)
        if (a === 0) return 0
        const b = right(row, ago)
        // 1·b, and of the unknown with what is not false the unknown.
        return b === 0 ? 0 : a * b
      }
    }
    case "or": {
      const [left, right] = [compile(expression.left), compile(expression.right)]
      return (row, ago) => {
        const a = left(row, ago)
        if (a === 1) return 1
        const b = right(row, ago)
        return b === 1 ? 1 : a + b
      }
    }
    case "crosses": {
      const [left, right, { above }] = [compile(expression.left), compile(expression.right), expression]
      return (row, ago) => {
        const now = left(row, ago) - right(row, ago)
        const before = left(row, ago + 1) - right(row, ago + 1)
        return known(now, before, above ? now > 0 && before <= 0 : now < 0 && before >= 0)
      }
    }
  }
}

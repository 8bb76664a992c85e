/**
 * The language of declared conditions, as a tree: a Pratt parser (V. Pratt, "Top Down Operator Precedence", POPL 1973).
 * From loosest: `or`, `and`, `not`, comparisons and `crosses above|below`, `+ −`, `* /`, unary `−`, `[n]` rows ago.
 *
 * Length, words and nesting are bounded, so that a hostile text costs little. Nothing is evaluated here.
 */
export type Operator = "+" | "-" | "*" | "/"
export type Comparison = ">" | ">=" | "<" | "<=" | "==" | "!="

/** `at` is where it begins in the text, from 0. */
export type Expression = { readonly at: number } & (
  | { readonly kind: "number"; readonly value: number }
  | { readonly kind: "name"; readonly name: string }
  /** `$name`. */
  | { readonly kind: "parameter"; readonly name: string }
  | { readonly kind: "ago"; readonly of: Expression; readonly rows: Expression }
  | { readonly kind: "negate" | "not"; readonly of: Expression }
  | { readonly kind: "arithmetic"; readonly operator: Operator; readonly left: Expression; readonly right: Expression }
  | { readonly kind: "compare"; readonly operator: Comparison; readonly left: Expression; readonly right: Expression }
  | { readonly kind: "and" | "or"; readonly left: Expression; readonly right: Expression }
  | { readonly kind: "crosses"; readonly above: boolean; readonly left: Expression; readonly right: Expression }
)

/** What is wrong with an expression, where, and what to write instead. */
export class ExpressionFault extends Error {
  readonly _tag = "ExpressionFault"
  readonly at: number
  readonly problem: string
  readonly remedy: string

  constructor(at: number, problem: string, remedy: string) {
    super(`${problem} at character ${at + 1}. ${remedy}`)
    this.at = at
    this.problem = problem
    this.remedy = remedy
  }
}

export const lengthMax = 2000
const wordsMax = 400
const nestingMax = 40

/** Words that name nothing else. */
export const keywords: ReadonlyArray<string> = ["and", "or", "not", "crosses", "above", "below"]

interface Word {
  readonly kind: "number" | "name" | "parameter" | "symbol" | "end"
  readonly text: string
  readonly at: number
}

const pattern =
  /\s*(?:(?<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|(?<parameter>\$[A-Za-z]\w*)|(?<name>[A-Za-z]\w*)|(?<symbol>>=|<=|==|!=|&&|\|\||[-+*/()[\]<>=!.,&|^%]))/y

const insteadOf: Readonly<Record<string, string>> = {
  "&&": "Write `and`.",
  "&": "Write `and`.",
  "||": "Write `or`.",
  "|": "Write `or`.",
  "!": "Write `not`.",
  "=": "Write `==` to compare.",
  "^": "Multiply instead; there are no powers.",
  "%": "There is no remainder; per cent are plain numbers.",
  ".": "An indicator has one output: declare it once more with `output` for another.",
  ",": "There are no functions: declare an indicator."
}

const wordsOf = (text: string): ReadonlyArray<Word> => {
  if (text.length > lengthMax)
    throw new ExpressionFault(lengthMax, `the text is longer than ${lengthMax} characters`, "Split the condition.")
  const words: Array<Word> = []
  const end = text.trimEnd().length
  pattern.lastIndex = 0
  while (pattern.lastIndex < end) {
    const from = pattern.lastIndex
    const groups = pattern.exec(text)?.groups
    if (groups === undefined) {
      const at = from + text.slice(from).search(/\S/)
      throw new ExpressionFault(
        at,
        `"${text[at]}" means nothing here`,
        "Use names, numbers, $parameters and operators."
      )
    }
    const kind = (["number", "name", "parameter", "symbol"] as const).find((each) => groups[each] !== undefined)!
    const word = groups[kind]!
    const at = pattern.lastIndex - word.length
    const instead = kind === "symbol" ? insteadOf[word] : undefined
    if (instead !== undefined) throw new ExpressionFault(at, `"${word}" is no operator`, instead)
    words.push({ kind, text: word, at })
    if (words.length > wordsMax)
      throw new ExpressionFault(at, `there are more than ${wordsMax} words`, "Split the condition.")
  }
  words.push({ kind: "end", text: "the end", at: end })
  return words
}

const comparisons: ReadonlyArray<string> = [">", ">=", "<", "<=", "==", "!="]
const isComparison = (text: string): text is Comparison => comparisons.includes(text)
const isOperator = (text: string): text is Operator => ["+", "-", "*", "/"].includes(text)

const comparing = 4
const binding: Readonly<Record<string, number>> = {
  or: 1,
  and: 2,
  crosses: comparing,
  "+": 5,
  "-": 5,
  "*": 6,
  "/": 6,
  "[": 8
}
const bindingOf = (word: Word): number =>
  word.kind === "symbol" && isComparison(word.text)
    ? comparing
    : Object.hasOwn(binding, word.text)
      ? binding[word.text]!
      : 0

class Parser {
  private readonly words: ReadonlyArray<Word>
  private next = 0
  private nesting = 0

  constructor(text: string) {
    this.words = wordsOf(text)
  }

  whole(): Expression {
    const expression = this.expression(0)
    const left = this.word
    if (left.kind !== "end")
      throw new ExpressionFault(left.at, `"${left.text}" is not expected`, "Join conditions with `and` or `or`.")
    return expression
  }

  private get word(): Word {
    return this.words[this.next]!
  }

  private take(): Word {
    const { word } = this
    if (word.kind !== "end") this.next++
    return word
  }

  private expect(text: string, remedy: string): void {
    const word = this.take()
    if (word.text !== text) throw new ExpressionFault(word.at, `"${text}" is missing before "${word.text}"`, remedy)
  }

  /** Everything that binds tighter than `least`. */
  private expression(least: number): Expression {
    if (++this.nesting > nestingMax)
      throw new ExpressionFault(this.word.at, `it is nested more than ${nestingMax} deep`, "Simplify the condition.")
    let left = this.prefix()
    for (let word = this.word; bindingOf(word) > least; word = this.word) left = this.infix(left, this.take())
    this.nesting--
    return left
  }

  private prefix(): Expression {
    const word = this.take()
    const { at, kind, text } = word
    if (kind === "number") return { kind, at, value: Number(text) }
    if (kind === "parameter") return { kind, at, name: text.slice(1) }
    if (text === "not") return { kind: "not", at, of: this.expression(3) }
    if (text === "-") return { kind: "negate", at, of: this.expression(7) }
    if (text === "(") {
      const inner = this.expression(0)
      this.expect(")", "Close the parenthesis.")
      return inner
    }
    if (kind === "name" && !keywords.includes(text)) return { kind, at, name: text }
    throw new ExpressionFault(
      at,
      `a value is missing before ${kind === "end" ? text : `"${text}"`}`,
      "Write one there."
    )
  }

  private infix(left: Expression, { at, text }: Word): Expression {
    if (text === "[") {
      const rows = this.expression(0)
      this.expect("]", "Close the bracket: close[1] is one bar ago.")
      return { kind: "ago", at, of: left, rows }
    }
    if (text === "and" || text === "or") return { kind: text, at, left, right: this.expression(binding[text]!) }
    if (isOperator(text))
      return { kind: "arithmetic", at, operator: text, left, right: this.expression(binding[text]!) }
    if (left.kind === "compare" || left.kind === "crosses")
      throw new ExpressionFault(at, "comparisons do not chain", "Write a < b and b < c.")
    if (isComparison(text)) return { kind: "compare", at, operator: text, left, right: this.expression(comparing) }
    const direction = this.take()
    if (direction.text !== "above" && direction.text !== "below")
      throw new ExpressionFault(
        direction.at,
        `"crosses" is followed by "${direction.text}"`,
        "Write `crosses above` or `crosses below`."
      )
    return { kind: "crosses", at, above: direction.text === "above", left, right: this.expression(comparing) }
  }
}

/** Throws ExpressionFault. */
export const parseExpression = (text: string): Expression => new Parser(text).whole()

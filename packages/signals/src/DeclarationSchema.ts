/**
 * The shape of a declared signal's document, published as JSON Schema. What shape alone cannot say (that names exist, that
 * expressions make sense) is DeclarationCheck's.
 */
import { type JsonSchema, Schema } from "effect"
import { lengthMax } from "./ExpressionSyntax.ts"

export const format = "outcry-signal/1"

const text = (max: number, expected: string) =>
  Schema.String.annotate({ expected }).check(Schema.isBetweenLength(1, max, { expected }))

const matching = (pattern: RegExp, expected: string) =>
  Schema.String.annotate({ expected }).check(Schema.isPattern(pattern, { expected }))

const between = (minimum: number, maximum: number, expected: string) =>
  Schema.Finite.annotate({ expected }).check(Schema.isBetween({ minimum, maximum }, { expected }))

const whole = (minimum: number, maximum: number) => {
  const expected = `a whole number from ${minimum} to ${maximum}`
  return Schema.Int.annotate({ expected }).check(Schema.isBetween({ minimum, maximum }, { expected }))
}

const finite = Schema.Finite.annotate({ expected: "a number" })

/** Of parameters and indicators. */
const Name = matching(/^[A-Za-z][A-Za-z0-9_]{0,31}$/u, "a name of letters, digits and _ that begins with a letter")
const Condition = text(lengthMax, `a condition of at most ${lengthMax} characters, such as "rsi crosses above 30"`)
const Decimal = matching(/^\d{1,18}(\.\d{1,12})?$/u, 'a decimal in quotes such as "0.01"')
const percent = "per cent above 0 such as 2.5, or a parameter such as $stop"
const Percent = Schema.Union([
  between(0.0001, 10_000, percent),
  matching(/^\$[A-Za-z][A-Za-z0-9_]{0,31}$/u, percent)
]).annotate({ expected: percent })

const entriesMax = 40
const few = Schema.isMaxProperties(entriesMax, { expected: `at most ${entriesMax} entries` })

export const DeclaredParameter = Schema.Struct({
  type: Schema.Literals(["integer", "number"]).annotate({ expected: "integer or number" }),
  default: finite,
  min: finite,
  max: finite,
  description: Schema.optionalKey(text(500, "a description of at most 500 characters"))
})

export const DeclaredIndicator = Schema.Struct({
  indicator: matching(/^[A-Za-z0-9_-]{1,40}$/u, "an indicator's name such as rsi").annotate({
    description: "Name in the registry of indicators"
  }),
  parameters: Schema.optionalKey(
    Schema.Record(
      Name,
      Schema.Union([finite, text(64, "a number, a word or a parameter such as $period")]).annotate({
        expected: "a number, a word or a parameter such as $period"
      })
    ).check(few)
  ),
  of: Schema.optionalKey(
    Schema.Union([
      Name,
      Schema.Array(Name).check(Schema.isBetweenLength(1, 5, { expected: "one to five sources" }))
    ]).annotate({
      expected: "a bar field or an indicator, or a list of them",
      description:
        "What it is computed from: bar fields or other indicators, in the indicator's order; without it its own fields or the close"
    })
  ),
  output: Schema.optionalKey(Name.annotate({ description: "Which output, where it has several; without it the first" }))
})

const Side = Schema.Struct({
  enter: Condition,
  exit: Schema.optionalKey(Condition)
})

export const Document = Schema.Struct({
  format: Schema.Literal(format).annotate({ expected: format }),
  name: matching(/^[a-z][a-z0-9-]{0,62}$/u, "a name of small letters, digits and -"),
  version: whole(1, 1_000_000),
  description: Schema.optionalKey(text(2000, "a description of at most 2,000 characters")),
  instrument: matching(/^[^:\s]{1,40}:\S{1,60}$/u, "an instrument such as sim:BTC/USDT"),
  barSeconds: whole(1, 86_400).annotate({ description: "The bars' interval" }),
  size: Schema.Union([Decimal, between(1e-6, 1e15, 'a decimal in quotes such as "0.01"')]).annotate({
    expected: 'a decimal in quotes such as "0.01"',
    description: "Base asset to hold while long or short; a multiple of the instrument's lot size"
  }),
  parameters: Schema.optionalKey(Schema.Record(Name, DeclaredParameter).check(few)),
  indicators: Schema.optionalKey(Schema.Record(Name, DeclaredIndicator).check(few)),
  rules: Schema.Struct({ long: Schema.optionalKey(Side), short: Schema.optionalKey(Side) }),
  exits: Schema.optionalKey(
    Schema.Struct({
      stopLoss: Schema.optionalKey(Percent),
      takeProfit: Schema.optionalKey(Percent),
      trailing: Schema.optionalKey(Percent)
    })
  )
})
export type Document = typeof Document.Type

/** JSON Schema (draft 2020-12) of a document, for editors. */
export const documentJsonSchema = (): JsonSchema.JsonSchema => {
  const { definitions, schema } = Schema.toJsonSchemaDocument(Document, { onExcessProperty: "error" })
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "Outcry signal",
    ...schema,
    ...(Object.keys(definitions).length === 0 ? {} : { $defs: definitions })
  }
}

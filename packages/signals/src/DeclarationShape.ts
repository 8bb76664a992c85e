/** Plain data → a document of the right shape, every fault told at once with its path and what to give instead. */
import { Schema, SchemaIssue } from "effect"
import { Document } from "./DeclarationSchema.ts"
import { type Fault, InvalidDeclaration } from "./InvalidDeclaration.ts"
import type { ReadText } from "./DeclarationText.ts"

type Path = ReadonlyArray<PropertyKey>

export const pathText = (path: Path): string =>
  path.reduce<string>(
    (text, key) => (typeof key === "number" ? `${text}[${key}]` : text === "" ? String(key) : `${text}.${String(key)}`),
    ""
  )

const unexpected = "Expected no excess property"
const missing = "Missing key"

const formatted = SchemaIssue.makeFormatterStandardSchemaV1({
  leafHook: (issue) =>
    issue._tag === "UnexpectedKey"
      ? unexpected
      : issue._tag === "MissingKey"
        ? missing
        : SchemaIssue.defaultLeafHook(issue)
})

/** Fields of what stands at a path, where they are fixed; `*` stands for names of the author's. */
const fields: Readonly<Record<string, ReadonlyArray<string>>> = {
  "": Object.keys(Document.fields),
  "parameters.*": ["type", "default", "min", "max", "description"],
  "indicators.*": ["indicator", "parameters", "of", "output"],
  rules: ["long", "short"],
  "rules.long": ["enter", "exit"],
  "rules.short": ["enter", "exit"],
  exits: ["stopLoss", "takeProfit", "trailing"]
}

const fieldsAt = (path: Path): ReadonlyArray<string> | undefined => {
  const pattern = path.map((key, at) => (at === 1 && path[0] !== "rules" ? "*" : String(key))).join(".")
  return Object.hasOwn(fields, pattern) ? fields[pattern] : undefined
}

const valueAt = (value: unknown, path: Path): unknown =>
  path.reduce<unknown>(
    (inner, key) =>
      typeof inner === "object" && inner !== null && Object.hasOwn(inner, key)
        ? (inner as Readonly<Record<PropertyKey, unknown>>)[key]
        : undefined,
    value
  )

const shown = (value: unknown): string => {
  const text = JSON.stringify(value) ?? "nothing"
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}

/** Types as people call them. */
const plain: Readonly<Record<string, string>> = {
  string: "text",
  number: "a number",
  "an integer": "a whole number",
  object: "fields with their values"
}

const faultOf = (path: Path, messages: ReadonlyArray<string>, value: unknown): Pick<Fault, "problem" | "remedy"> => {
  if (messages.includes(unexpected)) {
    const known = fieldsAt(path.slice(0, -1))
    return {
      problem: "is no field of a signal",
      remedy:
        known === undefined
          ? "Use a name of letters, digits and _ that begins with a letter, of at most 32 characters."
          : `Use one of ${known.join(", ")}, or leave it out.`
    }
  }
  if (messages.includes(missing)) return { problem: "is missing", remedy: "Every such entry needs it." }
  const words = messages.map((message) => message.replace(/^Expected /, "")).map((word) => plain[word] ?? word)
  const expected = [...new Set(words)].join(", or ")
  return { problem: `is ${shown(valueAt(value, path))}`, remedy: `Give ${expected}.` }
}

/** Throws InvalidDeclaration. */
export const shapeOf = ({ line, value }: ReadText): Document => {
  const result = Schema.decodeUnknownResult(Document, { errors: "all", onExcessProperty: "error" })(value)
  if (result._tag === "Success") return result.success
  const byPath = new Map<string, { readonly path: Path; readonly messages: Array<string> }>()
  for (const { message, path = [] } of formatted(result.failure.issue).issues) {
    const keys = path.map((key) => (typeof key === "object" ? key.key : key))
    const known = byPath.get(pathText(keys))
    if (known === undefined) byPath.set(pathText(keys), { path: keys, messages: [message] })
    else known.messages.push(message)
  }
  throw new InvalidDeclaration({
    faults: Array.from(byPath, ([text, { messages, path }]) => {
      const at = line(path)
      return { path: text, ...(at === undefined ? {} : { line: at }), ...faultOf(path, messages, value) }
    })
  })
}

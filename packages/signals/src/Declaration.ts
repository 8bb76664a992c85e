/**
 * A declared signal in its normal form: every field in the order of the schema, lists and decimals written in one way. Its
 * content hash names a version whatever file, order or spacing it came in.
 */
import { createHash } from "node:crypto"
import { type Document, format } from "./DeclarationSchema.ts"

export interface DeclaredParameter {
  readonly type: "integer" | "number"
  readonly default: number
  readonly min: number
  readonly max: number
  readonly description?: string
}

/** A number, or a parameter as `$name`. */
export type NumberOrParameter = number | string

export interface DeclaredIndicator {
  readonly indicator: string
  readonly parameters?: Readonly<Record<string, NumberOrParameter>>
  readonly of?: ReadonlyArray<string>
  readonly output?: string
}

/** Conditions in the language of ExpressionSyntax. */
export interface DeclaredSide {
  readonly enter: string
  readonly exit?: string
}

/** A document in its normal form. */
export interface Declaration {
  readonly format: typeof format
  readonly name: string
  readonly version: number
  readonly description?: string
  readonly instrument: string
  readonly barSeconds: number
  /** A decimal, in base asset. */
  readonly size: string
  readonly parameters: Readonly<Record<string, DeclaredParameter>>
  readonly indicators: Readonly<Record<string, DeclaredIndicator>>
  readonly rules: { readonly long?: DeclaredSide; readonly short?: DeclaredSide }
  /** In per cent. */
  readonly exits: {
    readonly stopLoss?: NumberOrParameter
    readonly takeProfit?: NumberOrParameter
    readonly trailing?: NumberOrParameter
  }
}

type Entries<A> = Readonly<Record<string, A>>

const mapped = <A, B>(entries: Entries<A>, change: (each: A) => B): Entries<B> =>
  Object.fromEntries(Object.entries(entries).map(([name, each]) => [name, change(each)]))

const present = <A extends object>(fields: A): A =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as A

const oneLine = (condition: string): string => condition.trim().replaceAll(/\s+/g, " ")

const side = (given: { readonly enter: string; readonly exit?: string } | undefined): DeclaredSide | undefined =>
  given === undefined
    ? undefined
    : { enter: oneLine(given.enter), ...(given.exit === undefined ? {} : { exit: oneLine(given.exit) }) }

/** Every field in the order of the schema, lists and decimals in one way, conditions on one line. */
export const normalForm = (document: Document): Declaration =>
  present({
    format,
    name: document.name,
    version: document.version,
    description: document.description,
    instrument: document.instrument,
    barSeconds: document.barSeconds,
    size: String(document.size),
    parameters: mapped(document.parameters ?? {}, ({ default: byDefault, description, max, min, type }) =>
      present({ type, default: byDefault, min, max, description })
    ),
    indicators: mapped(document.indicators ?? {}, ({ indicator, of, output, parameters }) =>
      present({ indicator, parameters, of: typeof of === "string" ? [of] : of, output })
    ),
    rules: present({ long: side(document.rules.long), short: side(document.rules.short) }),
    exits: present({
      stopLoss: document.exits?.stopLoss,
      takeProfit: document.exits?.takeProfit,
      trailing: document.exits?.trailing
    })
  }) as Declaration

const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== "object" || value === null) return value
  const entries = Object.entries(value).map(([key, inner]) => [key, sorted(inner)] as const)
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

/** SHA-256 of the content, in hexadecimals: the same for the same signal, in whatever order its entries stand. */
export const contentHash = (declaration: Declaration): string =>
  createHash("sha256")
    .update(JSON.stringify(sorted(declaration)))
    .digest("hex")

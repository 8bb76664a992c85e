/**
 * Loads strategies from files: a TypeScript or JavaScript module whose default export is made by `defineStrategy`, or a
 * signal declared in YAML or JSON. Modules outside this project may import `@outcry/model/…` and `effect` as those inside.
 */
import { InvalidOrderRequest } from "@outcry/model/OrderRequestTerms"
import type { StrategyDefinition } from "@outcry/model/Strategy"
import { parseDeclaration } from "@outcry/signals/DeclarationDocument"
import { declaredStrategy } from "@outcry/signals/DeclaredSignal"
import { InvalidDeclaration } from "@outcry/signals/InvalidDeclaration"
import { Effect, Predicate, Schema } from "effect"
import { existsSync, readFileSync } from "node:fs"
import { registerHooks } from "node:module"
import { extname } from "node:path"
import { pathToFileURL } from "node:url"

export class InvalidStrategy extends Schema.TaggedError<InvalidStrategy>()("InvalidStrategy", {
  module: Schema.String,
  reason: Schema.String,
  remedy: Schema.String
}) {
  override get message() {
    return `Strategy ${this.module}: ${this.reason}. ${this.remedy}`
  }
}

let hooked = false

/** Lets a file anywhere resolve what this program itself resolves. */
const hookResolution = (): void => {
  if (hooked) return
  hooked = true
  registerHooks({
    resolve: (specifier, context, next) => {
      try {
        return next(specifier, context)
      } catch (error) {
        if (!/^(@outcry\/|effect($|\/))/.test(specifier)) throw error
        return next(specifier, { ...context, parentURL: import.meta.url })
      }
    }
  })
}

const isDefinition = (value: unknown): value is StrategyDefinition<unknown, unknown> =>
  Predicate.isObject(value) &&
  Predicate.hasProperty(value, "name") &&
  Predicate.isString(value.name) &&
  Predicate.hasProperty(value, "parameters") &&
  Schema.isSchema(value.parameters) &&
  Predicate.hasProperty(value, "state") &&
  Schema.isSchema(value.state) &&
  Predicate.hasProperty(value, "feeds") &&
  Predicate.isFunction(value.feeds) &&
  Predicate.hasProperty(value, "initial") &&
  Predicate.isFunction(value.initial)

const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** A syntax error's stack begins with its place. */
const lineOf = (path: string, error: unknown): string => {
  const place = error instanceof Error ? (error.stack ?? "").split("\n", 1)[0]! : ""
  const line = /:(\d+)$/.exec(place)?.[1]
  return line !== undefined && place.includes(path) ? ` (line ${line})` : ""
}

const declared: ReadonlySet<string> = new Set([".yaml", ".yml", ".json"])

/** What a document declares, in its live form; the faults are told on one line, each with its remedy. */
const loadDeclared = (path: string): Effect.Effect<StrategyDefinition<unknown, unknown>, InvalidStrategy> =>
  Effect.try({
    try: () => declaredStrategy(parseDeclaration(readFileSync(path, "utf8"))) as StrategyDefinition<unknown, unknown>,
    catch: (error) =>
      new InvalidStrategy({
        module: path,
        reason: `it declares no signal: ${wordsOf(error).replaceAll("\n", " ")}`.replace(/\.$/, ""),
        remedy: error instanceof InvalidDeclaration ? "Correct the document." : "Give a file that can be read."
      })
  })

/** The definition a module exports or a document declares. */
export const load = Effect.fn("StrategyModules.load")(function* (path: string) {
  const refuse = (reason: string, remedy: string) => new InvalidStrategy({ module: path, reason, remedy })
  if (!existsSync(path)) return yield* refuse("there is no such file", "Give the path of a module with a strategy.")
  if (declared.has(extname(path))) return yield* loadDeclared(path)
  hookResolution()
  const loaded = yield* Effect.tryPromise({
    try: () => import(pathToFileURL(path).href) as Promise<{ readonly default?: unknown }>,
    catch: (error) => refuse(`it cannot be loaded${lineOf(path, error)}: ${wordsOf(error)}`, "Correct the module.")
  })
  if (!isDefinition(loaded.default))
    return yield* refuse(
      "its default export is no strategy",
      "Write `export default defineStrategy({ … })`; the README shows one."
    )
  return loaded.default
})

/** Checks parameters against the definition and returns the instruments it wants; a message names the field. */
export const checkParameters = Effect.fn("StrategyModules.checkParameters")(function* (
  path: string,
  definition: StrategyDefinition<unknown, unknown>,
  parameters: unknown
) {
  const decoded = yield* Schema.decodeUnknownEffect(definition.parameters)(parameters).pipe(
    Effect.mapError(
      (error) =>
        new InvalidStrategy({
          module: path,
          reason: `invalid parameters: ${error.message}`,
          remedy: "Correct them with --param name=value."
        })
    )
  )
  return yield* Effect.try({
    try: () => definition.feeds(decoded).map((feed) => feed.instrument),
    catch: (error) =>
      new InvalidStrategy({
        module: path,
        reason: `feeds() threw: ${error instanceof InvalidOrderRequest || error instanceof Error ? error.message : String(error)}`,
        remedy: "Correct the module."
      })
  })
})

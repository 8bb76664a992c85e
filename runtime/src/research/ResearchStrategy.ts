/**
 * A strategy for research: the live definition, its signal where it is one, and the hash of its file, by which a study names
 * it. A file that imports others is named by its own text alone.
 */
import type { StrategyDefinition } from "@outcry/model/Strategy"
import { parseDeclaration } from "@outcry/signals/DeclarationDocument"
import { declaredSignal } from "@outcry/signals/DeclaredSignal"
import type { SignalDefinition } from "@outcry/signals/Signal"
import { Effect, Predicate, Schema } from "effect"
import { createHash } from "node:crypto"
import { readFileSync } from "node:fs"
import { extname, resolve } from "node:path"
import { pathToFileURL } from "node:url"
import { load } from "../cluster/StrategyModules.ts"

export interface ResearchStrategy {
  /** Absolute. */
  readonly path: string
  readonly name: string
  readonly version: number
  /** SHA-256 of the file, hexadecimal. */
  readonly hash: string
  readonly live: StrategyDefinition<unknown, unknown>
  /** Undefined where it is no signal: then it runs event by event only. */
  readonly signal: SignalDefinition<unknown> | undefined
}

const isSignal = (value: unknown): value is SignalDefinition<unknown> =>
  Predicate.isObject(value) &&
  Predicate.hasProperty(value, "columns") &&
  Predicate.isFunction(value.columns) &&
  Predicate.hasProperty(value, "rule") &&
  Predicate.isFunction(value.rule) &&
  Predicate.hasProperty(value, "parameters") &&
  Schema.isSchema(value.parameters)

/** A module names its signal in an export `signal`; a document declares one. */
const signalOf = (path: string): Effect.Effect<SignalDefinition<unknown> | undefined> =>
  [".yaml", ".yml", ".json"].includes(extname(path))
    ? Effect.sync(() => declaredSignal(parseDeclaration(readFileSync(path, "utf8"))) as SignalDefinition<unknown>)
    : Effect.promise(async () => {
        const { signal } = (await import(pathToFileURL(path).href)) as { readonly signal?: unknown }
        return isSignal(signal) ? signal : undefined
      })

/** Fails with InvalidStrategy. */
export const loadResearchStrategy = Effect.fn("ResearchStrategy.load")(function* (given: string) {
  const path = resolve(given)
  const live = yield* load(path)
  const strategy: ResearchStrategy = {
    path,
    name: live.name,
    version: live.version,
    hash: createHash("sha256").update(readFileSync(path)).digest("hex"),
    live,
    signal: yield* signalOf(path)
  }
  return strategy
})

/**
 * What a run leaves to the next: the strategy's own state, and up to where it had read its account and its bars. It is
 * taken only when every intent has been answered, so that a state never counts on an order that nobody knows.
 */
import type { AccountKnowledge } from "@outcry/model/FactReader"
import type { RunnerSnapshot } from "@outcry/model/StrategyRunner"
import type { WarmUpState } from "@outcry/model/WarmUp"
import { Journal } from "@outcry/store/Journal"
import type { Fenced } from "@outcry/store/JournalError"
import { Effect, Option, Schema } from "effect"
import { createHash } from "node:crypto"
import { NotYet, StrategyThrew } from "./RunEnd.ts"
import type { StrategySettings } from "./StrategyHost.ts"

export interface RunSnapshot extends RunnerSnapshot<unknown> {
  readonly account: AccountKnowledge
  readonly bars: WarmUpState
  /** When it was taken, epoch µs, and the latest name given to a timer's occasion; older ones lack both. */
  readonly takenUs?: number
  readonly timerMark?: number
}

export const entityIdOf = (strategy: string): string => `Strategy/${strategy}`

/** The last one, if there is one of this version that fits the schema. */
export const load = Effect.fnUntraced(function* (strategy: string, settings: StrategySettings) {
  const journal = yield* Journal
  const stored = yield* journal.loadSnapshot(entityIdOf(strategy)).pipe(
    Effect.catchTag("CorruptSnapshot", (error) => Effect.as(Effect.logWarning(error.message), Option.none())),
    Effect.mapError((error) => new NotYet(error.message))
  )
  const found = Option.getOrUndefined(stored)
  if (found === undefined || found.version !== settings.definition.version) return undefined
  const kept = found.state as RunSnapshot
  const state = yield* Effect.option(Schema.decodeUnknownEffect(settings.definition.state)(kept.state))
  if (Option.isSome(state)) return { ...kept, state: state.value }
  yield* Effect.logWarning(`snapshot of strategy ${strategy} does not fit its schema any more: it starts afresh`)
  return undefined
})

/** Failing to save is no harm, unless a later run is why. */
export const save = Effect.fnUntraced(function* (
  strategy: string,
  settings: StrategySettings,
  epoch: number,
  snapshot: RunSnapshot
): Effect.fn.Return<void, Fenced | StrategyThrew, Journal> {
  const journal = yield* Journal
  const state = yield* Schema.encodeUnknownEffect(settings.definition.state)(snapshot.state).pipe(
    Effect.mapError((error) => new StrategyThrew(`its state does not fit its schema: ${error.message}`))
  )
  const text = JSON.stringify({ ...snapshot, state })
  yield* journal
    .saveSnapshot(entityIdOf(strategy), epoch, {
      seq: 0,
      version: settings.definition.version,
      state: JSON.parse(text) as unknown,
      hash: createHash("sha256").update(text).digest("hex")
    })
    .pipe(
      Effect.catch((error) =>
        error._tag === "Fenced"
          ? Effect.fail(error)
          : Effect.logWarning(`snapshot of strategy ${strategy} not saved: ${error.message}`)
      )
    )
})

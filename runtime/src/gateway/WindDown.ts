/**
 * Bringing a floor to rest: every strategy is paused, then every account cancels what is open. What is on its way to or
 * from the venue settles by itself afterwards; the caller watches the status for that. May be asked for repeatedly.
 */
import { Account } from "@outcry/actor-account/Protocol"
import { Strategy } from "@outcry/actor-strategy/Protocol"
import { Effect } from "effect"
import type { FloorConfig } from "../FloorConfig.ts"
import { askTimeoutMs } from "./FloorStatus.ts"

export const makeWindDown = Effect.fnUntraced(function* (floor: FloorConfig) {
  const strategy = yield* Strategy.client
  const account = yield* Account.client
  const attempt = <A, E, R>(what: string, effect: Effect.Effect<A, E, R>) =>
    effect.pipe(
      Effect.timeout(askTimeoutMs),
      Effect.as(true),
      Effect.catchCause((cause) => Effect.as(Effect.logWarning(`${what} did not wind down`, cause), false))
    )
  const ask = Effect.gen(function* () {
    const paused = yield* Effect.forEach(
      floor.strategies,
      ({ name }) => attempt(`strategy ${name}`, strategy(name).Control({ action: "pause" })),
      { concurrency: "unbounded" }
    )
    const cancelled = yield* Effect.forEach(
      floor.accounts,
      ({ name }) => attempt(`account ${name}`, account(name).Cancel({ clientOrderIds: "all" })),
      { concurrency: "unbounded" }
    )
    return { done: [...paused, ...cancelled].every((each) => each) }
  })
  return { ask }
})

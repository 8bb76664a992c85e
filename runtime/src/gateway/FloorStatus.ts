/**
 * What runs where: every actor of the floor asked for its status, within a bound. An actor that does not answer is named
 * in `missing` with the reason; the rest is shown all the same.
 */
import { AccountStatus, Account } from "@outcry/actor-account/Protocol"
import { Feed, FeedStatus } from "@outcry/actor-feed/Protocol"
import { Strategy, StrategyStatus } from "@outcry/actor-strategy/Protocol"
import { Clock, Effect, Result, Schema } from "effect"
import { reasonOf } from "../cli/UserError.ts"
import type { FloorConfig } from "../FloorConfig.ts"

export const Missing = Schema.Struct({
  kind: Schema.Literals(["feed", "account", "strategy"]),
  id: Schema.String,
  reason: Schema.String
})

export const FloorStatus = Schema.Struct({
  /** The node that answered. */
  node: Schema.String,
  /** Epoch ms. */
  timeMs: Schema.Number,
  feeds: Schema.Array(FeedStatus),
  accounts: Schema.Array(AccountStatus),
  strategies: Schema.Array(StrategyStatus),
  missing: Schema.Array(Missing)
})
export type FloorStatus = typeof FloorStatus.Type

/** The JSON form of the API. */
export const FloorStatusJson = Schema.toCodecJson(FloorStatus)

/** How long one actor may take to answer; also while it moves between nodes. */
export const askTimeoutMs = 2_000

/** Asks all actors of the floor at once. Needs the cluster, not the database. */
export const makeFloorStatus = Effect.fnUntraced(function* (floor: FloorConfig, node: string) {
  const feed = yield* Feed.client
  const account = yield* Account.client
  const strategy = yield* Strategy.client

  const askAll = <A, E extends { readonly message: string }, R>(
    kind: (typeof Missing.Type)["kind"],
    ids: ReadonlyArray<string>,
    ask: (id: string) => Effect.Effect<A, E, R>
  ) =>
    Effect.forEach(
      ids,
      (id) =>
        ask(id).pipe(
          Effect.timeout(askTimeoutMs),
          Effect.catchDefect((defect) => Effect.fail({ message: reasonOf(defect) })),
          Effect.mapError((error) => ({ kind, id, reason: error.message })),
          Effect.result
        ),
      { concurrency: 16 }
    )

  /** `hashed` costs every account a hash of all it holds: for who compares it. */
  const ask = Effect.fnUntraced(function* (hashed: boolean) {
    const [feeds, accounts, strategies] = yield* Effect.all(
      [
        askAll("feed", floor.instruments, (id) => feed(id).Status()),
        askAll(
          "account",
          floor.accounts.map(({ name }) => name),
          (id) => account(id).Status({ hashed })
        ),
        askAll(
          "strategy",
          floor.strategies.map(({ name }) => name),
          (id) => strategy(id).Status()
        )
      ],
      { concurrency: "unbounded" }
    )
    const successes = <A, E>(results: ReadonlyArray<Result.Result<A, E>>): ReadonlyArray<A> =>
      results.flatMap((result) => (Result.isSuccess(result) ? [result.success] : []))
    const failures = <A, E>(results: ReadonlyArray<Result.Result<A, E>>): ReadonlyArray<E> =>
      results.flatMap((result) => (Result.isFailure(result) ? [result.failure] : []))
    const status: FloorStatus = {
      node,
      timeMs: yield* Clock.currentTimeMillis,
      feeds: successes(feeds),
      accounts: successes(accounts),
      strategies: successes(strategies),
      missing: [...failures(feeds), ...failures(accounts), ...failures(strategies)]
    }
    return status
  })
  return { ask }
})

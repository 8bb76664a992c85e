/**
 * The node's execution sessions, one per account, opened on first use and kept until the process ends: an account actor
 * that moves or is interrupted with its shard leaves the sockets alone. Accounts at one venue share its clock.
 */
import { Effect, Layer, Scope } from "effect"
import * as CcxtExecution from "./ccxt/CcxtExecution.ts"
import { attemptUntil } from "./ccxt/Transport.ts"
import { Execution, type ExecutionSession, UnknownAccount, type VenueAccount } from "./Execution.ts"
import type { VenueAddress } from "./VenueAddress.ts"
import * as VenueClock from "./VenueClock.ts"

export interface ExecutionPoolOptions {
  readonly venues: ReadonlyArray<VenueAddress>
  readonly accounts: ReadonlyArray<VenueAccount>
  readonly session?: Partial<CcxtExecution.CcxtExecutionOptions>
}

const venueClock = (address: VenueAddress, replyMs: number) =>
  Effect.gen(function* () {
    const read = yield* VenueClock.readClock
    const keys = { apiKey: "", secret: "" }
    const { client, transport } = yield* CcxtExecution.client(address, keys, replyMs, () => read().monotonicUs)
    return yield* VenueClock.make(
      Effect.tryPromise(() =>
        transport.during(attemptUntil(read().monotonicUs + replyMs * 1_000), () => client.fetchTime())
      )
    )
  })

/** An account whose venue is not among the venues is as unknown as one that is not there. */
export const layer = (options: ExecutionPoolOptions): Layer.Layer<Execution> =>
  Layer.effect(
    Execution,
    Effect.gen(function* () {
      const scope = yield* Effect.scope
      const settings = { ...CcxtExecution.defaultOptions, ...options.session }
      const sessions = new Map<string, Effect.Effect<ExecutionSession>>()
      for (const address of options.venues) {
        const clock = yield* Effect.cached(Scope.provide(venueClock(address, settings.replyMs), scope))
        for (const account of options.accounts.filter(({ venue }) => venue === address.id)) {
          const made = Effect.flatMap(clock, (each) => CcxtExecution.make(address, account, each, settings))
          sessions.set(account.account, yield* Effect.cached(Scope.provide(made, scope)))
        }
      }
      return Execution.of({
        session: (account) => sessions.get(account) ?? Effect.fail(new UnknownAccount(account))
      })
    })
  )

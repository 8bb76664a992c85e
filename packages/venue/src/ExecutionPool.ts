/**
 * The node's execution sessions, one per account, opened on first use and kept until the process ends: an account actor
 * that moves or is interrupted with its shard leaves the sockets alone. Accounts at one venue share its clock.
 */
import { Effect, Layer, Scope } from "effect"
import * as CcxtExecution from "./ccxt/CcxtExecution.ts"
import { attemptUntil } from "./ccxt/Transport.ts"
import { weights } from "./binance/SpotLimits.ts"
import { Execution, type ExecutionSession, UnknownAccount, type VenueAccount } from "./Execution.ts"
import type { VenueAddress } from "./VenueAddress.ts"
import * as VenueClock from "./VenueClock.ts"
import { type VenueGate, VenueGates } from "./VenueGates.ts"

export interface ExecutionPoolOptions {
  readonly venues: ReadonlyArray<VenueAddress>
  readonly accounts: ReadonlyArray<VenueAccount>
  readonly session?: Partial<CcxtExecution.CcxtExecutionOptions>
}

const venueClock = (address: VenueAddress, gate: VenueGate, replyMs: number) =>
  Effect.gen(function* () {
    const read = yield* VenueClock.readClock
    const keys = { apiKey: "", secret: "" }
    const { client, transport } = yield* CcxtExecution.client(address, keys, replyMs, read)
    const passage = { purpose: "lookup", weight: weights.time, orders: 0, key: "" } as const
    return yield* VenueClock.make(
      Effect.gen(function* () {
        const untilUs = read().monotonicUs + replyMs * 1_000
        const admission = yield* gate.rates.admit(passage, untilUs)
        if (admission._tag === "Refused") return yield* Effect.fail(admission)
        const attempt = attemptUntil(untilUs)
        return yield* Effect.tryPromise(() => transport.during(attempt, () => client.fetchTime())).pipe(
          Effect.ensuring(Effect.suspend(() => admission.ended(attempt.status === 0 ? undefined : attempt)))
        )
      })
    )
  })

/** An account whose venue is not among the venues is as unknown as one that is not there. */
export const layer = (options: ExecutionPoolOptions): Layer.Layer<Execution, never, VenueGates> =>
  Layer.effect(
    Execution,
    Effect.gen(function* () {
      const scope = yield* Effect.scope
      const gates = yield* VenueGates
      const settings = { ...CcxtExecution.defaultOptions, ...options.session }
      const sessions = new Map<string, Effect.Effect<ExecutionSession>>()
      for (const address of options.venues) {
        const gate = gates.gate(address.id)
        const clock = yield* Effect.cached(Scope.provide(venueClock(address, gate, settings.replyMs), scope))
        for (const account of options.accounts.filter(({ venue }) => venue === address.id)) {
          const made = Effect.flatMap(clock, (each) => CcxtExecution.make(address, account, each, gate, settings))
          sessions.set(account.account, yield* Effect.cached(Scope.provide(made, scope)))
        }
      }
      return Execution.of({
        session: (account) => sessions.get(account) ?? Effect.fail(new UnknownAccount(account))
      })
    })
  )

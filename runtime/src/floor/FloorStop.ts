/**
 * Bringing a running floor to rest before its nodes end: no new intents, open orders cancelled, what is in flight given
 * time to settle. Returns the last status in which nothing moved any more, with which the replayed journals are compared.
 */
import { Effect, Option } from "effect"
import type { FloorStatus } from "../gateway/FloorStatus.ts"
import type { NodeSupervisor } from "./NodeSupervisor.ts"

/** Past an order's expiry, the look-ups after it, and a takeover under way. */
const settleWithinMs = 15_000
const pollMs = 150
/** For actors that are on their way to another node. */
const answerWithinMs = 5_000
/** A cancel may have been refused while its order was on its way: they are asked for again. */
const askAgainEveryMs = 2_000

/** Whether nothing is under way: what is left open is of unknown fate, and every actor answered. */
const isSettled = (status: FloorStatus): boolean =>
  status.missing.length === 0 &&
  status.accounts.every(
    ({ condition, openOrders }) => condition === "ready" && openOrders.every((order) => order.status === "unknown")
  )

const rowsOf = (status: FloorStatus): string => status.accounts.map(({ account, seq }) => `${account}@${seq}`).join(" ")

export interface Rest {
  /** The floor as it was before it was asked to rest. */
  readonly running: FloorStatus | undefined
  /** With the accounts' state hashes; undefined where no node answered any more. */
  readonly status: FloorStatus | undefined
  readonly settled: boolean
}

/** What of the supervisor this asks. */
type Asked = Pick<NodeSupervisor, "status" | "hashedStatus" | "windDown">

/** The floor with every actor's answer, or what there is after some time. */
const runningFloor = (supervisor: Asked): Effect.Effect<FloorStatus | undefined> =>
  Effect.gen(function* () {
    const startedMs = performance.now()
    let running: FloorStatus | undefined
    do {
      if (running !== undefined) yield* Effect.sleep(pollMs)
      const status = Option.getOrUndefined(yield* Effect.option(supervisor.status))
      running = status ?? running
      if (status === undefined || status.missing.length === 0) break
    } while (performance.now() - startedMs < answerWithinMs)
    return running
  })

const hashedOf = (supervisor: Asked): Effect.Effect<FloorStatus | undefined> =>
  Effect.map(Effect.option(supervisor.hashedStatus), Option.getOrUndefined)

export const bringToRest = (supervisor: Asked): Effect.Effect<Rest> =>
  Effect.gen(function* () {
    let last: FloorStatus | undefined
    let askedMs = -Infinity
    const running = yield* runningFloor(supervisor)
    const startedMs = performance.now()
    while (performance.now() - startedMs < settleWithinMs) {
      if (performance.now() - askedMs > askAgainEveryMs) {
        askedMs = performance.now()
        yield* Effect.ignore(supervisor.windDown)
      }
      const status = Option.getOrUndefined(yield* Effect.option(supervisor.status))
      if (status !== undefined) {
        if (last !== undefined && isSettled(status) && rowsOf(status) === rowsOf(last)) {
          const hashed = yield* hashedOf(supervisor)
          // Still the same: no fact came in between.
          if (hashed !== undefined && isSettled(hashed) && rowsOf(hashed) === rowsOf(status))
            return { running, status: hashed, settled: true }
        }
        last = status
      }
      yield* Effect.sleep(pollMs)
    }
    // Accounts without a hash cannot be compared: they count as not heard.
    const unheard = last === undefined ? undefined : { ...last, accounts: [] }
    return { running, status: (yield* hashedOf(supervisor)) ?? unheard, settled: false }
  })

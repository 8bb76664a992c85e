/**
 * Keeps time and prices coming to the account while an order needs them: a trigger watched here, a date it is good until,
 * a pause before it is sent again, a position that lost its stop. Never more than one Tick waits; what moved meanwhile is
 * seen by the next one. While nothing needs them it sleeps.
 */
import type { AccountCommand } from "@outcry/model/AccountCommand"
import type { Mark } from "@outcry/model/AccountEvent"
import type { AccountState } from "@outcry/model/AccountState"
import { isSleeping } from "@outcry/model/Order"
import { Effect, type Latch } from "effect"

const lookEvery = "25 millis"
/** What time alone may change, such as a price that was stale, is looked at this often. */
const anywayUs = 250_000

const tick: AccountCommand = { type: "Tick" }

/** By content: whoever keeps the quotes may change them in place. */
const textOf = (mark: Mark | undefined): string =>
  mark === undefined ? "" : `${mark.bidTicks} ${mark.askTicks} ${mark.timeReceived}`

/** Whether anything of the account waits for time or prices. */
export const needsTicks = ({ unprotected, watched }: AccountState): boolean => watched.size > 0 || unprotected.size > 0

export interface PumpHost {
  readonly state: AccountState
  /** Opened with every change of the state that needs ticks. */
  readonly needed: Latch.Latch
  readonly mark: (instrument: string) => Mark | undefined
  /** Now, by the clock that orders are timed by. */
  readonly time: Effect.Effect<number>
  /** Puts a command into the mailbox and says when it has been worked. */
  readonly ask: (command: AccountCommand) => Effect.Effect<void>
}

/** Never ends by itself. */
export const pump = ({ ask, mark, needed, state, time }: PumpHost): Effect.Effect<never> => {
  let seen = new Map<string, string>()
  let seq = -1
  let lastUs = 0

  const isDue = (now: number): boolean => {
    const { orders, watched } = state
    if (state.seq !== seq || now - lastUs >= anywayUs) return true
    for (const [instrument, before] of seen) if (textOf(mark(instrument)) !== before) return true
    for (const id of watched) {
      const order = orders.get(id)
      if (order?.terms.expiresUs !== undefined && order.terms.expiresUs <= now && !order.cancelRequested) return true
      if (order?.releaseUs !== undefined && order.releaseUs <= now && order.status === "held") return true
    }
    return false
  }

  /** The prices that the next decision is made on. */
  const look = (): void => {
    seq = state.seq
    seen = new Map()
    for (const id of state.watched) {
      const order = state.orders.get(id)
      if (order !== undefined && isSleeping(order.status)) seen.set(order.instrument, textOf(mark(order.instrument)))
    }
  }

  return Effect.gen(function* () {
    for (;;) {
      if (!needsTicks(state)) needed.closeUnsafe()
      yield* needed.await
      const now = yield* time
      if (isDue(now)) {
        look()
        lastUs = now
        yield* ask(tick)
      }
      yield* Effect.sleep(lookEvery)
    }
  })
}

/** The metrics of an account, by what is committed. Their attributes are set once, not with every fact. */
import type { AccountEvent } from "@outcry/model/AccountEvent"
import type { AccountState } from "@outcry/model/AccountState"
import { isSleeping, type Order } from "@outcry/model/Order"
import * as Metrics from "@outcry/telemetry/Metrics"
import type { PlaceOutcome } from "@outcry/venue/Execution"
import { Effect, Metric } from "effect"
import type { AppendTimes } from "./AccountSpans.ts"
import { nowUs } from "./Wire.ts"

const outcomes: Partial<Record<AccountEvent["type"], string>> = {
  OrderRejected: "rejected",
  OrderUnknown: "unknown",
  OrderNotPlaced: "not_placed",
  OrderCanceled: "cancelled",
  OrderExpired: "expired"
}

const answers: Readonly<Record<PlaceOutcome["_tag"], string>> = {
  Accepted: "ok",
  Rejected: "rejected",
  Duplicate: "rejected",
  NotSent: "unreachable",
  Unknown: "unreachable"
}

export const makeAccountMeters = (account: string, venue: string, state: AccountState) => {
  const durable = Metric.withAttributes(Metrics.intentToDurable, { account })
  const acknowledged = Metric.withAttributes(Metrics.intentToAck, { account, venue })
  const risk = Metric.withAttributes(Metrics.riskCheck, { account })
  const passed = Metric.withAttributes(Metrics.riskChecks, { account, outcome: "passed" })
  const stopped = Metric.withAttributes(Metrics.riskChecks, { account, outcome: "refused" })
  const openOrders = Metric.withAttributes(Metrics.ordersOpen, { account })
  const held = Metric.withAttributes(Metrics.ordersHeld, { account })
  const unknown = Metric.withAttributes(Metrics.ordersUnknown, { account })
  const unknownAge = Metric.withAttributes(Metrics.orderUnknownAge, { account })
  const waiting = Metric.withAttributes(Metrics.mailboxSize, { actor: "Account" })

  const order = (outcome: string) => Metric.update(Metric.withAttributes(Metrics.orders, { account, outcome }), 1)

  return {
    /** A fact that is in the journal now; `of` is the order it is about, as it stands. */
    committed: (event: AccountEvent, of: Order | undefined, times: AppendTimes): Effect.Effect<void> => {
      switch (event.type) {
        case "OrderIntended":
          return Effect.andThen(
            Metric.update(durable, (times.committedUs - times.receivedUs) / 1e6),
            Metric.update(passed, 1)
          )
        case "IntentRefused": {
          const { reason, strategy } = event
          const counted = Metric.withAttributes(Metrics.intentsRefused, { account, strategy, reason })
          return Effect.andThen(Metric.update(counted, 1), Metric.update(stopped, 1))
        }
        case "OrderTriggered": {
          const instrument = of?.instrument ?? ""
          return Metric.update(Metric.withAttributes(Metrics.orderTriggers, { account, instrument }), 1)
        }
        case "ProtectionLost":
          return Metric.update(
            Metric.withAttributes(Metrics.protectionLost, { account, instrument: event.instrument }),
            1
          )
        case "OrderAccepted":
          return of === undefined
            ? Effect.void
            : Metric.update(acknowledged, (times.committedUs + times.offsetUs - of.timeIntent) / 1e6)
        case "OrderFilled": {
          const fill = Metric.update(Metric.withAttributes(Metrics.fills, { account, instrument: event.instrument }), 1)
          return of?.status === "filled" ? Effect.andThen(fill, order("filled")) : fill
        }
        default: {
          const outcome = outcomes[event.type]
          return outcome === undefined ? Effect.void : order(outcome)
        }
      }
    },
    /** One turn of the mailbox: how many wait behind it, how long the checks of each intent took. */
    turn: (behind: number, intents: number, decidedInUs: number): Effect.Effect<void> =>
      Effect.gen(function* () {
        yield* Metric.update(waiting, behind)
        yield* Metric.update(openOrders, state.orders.size)
        if (intents > 0) yield* Metric.update(risk, decidedInUs / 1e6 / intents)
      }),
    /** What waits here and what nobody knows, counted now and then. */
    waiting: (unknownSince: (order: Order) => number): Effect.Effect<void> =>
      Effect.gen(function* () {
        const now = yield* nowUs
        let sleeping = 0
        let lost = 0
        let sinceUs = now
        for (const order of state.orders.values()) {
          if (isSleeping(order.status)) sleeping += 1
          if (order.status !== "unknown") continue
          lost += 1
          sinceUs = Math.min(sinceUs, unknownSince(order))
        }
        yield* Metric.update(held, sleeping)
        yield* Metric.update(unknown, lost)
        yield* Metric.update(unknownAge, (now - sinceUs) / 1e6)
      }),
    /** The account lives elsewhere from now on: here nothing of it is open, waits or is unknown. */
    left: Effect.suspend(() =>
      Effect.forEach([openOrders, held, unknown, unknownAge], (gauge) => Metric.update(gauge, 0), { discard: true })
    ),
    placed: (outcome: PlaceOutcome["_tag"]): Effect.Effect<void> =>
      Metric.update(Metric.withAttributes(Metrics.venueRequests, { venue, outcome: answers[outcome] }), 1)
  }
}

/**
 * A node's copy of an account for its subscribers: follows the account's facts from its journal on, wherever the account
 * lives, and evolves them with the account's own code. From it come the channels orders, fills and positions.
 *
 * When the account moves or its node dies, the mirror goes on from the last fact it saw; none is missed or seen twice.
 */
import { Account, type Fact } from "@outcry/actor-account/Protocol"
import { type AccountState, evolve, findOrder, initial, versionKey } from "@outcry/model/AccountState"
import type { AccountEvent } from "@outcry/model/AccountEvent"
import * as AccountEventCodec from "@outcry/model/AccountEventCodec"
import type { Mark } from "@outcry/model/AccountEvent"
import { Effect, Schedule, Stream } from "effect"
import { fillRow, orderRow, positionRows } from "./AccountRows.ts"
import { TopicHub } from "./Topic.ts"

/** Deltas kept for clients that come back. */
const keptMax = 5_000
/** Fills in a snapshot. */
const fillsMax = 500
const reconnectMs = 200

export interface AccountTopics {
  readonly orders: TopicHub
  readonly fills: TopicHub
  readonly positions: TopicHub
  readonly state: AccountState
}

const changesOrder = (event: AccountEvent): event is Extract<AccountEvent, { readonly clientOrderId: string }> =>
  "clientOrderId" in event && event.type !== "IntentRefused" && event.type !== "DifferenceFlagged"

/** Runs in the scope of the gateway. */
export const makeAccountTopics = Effect.fnUntraced(function* (
  account: string,
  markOf: (instrument: string) => Mark | undefined
) {
  const client = yield* Account.client
  const state = initial(account)
  const fills: Array<ReturnType<typeof fillRow>> = []
  let ts = 0
  let positionsShown = ""

  const now = <A>(data: A) => ({ seq: state.seq, ts, data })
  const orders = new TopicHub({
    snapshot: () => now({ orders: Array.from(state.orders.values(), (order) => orderRow(state, order)) }),
    conflated: false,
    keep: keptMax,
    behind: true
  })
  const fillsTopic = new TopicHub({
    snapshot: () => now({ fills: [...fills] }),
    conflated: false,
    keep: keptMax,
    behind: true
  })
  const positions = new TopicHub({
    snapshot: () => now({ positions: positionRows(state, markOf) }),
    conflated: true,
    keep: 0
  })

  const apply = (fact: Fact): void => {
    // A reconnection may repeat what was seen.
    if (fact.seq <= state.seq) return
    const event = AccountEventCodec.decode(fact.type, fact.version, fact.payload, (id, version) =>
      state.versions.get(versionKey(id, version))
    )
    evolve(state, event)
    ts = fact.timeUs
    if (!changesOrder(event)) return
    const order = findOrder(state, event.clientOrderId)
    if (order === undefined) return
    const at = { type: "delta" as const, seq: fact.seq, ts }
    if (event.type === "OrderFilled") {
      const row = fillRow(state, order, event, fact)
      fills.push(row)
      if (fills.length > fillsMax) fills.shift()
      fillsTopic.publish({ ...at, data: row })
    }
    orders.publish({ ...at, data: { event: event.type, order: orderRow(state, order) } })
  }

  /** Where the account stood when this copy began: until then its deltas are the past. */
  let wholeAt = Number.POSITIVE_INFINITY
  const judge = (): void => {
    if (state.seq < wholeAt) return
    wholeAt = Number.POSITIVE_INFINITY
    orders.caughtUp()
    fillsTopic.caughtUp()
  }
  yield* client(account)
    .Status({})
    .pipe(
      Effect.timeout("2 seconds"),
      Effect.retry(Schedule.spaced(reconnectMs)),
      Effect.map(({ seq }) => {
        wholeAt = seq
        judge()
      }),
      Effect.forkScoped
    )

  yield* Stream.suspend(() => client(account).Watch({ afterSeq: state.seq })).pipe(
    Stream.runForEach((facts) =>
      Effect.sync(() => {
        facts.forEach(apply)
        judge()
      })
    ),
    Effect.catchCause((cause) => Effect.logDebug(`the watch of account ${account} ended`, cause)),
    Effect.andThen(Effect.sleep(reconnectMs)),
    Effect.forever,
    Effect.forkScoped
  )

  yield* Effect.sync(() => {
    if (positions.subscribers === 0) return
    const rows = positionRows(state, markOf)
    const text = JSON.stringify(rows)
    if (text === positionsShown) return
    positionsShown = text
    positions.publish({ type: "delta", ...now({ positions: rows }) })
  }).pipe(Effect.andThen(Effect.sleep("500 millis")), Effect.forever, Effect.forkScoped)

  const topics: AccountTopics = { orders, fills: fillsTopic, positions, state }
  return topics
})

/**
 * What is to be said of one scenario, at rest: the exchange's log joined with the journal by the independent checker, each
 * account replayed and held against what it says of itself, owners in their order, memory, and what came of every order.
 */
import { check } from "@outcry/exchange-sim/Checker"
import { stateHash } from "@outcry/model/AccountHash"
import { invariants } from "@outcry/model/AccountInvariants"
import { prefix } from "@outcry/model/ClientOrderId"
import type { StoredRow } from "@outcry/store/JournalRow"
import { Effect } from "effect"
import { type FloorBook, orderIdOf, type Slice } from "./FloorBook.ts"
import type { Harness } from "./Harness.ts"
import type { Violation } from "./Stage.ts"
import { findings } from "./Verdict.ts"
import { found, instead } from "./WaitUntil.ts"

/** What became of the orders intended in a scenario. */
export interface OrderOutcomes {
  readonly placed: number
  readonly fills: number
  /** By the state they ended in. */
  readonly byState: Readonly<Record<string, number>>
  /** Why they were rejected, not placed or for a while unknown; and what was flagged. */
  readonly reasons: Readonly<Record<string, number>>
  /** Longest that one was unknown before it was settled. */
  readonly unknownMsMax: number
  readonly intentsRefused: number
}

const memoryMiBMax = 900
const saysWithinMs = 20_000

const add = (into: Record<string, number>, key: string, by = 1): void => {
  into[key] = (into[key] ?? 0) + by
}

const fieldOf = ({ payload }: StoredRow, field: string): string => {
  const value: unknown =
    typeof payload === "object" && payload !== null ? Object.getOwnPropertyDescriptor(payload, field)?.value : undefined
  return typeof value === "string" ? value : ""
}

const endings: Readonly<Record<string, string>> = {
  OrderRejected: "rejected",
  OrderNotPlaced: "notPlaced",
  OrderCanceled: "canceled",
  OrderExpired: "expired",
  OrderAccepted: "working",
  OrderUnknown: "unknown"
}
const explained: ReadonlyArray<string> = ["OrderRejected", "OrderNotPlaced", "OrderUnknown", "DifferenceFlagged"]
/** Ids, times and numbers differ from order to order; the reason is what is left. */
const reasonText = (text: string): string =>
  text
    .replaceAll(/\boc[a-z2-7]{16}\b/g, "…")
    .replaceAll(/\d[\d.,:]*/g, "#")
    .slice(0, 160)

export const outcomesOf = (slice: Slice, book: FloorBook): OrderOutcomes => {
  const byState: Record<string, number> = {}
  const reasons: Record<string, number> = {}
  let [fills, placed, unknownMsMax, intentsRefused] = [0, 0, 0, 0]
  for (const [account, rows] of slice.rows) {
    const fates = new Map<string, string>()
    const unknownSince = new Map<string, number>()
    for (const row of rows) {
      const id = orderIdOf(row)
      if (row.type === "OrderIntended") fates.set(id, fieldOf(row, "placement") === "held" ? "held" : "intended")
      if (row.type === "IntentRefused") intentsRefused += 1
      if (row.type === "OrderFilled") fills += 1
      const ending = endings[row.type]
      if (ending !== undefined && fates.has(id)) fates.set(id, ending)
      if (explained.includes(row.type)) {
        const words = fieldOf(row, "reason") || fieldOf(row, "detail")
        add(
          reasons,
          `${row.type}: ${[fieldOf(row, "code"), reasonText(words)].filter((text) => text !== "").join(" ")}`
        )
      }
      const since = unknownSince.get(id)
      if (row.type === "OrderUnknown") unknownSince.set(id, since ?? row.timeUs)
      else if (since !== undefined && (ending !== undefined || row.type === "OrderFilled")) {
        unknownMsMax = Math.max(unknownMsMax, Math.round((row.timeUs - since) / 1000))
        unknownSince.delete(id)
      }
    }
    const state = book.stateOf(account)
    placed += fates.size
    for (const [id, fate] of fates) add(byState, (state.orders.get(id) ?? state.closed.get(id))?.status ?? fate)
  }
  return { placed, fills, byState, reasons, unknownMsMax, intentsRefused }
}

/** Owners follow one another: no row of an earlier one comes after a row of a later one. */
const ownersApart = (slice: Slice): ReadonlyArray<Violation> =>
  Array.from(slice.rows).flatMap(([account, rows]) =>
    rows.flatMap((row, index): ReadonlyArray<Violation> => {
      const previous = rows[index - 1]
      if (previous === undefined || row.epoch >= previous.epoch) return []
      const detail = `${account}: row ${row.seq} of owner ${row.epoch} after a row of owner ${previous.epoch}`
      return [{ invariant: "I5", detail }]
    })
  )

/** What was said to be no order at the venue never turns out to be one: absence is believed only once it is sure. */
const guessed = (slice: Slice): ReadonlyArray<Violation> =>
  Array.from(slice.rows).flatMap(([account, rows]) => {
    const ended = new Map<string, string>()
    return rows.flatMap((row): ReadonlyArray<Violation> => {
      const id = orderIdOf(row)
      if (row.type === "OrderNotPlaced" || row.type === "OrderRejected") ended.set(id, row.type)
      const before = ended.get(id)
      if (before === undefined || (row.type !== "OrderAccepted" && row.type !== "OrderFilled")) return []
      ended.delete(id)
      return [{ invariant: "I8", detail: `${account}: ${id} was ${before} and then ${row.type} at fact ${row.seq}` }]
    })
  })

/** No order that may open a position was decided on prices older than the account's limit. */
const staleMarks = (slice: Slice, book: FloorBook): ReadonlyArray<Violation> =>
  Array.from(slice.rows).flatMap(([account, rows]) => {
    const maxUs = book.stateOf(account).limits.markAgeMsMax * 1000
    return rows.flatMap((row): ReadonlyArray<Violation> => {
      const payload: unknown = row.payload
      if (row.type !== "OrderIntended" || !row.opening || typeof payload !== "object" || payload === null) return []
      const mark: unknown = "mark" in payload ? payload.mark : undefined
      if (typeof mark !== "object" || mark === null || !("timeReceived" in mark)) return []
      const ageUs = row.timeUs - Number(mark.timeReceived)
      if (ageUs <= maxUs + 1000) return []
      return [
        { invariant: "I7", detail: `${orderIdOf(row)} was intended on prices ${Math.round(ageUs / 1000)} ms old` }
      ]
    })
  })

const replayed = Effect.fnUntraced(function* (harness: Harness, book: FloorBook, account: string) {
  const state = book.stateOf(account)
  const violations: Array<Violation> = []
  const live = yield* harness.until(
    { what: `${account} says how it stands`, withinMs: saysWithinMs },
    Effect.map(harness.observer.status(account), (status) => {
      if (status === undefined) return instead("no answer")
      return status.seq >= state.seq ? found(status) : instead(`it is at fact ${status.seq} of ${state.seq}`)
    })
  )
  // Facts may come at rest, too, such as a limit: then the next slice holds them against one another.
  if (live.seq === state.seq && stateHash(state) !== live.stateHash)
    violations.push({ invariant: "I4", detail: `${account} at fact ${live.seq} is not what its journal replays to` })
  for (const broken of invariants(state)) violations.push({ invariant: "I3", detail: `${account}: ${broken}` })
  for (const apart of book.positionsApart(account)) violations.push({ invariant: "I3", detail: apart })
  return violations
})

/** Everything the scenario's slice and the floor at rest are checked for. */
export const judge = Effect.fnUntraced(function* (harness: Harness, book: FloorBook, slice: Slice) {
  const violations: Array<Violation> = [
    ...findings(check({ acceptLog: slice.log, journal: slice.journal, prefix })),
    ...ownersApart(slice),
    ...guessed(slice),
    ...staleMarks(slice, book)
  ]
  for (const account of harness.accounts) violations.push(...(yield* replayed(harness, book, account)))
  for (const node of harness.nodes) {
    const memory = yield* node.memoryMiB
    if (memory > memoryMiBMax) violations.push({ invariant: "I6", detail: `${node.name} uses ${memory} MiB` })
  }
  return violations
})

/**
 * What is asked for where the database forgot what it had acknowledged, as a stand-by that was behind does when it is
 * promoted: nothing brings the lost facts back, so every account that lost an order which can still be seen at the venue
 * must say so by itself, and must say the truth of what is left.
 */
import type { LogLine } from "@outcry/exchange-sim/AcceptLog"
import { isOurs } from "@outcry/model/ClientOrderId"
import { Effect } from "effect"
import { orderIdOf } from "./FloorBook.ts"
import type { Harness } from "./Harness.ts"
import type { Stage, Violation } from "./Stage.ts"
import { found, instead } from "./WaitUntil.ts"

/** Accounts compare themselves with the venue as they start and every few seconds. */
const toldWithinMs = 30_000

interface Seen {
  /** Orders of ours that the exchange accepted, by account. */
  readonly accepted: ReadonlyMap<string, ReadonlySet<string>>
  /** Those of them that traded or are open: the others have left no trace that an account could come across. */
  readonly traces: ReadonlySet<string>
}

const seenIn = (log: ReadonlyArray<LogLine>): Seen => {
  const accepted = new Map<string, Set<string>>()
  const traces = new Set<string>()
  for (const line of log) {
    if (line.type === "start" || !isOurs(line.clientOrderId)) continue
    if (line.type === "order") {
      const ids = accepted.get(line.account) ?? new Set()
      accepted.set(line.account, ids.add(line.clientOrderId))
      traces.add(line.clientOrderId)
    } else if (line.type === "fill") traces.add(`${line.clientOrderId} traded`)
    else if ((line.type === "cancel" || line.type === "expire") && !traces.has(`${line.clientOrderId} traded`))
      traces.delete(line.clientOrderId)
  }
  return { accepted, traces }
}

const flagsOf = Effect.fnUntraced(function* (harness: Harness, account: string) {
  const rows = yield* harness.observer.rows(account)
  const [intended, flagged] = [new Set<string>(), new Set<string>()]
  for (const row of rows)
    if (row.type === "OrderIntended") intended.add(orderIdOf(row))
    else if (row.type === "DifferenceFlagged") flagged.add(orderIdOf(row))
  return { intended, flagged }
})

/** Waits until every account that lost such an order has flagged one. `before`: length of the exchange's log until then. */
export const untilTold = Effect.fnUntraced(function* (harness: Harness, before: number, note: Stage["note"]) {
  const { accepted, traces } = seenIn((yield* harness.exchange.log).slice(before))
  const violations: Array<Violation> = []
  let [lost, told] = [0, 0]
  for (const [account, ids] of accepted) {
    const { intended } = yield* flagsOf(harness, account)
    const gone = Array.from(ids).filter((id) => !intended.has(id))
    const visible = gone.filter((id) => traces.has(id))
    lost += gone.length
    if (visible.length === 0) continue
    const silent = yield* harness
      .until(
        { what: `${account} tells that its journal lacks orders`, withinMs: toldWithinMs, everyMs: 200 },
        Effect.map(flagsOf(harness, account), ({ flagged }) => {
          const named = visible.filter((id) => flagged.has(id))
          if (named.length === 0) return instead(`none of ${visible.join(", ")} is flagged`)
          told += named.length
          return found("")
        })
      )
      .pipe(Effect.catchTag("NeverHappened", ({ message }) => Effect.succeed(message)))
    if (silent !== "") violations.push({ invariant: "I1", detail: silent })
  }
  yield* note(`${lost} orders that the exchange accepted are in no journal; ${told} of them were flagged at once`)
  if (lost === 0) violations.push({ invariant: "I7", detail: "nothing was lost, so nothing was shown" })
  return violations
})

/** Nothing may be made up beside what was lost: replay is live, and owners follow one another. */
export const settledOnly = (violations: ReadonlyArray<Violation>): ReadonlyArray<Violation> =>
  violations.filter(({ invariant }) => invariant === "I4" || invariant === "I5" || invariant === "I6")

/**
 * Reconciliation: what the venue shows, compared with what the account holds. Every difference becomes one finding:
 * explained, adopted by a command for the account, or flagged for an operator.
 *
 * Pure, and blind to the order of the lists it is given. What was not answered proves nothing: it is never read as "no
 * orders", "no fills" or "no money". No finding ends an open order; one that the venue no longer lists is looked up first.
 */
import type { AccountState } from "./AccountState.ts"
import { balanceFindings } from "./ReconciliationBalances.ts"
import { fillFindings } from "./ReconciliationFills.ts"
import type { Finding, Inspection, ReconciliationMemory, Standing } from "./ReconciliationFinding.ts"
import { orderFindings } from "./ReconciliationOrders.ts"
import type { VenueView } from "./ReconciliationView.ts"

export interface Reconciled {
  /** In the order in which their commands must be given: orders, then executions by time, then balances. */
  readonly findings: ReadonlyArray<Finding>
  readonly memory: ReconciliationMemory
}

/** Before every subject stands its kind: what was not answered carries on by it. */
const carryOn = (before: ReconciliationMemory, next: Map<string, Standing>, kind: string): void => {
  for (const [subject, standing] of before.standing)
    if (subject.startsWith(kind) && !next.has(subject)) next.set(subject, standing)
}

/** Compares one view with the account as it is now. The same inputs give the same result, whatever order they came in. */
export const reconcile = (state: AccountState, seen: VenueView, memory: ReconciliationMemory): Reconciled => {
  const next = new Map<string, Standing>()
  const inspection: Inspection = {
    state,
    seen,
    before: memory,
    stand: (subject, signature) => {
      const known = memory.standing.get(subject)
      const again = known !== undefined && known.signature === signature
      const standing = again
        ? {
            ...known,
            lastUs: Math.max(known.lastUs, seen.time),
            views: known.views + (seen.time > known.lastUs ? 1 : 0)
          }
        : { signature, sinceUs: seen.time, lastUs: seen.time, views: 1 }
      next.set(subject, standing)
      return standing
    },
    keep: (subject) => {
      const known = memory.standing.get(subject)
      if (known !== undefined) next.set(subject, known)
    }
  }
  const fills = fillFindings(inspection)
  const orders = orderFindings(inspection, fills)
  const before = [...orders, ...fills.findings]
  const findings = [...before, ...balanceFindings(inspection, before, fills)]
  if (seen.openOrders === undefined) carryOn(memory, next, "order ")
  if (seen.balances === undefined) carryOn(memory, next, "balance ")
  return { findings, memory: { standing: next, readUpTo: fills.readUpTo } }
}

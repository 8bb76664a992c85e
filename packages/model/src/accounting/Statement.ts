/**
 * The statement of a period, usually a day: for each asset its opening balance, what moved it by kind, its closing
 * balance, and how that compares with the venue's. Times are those of the journal: a period that is over never changes,
 * whatever is reported late.
 */
import type { AccountEvent } from "../AccountEvent.ts"
import type * as Amount from "../Amount.ts"
import { type Books, emptyBooks, type MovementKind, post } from "./Books.ts"

/** A journal row. */
export interface Entry {
  /** When it was journalled, epoch µs; ascending. */
  readonly timeUs: number
  readonly event: AccountEvent
}

export interface StatementLine {
  readonly asset: string
  readonly opening: Amount.Amount
  readonly movements: ReadonlyMap<MovementKind, Amount.Amount>
  readonly closing: Amount.Amount
  /** The venue's own closing balance; undefined where it is not known. */
  readonly venue: Amount.Amount | undefined
  /** Venue less ours; undefined where the venue's is not known. */
  readonly difference: Amount.Amount | undefined
}

export interface Statement {
  readonly account: string
  readonly fromUs: number
  readonly untilUs: number
  readonly fills: number
  readonly lines: ReadonlyArray<StatementLine>
  /** Assets on which the venue and we disagree. */
  readonly differing: ReadonlyArray<string>
  /** Assets of ours that the venue's balances do not name: not reconciled, which is not the same as agreeing. */
  readonly unreconciled: ReadonlyArray<string>
  /** The books at the end of the period, for results and exposure. */
  readonly books: Books
}

/**
 * Statement over [fromUs, untilUs) of a journal from its beginning; entries from `untilUs` on are left out. `venue`:
 * the venue's balances at the end of the period, undefined where they were not taken.
 */
export const statementOf = (
  account: string,
  entries: Iterable<Entry>,
  period: { readonly fromUs: number; readonly untilUs: number },
  venue: ReadonlyMap<string, Amount.Amount> | undefined
): Statement => {
  const { fromUs, untilUs } = period
  const books = emptyBooks(account)
  const moved = new Map<string, Map<MovementKind, Amount.Amount>>()
  let opening: ReadonlyMap<string, Amount.Amount> | undefined
  let fills = 0
  for (const { event, timeUs } of entries) {
    if (timeUs >= untilUs) break
    if (timeUs >= fromUs) opening ??= new Map(books.balances)
    const movements = post(books, event)
    if (timeUs < fromUs) continue
    if (event.type === "OrderFilled") fills += 1
    for (const { amount, asset, kind } of movements) {
      const kinds = moved.get(asset) ?? new Map<MovementKind, Amount.Amount>()
      moved.set(asset, kinds)
      kinds.set(kind, (kinds.get(kind) ?? 0n) + amount)
    }
  }
  opening ??= new Map(books.balances)
  const assets = new Set([...books.balances.keys(), ...(venue?.keys() ?? [])])
  const lines = Array.from(assets)
    .toSorted()
    .map((asset): StatementLine => {
      const closing = books.balances.get(asset) ?? 0n
      const theirs = venue?.get(asset)
      return {
        asset,
        opening: opening.get(asset) ?? 0n,
        movements: moved.get(asset) ?? new Map(),
        closing,
        venue: theirs,
        difference: theirs === undefined ? undefined : theirs - closing
      }
    })
  return {
    account,
    fromUs,
    untilUs,
    fills,
    lines,
    differing: lines.flatMap(({ asset, difference }) => (difference === undefined || difference === 0n ? [] : [asset])),
    unreconciled: lines.flatMap(({ asset, closing, difference }) =>
      difference === undefined && closing !== 0n ? [asset] : []
    ),
    books
  }
}

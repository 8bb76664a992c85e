/**
 * Profit and loss by strategy, instrument and day (UTC), exact, from fills and closing prices: what was realised, how what is held
 * changed in worth, and fees. Positions are the books' own (`accounting/PositionBooks`), at average cost; a day's rows sum to the change
 * of realised + unrealised − fees over it, whatever the fills.
 */
import * as Amount from "@outcry/model/Amount"
import { type BookedFill, bookFill, emptyPosition, type PositionBooks } from "@outcry/model/accounting/PositionBooks"
import { periodIndex, periodLabel } from "./Calendar.ts"
import { refuse } from "./Series.ts"

export interface StrategyFill extends BookedFill {
  readonly strategy: string
  readonly instrument: string
}

export interface DailyProfit {
  readonly strategy: string
  readonly instrument: string
  /** `2024-02-29`. */
  readonly day: string
  /** Held at the end of the day, in base. */
  readonly quantity: Amount.Amount
  /** During the day, in the quote asset, gross of fees. */
  readonly realised: Amount.Amount
  /** Change during the day of what is held against its cost; undefined where the day, or the one before, has no closing price. */
  readonly unrealised: Amount.Amount | undefined
  /** Of the day's fills that have a value in the quote asset. */
  readonly fees: Amount.Amount
  /** How many of the day's fills have a fee without such a value. */
  readonly unvaluedFees: number
  /** Realised + unrealised − fees; undefined with unrealised. */
  readonly profit: Amount.Amount | undefined
  readonly fills: number
}

/** The quote amount that one unit of base was worth when the day ended (UTC); undefined where there is no price. */
export type ClosingPrice = (instrument: string, day: string) => Amount.Amount | undefined

const one = 10n ** BigInt(Amount.scale)

const openWorth = (position: PositionBooks, price: Amount.Amount | undefined): Amount.Amount | undefined => {
  if (position.quantity === 0n) return 0n
  return price === undefined ? undefined : Amount.mulDiv(position.quantity, price, one) - position.cost
}

/** Rows of one position, a day after the other, from its first fill to its last or, while something is held, to `until`. */
const rowsOf = (fills: ReadonlyArray<StrategyFill>, until: number, close: ClosingPrice): ReadonlyArray<DailyProfit> => {
  const { instrument, strategy } = fills[0]!
  const position = emptyPosition(instrument, "", "")
  const rows: Array<DailyProfit> = []
  let next = 0
  let before: Amount.Amount | undefined = 0n
  for (let day = periodIndex(fills[0]!.timeVenue, "day"); day <= until; day++) {
    if (next === fills.length && position.quantity === 0n) break
    const held = position.quantity
    const { realised } = position
    const first = next
    let fees = 0n
    let unvaluedFees = 0
    for (; next < fills.length && periodIndex(fills[next]!.timeVenue, "day") === day; next++) {
      const fill = fills[next]!
      bookFill(position, fill)
      if (fill.feeValue !== undefined) fees += fill.feeValue
      else if (fill.fee !== 0n) unvaluedFees++
    }
    const label = periodLabel(day, "day")
    const after = openWorth(position, close(instrument, label))
    const unrealised: Amount.Amount | undefined =
      after === undefined || before === undefined ? undefined : after - before
    before = after
    // A day on which nothing was held and nothing happened says nothing.
    if (held === 0n && first === next) continue
    const gained = position.realised - realised
    rows.push({
      strategy,
      instrument,
      day: label,
      quantity: position.quantity,
      realised: gained,
      unrealised,
      fees,
      unvaluedFees,
      profit: unrealised === undefined ? undefined : gained + unrealised - fees,
      fills: next - first
    })
  }
  return rows
}

/** Sorted by strategy, instrument and day. `untilUs`: the time up to which open positions are followed, epoch µs. */
export const dailyProfit = (
  fills: ReadonlyArray<StrategyFill>,
  untilUs: number,
  close: ClosingPrice
): ReadonlyArray<DailyProfit> => {
  const positions = new Map<string, Array<StrategyFill>>()
  for (const [at, fill] of fills.entries()) {
    if (fill.timeVenue > untilUs)
      refuse(`fills[${at}].timeVenue`, `is after untilUs, ${untilUs}`, "Follow the fills to their end")
    const key = `${fill.strategy}\n${fill.instrument}`
    const known = positions.get(key)
    if (known === undefined) positions.set(key, [fill])
    else known.push(fill)
  }
  const until = periodIndex(untilUs, "day")
  return [...positions]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([, own]) =>
      rowsOf(
        own.toSorted((a, b) => a.timeVenue - b.timeVenue),
        until,
        close
      )
    )
}

/**
 * Two runs held against each other decision by decision: the first order, and the first fill, in which they differ, with
 * what stood around it in both. It is how a back-test is compared with what was traded.
 */
import type { BacktestFill, BacktestOrder, BacktestResult } from "../BacktestResult.ts"

type Row = BacktestOrder | BacktestFill

export interface FirstDifference<R extends Row> {
  /** Place in both lists, from 0: all before it are equal. */
  readonly at: number
  /** The two that differ; undefined of a run that has no more of them. */
  readonly left: R | undefined
  readonly right: R | undefined
  /** Names of the fields that differ; empty where one is missing. */
  readonly fields: ReadonlyArray<string>
  /** Up to `contextRows` before it (equal in both), and what follows it in each. */
  readonly before: ReadonlyArray<R>
  readonly leftAfter: ReadonlyArray<R>
  readonly rightAfter: ReadonlyArray<R>
}

export interface ListDifference<R extends Row> {
  readonly left: number
  readonly right: number
  /** In both, wherever they stand. */
  readonly common: number
  readonly leftOnly: number
  readonly rightOnly: number
  /** Undefined where the lists are equal. */
  readonly first: FirstDifference<R> | undefined
}

export interface RunDifference {
  readonly equal: boolean
  /** What was decided: time, instrument, side, type, price and quantity of each order. */
  readonly decisions: ListDifference<BacktestOrder>
  /** What became of orders that were decided alike: status, reason and filled quantity of the first that differs. */
  readonly outcome: FirstDifference<BacktestOrder> | undefined
  readonly fills: ListDifference<BacktestFill>
}

const decisionFields = [
  "timeIntent",
  "strategy",
  "instrument",
  "side",
  "type",
  "priceTicks",
  "lots"
] as const satisfies ReadonlyArray<keyof BacktestOrder>
const outcomeFields = [...decisionFields, "status", "reason", "filledLots"] as const
const fillFields = [
  "timeUs",
  "strategy",
  "instrument",
  "side",
  "priceTicks",
  "lots",
  "price",
  "quantity",
  "fee",
  "liquidity"
] as const satisfies ReadonlyArray<keyof BacktestFill>

const contextRows = 3

const firstDifference = <R extends Row>(
  left: ReadonlyArray<R>,
  right: ReadonlyArray<R>,
  fields: ReadonlyArray<keyof R & string>
): FirstDifference<R> | undefined => {
  const length = Math.max(left.length, right.length)
  for (let at = 0; at < length; at++) {
    const one = left[at]
    const other = right[at]
    const differing =
      one === undefined || other === undefined ? [] : fields.filter((field) => one[field] !== other[field])
    if (one !== undefined && other !== undefined && differing.length === 0) continue
    return {
      at,
      left: one,
      right: other,
      fields: differing,
      before: left.slice(Math.max(0, at - contextRows), at),
      leftAfter: left.slice(at + 1, at + 1 + contextRows),
      rightAfter: right.slice(at + 1, at + 1 + contextRows)
    }
  }
  return undefined
}

const listDifference = <R extends Row>(
  left: ReadonlyArray<R>,
  right: ReadonlyArray<R>,
  fields: ReadonlyArray<keyof R & string>
): ListDifference<R> => {
  const keyOf = (row: R): string => JSON.stringify(fields.map((field) => row[field]))
  const counts = new Map<string, number>()
  for (const row of left) counts.set(keyOf(row), (counts.get(keyOf(row)) ?? 0) + 1)
  let common = 0
  for (const row of right) {
    const count = counts.get(keyOf(row)) ?? 0
    if (count === 0) continue
    counts.set(keyOf(row), count - 1)
    common++
  }
  return {
    left: left.length,
    right: right.length,
    common,
    leftOnly: left.length - common,
    rightOnly: right.length - common,
    first: firstDifference(left, right, fields)
  }
}

const byTime = <R extends Row>(rows: ReadonlyArray<R>, timeOf: (row: R) => number): ReadonlyArray<R> =>
  rows.toSorted(
    (one, other) =>
      timeOf(one) - timeOf(other) || one.strategy.localeCompare(other.strategy) || one.orderSeq - other.orderSeq
  )

/** Orders by the time of their intent, fills by theirs; the numbers of orders are no part of the comparison. */
export const runDifference = (left: BacktestResult, right: BacktestResult): RunDifference => {
  const orders = [left, right].map((run) => byTime(run.orders, ({ timeIntent }) => timeIntent))
  const fills = [left, right].map((run) => byTime(run.fills, ({ timeUs }) => timeUs))
  const decisions = listDifference(orders[0]!, orders[1]!, decisionFields)
  // Where the decisions part, what became of them is no longer the same question.
  const alike = decisions.first?.at ?? orders[0]!.length
  const outcome = firstDifference(orders[0]!.slice(0, alike), orders[1]!.slice(0, alike), outcomeFields)
  const filled = listDifference(fills[0]!, fills[1]!, fillFields)
  return {
    equal: decisions.first === undefined && outcome === undefined && filled.first === undefined,
    decisions,
    outcome,
    fills: filled
  }
}

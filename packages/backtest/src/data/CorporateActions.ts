/**
 * Splits and dividends of a share, derived from its factor file, so that a run on raw prices can apply them.
 *
 * Between a row and the next: new shares per old = splitFactor(next) ÷ splitFactor(row), and the dividend per share held,
 * before any split of the same day, = referencePrice × (1 − priceFactor(row) ÷ priceFactor(next)). Both take effect on
 * the first trading day after the row's date. Source: see FactorFile; the dividend is LEAN's `Dividend.ComputeDistribution`.
 *
 * Holding raw shares, with each dividend reinvested at the reference price less the dividend and splits applied, earns
 * exactly the adjusted series' return. Dividends kept as cash earn less or more than that by what prices do later.
 */
import type { TapeBuilder } from "../TapeBuilder.ts"
import type { FactorFile } from "./FactorFile.ts"

interface Effective {
  /** Beginning of the first bar that trades without it (ex-date), epoch µs. */
  readonly time: number
  /** Place of that bar in the history. */
  readonly row: number
  /** The last day that traded with it, epoch µs. A history whose bar before `row` is of another day has a hole here. */
  readonly timeBefore: number
  /** Raw close of that day, as the factor file has it. */
  readonly referencePrice: number
}

export interface Split extends Effective {
  readonly type: "split"
  /** New shares for each old one: 4 for a 4-for-1 split, 0.1 for a 1-for-10 reverse split. */
  readonly ratio: number
  /** The same as the factors give it, before their rounding (6 or 7 places) was undone. */
  readonly ratioOfFactors: number
}

export interface Dividend extends Effective {
  readonly type: "dividend"
  /** Quote asset per share held before the ex-date; off by the factors' rounding, at most some 1e-7 of the price. */
  readonly amount: number
}

export type CorporateAction = Split | Dividend

/** Some factors are printed with only six places: each may be off by this. */
const factorError = 5e-7

/**
 * Actions that fall between the first and last of `timeOpen` (bars, epoch µs, rising), in order; of one day the dividend
 * comes before the split. What took effect before the first bar or after the last is no part of the history.
 */
export const corporateActionsOf = (factors: FactorFile, timeOpen: Float64Array): ReadonlyArray<CorporateAction> => {
  const actions: Array<CorporateAction> = []
  let row = 0
  for (const [at, factor] of factors.rows.entries()) {
    const next = factors.rows[at + 1]
    if (next === undefined) break
    while (row < timeOpen.length && timeOpen[row]! <= factor.time) row++
    if (row === timeOpen.length) break
    if (row === 0) continue
    const { referencePrice, time: timeBefore } = factor
    const effective = { time: timeOpen[row]!, row, timeBefore, referencePrice }
    if (factor.priceFactor !== next.priceFactor) {
      const amount = referencePrice * (1 - factor.priceFactor / next.priceFactor)
      actions.push({ type: "dividend", ...effective, amount })
    }
    if (factor.splitFactor !== next.splitFactor) {
      const ratioOfFactors = next.splitFactor / factor.splitFactor
      const error = ratioOfFactors * (factorError / factor.splitFactor + factorError / next.splitFactor)
      actions.push({ type: "split", ...effective, ratio: simpleRatio(ratioOfFactors, error), ratioOfFactors })
    }
  }
  return actions
}

/** Puts actions onto a tape that is being built: each where its ex-date begins, after the bar that closes then. */
export const addCorporateActions = (
  builder: TapeBuilder,
  instrument: string,
  actions: ReadonlyArray<CorporateAction>
): void => {
  for (const action of actions) {
    if (action.type === "split") builder.split(instrument, action.time, action.ratio)
    else builder.dividend(instrument, action.time, action.amount)
  }
}

/** The ratio with the smallest terms within `error`, denominators to 20; the value itself where there is none. */
const simpleRatio = (value: number, error: number): number => {
  const inverse = value < 1 ? 1 / value : value
  const errorOfInverse = value < 1 ? (error * inverse) / value : error
  for (let denominator = 1; denominator <= 20; denominator++) {
    const numerator = Math.round(inverse * denominator)
    if (Math.abs(numerator / denominator - inverse) <= errorOfInverse) {
      return value < 1 ? denominator / numerator : numerator / denominator
    }
  }
  return value
}

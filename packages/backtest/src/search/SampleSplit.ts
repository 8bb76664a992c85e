/**
 * Which rows a search may learn from and which it is then tried on. `purge` rows before a test and `embargo` rows after one
 * belong to neither, so that a label, a holding period or a slow column does not carry knowledge across.
 *
 * Source: M. López de Prado, Advances in Financial Machine Learning, 2018, chapter 7.
 */
import type { RowRange } from "../vector/SignalRunner.ts"
import { refuse } from "../RunRefused.ts"

export interface SampleSplit {
  /** One range, or two with the test between them. */
  readonly train: ReadonlyArray<RowRange>
  readonly test: RowRange
}

export interface GapGiven {
  readonly purge?: number
  readonly embargo?: number
}

const checkedCount = (field: string, value: number, least: number): number =>
  Number.isInteger(value) && value >= least
    ? value
    : refuse(field, `is ${value}`, `Give a whole number of rows, at least ${least}.`)

/** A test at the end that takes that share of the rows. Throws RunRefused where either side would be too short. */
export const trainTestSplit = (rows: number, testShare: number, given: GapGiven = {}): SampleSplit => {
  if (!(testShare > 0 && testShare < 1)) refuse("testShare", `is ${testShare}`, "Give a share between 0 and 1.")
  const purge = checkedCount("purge", given.purge ?? 0, 0)
  const from = rows - Math.round(rows * testShare)
  if (from - purge < 2 || rows - from < 2)
    refuse("testShare", `leaves ${from - purge} rows to learn from and ${rows - from} to test on`, "Give more bars.")
  return { train: [{ from: 0, to: from - purge }], test: { from, to: rows } }
}

/** `folds` tests side by side over all rows; each learns from what is left of the rest. Throws RunRefused. */
export const purgedFolds = (rows: number, folds: number, given: GapGiven = {}): ReadonlyArray<SampleSplit> => {
  checkedCount("folds", folds, 2)
  const purge = checkedCount("purge", given.purge ?? 0, 0)
  const embargo = checkedCount("embargo", given.embargo ?? 0, 0)
  return Array.from({ length: folds }, (_, fold) => {
    const test = { from: Math.floor((rows * fold) / folds), to: Math.floor((rows * (fold + 1)) / folds) }
    const train = [
      { from: 0, to: test.from - purge },
      { from: test.to + embargo, to: rows }
    ].filter(({ from, to }) => to - from >= 2)
    if (test.to - test.from < 2 || train.length === 0)
      refuse("folds", `leaves too few of ${rows} rows for fold ${fold}`, "Give more bars, or fewer folds or gaps.")
    return { train, test }
  })
}

export interface WalkGiven extends GapGiven {
  /** Rows to learn from; of `anchored` in the first window, which then grows. */
  readonly train: number
  readonly test: number
  /** Rows from one test to the next; without it as long as the test, so that tests meet and do not overlap. */
  readonly step?: number
  readonly mode: "rolling" | "anchored"
}

export interface WalkWindow {
  readonly train: RowRange
  readonly test: RowRange
}

/** Windows in order of time; rows at the end that fill no test are left out. Throws RunRefused where none fits. */
export const walkWindows = (rows: number, given: WalkGiven): ReadonlyArray<WalkWindow> => {
  const train = checkedCount("train", given.train, 2)
  const test = checkedCount("test", given.test, 2)
  const step = checkedCount("step", given.step ?? test, 1)
  const purge = checkedCount("purge", given.purge ?? 0, 0)
  if (step < test)
    refuse("step", `is ${step} where a test has ${test} rows`, "Tests may not overlap: give a longer step.")
  const windows: Array<WalkWindow> = []
  for (let from = train + purge; from + test <= rows; from += step)
    windows.push({
      train: { from: given.mode === "anchored" ? 0 : from - purge - train, to: from - purge },
      test: { from, to: from + test }
    })
  if (windows.length === 0)
    refuse(
      "train",
      `and test need ${train + purge + test} rows and there are ${rows}`,
      "Give more bars or shorter windows."
    )
  return windows
}

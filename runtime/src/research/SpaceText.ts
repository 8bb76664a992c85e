/** A search's points and windows as people type them: `fast=5:50:5,slow=20:200:10,side=long|short` and `3y`. */
import { type ParameterSpace, PointGrid } from "@outcry/backtest/search/ParameterSpace"
import { userError } from "../cli/UserError.ts"
import { InvalidSearch, spaceOf as spaceOfTexts } from "./SearchText.ts"

/** Throws a UserError for what is no range, RunRefused for a range that makes no sense. */
export const spaceOf = (text: string): ParameterSpace => {
  try {
    return spaceOfTexts([text])
  } catch (error) {
    throw error instanceof InvalidSearch ? userError("Usage", error.message, error.remedy) : error
  }
}

/** What one command searches in a moment; more is a study's. */
const pointsMax = 200_000

/** The points of a space, the last parameter changing fastest. Throws RunRefused. */
export const pointsOf = (space: ParameterSpace) => new PointGrid(space, pointsMax).points()

const inYear: Readonly<Record<string, number>> = { y: 1, mo: 12, w: 365.25 / 7, d: 365.25, h: 8766, m: 525_960 }

/** `3y`, `6mo`, `26w`, `90d`, `12h`, `30m`, or a number of bars → bars. Throws a UserError. */
export const barsOfText = (flag: string, text: string, barsPerYear: number): number => {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)(y|mo|w|d|h|m)?$/.exec(text.trim()) ?? []
  const bars = unit === undefined ? Number(amount) : Math.round((Number(amount) / inYear[unit]!) * barsPerYear)
  if (Number.isInteger(bars) && bars >= 2) return bars
  throw userError(
    "Usage",
    `--${flag} ${text} is no length of at least two bars.`,
    "Write it as 3y, 6mo, 90d, 12h or 30m, or as a number of bars."
  )
}

/** A search's space and windows as people type them: `fast=5:50:5,slow=20:200:10,side=long|short` and `3y`. */
import { type Dimension, type ParameterSpace, PointGrid } from "@outcry/backtest/search/ParameterSpace"
import { userError } from "../cli/UserError.ts"

const number = /^-?\d+(?:\.\d+)?$/

const valueOf = (text: string): string | number | boolean =>
  number.test(text) ? Number(text) : text === "true" ? true : text === "false" ? false : text

const dimensionOf = (part: string, text: string): Dimension => {
  if (text.includes("|")) return { kind: "choice", options: text.split("|").map(valueOf) }
  const bounds = text.split(":")
  if (bounds.length === 1 && text !== "") return { kind: "choice", options: [valueOf(text)] }
  if (bounds.length < 2 || bounds.length > 3 || !bounds.every((bound) => number.test(bound)))
    throw userError(
      "Usage",
      `--space "${part}" is no range.`,
      "Write NAME=FROM:TO:STEP, or NAME=A|B|C, separated by commas."
    )
  const [min, max, step] = bounds.map(Number) as [number, number, number | undefined]
  const kind = bounds.every((bound) => /^-?\d+$/.test(bound)) ? "integer" : "number"
  return { kind, min, max, ...(step === undefined ? {} : { step }) }
}

/** Throws a UserError for what is no range, RunRefused for a range that makes no sense. */
export const spaceOf = (text: string): ParameterSpace => {
  const dimensions = text.split(",").map((part) => {
    const [, name, range] = /^\s*([A-Za-z_$][\w$]*)=(.*)$/.exec(part) ?? []
    if (name === undefined || range === undefined)
      throw userError(
        "Usage",
        `--space "${part}" names no parameter.`,
        "Write NAME=FROM:TO:STEP, as in fast=5:50:5,slow=20:200:10."
      )
    return [name, dimensionOf(part, range.trim())] as const
  })
  const names = dimensions.map(([name]) => name)
  const twice = names.find((name, at) => names.indexOf(name) !== at)
  if (twice !== undefined) throw userError("Usage", `--space names ${twice} twice.`, "Name each parameter once.")
  return Object.fromEntries(dimensions)
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

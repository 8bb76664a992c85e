/** Checks of what comes in: lengths, order and finiteness, refused with the field's name and the place. */
import { InvalidInput } from "./AnalyticsError.ts"

/** Numbers in order, oldest first. */
export type Numbers = ArrayLike<number>

export const refuse = (field: string, reason: string, remedy: string): never => {
  throw new InvalidInput({ field, reason, remedy })
}

/** Finite throughout and long enough. */
export const requireFinite = (field: string, values: Numbers, least = 1): void => {
  if (values.length < least)
    refuse(field, `has ${values.length} values, at least ${least} are needed`, "Give a longer series")
  for (let index = 0; index < values.length; index++)
    if (!Number.isFinite(values[index]))
      refuse(field, `has ${String(values[index])} at index ${index}`, "Fill or drop missing values before")
}

/** Strictly rising times, epoch µs. */
export const requireTimes = (field: string, times: Numbers, least = 1): void => {
  requireFinite(field, times, least)
  for (let index = 1; index < times.length; index++)
    if (times[index]! <= times[index - 1]!)
      refuse(
        field,
        `does not rise at index ${index}: ${times[index]} after ${times[index - 1]}`,
        "Sort by time, one value a time"
      )
}

export const requireSameLength = (field: string, values: Numbers, other: string, length: number): void => {
  if (values.length !== length)
    refuse(field, `has ${values.length} values where ${other} has ${length}`, "Align the two before")
}

/** A finite number from `least` to `most`, both included. */
export const requireWithin = (field: string, value: number, least: number, most = Number.MAX_VALUE): void => {
  if (Number.isFinite(value) && value >= least && value <= most) return
  const range = most === Number.MAX_VALUE ? `of at least ${least}` : `from ${least} to ${most}`
  refuse(field, `is ${value}`, `Give a number ${range}`)
}

/** A whole number from `least` to `most`, both included. */
export const requireWhole = (field: string, value: number, least: number, most = Number.MAX_SAFE_INTEGER): void => {
  requireWithin(field, value, least, most)
  if (!Number.isInteger(value)) refuse(field, `is ${value}`, "Give a whole number")
}

/** A probability strictly between 0 and 1, such as the confidence of a value at risk. */
export const requireProbability = (field: string, value: number): void => {
  if (!(value > 0 && value < 1)) refuse(field, `is ${value}`, "Give a number between 0 and 1, such as 0.95")
}

/**
 * Values of a curve (equity, prices): finite and above 0, but for the last, which may be 0: a curve that ends in ruin.
 */
export const requireCurve = (field: string, values: Numbers, least = 2): void => {
  requireFinite(field, values, least)
  const last = values.length - 1
  for (let index = 0; index <= last; index++)
    if (values[index]! < 0 || (values[index] === 0 && index < last))
      refuse(
        field,
        `is ${values[index]} at index ${index}, and there is no return on nothing`,
        "Cut the curve where it reaches 0 (untilRuin)"
      )
}

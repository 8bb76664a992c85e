/**
 * Exact amounts of money and assets: a `bigint` count of 10^-12 of the asset.
 *
 * Addition and comparison are plain `bigint` operators. What divides names its rounding. Text is a decimal
 * string without exponent, and `format` then `parse` gives back the same amount.
 */

/** Decimal places of every amount. Instruments whose tick × lot is finer are refused (see Instrument.make). */
export const scale = 12

const one = 10n ** BigInt(scale)

/** An amount in units of 10^-12 of its asset. */
export type Amount = bigint

const pattern = /^(-?)(\d+)(?:\.(\d+))?$/

/** Parses a decimal such as `"-12.50"`; undefined where the text is no decimal or finer than 10^-12. */
export const parse = (text: string): Amount | undefined => {
  const match = pattern.exec(text)
  if (match === null) return undefined
  const fraction = (match[3] ?? "").replace(/0+$/, "")
  if (fraction.length > scale) return undefined
  const magnitude = BigInt(match[2]!) * one + BigInt(fraction.padEnd(scale, "0") || "0")
  return match[1] === "-" ? -magnitude : magnitude
}

/** Like `parse`, for text that is known to be a decimal: throws a RangeError naming it otherwise. */
export const from = (text: string): Amount => {
  const amount = parse(text)
  if (amount === undefined) throw new RangeError(`"${text}" is not a decimal with at most ${scale} places`)
  return amount
}

/** The shortest decimal text with at least `minPlaces` places. */
export const format = (amount: Amount, minPlaces = 0): string => {
  const negative = amount < 0n
  const magnitude = negative ? -amount : amount
  const whole = magnitude / one
  let fraction = (magnitude % one).toString().padStart(scale, "0").replace(/0+$/, "")
  if (fraction.length < minPlaces) fraction = fraction.padEnd(minPlaces, "0")
  return `${negative ? "-" : ""}${whole}${fraction === "" ? "" : `.${fraction}`}`
}

/** Approximate value for display, metrics and statistics; never for a decision about money. */
export const toNumber = (amount: Amount): number => Number(amount) / 1e12

/** amount × numerator ÷ denominator, rounded half to even; `denominator` must be positive. */
export const mulDiv = (amount: Amount, numerator: bigint, denominator: bigint): Amount => {
  const product = amount * numerator
  const quotient = product / denominator
  const rest = product % denominator
  const twice = (rest < 0n ? -rest : rest) * 2n
  if (twice < denominator || (twice === denominator && quotient % 2n === 0n)) return quotient
  return quotient + (product < 0n ? -1n : 1n)
}

export const abs = (amount: Amount): Amount => (amount < 0n ? -amount : amount)

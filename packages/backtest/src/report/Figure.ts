/**
 * How every number of a report is written: one formatter, with units, on the page and on a terminal. A figure that cannot
 * be given is "—"; NaN and infinities are figures that cannot be given.
 *
 * The page's script writes the same texts from `numberFormats`; a browser test holds the two against each other.
 */

/**
 * percent and change take fractions (0.12 is 12 %), durations are µs, times epoch µs, money and profit amounts of the
 * result's asset. `change` and `profit` show their sign.
 */
export const units = [
  "ratio",
  "percent",
  "change",
  "count",
  "duration",
  "money",
  "profit",
  "price",
  "quantity",
  "time",
  "date"
] as const
export type Unit = (typeof units)[number]

/** A named figure as reports take it, wherever it was computed. */
export interface Metric {
  readonly key: string
  readonly title: string
  /** Undefined where it cannot be given; `why` then says so. */
  readonly value: number | undefined
  readonly unit: Unit
  readonly definition: string
  /** The paper, book or standard that defines it. */
  readonly source?: string
  readonly why?: string
  /** Which of two values is preferred; "none" or absent where neither is. */
  readonly better?: "higher" | "lower" | "none"
}

/** Decimals that suit the sizes in a result. */
export interface Decimals {
  readonly money: number
  readonly price: number
  readonly quantity: number
}

export const absent = "—"

/** Decimals that tell steps of a hundred-thousandth of `size` apart, at least 2 and at most 10. */
export const moneyDecimals = (size: number): number =>
  Number.isFinite(size) && size !== 0 ? Math.min(10, Math.max(2, 5 - Math.ceil(Math.log10(Math.abs(size))))) : 2

/** The fewest decimals that show all values to eight significant digits. */
export const decimalsOf = (values: ReadonlyArray<number>): number => {
  let most = 0
  for (const value of values) {
    if (!Number.isFinite(value) || value === 0) continue
    const exact = Number(value.toPrecision(8))
    let decimals = 0
    while (decimals < 10 && Number(exact.toFixed(decimals)) !== exact) decimals++
    most = Math.max(most, decimals)
  }
  return most
}

interface NumberFormat {
  readonly minimumFractionDigits: number
  readonly maximumFractionDigits: number
  readonly style?: "percent"
  readonly signDisplay?: "exceptZero" | "negative"
  readonly notation?: "compact"
}

const fixed = (digits: number): NumberFormat => ({
  minimumFractionDigits: digits,
  maximumFractionDigits: digits,
  signDisplay: "negative"
})

/** Options of Intl.NumberFormat by unit; the units that are not here are times. */
export const numberFormats = (decimals: Decimals): Readonly<Partial<Record<Unit, NumberFormat>>> => ({
  ratio: fixed(2),
  percent: { ...fixed(2), style: "percent" },
  change: { ...fixed(2), style: "percent", signDisplay: "exceptZero" },
  count: { ...fixed(0), maximumFractionDigits: 1 },
  money: fixed(decimals.money),
  profit: { ...fixed(decimals.money), signDisplay: "exceptZero" },
  price: { ...fixed(Math.min(2, decimals.price)), maximumFractionDigits: decimals.price },
  quantity: { ...fixed(0), maximumFractionDigits: decimals.quantity }
})

/** Names and lengths in µs, longest first. */
export const durationSpans: ReadonlyArray<readonly [name: string, us: number]> = [
  ["y", 31_557_600e6],
  ["d", 86_400e6],
  ["h", 3_600e6],
  ["min", 60e6],
  ["s", 1e6],
  ["ms", 1e3],
  ["µs", 1]
]

/** Its two largest units from years to minutes; below a minute one, with a decimal: "3 d 4 h", "12 min", "5.2 s". */
export const durationText = (us: number): string => {
  if (!Number.isFinite(us)) return absent
  if (us === 0) return "0 s"
  const size = Math.abs(us)
  const at = durationSpans.findIndex(([, span]) => size >= span)
  const [name, span] = durationSpans[at === -1 ? durationSpans.length - 1 : at]!
  const sign = us < 0 ? "−" : ""
  if (span < 60e6) return `${sign}${Number((size / span).toFixed(1))} ${name}`
  const whole = Math.floor(size / span)
  const [next, nextSpan] = durationSpans[at + 1]!
  const rest = Math.floor((size - whole * span) / nextSpan)
  return rest === 0 || span < 3_600e6 ? `${sign}${whole} ${name}` : `${sign}${whole} ${name} ${rest} ${next}`
}

const dateUsMax = 8.64e18

/** UTC, to the second, with the milliseconds or microseconds where there are any: "2024-03-01 14:03:07.250". */
export const timeText = (us: number): string => {
  if (!Number.isFinite(us) || Math.abs(us) > dateUsMax) return absent
  const second = Math.floor(us / 1e6)
  const text = new Date(second * 1000).toISOString().slice(0, -5).replace("T", " ")
  const rest = Math.round(us - second * 1e6)
  return rest === 0 ? text : `${text}.${String(rest).padStart(6, "0").replace(/000$/, "")}`
}

export const dateText = (us: number): string => timeText(us).slice(0, 10)

export type FigureText = (value: number | undefined, unit: Unit) => string

/** The formatter of one result. Its minus is U+2212, as wide as a digit. */
export const figureText = (decimals: Decimals): FigureText => {
  const formats = new Map(
    Object.entries(numberFormats(decimals)).map(([unit, options]) => [unit, new Intl.NumberFormat("en-US", options)])
  )
  return (value, unit) => {
    if (value === undefined || !Number.isFinite(value)) return absent
    if (unit === "duration") return durationText(value)
    if (unit === "time") return timeText(value)
    if (unit === "date") return dateText(value)
    return formats.get(unit)!.format(value).replace("-", "−")
  }
}

const compact = new Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 3 })

/** For axes: "1.2M", "0.25". */
export const axisText = (value: number, unit: Unit): string =>
  (unit === "percent" || unit === "change"
    ? `${Number((value * 100).toPrecision(6))}%`
    : compact.format(Number(value.toPrecision(12)))
  ).replace("-", "−")

/** `maxDrawdown` → "max drawdown". */
export const wordsOf = (camelCase: string): string =>
  camelCase
    .replace(/([a-z\d])([A-Z])/g, "$1 $2")
    .replace(/[_-]+/g, " ")
    .toLowerCase()

/** Scales and labels of charts. Places are fractions of the drawing, 0 at its left and at its top. */
import { axisText, dateText, timeText, type Unit } from "./Figure.ts"
import { roundStep } from "./CurveFigures.ts"

export interface Tick {
  readonly at: number
  readonly label: string
}

export interface Scale {
  readonly placeOf: (value: number) => number
  readonly ticks: ReadonlyArray<Tick>
}

const finite = (values: Iterable<number>): readonly [least: number, most: number] => {
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const value of values) {
    if (!Number.isFinite(value)) continue
    if (value < least) least = value
    if (value > most) most = value
  }
  return least <= most ? [least, most] : [0, 1]
}

/** Highest value on top, a little room on both ends, ticks at round values; `through` are values it must hold too. */
export const linearScale = (values: Iterable<number>, unit: Unit, through: ReadonlyArray<number> = []): Scale => {
  let [least, most] = finite([...values, ...through])
  if (most - least <= Math.abs(most) * 1e-12)
    [least, most] = [least - (Math.abs(least) || 1) / 100, most + (Math.abs(most) || 1) / 100]
  const room = (most - least) * 0.04
  if (!through.includes(least)) least -= room
  if (!through.includes(most)) most += room
  const step = roundStep((most - least) / 5)
  const placeOf = (value: number): number => (most - value) / (most - least)
  const ticks: Array<Tick> = []
  for (let at = Math.ceil(least / step); at * step <= most; at++) {
    ticks.push({ at: placeOf(at * step), label: axisText(at * step, unit) })
  }
  return { placeOf, ticks }
}

/** Equal factors are equal distances; only for values above 0. */
export const logScale = (values: Iterable<number>, unit: Unit): Scale => {
  const [least, most] = finite(values)
  const [low, high] = [Math.log(least * 0.95), Math.log(most * 1.05)]
  const placeOf = (value: number): number => (high - Math.log(value)) / (high - low)
  const ticks: Array<Tick> = []
  for (let power = Math.floor(low / Math.LN10); power <= high / Math.LN10; power++) {
    for (const lead of high - low > 5 ? [1] : [1, 2, 5]) {
      const place = placeOf(lead * 10 ** power)
      if (place >= 0 && place <= 1) ticks.push({ at: place, label: axisText(lead * 10 ** power, unit) })
    }
  }
  return { placeOf, ticks }
}

const [minuteUs, hourUs, dayUs] = [60e6, 3_600e6, 86_400e6]
const clockSteps = [1, 5, 15, 30]
  .map((count) => count * 1e6)
  .concat([1, 5, 15, 30].map((count) => count * minuteUs))
  .concat([1, 2, 3, 6, 12].map((count) => count * hourUs))
  .concat([1, 2, 7, 14].map((count) => count * dayUs))

const monthNames = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
export const monthName = (month: number): string => monthNames[month]!

/** At round times of the UTC calendar, at most about `most`. */
export const timeTicks = (from: number, to: number, most: number): ReadonlyArray<Tick> => {
  const span = to - from
  if (!(span > 0)) return [{ at: 0, label: timeText(from) }]
  const placeOf = (time: number): number => (time - from) / span
  const step = clockSteps.find((each) => span / each <= most)
  if (step !== undefined) {
    const label = (time: number): string =>
      step >= dayUs || (time % dayUs === 0 && span > dayUs)
        ? dateText(time).slice(5)
        : timeText(time).slice(11, step >= minuteUs ? 16 : 19)
    const count = Math.floor(to / step) - Math.ceil(from / step) + 1
    return Array.from({ length: count }, (_, at) => (Math.ceil(from / step) + at) * step).map((time) => ({
      at: placeOf(time),
      label: label(time)
    }))
  }
  const months = span / (30.44 * dayUs)
  const every = [1, 2, 3, 6, 12, 24, 60, 120, 240].find((each) => months / each <= most) ?? 1200
  const first = new Date(from / 1000)
  const ticks: Array<Tick> = []
  let month = Math.ceil((first.getUTCFullYear() * 12 + first.getUTCMonth()) / every) * every
  for (; ; month += every) {
    const [year, inYear] = [Math.floor(month / 12), month % 12]
    const time = Date.UTC(year, inYear) * 1000
    if (time > to) return ticks
    const label =
      every >= 12 ? String(year) : inYear === 0 ? String(year) : `${monthName(inYear)} ${String(year).slice(2)}`
    if (time >= from) ticks.push({ at: placeOf(time), label })
  }
}

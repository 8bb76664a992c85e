/**
 * What a search may choose for each parameter: whole numbers, numbers, one of a few, yes or no; evenly, or evenly on a
 * logarithmic scale. Points of a grid are numbered, so that no list of them needs to be kept; every parameter also has a
 * coordinate from 0 to 1 that samplers draw and model.
 */
import type { SeededRandom } from "@outcry/model/SeededRandom"
import { Schema } from "effect"
import { refuse } from "../RunRefused.ts"

const range = {
  min: Schema.Finite,
  max: Schema.Finite,
  /** Between neighbours: a difference, on a logarithmic scale a factor. Whole numbers have 1 unless told otherwise. */
  step: Schema.optionalKey(Schema.Finite),
  scale: Schema.optionalKey(Schema.Literals(["linear", "log"]))
}

export const Dimension = Schema.Union([
  Schema.Struct({ kind: Schema.Literal("integer"), ...range }),
  Schema.Struct({ kind: Schema.Literal("number"), ...range }),
  Schema.Struct({
    kind: Schema.Literal("choice"),
    options: Schema.Array(Schema.Union([Schema.String, Schema.Finite, Schema.Boolean]))
  }),
  Schema.Struct({ kind: Schema.Literal("boolean") })
])
export type Dimension = typeof Dimension.Type
type Ranged = Extract<Dimension, { readonly min: number }>

export const ParameterSpace = Schema.Record(Schema.String, Dimension)
export type ParameterSpace = typeof ParameterSpace.Type

export type Value = number | string | boolean
export type Point = Readonly<Record<string, Value>>

const isRanged = (dimension: Dimension): dimension is Ranged =>
  dimension.kind === "integer" || dimension.kind === "number"

const stepOf = (dimension: Ranged): number | undefined =>
  dimension.step ?? (dimension.kind === "integer" && dimension.scale !== "log" ? 1 : undefined)

const checkedRange = (field: string, dimension: Ranged): void => {
  const { kind, max, min, scale } = dimension
  const step = stepOf(dimension)
  if (!(min < max)) refuse(`${field}.max`, `is ${max} where min is ${min}`, "Give a range with min below max.")
  if (kind === "integer" && !(Number.isInteger(min) && Number.isInteger(max)))
    refuse(`${field}.min`, "and max must be whole numbers", 'Round them, or make the parameter a "number".')
  if (scale === "log" && !(min > 0))
    refuse(`${field}.min`, `is ${min} on a logarithmic scale`, "Give a positive min, or scale it linearly.")
  if (step !== undefined && scale === "log" && !(step > 1))
    refuse(`${field}.step`, `is ${step} on a logarithmic scale`, "It is the factor between neighbours: above 1.")
  if (step !== undefined && !(step > 0)) refuse(`${field}.step`, `is ${step}`, "Give a positive step.")
  if (kind === "integer" && scale !== "log" && step !== undefined && !Number.isInteger(step))
    refuse(`${field}.step`, `is ${step}`, "Whole numbers have whole steps.")
}

/** Throws RunRefused that names the parameter and what to do. */
export const checkedSpace = (space: ParameterSpace): ParameterSpace => {
  const names = Object.keys(space)
  if (names.length === 0) refuse("space", "is empty", "Name at least one parameter to search.")
  for (const name of names) {
    const dimension = space[name]!
    if (isRanged(dimension)) checkedRange(`space.${name}`, dimension)
    if (dimension.kind === "choice" && new Set(dimension.options).size !== dimension.options.length)
      refuse(`space.${name}.options`, "names a value twice", "Name each option once.")
    if (dimension.kind === "choice" && dimension.options.length === 0)
      refuse(`space.${name}.options`, "is empty", "Name at least one option.")
  }
  return space
}

/** Removes the noise of adding steps: 0.1 + 0.2 is 0.3. */
const tidied = (value: number): number => Number(value.toPrecision(12))

/** The neighbours on a range with steps, lowest first; undefined where there are no steps. */
const stepped = (dimension: Ranged): ReadonlyArray<number> | undefined => {
  const { kind, max, min, scale } = dimension
  const step = stepOf(dimension)
  if (step === undefined) return undefined
  const ratio = scale === "log" ? Math.log(max / min) / Math.log(step) : (max - min) / step
  const count = Math.floor(ratio + 1e-9) + 1
  if (count > 1_000_000) refuse("space", `has a range of ${count} steps`, "Take larger steps.")
  const at = (place: number): number => (scale === "log" ? min * step ** place : min + place * step)
  const values = Array.from({ length: count }, (_, place) =>
    kind === "integer" ? Math.round(at(place)) : tidied(at(place))
  )
  return [...new Set(values)]
}

/** All values of a parameter, in order; throws RunRefused for a number without steps. */
export const valuesOf = (name: string, dimension: Dimension): ReadonlyArray<Value> => {
  if (dimension.kind === "boolean") return [false, true]
  if (dimension.kind === "choice") return dimension.options
  return (
    stepped(dimension) ??
    refuse(`space.${name}.step`, "is missing, so a grid would not end", "Give a step, or search at random or by TPE.")
  )
}

/** Points of the grid over a space: how many, and the one at a place. The last parameter changes fastest. */
export class PointGrid {
  readonly count: number
  private readonly names: ReadonlyArray<string>
  private readonly values: ReadonlyArray<ReadonlyArray<Value>>

  /** Throws RunRefused, also for a grid of more than `countMax` points. */
  constructor(space: ParameterSpace, countMax = 10_000_000) {
    this.names = Object.keys(checkedSpace(space))
    this.values = this.names.map((name) => valuesOf(name, space[name]!))
    this.count = this.values.reduce((count, values) => count * values.length, 1)
    if (this.count > countMax)
      refuse("space", `makes a grid of ${this.count} points`, `Take larger steps, at most ${countMax} points.`)
  }

  at(index: number): Point {
    const point: Record<string, Value> = {}
    let rest = index
    const places = this.values.map(() => 0)
    for (let at = this.values.length - 1; at >= 0; at--) {
      const size = this.values[at]!.length
      places[at] = rest % size
      rest = Math.floor(rest / size)
    }
    this.names.forEach((name, at) => {
      point[name] = this.values[at]![places[at]!]!
    })
    return point
  }

  points(): ReadonlyArray<Point> {
    return Array.from({ length: this.count }, (_, index) => this.at(index))
  }
}

/** The value at a coordinate from 0 to 1; on steps where the range has them. */
export const valueAt = (dimension: Dimension, coordinate: number): Value => {
  if (dimension.kind === "boolean") return coordinate >= 0.5
  if (dimension.kind === "choice")
    return dimension.options[Math.min(dimension.options.length - 1, Math.floor(coordinate * dimension.options.length))]!
  const { kind, max, min, scale } = dimension
  const log = scale === "log"
  const [low, high] = log ? [Math.log(min), Math.log(max)] : [min, max]
  // A whole number owns the half on either side of it, so that the ends are as likely as the others.
  const whole = kind === "integer" && !log
  const raw = whole ? min - 0.5 + coordinate * (max - min + 1) : low + coordinate * (high - low)
  const value = log ? Math.exp(raw) : raw
  const within = (number: number): number => Math.min(max, Math.max(min, number))
  const step = stepOf(dimension)
  if (step === undefined) return kind === "integer" ? within(Math.round(value)) : within(tidied(value))
  const place = log ? Math.round(Math.log(value / min) / Math.log(step)) : Math.round((value - min) / step)
  const placesMax = Math.floor((log ? Math.log(max / min) / Math.log(step) : (max - min) / step) + 1e-9)
  const kept = Math.min(placesMax, Math.max(0, place))
  const on = log ? min * step ** kept : min + kept * step
  return kind === "integer" ? Math.round(on) : tidied(on)
}

/** Where a value lies from 0 to 1; `valueAt` of it is the value again. */
export const coordinateOf = (dimension: Dimension, value: Value): number => {
  if (dimension.kind === "boolean") return value === true ? 0.75 : 0.25
  if (dimension.kind === "choice") return (dimension.options.indexOf(value) + 0.5) / dimension.options.length
  const { kind, max, min, scale } = dimension
  if (scale === "log") return Math.log(Number(value) / min) / Math.log(max / min)
  return kind === "integer" ? (Number(value) - min + 0.5) / (max - min + 1) : (Number(value) - min) / (max - min)
}

/** A point drawn evenly. */
export const drawnPoint = (space: ParameterSpace, random: SeededRandom): Point =>
  Object.fromEntries(Object.entries(space).map(([name, dimension]) => [name, valueAt(dimension, random.fraction())]))

/** A name for a point: equal points have equal names whatever the order of their fields. */
export const pointKey = (point: Point): string =>
  JSON.stringify(
    Object.keys(point)
      .toSorted()
      .map((name) => [name, point[name]])
  )

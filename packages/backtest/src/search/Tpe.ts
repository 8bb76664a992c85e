/**
 * Tree-structured Parzen estimator: J. Bergstra, R. Bardenet, Y. Bengio, B. Kégl, "Algorithms for hyper-parameter
 * optimization", NIPS 2011. The best share of the runs and the others are each modelled by a density per parameter; of
 * points drawn from the good one, the one with the largest ratio good / bad is asked for next.
 *
 * Ask and tell: a batch is a pure function of the seed, its place and the runs of earlier batches in their order of merit,
 * so it does not depend on which worker finished first. Parameters are modelled independently.
 */
import { SeededRandom, seedFor } from "@outcry/model/SeededRandom"
import {
  coordinateOf,
  type Dimension,
  drawnPoint,
  type ParameterSpace,
  type Point,
  pointKey,
  type Value,
  valueAt
} from "./ParameterSpace.ts"

/** Share of the runs that count as good (γ of the paper), and candidates per point. */
const goodShare = 0.15
const candidates = 24
const goodMax = 25

export interface TpeAsk {
  readonly space: ParameterSpace
  readonly seed: number
  /** Index of the first trial of the batch, and how many. */
  readonly from: number
  readonly count: number
  /** Points of all finished trials, best first. */
  readonly ranked: ReadonlyArray<Point>
  /** Trials drawn evenly before any model is made; 10 unless told otherwise. */
  readonly startup?: number
}

/** A density over one coordinate: Gaussians about what was seen, cut off at 0 and 1, and one over all of it. */
class NumberDensity {
  private readonly centres: ReadonlyArray<number>
  private readonly widths: ReadonlyArray<number>

  constructor(seen: ReadonlyArray<number>) {
    const sorted = [0.5, ...seen].toSorted((a, b) => a - b)
    const prior = sorted.indexOf(0.5)
    const widthMin = 1 / Math.min(100, 1 + sorted.length)
    this.centres = sorted
    // As wide as the farther neighbour is away; the prior spans all.
    this.widths = sorted.map((centre, at) => {
      if (at === prior) return 1
      const left = centre - (sorted[at - 1] ?? 0)
      const right = (sorted[at + 1] ?? 1) - centre
      return Math.min(1, Math.max(widthMin, left, right))
    })
  }

  draw(random: SeededRandom): number {
    const at = random.between(0, this.centres.length - 1)
    for (let attempt = 0; attempt < 32; attempt++) {
      const value = this.centres[at]! + random.normal() * this.widths[at]!
      if (value >= 0 && value <= 1) return value
    }
    return random.fraction()
  }

  at(coordinate: number): number {
    let density = 0
    for (let at = 0; at < this.centres.length; at++) {
      const [centre, width] = [this.centres[at]!, this.widths[at]!]
      const inside = normalBelow((1 - centre) / width) - normalBelow(-centre / width)
      const distance = (coordinate - centre) / width
      density += Math.exp(-0.5 * distance * distance) / (width * Math.sqrt(2 * Math.PI) * inside)
    }
    return density / this.centres.length
  }
}

/** Φ by Abramowitz and Stegun 26.2.17 (1964), to 7.5e-8. */
const normalBelow = (z: number): number => {
  const t = 1 / (1 + 0.2316419 * Math.abs(z))
  const series = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))))
  const above = (Math.exp(-0.5 * z * z) / Math.sqrt(2 * Math.PI)) * series
  return z >= 0 ? 1 - above : above
}

/** Frequencies of options, each counted once more than it was seen. */
class OptionDensity {
  private readonly shares: ReadonlyArray<number>

  constructor(options: number, seen: ReadonlyArray<number>) {
    const counts = Array.from({ length: options }, () => 1)
    for (const coordinate of seen) counts[Math.min(options - 1, Math.floor(coordinate * options))]!++
    this.shares = counts.map((count) => count / (seen.length + options))
  }

  draw(random: SeededRandom): number {
    let rest = random.fraction()
    const option = this.shares.findIndex((share) => (rest -= share) < 0)
    return ((option < 0 ? this.shares.length - 1 : option) + 0.5) / this.shares.length
  }

  at(coordinate: number): number {
    return this.shares[Math.min(this.shares.length - 1, Math.floor(coordinate * this.shares.length))]!
  }
}

type Density = NumberDensity | OptionDensity

const densityOf = (dimension: Dimension, seen: ReadonlyArray<Value>): Density => {
  const coordinates = seen.map((value) => coordinateOf(dimension, value))
  if (dimension.kind === "choice") return new OptionDensity(dimension.options.length, coordinates)
  return dimension.kind === "boolean" ? new OptionDensity(2, coordinates) : new NumberDensity(coordinates)
}

interface Model {
  readonly name: string
  readonly dimension: Dimension
  readonly good: Density
  readonly bad: Density
}

const modelled = (space: ParameterSpace, good: ReadonlyArray<Point>, bad: ReadonlyArray<Point>): ReadonlyArray<Model> =>
  Object.entries(space).map(([name, dimension]) => ({
    name,
    dimension,
    good: densityOf(
      dimension,
      good.map((point) => point[name]!)
    ),
    bad: densityOf(
      dimension,
      bad.map((point) => point[name]!)
    )
  }))

/** The candidate most likely to be good that was not tried; undefined where all were. */
const proposed = (
  models: ReadonlyArray<Model>,
  random: SeededRandom,
  tried: ReadonlySet<string>
): Point | undefined => {
  let best: Point | undefined
  let bestScore = Number.NEGATIVE_INFINITY
  for (let candidate = 0; candidate < candidates; candidate++) {
    let score = 0
    const point: Record<string, Value> = {}
    for (const { bad, dimension, good, name } of models) {
      const value = valueAt(dimension, good.draw(random))
      const coordinate = coordinateOf(dimension, value)
      score += Math.log(good.at(coordinate)) - Math.log(bad.at(coordinate))
      point[name] = value
    }
    if (score > bestScore && !tried.has(pointKey(point))) {
      bestScore = score
      best = point
    }
  }
  return best
}

const untried = (space: ParameterSpace, random: SeededRandom, tried: ReadonlySet<string>): Point => {
  let point = drawnPoint(space, random)
  for (let attempt = 0; attempt < 50 && tried.has(pointKey(point)); attempt++) point = drawnPoint(space, random)
  return point
}

/** The points of the trials `from` up to `from + count`. */
export const tpeBatch = ({ count, from, ranked, seed, space, startup = 10 }: TpeAsk): ReadonlyArray<Point> => {
  const tried = new Set(ranked.map(pointKey))
  const goodCount = Math.min(goodMax, Math.max(1, Math.ceil(goodShare * ranked.length)))
  const good = ranked.slice(0, goodCount)
  const bad = ranked.slice(goodCount)
  const points: Array<Point> = []
  for (let index = from; index < from + count; index++) {
    const random = new SeededRandom(seedFor(seed, `trial ${index}`))
    const point =
      index < startup || ranked.length < 2
        ? untried(space, random, tried)
        : // What this batch already asks for counts as bad: its points keep apart.
          (proposed(modelled(space, good, [...bad, ...points]), random, tried) ?? untried(space, random, tried))
    tried.add(pointKey(point))
    points.push(point)
  }
  return points
}

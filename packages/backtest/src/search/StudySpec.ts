/**
 * A study as it is asked for: which strategy over which data, what to vary, how to choose, what to look for. JSON; it names
 * everything a run depends on, data and strategy by hash, so that a task is a pure function of its spec and point and equal
 * tasks of any studies share one key.
 */
import { createHash } from "node:crypto"
import { Schema } from "effect"
import { TermsGiven, termsOf } from "../vector/RunTerms.ts"
import { refuse } from "../RunRefused.ts"
import { checkedGoal, Goal } from "./Goal.ts"
import { checkedSpace, drawnPoint, ParameterSpace, type Point, PointGrid, pointKey } from "./ParameterSpace.ts"
import { SeededRandom, seedFor } from "@outcry/model/SeededRandom"

const Hash = Schema.String.check(Schema.isPattern(/^[0-9a-f]{64}$/, { expected: "a SHA-256 in hexadecimal" }))
const Name = Schema.String.check(Schema.isPattern(/\S/, { expected: "a name" }))
const Count = Schema.Int.check(Schema.isGreaterThan(0))

const Parameter = Schema.Union([Schema.String, Schema.Finite, Schema.Boolean])

export const RunWarningSchema = Schema.Struct({ code: Schema.String, detail: Schema.String, count: Schema.Finite })

/** The stored form of `RunSummary`. */
export const RunSummarySchema = Schema.Struct({
  index: Schema.Int,
  parameters: Schema.Record(Schema.String, Parameter),
  metrics: Schema.Record(Schema.String, Schema.Finite),
  trades: Schema.Int,
  warnings: Schema.Array(RunWarningSchema)
})

export const StudySpec = Schema.Struct({
  version: Schema.Literal(1),
  name: Name,
  kind: Schema.Literals(["event", "vectorised"]),
  /** `hash`: SHA-256 of the strategy's code or declaration. */
  strategy: Schema.Struct({ name: Name, version: Schema.Int, hash: Hash }),
  /** Sets of market data in the order the run takes them; `hash`: SHA-256 of their content. */
  data: Schema.Array(Schema.Struct({ id: Name, hash: Hash })),
  /** Events from `from` up to, not including, `to`: epoch µs. */
  range: Schema.Struct({ from: Schema.Finite, to: Schema.Finite }),
  /** Parameters that stay as they are. */
  fixed: Schema.optionalKey(Schema.Record(Schema.String, Parameter)),
  space: ParameterSpace,
  method: Schema.Union([
    /** Every point of the space. */
    Schema.Struct({ kind: Schema.Literal("grid") }),
    Schema.Struct({ kind: Schema.Literal("random"), trials: Count }),
    /** Batches of `batch` points, each chosen from the results of all batches before it. */
    Schema.Struct({
      kind: Schema.Literal("tpe"),
      trials: Count,
      batch: Count,
      startup: Schema.optionalKey(Count)
    })
  ]),
  goal: Goal,
  /** Money and costs of each run. */
  terms: Schema.optionalKey(TermsGiven),
  seed: Schema.Int,
  /** How often a task may fail before it is given up. */
  attemptsMax: Schema.optionalKey(Count)
})
export type StudySpec = typeof StudySpec.Type

/** One run of a study. */
export interface StudyTask {
  /** From 0; the same in every life of the study. */
  readonly index: number
  /** SHA-256 of all that the run depends on: equal keys mean equal results. */
  readonly key: string
  /** Searched and fixed parameters. */
  readonly parameters: Point
  readonly seed: number
}

const decode = Schema.decodeUnknownSync(StudySpec)

/** Decodes and checks a spec; throws RunRefused with the field and what to do. */
export const studySpecOf = (given: unknown): StudySpec => {
  let spec: StudySpec
  try {
    spec = decode(given)
  } catch (error) {
    return refuse(
      "study",
      `is refused: ${error instanceof Error ? error.message : String(error)}`,
      "Correct the field."
    )
  }
  checkedSpace(spec.space)
  checkedGoal(spec.goal)
  termsOf(spec.terms)
  if (spec.data.length === 0) refuse("study.data", "is empty", "Name at least one set of data.")
  if (!(spec.range.from < spec.range.to)) refuse("study.range", "ends before it begins", "Give from before to.")
  const twice = Object.keys(spec.fixed ?? {}).find((name) => Object.hasOwn(spec.space, name))
  if (twice !== undefined)
    refuse(`study.fixed.${twice}`, "is searched as well", "Leave it in space or in fixed, not both.")
  // That makes the grid, which a number without steps has not.
  return new StudyTasks(spec).total > 0 ? spec : refuse("study.space", "holds no point", "Widen it.")
}

/** Text of JSON with its keys in order: equal values have equal text. */
const canonical = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`
  if (typeof value !== "object" || value === null) return JSON.stringify(value)
  return `{${Object.entries(value)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, each]) => `${JSON.stringify(name)}:${canonical(each)}`)
    .join()}}`
}

/** What every run of a study depends on beside its parameters and seed; one text a study. */
const basisOf = ({ data, kind, range, strategy, terms }: StudySpec): string =>
  canonical({ data: data.map(({ hash }) => hash), kind, range, strategy, terms: termsOf(terms) })

/** Makes the tasks of a study from their points: the same task for the same index, whenever and wherever it is made. */
export class StudyTasks {
  /** All runs that the study will make. */
  readonly total: number
  private readonly spec: StudySpec
  private readonly basis: string
  private readonly grid: PointGrid | undefined

  constructor(spec: StudySpec) {
    this.spec = spec
    this.basis = basisOf(spec)
    this.grid = spec.method.kind === "grid" ? new PointGrid(spec.space) : undefined
    this.total = spec.method.kind === "grid" ? this.grid!.count : spec.method.trials
  }

  /** The point of a trial of a grid or random search, which needs no results. */
  point(index: number): Point {
    if (this.grid !== undefined) return this.grid.at(index)
    const random = new SeededRandom(seedFor(this.spec.seed, `trial ${index}`))
    return drawnPoint(this.spec.space, random)
  }

  task(index: number, point: Point = this.point(index)): StudyTask {
    const parameters = { ...this.spec.fixed, ...point }
    const { seed } = this.spec
    const key = createHash("sha256")
      .update(`${this.basis}\n${pointKey(parameters)}\n${seed}`)
      .digest("hex")
    return { index, key, parameters, seed }
  }
}

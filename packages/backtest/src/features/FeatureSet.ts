/**
 * A named set of features of one instrument at one bar interval: indicators of the registry and transformations of bar
 * fields and of features declared before. It is plain data, checked here; FeatureTable computes it.
 */
import { createHash } from "node:crypto"
import { IndicatorUnknown, indicatorNamed } from "@outcry/indicators/Registry"
import { ParameterRefused } from "@outcry/indicators/Parameter"
import { Schema } from "effect"
import { FeatureSetRefused } from "./FeatureSetRefused.ts"

export const barFields = ["open", "high", "low", "close", "volume"] as const

/** A bar field, or the name of a feature declared before. */
const Source = Schema.String
/** Rows looked back over. */
const rowsMost = 100_000
const Rows = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: rowsMost }))
/** A step on the way: others may read it, the table leaves it out. */
const common = { hidden: Schema.optionalKey(Schema.Boolean) }

export const calendarFields = ["minuteOfDay", "hour", "weekday", "dayOfMonth", "month"] as const

const kinds = {
  /** An indicator of the registry; `of` names its inputs in its order, `output` one of its outputs (default the first). */
  indicator: Schema.Struct({
    kind: Schema.Literal("indicator"),
    indicator: Schema.String,
    given: Schema.optionalKey(Schema.Record(Schema.String, Schema.Union([Schema.Finite, Schema.String]))),
    output: Schema.optionalKey(Schema.String),
    of: Schema.optionalKey(Schema.Array(Source)),
    ...common
  }),
  /** x ÷ x of `rows` before − 1, or its logarithm; of closes unless told otherwise. */
  return: Schema.Struct({
    kind: Schema.Literal("return"),
    rows: Rows,
    log: Schema.optionalKey(Schema.Boolean),
    of: Schema.optionalKey(Source),
    ...common
  }),
  /** x of `rows` before. */
  lag: Schema.Struct({ kind: Schema.Literal("lag"), rows: Rows, of: Source, ...common }),
  /** (x − mean) ÷ standard deviation (of the population) of the last `rows`; NaN where they are all equal. */
  zscore: Schema.Struct({ kind: Schema.Literal("zscore"), rows: Rows, of: Source, ...common }),
  /** The share of the last `rows` that lie below x, ties by half: 0 to 1. */
  rank: Schema.Struct({ kind: Schema.Literal("rank"), rows: Rows, of: Source, ...common }),
  /** x ÷ y; NaN where y is 0. */
  ratio: Schema.Struct({ kind: Schema.Literal("ratio"), of: Source, by: Source, ...common }),
  /** x − y. */
  difference: Schema.Struct({ kind: Schema.Literal("difference"), of: Source, by: Source, ...common }),
  /** Of the time the bar opened, UTC; `weekday` from 1, Monday, to 7. */
  calendar: Schema.Struct({ kind: Schema.Literal("calendar"), field: Schema.Literals(calendarFields), ...common })
} as const

type Kinds = typeof kinds
export type Feature = { readonly [K in keyof Kinds]: Kinds[K]["Type"] }[keyof Kinds]

export interface FeatureSet {
  readonly name: string
  /** `venue:symbol`. */
  readonly instrument: string
  readonly intervalUs: number
  /** By name, each after those it reads. */
  readonly features: Readonly<Record<string, Feature>>
}

const name = /^[A-Za-z][A-Za-z0-9_]{0,63}$/
const featuresMost = 1_000

const Outline = Schema.Struct({
  name: Schema.String.check(Schema.isPattern(name)),
  instrument: Schema.String.check(Schema.isPattern(/^[^:\s]+:\S+$/)),
  intervalUs: Schema.Int.check(Schema.isGreaterThan(0)),
  features: Schema.Record(Schema.String, Schema.Unknown)
})

const strictly = { onExcessProperty: "error", errors: "all" } as const
const decodeOutline = Schema.decodeUnknownSync(Outline, strictly)

/** Checks plain data, from a file or a request. Throws a FeatureSetRefused that names feature and field. */
export const featureSetOf = (given: unknown): FeatureSet => {
  const named = typeof given === "object" && given !== null && "name" in given ? String(given.name) : "(unnamed)"
  const outline = decoded(() => decodeOutline(given), named, "")
  const refuse = (feature: string, field: string, reason: string, remedy: string): never => {
    throw new FeatureSetRefused({ set: outline.name, feature, field, reason, remedy })
  }
  const entries = Object.entries(outline.features)
  if (entries.length === 0 || entries.length > featuresMost) {
    refuse("", "features", `there are ${entries.length}`, `Declare 1 to ${featuresMost} features.`)
  }
  const known = new Set<string>(barFields)
  const features: Record<string, Feature> = {}
  for (const [at, value] of entries) {
    if (!name.test(at))
      refuse(at, "", "that is no name", "Use letters, digits and underscores, beginning with a letter.")
    if (known.has(at) || at === "timeOpen") refuse(at, "", "that is the name of a bar field", "Choose another.")
    const feature = featureOf(value, outline.name, at)
    for (const source of sourcesOf(feature)) {
      if (known.has(source)) continue
      refuse(
        at,
        "of",
        `"${source}" is no bar field and no feature declared before it`,
        `Choose from ${[...known].join(", ")}.`
      )
    }
    if (feature.kind === "indicator") checkIndicator(feature, at, refuse)
    features[at] = feature
    known.add(at)
  }
  if (Object.values(features).every(({ hidden }) => hidden === true)) {
    refuse("", "features", "all of them are hidden", "Show at least one.")
  }
  return { ...outline, features }
}

const featureOf = (value: unknown, set: string, feature: string): Feature => {
  const kind = typeof value === "object" && value !== null && "kind" in value ? String(value.kind) : ""
  if (!Object.hasOwn(kinds, kind)) {
    const remedy = `Choose from ${Object.keys(kinds).join(", ")}.`
    throw new FeatureSetRefused({ set, feature, field: "kind", reason: `"${kind}" is no kind of feature`, remedy })
  }
  const schema: Schema.Codec<Feature> = kinds[kind as keyof Kinds]
  return decoded(() => Schema.decodeUnknownSync(schema, strictly)(value), set, feature)
}

const decoded = <A>(decode: () => A, set: string, feature: string): A => {
  try {
    return decode()
  } catch (cause) {
    const reason = (cause instanceof Error ? cause.message : String(cause)).replace(/\s*\n\s*/g, " ").slice(0, 300)
    throw new FeatureSetRefused({ set, feature, field: "", reason, remedy: "Correct that field." })
  }
}

/** What a feature reads, in its order. */
export const sourcesOf = (feature: Feature): ReadonlyArray<string> => {
  switch (feature.kind) {
    case "indicator":
      return feature.of ?? []
    case "return":
      return [feature.of ?? "close"]
    case "lag":
    case "zscore":
    case "rank":
      return [feature.of]
    case "ratio":
    case "difference":
      return [feature.of, feature.by]
    case "calendar":
      return []
  }
}

type Refuse = (feature: string, field: string, reason: string, remedy: string) => never

const checkIndicator = (feature: Kinds["indicator"]["Type"], at: string, refuse: Refuse): void => {
  try {
    const { inputs, make, outputs } = indicatorNamed(feature.indicator)
    make(feature.given)
    if (feature.output !== undefined && !outputs.includes(feature.output)) {
      refuse(
        at,
        "output",
        `${feature.indicator} has no output "${feature.output}"`,
        `Choose from ${outputs.join(", ")}.`
      )
    }
    if (feature.of !== undefined && feature.of.length !== inputs.length) {
      const wanted = `Name ${inputs.length} in the order ${inputs.join(", ")}.`
      refuse(at, "of", `${feature.indicator} takes ${inputs.length} inputs, not ${feature.of.length}`, wanted)
    }
    if (feature.of === undefined && inputs.includes("other")) {
      refuse(at, "of", `${feature.indicator} compares two series`, `Name its inputs ${inputs.join(", ")}.`)
    }
  } catch (cause) {
    if (cause instanceof IndicatorUnknown) refuse(at, "indicator", cause.message, "Correct its name.")
    if (cause instanceof ParameterRefused) refuse(at, `given.${cause.field}`, cause.message, "Correct the parameter.")
    throw cause
  }
}

/** Raised whenever a feature's values change for the same definition: then no cached column is taken for a new one. */
const computation = 1

/** SHA-256, hexadecimal, of what a set means: the order of its fields does not count, that of its features does. */
export const featureSetHash = ({ features, instrument, intervalUs }: FeatureSet): string => {
  const parts = Object.entries(features).map(([at, feature]) => [at, canonical(feature)])
  return createHash("sha256")
    .update(JSON.stringify([computation, instrument, intervalUs, parts]))
    .digest("hex")
}

const canonical = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(canonical)
  if (typeof value !== "object" || value === null) return value
  const sorted = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return sorted.map(([at, inner]) => [at, canonical(inner)])
}

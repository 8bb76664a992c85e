/**
 * The feature sets of a project, by name, instrument and interval: one document declares each list of features once, with
 * the instruments and intervals it is for.
 */
import { Schema } from "effect"
import { type FeatureSet, featureSetOf } from "./FeatureSet.ts"
import { FeatureSetRefused } from "./FeatureSetRefused.ts"

const Document = Schema.Struct({
  sets: Schema.Array(
    Schema.Struct({
      name: Schema.String,
      instruments: Schema.Array(Schema.String),
      /** µs each. */
      intervalsUs: Schema.Array(Schema.Number),
      /** As in a FeatureSet. */
      features: Schema.Unknown
    })
  )
})
const decode = Schema.decodeUnknownSync(Document, { onExcessProperty: "error", errors: "all" })

const keyOf = (name: string, instrument: string, intervalUs: number): string => `${name} ${instrument} ${intervalUs}`

/** Sets in one document at most, one for each instrument and interval of a list. */
const setsMost = 100_000

export class FeatureCatalog {
  readonly sets: ReadonlyArray<FeatureSet>
  private readonly byKey: ReadonlyMap<string, FeatureSet>

  private constructor(sets: ReadonlyArray<FeatureSet>) {
    this.sets = sets
    this.byKey = new Map(sets.map((set) => [keyOf(set.name, set.instrument, set.intervalUs), set]))
  }

  /** Checks plain data, from a file or a request. Throws a FeatureSetRefused. */
  static of(document: unknown): FeatureCatalog {
    const sets: Array<FeatureSet> = []
    const seen = new Set<string>()
    for (const { features, instruments, intervalsUs, name } of documentOf(document)) {
      for (const instrument of instruments) {
        for (const intervalUs of intervalsUs) {
          const key = keyOf(name, instrument, intervalUs)
          if (seen.has(key))
            throw refused(name, `it is declared twice for ${instrument}, ${intervalUs / 1e6} s`, "Rename one.")
          if (seen.size === setsMost) throw refused(name, `there are more than ${setsMost} sets`, "Part the document.")
          seen.add(key)
          sets.push(featureSetOf({ name, instrument, intervalUs, features }))
        }
      }
    }
    return new FeatureCatalog(sets)
  }

  /** Throws a FeatureSetRefused that lists what there is of the name. */
  find(name: string, instrument: string, intervalUs: number): FeatureSet {
    const found = this.byKey.get(keyOf(name, instrument, intervalUs))
    if (found !== undefined) return found
    const alike = this.sets.filter((set) => set.name === name)
    const names = [...new Set(this.sets.map((set) => set.name))].join(", ")
    if (alike.length === 0) throw refused(name, "there is no such set", `Choose from ${names || "none: declare one"}.`)
    const offered = alike.slice(0, 20).map((set) => `${set.instrument} at ${set.intervalUs / 1e6} s`)
    const reason = `it is not declared for ${instrument} at ${intervalUs / 1e6} s`
    throw refused(name, reason, `Add it, or choose from ${offered.join(", ")}.`)
  }
}

const documentOf = (document: unknown): (typeof Document.Type)["sets"] => {
  try {
    return decode(document).sets
  } catch (cause) {
    const reason = (cause instanceof Error ? cause.message : String(cause)).replace(/\s*\n\s*/g, " ").slice(0, 300)
    throw refused("(document)", reason, "Give sets with name, instruments, intervalsUs and features.")
  }
}

const refused = (set: string, reason: string, remedy: string): FeatureSetRefused =>
  new FeatureSetRefused({ set, feature: "", field: "", reason, remedy })

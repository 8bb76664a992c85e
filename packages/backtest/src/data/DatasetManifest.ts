/**
 * What a stored data set says of itself: `manifest.json` beside its column files. The manifest decides what the files mean:
 * bytes beyond the lengths it names are no part of the data, so that a write that broke off is as if it had not been.
 */
import { Option, Schema } from "effect"
import { DataError } from "./DataError.ts"
import { DataFinding } from "./DataFinding.ts"
import { datasetKinds, dtypes } from "./Dataset.ts"

export const manifestFormat = 1

const Count = Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))
const Hash = Schema.String.check(Schema.isPattern(/^[0-9a-f]{64}$/))

export const StoredColumn = Schema.Struct({
  name: Schema.String,
  dtype: Schema.Literals(dtypes),
  length: Count,
  /** Its file in the data set's folder; little-endian, without a header. */
  file: Schema.String.check(Schema.isPattern(/^[A-Za-z0-9_-]+(\.[a-z0-9]+)+$/)),
  sha256: Hash
})
export type StoredColumn = typeof StoredColumn.Type

export const DatasetManifest = Schema.Struct({
  format: Schema.Literal(manifestFormat),
  name: Schema.String,
  kind: Schema.Literals(datasetKinds),
  instruments: Schema.Array(Schema.String),
  intervalUs: Schema.Number,
  timeColumn: Schema.String,
  rows: Count,
  /** Times of the first and last row, epoch µs; 0 where there is none. */
  from: Schema.Number,
  to: Schema.Number,
  columns: Schema.Array(StoredColumn),
  /** See `contentHash` of Dataset. */
  contentHash: Hash,
  /** Where the data came from, in the importer's words. */
  source: Schema.String,
  /** What was inferred or changed on the way. */
  notes: Schema.Array(Schema.String),
  findings: Schema.Array(DataFinding),
  /** The program and version that wrote it. */
  createdBy: Schema.String
})
export type DatasetManifest = typeof DatasetManifest.Type

const decode = Schema.decodeUnknownOption(Schema.fromJsonString(DatasetManifest))
const formatIn = Schema.decodeUnknownOption(Schema.fromJsonString(Schema.Struct({ format: Schema.Number })))

/** Throws a DataError naming the file. */
export const parseManifest = (text: string, file: string): DatasetManifest => {
  const manifest = Option.getOrUndefined(decode(text))
  if (manifest !== undefined) return manifest
  const format = Option.getOrUndefined(formatIn(text))?.format
  const at = { source: file, line: 0, field: "" }
  if (format !== undefined && format > manifestFormat) {
    const detail = `it is of format ${format}, this program knows ${manifestFormat}`
    throw new DataError({ ...at, problem: "unsupported", detail, remedy: "Read it with the version that wrote it." })
  }
  const remedy = "Remove the data set and import it again."
  throw new DataError({ ...at, problem: "corrupt", detail: "it is no manifest of a data set", remedy })
}

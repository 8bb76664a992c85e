/**
 * Bars on their way into the store: checked by the policy the caller chose, with everything that was inferred, found and
 * changed written into the manifest, and filled rows marked in a column of their own.
 */
import type { BarColumns } from "@outcry/signals/BarColumns"
import { type BarRepairOptions, checkBars, type IntegrityPolicy } from "./BarRepair.ts"
import type { ColumnStore, ReadOptions } from "./ColumnStore.ts"
import { barsOf, datasetOfBars } from "./Dataset.ts"
import type { DatasetManifest } from "./DatasetManifest.ts"

export interface BarsToStore {
  readonly bars: BarColumns
  /** Of the import. */
  readonly notes: ReadonlyArray<string>
  /** Where they came from. */
  readonly source: string
  /** The program and version that stores them. */
  readonly createdBy: string
}

/** Rejects with a DataError where the policy refuses the bars or the store cannot take them; then nothing has changed. */
export const storeBars = async (
  store: ColumnStore,
  name: string,
  { bars, createdBy, notes, source }: BarsToStore,
  policy: IntegrityPolicy,
  options: BarRepairOptions = {}
): Promise<DatasetManifest> => {
  const checked = checkBars(bars, policy, options)
  const dataset = datasetOfBars(checked.bars)
  const marked = checked.filled.some((mark) => mark === 1)
  const columns = marked ? { ...dataset.columns, filled: checked.filled } : dataset.columns
  const told = checked.changes.map(({ count, detail }) => `Repaired: ${count} ${detail}.`)
  const about = { source, createdBy, notes: [...notes, ...told], findings: checked.findings }
  return store.write(name, { ...dataset, columns }, about)
}

export interface StoredBars {
  readonly bars: BarColumns
  /** 1 where a row was filled in; undefined where none was. */
  readonly filled: Uint8Array | undefined
}

/** Rejects with a DataError. */
export const readBars = async (store: ColumnStore, name: string, options: ReadOptions = {}): Promise<StoredBars> => {
  const dataset = await store.read(name, options)
  const { filled } = dataset.columns
  return { bars: barsOf(dataset), filled: filled instanceof Uint8Array ? filled : undefined }
}

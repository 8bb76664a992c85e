/**
 * Data sets on disk: a folder each, with a manifest and a file a column. A write is whole or not at all: new column files
 * are on the disk before the manifest that names them takes the place of the old one, by a rename. Readers need no lock;
 * writers of one data set exclude each other by a lock file. Everything wrong is a DataError naming file and remedy.
 */
import { randomBytes } from "node:crypto"
import { mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises"
import { join } from "node:path"
import {
  appendColumn,
  hashColumn,
  isLittleEndian,
  readColumn,
  type RowRange,
  rowNotBefore,
  syncFolder,
  writeBytes
} from "./ColumnFile.ts"
import { DataError, fileFault } from "./DataError.ts"
import type { DataFinding } from "./DataFinding.ts"
import { type Column, columnHash, type Dataset, dtypeOf, hashOf, memoryOf, rowsOf } from "./Dataset.ts"
import { type DatasetManifest, manifestFormat, parseManifest, type StoredColumn } from "./DatasetManifest.ts"

/** What the manifest tells beside the data. */
export interface About {
  readonly source: string
  readonly createdBy: string
  readonly notes?: ReadonlyArray<string>
  readonly findings?: ReadonlyArray<DataFinding>
}

export interface ReadOptions {
  /** Rows from this time on, epoch µs. */
  readonly from?: number
  /** Rows before this time. */
  readonly to?: number
  /** Put the columns into shared memory. */
  readonly shared?: boolean
  /** Compare the hashes of what is read whole; default true. A part cannot be compared. */
  readonly verify?: boolean
}

export interface StoreListing {
  /** By name. */
  readonly manifests: ReadonlyArray<DatasetManifest>
  /** Folders that hold no readable manifest. */
  readonly faults: ReadonlyArray<DataError>
}

const names = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/
const columnNames = /^[A-Za-z][A-Za-z0-9_]{0,63}$/
const manifestFile = "manifest.json"
const lockFile = "writing.lock"

export class ColumnStore {
  readonly folder: string

  private constructor(folder: string) {
    this.folder = folder
  }

  /** Makes the folder where there is none. Rejects with a DataError. */
  static async open(folder: string): Promise<ColumnStore> {
    if (!isLittleEndian) {
      throw fault(folder, "unsupported", "this machine is big-endian, column files are little-endian", "Use another.")
    }
    await guarded(folder, () => mkdir(folder, { recursive: true }))
    return new ColumnStore(folder)
  }

  async list(): Promise<StoreListing> {
    const entries = await guarded(this.folder, () => readdir(this.folder, { withFileTypes: true }))
    const manifests: Array<DatasetManifest> = []
    const faults: Array<DataError> = []
    for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
      if (!entry.isDirectory() || !names.test(entry.name)) continue
      try {
        manifests.push(await this.manifest(entry.name))
      } catch (cause) {
        faults.push(fileFault(join(this.folder, entry.name), cause))
      }
    }
    return { manifests, faults }
  }

  async manifest(name: string): Promise<DatasetManifest> {
    const path = this.path(name, manifestFile)
    return parseManifest(await guarded(path, () => readFile(path, "utf8")), path)
  }

  /** The data set with that content hash, whatever its name: how a task finds the data it names. */
  async withHash(contentHash: string): Promise<DatasetManifest> {
    const { manifests } = await this.list()
    const found = manifests.find((manifest) => manifest.contentHash === contentHash)
    if (found !== undefined) return found
    const remedy = "Import the data here, or copy the data set's folder from where it is."
    throw fault(this.folder, "missing", `no data set has the content hash ${contentHash}`, remedy)
  }

  /** Stores a data set under a name, in place of what it held. */
  async write(name: string, dataset: Dataset, about: About): Promise<DatasetManifest> {
    requireSound(name, dataset)
    const folder = this.path(name)
    await guarded(folder, () => mkdir(folder, { recursive: true }))
    return this.locked(name, async () => {
      const generation = randomBytes(4).toString("hex")
      const columns: Array<StoredColumn> = []
      for (const [column, values] of Object.entries(dataset.columns)) {
        const file = `${column}.${generation}.bin`
        await writeBytes(join(folder, file), memoryOf(values))
        const { length } = values
        columns.push({ name: column, dtype: dtypeOf(values), length, file, sha256: columnHash(values) })
      }
      const { notes = [], findings = [], source, createdBy } = about
      const manifest = manifestOf(name, dataset, columns, { notes, findings, source, createdBy })
      await this.commit(manifest)
      await this.sweep(manifest)
      return manifest
    })
  }

  /** Adds rows that come after the last one stored, of the same shape; not to a tape, whose rows point into its levels. */
  async append(name: string, more: Dataset, notes: ReadonlyArray<string> = []): Promise<DatasetManifest> {
    requireSound(name, more)
    return this.locked(name, async () => {
      const old = await this.manifest(name)
      this.requireFollowing(old, more)
      const columns: Array<StoredColumn> = []
      for (const column of old.columns) {
        const path = this.path(name, column.file)
        const values = more.columns[column.name]!
        await appendColumn(path, column.length, values, column.dtype)
        const length = column.length + values.length
        columns.push({ ...column, length, sha256: await hashColumn(path, column.dtype, length) })
      }
      const from = old.rows === 0 ? firstTime(more) : old.from
      const rows = old.rows + rowsOf(more)
      const to = rowsOf(more) === 0 ? old.to : lastTime(more)
      const grown = { ...old, columns, from, to, rows, notes: [...old.notes, ...notes] }
      const manifest = { ...grown, contentHash: hashOf(grown, columns) }
      await this.commit(manifest)
      return manifest
    })
  }

  /** The data set, or its rows of a range of time. Of a tape all levels are read, since its rows point to them. */
  async read(name: string, options: ReadOptions = {}): Promise<Dataset> {
    try {
      return await this.readOnce(name, options)
    } catch (cause) {
      // A writer may have swept the files away between our reading the manifest and them: then there is a new manifest.
      if (cause instanceof DataError && cause.problem === "missing") return this.readOnce(name, options)
      throw cause
    }
  }

  /** Reads every byte again and compares: resolves with the manifest, or rejects naming the file that differs. */
  async verify(name: string): Promise<DatasetManifest> {
    const manifest = await this.manifest(name)
    for (const column of manifest.columns) {
      const path = this.path(name, column.file)
      if ((await hashColumn(path, column.dtype, column.length)) !== column.sha256) throw differs(path)
    }
    if (hashOf(manifest, manifest.columns) !== manifest.contentHash) throw differs(this.path(name, manifestFile))
    return manifest
  }

  async remove(name: string): Promise<void> {
    await this.manifest(name)
    await this.locked(name, async () => {
      // Without its manifest it is gone; the rest is sweeping up.
      await rm(this.path(name, manifestFile))
    })
    await guarded(this.path(name), () => rm(this.path(name), { recursive: true }))
  }

  private async readOnce(name: string, options: ReadOptions): Promise<Dataset> {
    const { from, shared = false, to, verify = true } = options
    const manifest = await this.manifest(name)
    const whole = from === undefined && to === undefined
    const range = whole ? { start: 0, end: manifest.rows } : await this.rangeOf(manifest, from, to)
    const columns: Record<string, Column> = {}
    for (const column of manifest.columns) {
      const path = this.path(name, column.file)
      const isRows = column.length === manifest.rows && column.name !== "levels"
      const part: RowRange = isRows ? range : { start: 0, end: column.length }
      const values = await readColumn(path, column.dtype, column.length, part, shared)
      if (verify && part.end - part.start === column.length && columnHash(values) !== column.sha256) throw differs(path)
      columns[column.name] = values
    }
    const { instruments, intervalUs, kind, timeColumn } = manifest
    return { kind, instruments, intervalUs, timeColumn, columns }
  }

  private async rangeOf(manifest: DatasetManifest, from?: number, to?: number): Promise<RowRange> {
    const time = manifest.columns.find(({ name }) => name === manifest.timeColumn)
    if (time === undefined) throw differs(this.path(manifest.name, manifestFile))
    const path = this.path(manifest.name, time.file)
    const start = from === undefined ? 0 : await rowNotBefore(path, time.length, from)
    const end = to === undefined ? time.length : await rowNotBefore(path, time.length, to)
    return { start, end: Math.max(start, end) }
  }

  private requireFollowing(old: DatasetManifest, more: Dataset): void {
    const path = this.path(old.name)
    const refuse = (detail: string, remedy: string): never => {
      throw fault(path, "conflict", detail, remedy)
    }
    if (old.kind === "tape") refuse("it is a tape", "Write the whole tape anew.")
    const same =
      old.kind === more.kind &&
      old.intervalUs === more.intervalUs &&
      old.timeColumn === more.timeColumn &&
      old.instruments.join() === more.instruments.join()
    if (!same) refuse("it holds other data than those to add", "Compare kind, instrument and interval.")
    const shape = (columns: ReadonlyArray<readonly [string, string]>) => columns.map(String).toSorted().join(";")
    const stored = shape(old.columns.map(({ dtype, name }) => [name, dtype]))
    if (stored !== shape(Object.entries(more.columns).map(([name, column]) => [name, dtypeOf(column)]))) {
      refuse("its columns differ from those to add", `Give the columns ${stored}.`)
    }
    if (old.rows > 0 && rowsOf(more) > 0 && firstTime(more) <= old.to) {
      refuse(
        `it reaches to ${old.to}, the rows to add begin at ${firstTime(more)}`,
        "Leave out the rows it has already."
      )
    }
  }

  private async commit(manifest: DatasetManifest): Promise<void> {
    const path = this.path(manifest.name, manifestFile)
    const draft = `${path}.${randomBytes(4).toString("hex")}.tmp`
    await writeBytes(draft, new TextEncoder().encode(`${JSON.stringify(manifest, undefined, 2)}\n`))
    await guarded(path, () => rename(draft, path))
    await syncFolder(this.path(manifest.name))
    await syncFolder(this.folder)
  }

  /** Removes what the manifest does not name: older generations, and what broken writes left. */
  private async sweep(manifest: DatasetManifest): Promise<void> {
    const folder = this.path(manifest.name)
    const named = new Set([manifestFile, lockFile, ...manifest.columns.map(({ file }) => file)])
    for (const file of await guarded(folder, () => readdir(folder))) {
      if (!named.has(file)) await guarded(folder, () => rm(join(folder, file), { force: true }))
    }
  }

  private async locked<A>(name: string, work: () => Promise<A>): Promise<A> {
    const path = this.path(name, lockFile)
    try {
      await (await open(path, "wx")).close()
    } catch (cause) {
      if (!(cause instanceof Error && "code" in cause && cause.code === "EEXIST"))
        throw fileFault(this.path(name), cause)
      const remedy = "Wait for it; if no program is writing, remove that file."
      throw fault(path, "conflict", "another writer is at this data set, or broke off", remedy)
    }
    try {
      return await work()
    } catch (cause) {
      throw fileFault(this.path(name), cause)
    } finally {
      await rm(path, { force: true })
    }
  }

  private path(name: string, file?: string): string {
    if (!names.test(name)) {
      const remedy = "Use letters, digits, point, hyphen and underscore, at most 100."
      throw fault(this.folder, "refused", `"${name}" is no name of a data set`, remedy)
    }
    return file === undefined ? join(this.folder, name) : join(this.folder, name, file)
  }
}

const fault = (source: string, problem: DataError["problem"], detail: string, remedy: string): DataError =>
  new DataError({ source, line: 0, field: "", problem, detail, remedy })

const differs = (path: string): DataError =>
  fault(path, "corrupt", "its content is not what was written", "Remove the data set and import it again.")

const guarded = async <A>(path: string, work: () => Promise<A>): Promise<A> => {
  try {
    return await work()
  } catch (cause) {
    throw fileFault(path, cause)
  }
}

const firstTime = (dataset: Dataset): number => dataset.columns[dataset.timeColumn]?.[0] ?? 0
const lastTime = (dataset: Dataset): number => dataset.columns[dataset.timeColumn]?.at(-1) ?? 0

const manifestOf = (
  name: string,
  dataset: Dataset,
  columns: ReadonlyArray<StoredColumn>,
  about: Required<About>
): DatasetManifest => ({
  format: manifestFormat,
  name,
  kind: dataset.kind,
  instruments: dataset.instruments,
  intervalUs: dataset.intervalUs,
  timeColumn: dataset.timeColumn,
  rows: rowsOf(dataset),
  from: firstTime(dataset),
  to: lastTime(dataset),
  columns,
  contentHash: hashOf(dataset, columns),
  ...about
})

const requireSound = (name: string, dataset: Dataset): void => {
  const refuse = (field: string, detail: string, remedy: string): never => {
    throw new DataError({ source: name, line: 0, field, problem: "refused", detail, remedy })
  }
  const time = dataset.columns[dataset.timeColumn]
  if (!(time instanceof Float64Array)) return refuse(dataset.timeColumn, "it is no column of times", "Name one.")
  for (let row = 0; row < time.length; row++) {
    if (!Number.isFinite(time[row]) || (row > 0 && time[row]! < time[row - 1]!)) {
      refuse(
        dataset.timeColumn,
        `row ${row + 1} is no time, or before the one above`,
        "Check and repair the data first."
      )
    }
  }
  for (const [column, values] of Object.entries(dataset.columns)) {
    if (!columnNames.test(column)) refuse(column, "that is no name of a column", "Use letters, digits and underscores.")
    if (values.length !== time.length && !(dataset.kind === "tape" && column === "levels")) {
      refuse(column, `it has ${values.length} rows, the times ${time.length}`, "Give columns of equal length.")
    }
  }
}

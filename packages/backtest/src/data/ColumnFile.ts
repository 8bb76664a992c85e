/** Column files: raw little-endian numbers. Writes reach the disk before they count; reads take just the rows asked for. */
import { createHash } from "node:crypto"
import { type FileHandle, open } from "node:fs/promises"
import { bytesOf, type Column, columnOver, type Dtype, memoryOf } from "./Dataset.ts"
import { DataError, fileFault } from "./DataError.ts"

/** The columns in memory are written as they lie there: that is little-endian on every machine Node is common on. */
export const isLittleEndian = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1

const pieceBytes = 4 * 1024 * 1024

/** Opens, uses and closes; faults become a DataError that names the file. */
const withFile = async <A>(path: string, flags: string, use: (file: FileHandle) => Promise<A>): Promise<A> => {
  let file: FileHandle | undefined
  try {
    file = await open(path, flags)
    return await use(file)
  } catch (cause) {
    throw fileFault(path, cause)
  } finally {
    await file?.close()
  }
}

const writeAll = async (file: FileHandle, bytes: Uint8Array, position: number): Promise<void> => {
  let done = 0
  while (done < bytes.length) {
    const { bytesWritten } = await file.write(bytes, done, Math.min(pieceBytes, bytes.length - done), position + done)
    done += bytesWritten
  }
}

/** A file's bytes on the disk, new or replaced. */
export const writeBytes = (path: string, bytes: Uint8Array): Promise<void> =>
  withFile(path, "w", async (file) => {
    await writeAll(file, bytes, 0)
    await file.sync()
  })

/** Rows put after the first `length`; what lay beyond them, from a write that broke off, is cut away. */
export const appendColumn = (path: string, length: number, more: Column, dtype: Dtype): Promise<void> =>
  withFile(path, "r+", async (file) => {
    const start = length * bytesOf[dtype]
    const { size } = await file.stat()
    if (size < start) throw truncated(path, size, start)
    await file.truncate(start)
    await writeAll(file, memoryOf(more), start)
    await file.sync()
  })

export interface RowRange {
  readonly start: number
  readonly end: number
}

/** Rows `start` to `end` (exclusive) of a column of `length` rows; in shared memory where told. */
export const readColumn = (
  path: string,
  dtype: Dtype,
  length: number,
  range: RowRange,
  shared: boolean
): Promise<Column> =>
  withFile(path, "r", async (file) => {
    const width = bytesOf[dtype]
    const { size } = await file.stat()
    if (size < length * width) throw truncated(path, size, length * width)
    const bytes = (range.end - range.start) * width
    const memory = shared ? new SharedArrayBuffer(bytes) : new ArrayBuffer(bytes)
    await readAll(file, path, new Uint8Array(memory), range.start * width)
    return columnOver(dtype, memory, range.end - range.start)
  })

const readAll = async (file: FileHandle, path: string, into: Uint8Array, position: number): Promise<void> => {
  let done = 0
  while (done < into.length) {
    const { bytesRead } = await file.read(into, done, Math.min(pieceBytes, into.length - done), position + done)
    if (bytesRead === 0) throw truncated(path, position + done, position + into.length)
    done += bytesRead
  }
}

/** SHA-256 of a column's rows, read piece by piece. */
export const hashColumn = (path: string, dtype: Dtype, length: number): Promise<string> =>
  withFile(path, "r", async (file) => {
    const hash = createHash("sha256")
    const piece = new Uint8Array(pieceBytes)
    const bytes = length * bytesOf[dtype]
    for (let at = 0; at < bytes; at += pieceBytes) {
      const part = piece.subarray(0, Math.min(pieceBytes, bytes - at))
      await readAll(file, path, part, at)
      hash.update(part)
    }
    return hash.digest("hex")
  })

/** The first row whose time is not before `time`, by bisection; the column must rise. */
export const rowNotBefore = (path: string, length: number, time: number): Promise<number> =>
  withFile(path, "r", async (file) => {
    const value = new Float64Array(1)
    let [low, high] = [0, length]
    while (low < high) {
      const middle = (low + high) >>> 1
      await readAll(file, path, new Uint8Array(value.buffer), middle * 8)
      if (value[0]! < time) low = middle + 1
      else high = middle
    }
    return low
  })

/** Makes the names in a folder last: a rename is durable once its folder is. */
export const syncFolder = (path: string): Promise<void> => withFile(path, "r", (file) => file.sync())

const truncated = (source: string, size: number, expected: number): DataError =>
  new DataError({
    source,
    line: 0,
    field: "",
    problem: "truncated",
    detail: `it has ${size} bytes, the manifest says ${expected}`,
    remedy: "Remove the data set and import it again."
  })

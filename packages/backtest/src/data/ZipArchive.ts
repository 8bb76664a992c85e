/**
 * Reads ZIP archives as data vendors publish them: stored or deflated entries, each with its checksum proven and its size
 * bounded before anything is unpacked. Neither encryption, nor directories beyond 4 GiB, nor archives in parts: those are
 * refused by name. Entries whose sizes stand in the ZIP64 field are read, since some vendors write it always.
 *
 * Layout: PKWARE, APPNOTE.TXT 6.3.10, sections 4.3.7 (local header), 4.3.12 (central directory), 4.3.16 (its end), 4.5.3
 * (ZIP64 extra field).
 */
import { readFile, stat } from "node:fs/promises"
import { promisify } from "node:util"
import { crc32, inflateRaw } from "node:zlib"
import { DataError, type DataProblem, fileFault } from "./DataError.ts"

const unpack = promisify(inflateRaw)

export interface ZipEntry {
  /** With its folders, as it stands in the archive. */
  readonly name: string
  readonly packedBytes: number
  readonly bytes: number
  readonly crc32: number
  readonly method: number
  readonly encrypted: boolean
  /** Where its local header begins. */
  readonly offset: number
}

export interface ZipLimits {
  /** Default 512 MiB. */
  readonly archiveBytesMax?: number
  /** Of one entry, unpacked; default 1 GiB. */
  readonly entryBytesMax?: number
  /** Default 10,000. */
  readonly entriesMax?: number
}

const limitsDefault = { archiveBytesMax: 2 ** 29, entryBytesMax: 2 ** 30, entriesMax: 10_000 }

const endSignature = 0x06054b50
const directorySignature = 0x02014b50
const localSignature = 0x04034b50
const endBytes = 22
const commentBytesMax = 0xffff

export class ZipArchive {
  readonly source: string
  /** Folders left out. */
  readonly entries: ReadonlyArray<ZipEntry>
  private readonly bytes: Buffer
  private readonly entryBytesMax: number

  private constructor(source: string, bytes: Buffer, limits: Required<ZipLimits>) {
    this.source = source
    this.bytes = bytes
    this.entryBytesMax = limits.entryBytesMax
    this.entries = directoryOf(source, bytes, limits.entriesMax)
  }

  /** Rejects with a DataError. */
  static async open(path: string, limits: ZipLimits = {}): Promise<ZipArchive> {
    const most = limits.archiveBytesMax ?? limitsDefault.archiveBytesMax
    try {
      const { size } = await stat(path)
      if (size > most) throw faultOf(path, "tooLarge", `it has ${size} bytes, at most ${most} are read`)
      return ZipArchive.of(await readFile(path), path, limits)
    } catch (cause) {
      throw fileFault(path, cause)
    }
  }

  /** An archive in memory; `source` names it in errors. Throws a DataError. */
  static of(bytes: Uint8Array, source: string, limits: ZipLimits = {}): ZipArchive {
    const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    return new ZipArchive(source, view, { ...limitsDefault, ...limits })
  }

  /** An entry's bytes, checked. Rejects with a DataError. */
  async read(entry: ZipEntry): Promise<Uint8Array> {
    const named = `${this.source} (${entry.name})`
    if (entry.encrypted) throw faultOf(named, "unsupported", "it is encrypted")
    if (entry.method !== 0 && entry.method !== 8) {
      throw faultOf(named, "unsupported", `it is packed by method ${entry.method}, not stored or deflated`)
    }
    if (entry.bytes > this.entryBytesMax) {
      throw faultOf(named, "tooLarge", `it unpacks to ${entry.bytes} bytes, at most ${this.entryBytesMax} are read`)
    }
    const packed = this.packed(entry, named)
    let bytes: Uint8Array = packed
    try {
      // What unpacks to more than it declares is stopped there, whatever it would have grown to.
      if (entry.method === 8) bytes = await unpack(packed, { maxOutputLength: Math.max(1, entry.bytes) })
    } catch (cause) {
      if (cause instanceof RangeError) throw faultOf(named, "corrupt", "it unpacks to more than it declares")
      throw fileFault(named, cause)
    }
    if (bytes.length !== entry.bytes) throw faultOf(named, "truncated", `${bytes.length} bytes of ${entry.bytes}`)
    if (crc32(bytes) !== entry.crc32) throw faultOf(named, "corrupt", "its checksum does not match")
    return bytes
  }

  /** The text of the only entry whose name ends in `ending`. Rejects with a DataError, also where there are several. */
  async textOf(ending: string): Promise<string> {
    const found = this.entries.filter(({ name }) => name.endsWith(ending))
    const [entry] = found
    if (entry === undefined) throw faultOf(this.source, "missing", `no entry ends in "${ending}"`)
    if (found.length > 1) throw faultOf(this.source, "conflict", `${found.length} entries end in "${ending}"`)
    return new TextDecoder().decode(await this.read(entry))
  }

  private packed(entry: ZipEntry, named: string): Buffer {
    const { bytes } = this
    const { offset } = entry
    if (offset + 30 > bytes.length || bytes.readUInt32LE(offset) !== localSignature) {
      throw faultOf(named, "corrupt", "there is no entry where the directory says")
    }
    const start = offset + 30 + bytes.readUInt16LE(offset + 26) + bytes.readUInt16LE(offset + 28)
    if (start + entry.packedBytes > bytes.length) throw faultOf(named, "truncated", "it ends beyond the archive")
    return bytes.subarray(start, start + entry.packedBytes)
  }
}

const remedies: Partial<Record<DataProblem, string>> = {
  unsupported: "Pack it again as a plain ZIP, stored or deflated.",
  tooLarge: "Split it, or raise the limit if its source is trusted.",
  missing: "Name another archive.",
  conflict: "Name the entry in full."
}

const faultOf = (source: string, problem: DataProblem, detail: string): DataError =>
  new DataError({ source, line: 0, field: "", problem, detail, remedy: remedies[problem] ?? "Fetch it again." })

const directoryOf = (source: string, bytes: Buffer, entriesMax: number): ReadonlyArray<ZipEntry> => {
  const end = endOf(bytes)
  if (end < 0) throw faultOf(source, "corrupt", "it is no ZIP archive, or its end is missing")
  const count = bytes.readUInt16LE(end + 10)
  const size = bytes.readUInt32LE(end + 12)
  const start = bytes.readUInt32LE(end + 16)
  if (count === 0xffff || start === 0xffffffff) throw faultOf(source, "unsupported", "its directory is a ZIP64 one")
  if (bytes.readUInt16LE(end + 4) !== 0) throw faultOf(source, "unsupported", "it is one part of several")
  if (count > entriesMax) throw faultOf(source, "tooLarge", `it has ${count} entries, at most ${entriesMax} are read`)
  if (start + size > end) throw faultOf(source, "corrupt", "its directory lies beyond its end")
  const entries: Array<ZipEntry> = []
  let at = start
  for (let place = 0; place < count; place++) {
    if (at + 46 > end || bytes.readUInt32LE(at) !== directorySignature) {
      throw faultOf(source, "corrupt", `its directory breaks off at entry ${place + 1} of ${count}`)
    }
    const nameBytes = bytes.readUInt16LE(at + 28)
    const name = bytes.toString("utf8", at + 46, at + 46 + nameBytes)
    const extraStart = at + 46 + nameBytes
    const next = extraStart + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32)
    if (next > end) throw faultOf(source, "corrupt", `its directory breaks off in entry ${place + 1} of ${count}`)
    const sizes = { bytes: bytes.readUInt32LE(at + 24), packedBytes: bytes.readUInt32LE(at + 20) }
    const extra = bytes.subarray(extraStart, extraStart + bytes.readUInt16LE(at + 30))
    const entry = {
      name,
      encrypted: (bytes.readUInt16LE(at + 8) & 1) === 1,
      method: bytes.readUInt16LE(at + 10),
      crc32: bytes.readUInt32LE(at + 16),
      ...wideSizes({ ...sizes, offset: bytes.readUInt32LE(at + 42) }, extra)
    }
    if (!name.endsWith("/")) entries.push(entry)
    at = next
  }
  return entries
}

type Sizes = Pick<ZipEntry, "bytes" | "packedBytes" | "offset">

const inExtraField = 0xffffffff

/** Sizes that did not fit 32 bits, or were said not to, stand in the field of tag 1, in this order. */
const wideSizes = (sizes: Sizes, extra: Buffer): Sizes => {
  let at = 0
  while (at + 4 <= extra.length && extra.readUInt16LE(at) !== 1) at += 4 + extra.readUInt16LE(at + 2)
  const end = at + 4 <= extra.length ? Math.min(extra.length, at + 4 + extra.readUInt16LE(at + 2)) : 0
  at += 4
  const wide = (value: number): number => {
    if (value !== inExtraField || at + 8 > end) return value
    at += 8
    return Number(extra.readBigUInt64LE(at - 8))
  }
  return { bytes: wide(sizes.bytes), packedBytes: wide(sizes.packedBytes), offset: wide(sizes.offset) }
}

/** The end record stands last, behind it only a comment whose length it gives. */
const endOf = (bytes: Buffer): number => {
  const first = Math.max(0, bytes.length - endBytes - commentBytesMax)
  for (let at = bytes.length - endBytes; at >= first; at--) {
    if (bytes.readUInt32LE(at) === endSignature && at + endBytes + bytes.readUInt16LE(at + 20) === bytes.length) {
      return at
    }
  }
  return -1
}

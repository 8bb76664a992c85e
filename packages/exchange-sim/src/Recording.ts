/**
 * Recorded market data in files: one line a frame (see RecordedFrame), gzip where the name ends in `.gz`. `open` reads
 * every file once, so that whatever is wrong with one is known before anything trades on it; `frames` then reads again,
 * lazily, in batches, one symbol at a time and its files in time order. Long times without a frame are left out. Holds
 * no frames itself.
 */
import { createReadStream } from "node:fs"
import { pipeline } from "node:stream"
import { createGunzip } from "node:zlib"
import type { FrameSource } from "./FrameSource.ts"
import { IdleTime, idleUsMostDefault, type Span } from "./IdleTime.ts"
import { parseLine, type RecordedFrame } from "./RecordedFrame.ts"
import { RecordingError } from "./RecordingError.ts"

/** What one file holds. */
export interface RecordedFile {
  readonly path: string
  readonly symbols: ReadonlyArray<string>
  readonly frames: number
  readonly startUs: number
  readonly endUs: number
  /** The times at which it holds frames, parted where there are none for more than `idleUsMost`. */
  readonly spans: ReadonlyArray<Span>
  /** Whether a depth snapshot comes among its first frames. */
  readonly hasSnapshot: boolean
}

/** A snapshot this late still begins a book: the diffs before it are held back. */
const snapshotWithinFrames = 1_000

export interface RecordingOptions {
  /** A longer time without any frame is left out of the replay; default 60 s. */
  readonly idleUsMost?: number
}

export class Recording implements FrameSource {
  /** In time order. */
  readonly files: ReadonlyArray<RecordedFile>
  /** Lower-case wire symbols. */
  readonly symbols: ReadonlyArray<string>
  readonly startUs: number
  /** As it is replayed: earlier than recorded by the idle time left out. */
  readonly endUs: number
  /** What a user should know before trading on it, in sentences. */
  readonly warnings: ReadonlyArray<string>
  private readonly idle: IdleTime

  private constructor(files: ReadonlyArray<RecordedFile>, idleUsMost: number) {
    this.files = files.toSorted((a, b) => a.startUs - b.startUs)
    this.symbols = [...new Set(files.flatMap((file) => file.symbols))].toSorted()
    this.startUs = Math.min(...files.map((file) => file.startUs))
    this.idle = new IdleTime(
      files.flatMap((file) => file.spans),
      idleUsMost
    )
    this.endUs = this.idle.replayedUs(Math.max(...files.map((file) => file.endUs)))
    const withoutSnapshot = this.symbols
      .filter((symbol) => !this.beginsWithSnapshot(symbol))
      .map(
        (symbol) =>
          `Recording ${this.filesOf(symbol)[0]!.path} does not begin with a depth snapshot: the book of ${symbol} starts empty ` +
          "and fills in as its levels change. Put the file recorded just before it first for a whole book."
      )
    this.warnings = [...withoutSnapshot, ...this.idle.notices()]
  }

  /** Reads and checks all files; rejects with a RecordingError at the first fault. */
  static async open(paths: ReadonlyArray<string>, options: RecordingOptions = {}): Promise<Recording> {
    if (paths.length === 0) throw new RangeError("A recording needs at least one file")
    const { idleUsMost = idleUsMostDefault } = options
    const files: Array<RecordedFile> = []
    for (const path of paths) files.push(await inspect(path, idleUsMost))
    return new Recording(files, idleUsMost)
  }

  /** Whether that symbol's book can be built whole. */
  beginsWithSnapshot(symbol: string): boolean {
    return this.filesOf(symbol)[0]?.hasSnapshot ?? false
  }

  /** One symbol's frames in batches, in the order of the files' times; rejects with a RecordingError. */
  async *frames(symbol: string): AsyncGenerator<ReadonlyArray<RecordedFrame>, void> {
    for (const file of this.filesOf(symbol)) {
      // A snapshot names no symbol: it belongs to its file's, if there is only one.
      const alone = file.symbols.length === 1
      for await (const batch of framesOf(file.path)) {
        const ours = batch.filter((frame) => frame.symbol === symbol || (alone && frame.symbol === ""))
        if (ours.length > 0) yield this.idle.gaps.length === 0 ? ours : ours.map((frame) => this.moved(frame))
      }
    }
  }

  private moved(frame: RecordedFrame): RecordedFrame {
    return { ...frame, receivedUs: this.idle.replayedUs(frame.receivedUs) }
  }

  private filesOf(symbol: string): ReadonlyArray<RecordedFile> {
    return this.files.filter((file) => file.symbols.includes(symbol))
  }
}

const inspect = async (path: string, idleUsMost: number): Promise<RecordedFile> => {
  const symbols = new Set<string>()
  const spans: Array<{ startUs: number; endUs: number }> = []
  let [frames, snapshots, startUs, endUs] = [0, 0, Number.MAX_SAFE_INTEGER, 0]
  for await (const batch of framesOf(path)) {
    for (const frame of batch) {
      frames += 1
      if (frame.type === "snapshot") {
        if (frames <= snapshotWithinFrames) snapshots += 1
      } else {
        symbols.add(frame.symbol)
      }
      const span = spans.at(-1)
      if (span === undefined || frame.receivedUs - span.endUs > idleUsMost) {
        spans.push({ startUs: frame.receivedUs, endUs: frame.receivedUs })
      } else span.endUs = Math.max(span.endUs, frame.receivedUs)
      startUs = Math.min(startUs, frame.receivedUs)
      endUs = Math.max(endUs, frame.receivedUs)
    }
  }
  if (symbols.size === 0)
    throw new RecordingError({ file: path, line: 0, problem: "empty", detail: "nothing to replay" })
  return {
    path,
    symbols: [...symbols],
    frames,
    startUs,
    endUs,
    spans,
    hasSnapshot: snapshots > 0 && symbols.size === 1
  }
}

/** A file's frames, a batch for each piece read. Leaving the loop early closes the file. */
async function* framesOf(path: string): AsyncGenerator<ReadonlyArray<RecordedFrame>, void> {
  let line = 0
  for await (const lines of linesOf(path)) {
    const batch: Array<RecordedFrame> = []
    for (const text of lines) {
      line += 1
      const frame = parseLine(text, path, line)
      if (typeof frame === "string") throw new RecordingError({ file: path, line, problem: "badLine", detail: frame })
      if (frame !== undefined) batch.push(frame)
    }
    yield batch
  }
}

/** No line of a recording is this long (a snapshot of 5,000 levels a side is about 400 kB): it is no recording. */
const lineCharactersMax = 4_000_000

async function* linesOf(path: string): AsyncGenerator<ReadonlyArray<string>, void> {
  const source = createReadStream(path, { highWaterMark: 64 * 1024 })
  // Without the pipeline a read error would never reach the reader of the unzipped stream.
  const text = path.endsWith(".gz") ? pipeline(source, createGunzip(), () => {}) : source
  text.setEncoding("utf8")
  let rest = ""
  try {
    for await (const chunk of text) {
      const lines = (rest + String(chunk)).split("\n")
      rest = lines.pop() ?? ""
      if (rest.length > lineCharactersMax) throw Object.assign(new Error("it has no lines"), { code: "Z_DATA_ERROR" })
      yield lines
    }
  } catch (cause) {
    throw cause instanceof RecordingError ? cause : faultOf(path, cause)
  } finally {
    source.destroy()
  }
  if (rest !== "") yield [rest]
}

const faultOf = (file: string, cause: unknown): RecordingError => {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : ""
  const detail = cause instanceof Error ? cause.message : String(cause)
  if (code === "ENOENT")
    return new RecordingError({ file, line: 0, problem: "missing", detail: "there is no such file" })
  if (code === "Z_BUF_ERROR") return new RecordingError({ file, line: 0, problem: "truncated", detail })
  if (code.startsWith("Z_")) return new RecordingError({ file, line: 0, problem: "corrupt", detail })
  return new RecordingError({ file, line: 0, problem: "unreadable", detail })
}

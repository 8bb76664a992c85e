/**
 * Lines of a text file, plain, gzip (`.gz`) or the only CSV of a ZIP (`.zip`), in batches as they are read. A line's length
 * is bounded, so that a binary file is refused instead of filling memory. Every fault is a DataError that names the file.
 */
import { createReadStream } from "node:fs"
import { pipeline } from "node:stream"
import { createGunzip } from "node:zlib"
import { DataError, fileFault } from "./DataError.ts"
import { ZipArchive } from "./ZipArchive.ts"

/** A depth snapshot of 5,000 levels a side has about 400,000 characters. */
const lineCharactersMax = 4_000_000

export async function* linesOfFile(path: string): AsyncGenerator<ReadonlyArray<string>, void> {
  if (path.endsWith(".zip")) {
    const archive = await ZipArchive.open(path)
    yield linesOfText(await archive.textOf(".csv"))
    return
  }
  const source = createReadStream(path, { highWaterMark: 256 * 1024 })
  // Without the pipeline a fault of reading would never reach the reader of the unpacked stream.
  const text = path.endsWith(".gz") ? pipeline(source, createGunzip(), () => {}) : source
  text.setEncoding("utf8")
  let rest = ""
  try {
    for await (const chunk of text) {
      const lines = (rest + String(chunk)).split("\n")
      rest = lines.pop() ?? ""
      if (rest.length > lineCharactersMax) throw notLines(path)
      yield lines.map(withoutReturn)
    }
  } catch (cause) {
    throw fileFault(path, cause)
  } finally {
    source.destroy()
  }
  if (rest !== "") yield [withoutReturn(rest)]
}

/** Lines of text in memory; a last line break ends the last line and begins none. */
export const linesOfText = (text: string): ReadonlyArray<string> => {
  const lines = text.split("\n").map(withoutReturn)
  if (lines.at(-1) === "") lines.pop()
  return lines
}

const withoutReturn = (line: string): string => (line.endsWith("\r") ? line.slice(0, -1) : line)

const notLines = (source: string): DataError =>
  new DataError({
    source,
    line: 0,
    field: "",
    problem: "unsupported",
    detail: `it has a line of more than ${lineCharactersMax} characters`,
    remedy: "Name a text file with one row a line."
  })

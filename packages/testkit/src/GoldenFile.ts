/** Reads the published reference values: a table of text, columns by name, empty cells and words as NaN. */
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"

const data = process.env["OUTCRY_DATA"] ?? fileURLToPath(new URL("../../../../shared/data", import.meta.url))
const folder = `${data}/indicator-goldens`

export const goldensMissing = !existsSync(folder)

/** What a suite that needs the files says of itself. */
export const goldensName = goldensMissing
  ? `published reference values (skipped: ${folder} is missing; OUTCRY_DATA names another place)`
  : "published reference values"

/** Every file there is. */
export const goldenFiles = (): ReadonlyArray<string> => readdirSync(folder)

export class GoldenFile {
  readonly rows: ReadonlyArray<ReadonlyArray<string>>
  private readonly header: ReadonlyArray<string>

  constructor(name: string, keep: (row: ReadonlyArray<string>) => boolean = () => true) {
    const [header, ...lines] = readFileSync(`${folder}/${name}`, "utf8").trim().split(/\r?\n/)
    this.header = header!.split(",").map((title) => title.trim().toLowerCase())
    this.rows = lines.map((line) => line.split(",")).filter(keep)
  }

  /** The text of a column's cells, "" where there is none. */
  text(title: string): ReadonlyArray<string> {
    const at = this.header.indexOf(title.toLowerCase())
    if (at < 0) throw new Error(`no column "${title}" among ${this.header.join(", ")}`)
    return this.rows.map((row) => row[at]?.trim() ?? "")
  }

  column(title: string): Float64Array {
    return Float64Array.from(this.text(title), (cell) => (cell === "" ? Number.NaN : Number(cell)))
  }
}

/** Tables for a terminal: columns as wide as what they hold, two spaces between, numbers to the right. */

/** Colours only when asked: what NO_COLOR and a pipe decide is the caller's to know. */
export interface TextStyle {
  readonly colour: boolean
}

export type Tone = "plain" | "dim" | "bold" | "good" | "bad" | "warn"

const codes: Readonly<Record<Exclude<Tone, "plain">, number>> = { bold: 1, dim: 2, good: 32, bad: 31, warn: 33 }

export const toned = (text: string, tone: Tone, { colour }: TextStyle): string =>
  colour && tone !== "plain" ? `\u001b[${codes[tone]}m${text}\u001b[0m` : text

export interface Cell {
  readonly text: string
  readonly tone?: Tone
}

export interface TextColumn {
  readonly title: string
  readonly right?: boolean
}

/** Control characters would move the cursor or colour the terminal: they are shown as "·". */
export const plainText = (text: string): string => text.replace(/\p{Cc}/gu, "·")

/** In code points: a letter beyond the basic plane is one column, not two. */
const widthOf = (text: string): number => text.replace(/[\uD800-\uDBFF][\uDC00-\uDFFF]/g, "·").length

/** Without titles no head is written. Lines have no trailing spaces. */
export const textTable = (
  columns: ReadonlyArray<TextColumn>,
  rows: ReadonlyArray<ReadonlyArray<Cell>>,
  style: TextStyle
): string => {
  const shown = rows.map((row) => row.map((cell) => ({ ...cell, text: plainText(cell.text) })))
  const widths = columns.map(({ title }, at) =>
    Math.max(widthOf(title), ...shown.map((row) => widthOf(row[at]?.text ?? "")))
  )
  const line = (cells: ReadonlyArray<Cell>): string => {
    const last = cells.findLastIndex(({ text }) => text !== "")
    return cells
      .slice(0, last + 1)
      .map(({ text, tone = "plain" }, at) => {
        const room = " ".repeat(Math.max(0, widths[at]! - widthOf(text)))
        const told = toned(text, tone, style)
        return columns[at]!.right === true ? room + told : at === last ? told : told + room
      })
      .join("  ")
  }
  const head = columns.some(({ title }) => title !== "")
    ? [line(columns.map(({ title }) => ({ text: title, tone: "dim" as const })))]
    : []
  return [...head, ...shown.map(line)].join("\n")
}

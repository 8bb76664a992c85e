/** One line of separated values → cells (RFC 4180, without line breaks inside quotes), and decimals in cells → numbers. */

export const separators = [",", ";", "\t", "|"] as const
export type Separator = (typeof separators)[number]

/** The separator that parts a line into most cells; undefined where it has one cell whatever is tried. */
export const separatorOf = (line: string): Separator | undefined => {
  let best: Separator | undefined
  let most = 1
  for (const separator of separators) {
    const cells = cellsOf(line, separator)?.length ?? 0
    if (cells > most) [best, most] = [separator, cells]
  }
  return best
}

/** Cells without quotes and spaces around them; undefined where a quote is not closed. */
export const cellsOf = (line: string, separator: Separator): ReadonlyArray<string> | undefined => {
  if (!line.includes('"')) return line.split(separator).map((cell) => cell.trim())
  const cells: Array<string> = []
  let at = 0
  for (;;) {
    while (line[at] === " ") at++
    if (line[at] === '"') {
      let cell = ""
      for (;;) {
        const end = line.indexOf('"', at + 1)
        if (end < 0) return undefined
        cell += line.slice(at + 1, end)
        at = end + 1
        if (line[at] !== '"') break
        cell += '"'
      }
      cells.push(cell.trim())
      while (line[at] === " ") at++
      if (at >= line.length) return cells
      if (line[at] !== separator) return undefined
    } else {
      const end = line.indexOf(separator, at)
      if (end < 0) {
        cells.push(line.slice(at).trim())
        return cells
      }
      cells.push(line.slice(at, end).trim())
      at = end
    }
    at++
  }
}

const decimal = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?$/
const withComma = /^[+-]?\d+,\d+$/
const grouped = /^[+-]?\d{1,3}(?:[, ' ]\d{3})+(?:\.\d+)?$/

/** The number in a cell, or in words what is wrong and what to do. */
export const numberIn = (cell: string): number | { readonly detail: string; readonly remedy: string } => {
  if (decimal.test(cell)) {
    const value = Number(cell)
    if (Number.isFinite(value)) return value
    return { detail: `"${cell}" is beyond what a number holds`, remedy: "Correct or remove that line." }
  }
  if (grouped.test(cell)) {
    return {
      detail: `"${cell}" has its thousands parted (or a decimal comma)`,
      remedy: "Write numbers without separators of thousands and with a decimal point."
    }
  }
  if (withComma.test(cell)) {
    return { detail: `"${cell}" has a decimal comma`, remedy: "Write numbers with a decimal point." }
  }
  return { detail: `"${cell}" is no number`, remedy: "Correct or remove that line, or map the column by name." }
}

export const isNumber = (cell: string): boolean => typeof numberIn(cell) === "number"

/**
 * Where words go: data to stdout, messages to stderr, colour only on a terminal and never with NO_COLOR (no-color.org).
 *
 * A pipe that closes early (`outcry status | head`) ends the program quietly.
 */
import { Effect } from "effect"
import type { UserError } from "./UserError.ts"

/** The environment variables of this process. Only this package reads them, and only through here. */
export const environment = (): Readonly<Record<string, string | undefined>> => process.env

const coloured = (stream: NodeJS.WriteStream): boolean => {
  const { FORCE_COLOR, NO_COLOR, TERM } = environment()
  if (NO_COLOR !== undefined && NO_COLOR !== "") return false
  if (FORCE_COLOR !== undefined && FORCE_COLOR !== "" && FORCE_COLOR !== "0") return true
  return stream.isTTY && TERM !== "dumb"
}

const paint = (stream: NodeJS.WriteStream) => {
  const wrap = (open: number) => (text: string) => (coloured(stream) ? `\u001b[${open}m${text}\u001b[0m` : text)
  return { bold: wrap(1), dim: wrap(2), red: wrap(31), green: wrap(32), yellow: wrap(33), cyan: wrap(36) }
}

export type Paint = ReturnType<typeof paint>

/** Colours for stdout, and for stderr. */
export const onStdout: Paint = paint(process.stdout)
export const onStderr: Paint = paint(process.stderr)

/** Whether text for stdout may have colours. */
export const terminalStyle = (): { readonly colour: boolean } => ({ colour: coloured(process.stdout) })

/** One line of data. */
export const data = (text: string): Effect.Effect<void> => Effect.sync(() => void process.stdout.write(`${text}\n`))

/** A value as JSON, as every `--json` prints it. */
export const json = (value: unknown): Effect.Effect<void> => data(JSON.stringify(value, undefined, 2))

/** One line for the person at the terminal. */
export const message = (text: string): Effect.Effect<void> => Effect.sync(() => void process.stderr.write(`${text}\n`))

export const errorText = (error: UserError): string =>
  `${onStderr.red("error")} ${onStderr.bold(error.code)} ${error.reason}\n  ${error.remedy}`

/** Columns as wide as their widest cell; the last one is not padded. `right` names columns that hold numbers. */
export const table = (
  head: ReadonlyArray<string>,
  rows: ReadonlyArray<ReadonlyArray<string>>,
  right: ReadonlyArray<number> = [],
  colours: Paint = onStdout
): string => {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => (row[column] ?? "").length)))
  const line = (cells: ReadonlyArray<string>): string =>
    cells
      .map((cell, column) => {
        const width = widths[column] ?? 0
        if (right.includes(column)) return cell.padStart(width)
        return column === cells.length - 1 ? cell : cell.padEnd(width)
      })
      .join("  ")
      .trimEnd()
  return [colours.dim(line(head)), ...rows.map(line)].join("\n")
}

/**
 * Ends the process quietly when whoever reads its output has gone. A command that holds other processes stops in order,
 * as if it had been asked to: it listens for that signal.
 */
export const endOnClosedPipe = (): void => {
  let ending = false
  const onError = (error: NodeJS.ErrnoException): void => {
    if (ending) return
    if (error.code !== "EPIPE") throw error
    ending = true
    if (process.listenerCount("SIGTERM") > 0) process.kill(process.pid, "SIGTERM")
    else process.exit(0)
  }
  process.stdout.on("error", onError)
  process.stderr.on("error", onError)
}

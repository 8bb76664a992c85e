/**
 * Owns the form of log lines: one JSON object a line with the trace it belongs to, or a short coloured line for a
 * terminal. Written to stderr by default: stdout is for data.
 * Secrets do not get out: a `Redacted`, and whatever stands under a name that says it is one, prints as `<redacted>`.
 * Lines are bounded in length, depth and number of fields; a value that cannot be printed never fails the caller.
 */
import { Cause, Context, Layer, Logger, type LogLevel, Redacted, References, Tracer } from "effect"

/** How a process logs. */
export interface LoggingOptions {
  /** The node's name, on every line. */
  readonly node: string
  readonly format: "json" | "pretty"
  /** For `pretty`: false where `NO_COLOR` is set or stderr is no terminal. */
  readonly color?: boolean
  readonly level?: LogLevel.LogLevel
  /** Takes a finished line without its newline. Default: stderr. */
  readonly write?: (line: string) => void
}

const REDACTED = "<redacted>"
const secretName =
  /(pass(word|phrase)?|secret|token|api[-_]?key|private[-_]?key|authorization|cookie|credential|signature)$/i
const maxText = 8_192
const maxDepth = 5
const maxItems = 50

const cut = (text: string): string => (text.length <= maxText ? text : `${text.slice(0, maxText)}…`)

// A connection string in a driver's message carries a password: what stands between `://user:` and `@` is one.
const scrub = (text: string): string => cut(text.replace(/(:\/\/[^\s:/@]*:)[^\s/@]+@/g, `$1${REDACTED}@`))

const errorFields = (error: Error, depth: number, seen: ReadonlyArray<object>): Record<string, unknown> => {
  const fields: Record<string, unknown> = { name: error.name, message: scrub(error.message) }
  for (const [key, value] of Object.entries(error).slice(0, maxItems)) {
    if (key !== "stack" && key !== "cause")
      fields[key] = secretName.test(key) ? REDACTED : printable(value, depth + 1, seen)
  }
  if (error.cause !== undefined) fields["cause"] = printable(error.cause, depth + 1, seen)
  return fields
}

/** The value as JSON can hold it, bounded and without secrets. */
export const printable = (value: unknown, depth = 0, ancestors: ReadonlyArray<object> = []): unknown => {
  if (typeof value === "string") return scrub(value)
  if (typeof value === "bigint") return value.toString()
  if (typeof value === "number") return Number.isFinite(value) ? value : String(value)
  if (typeof value === "boolean" || value === null) return value
  if (value === undefined) return null
  if (typeof value !== "object") return typeof value
  if (Redacted.isRedacted(value)) return REDACTED
  if (ancestors.includes(value)) return "<circular>"
  if (depth >= maxDepth) return "<deep>"
  const seen = [...ancestors, value]
  try {
    if (Cause.isCause(value)) return scrub(Cause.pretty(value))
    if (value instanceof Error) return errorFields(value, depth, seen)
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? "Invalid Date" : value.toISOString()
    if (value instanceof Uint8Array) return `<${value.length} bytes>`
    if (value instanceof Map) return printable(Object.fromEntries(value), depth, ancestors)
    if (value instanceof Set) return printable([...value], depth, ancestors)
    if (Array.isArray(value)) return value.slice(0, maxItems).map((item) => printable(item, depth + 1, seen))
    const fields: Record<string, unknown> = {}
    for (const [key, item] of Object.entries(value).slice(0, maxItems)) {
      fields[key] = secretName.test(key) ? REDACTED : printable(item, depth + 1, seen)
    }
    return fields
  } catch {
    return "<unprintable>"
  }
}

interface Line {
  readonly time: string
  readonly level: string
  readonly message: string
  readonly node: string
  readonly trace_id?: string
  readonly span_id?: string
  readonly attributes?: Record<string, unknown>
  readonly error?: string
}

const levels: { readonly [L in LogLevel.LogLevel]: string } = {
  All: "trace",
  Trace: "trace",
  Debug: "debug",
  Info: "info",
  Warn: "warn",
  Error: "error",
  Fatal: "fatal",
  None: "none"
}

const lineOf = (options: Logger.Options<unknown>, node: string): Line => {
  const parts = Array.isArray(options.message) ? options.message : [options.message]
  const attributes: Record<string, unknown> = {}
  const words: Array<string> = []
  for (const part of parts) {
    const value = printable(part)
    if (value instanceof Object && !Array.isArray(value)) {
      if (part instanceof Error) words.push(`${part.name}: ${scrub(part.message)}`)
      Object.assign(attributes, value)
    } else words.push(typeof value === "string" ? value : JSON.stringify(value))
  }
  for (const [key, value] of Object.entries(options.fiber.getRef(References.CurrentLogAnnotations))) {
    attributes[key] = secretName.test(key) ? REDACTED : printable(value)
  }
  const span = Context.getOrUndefined(options.fiber.context, Tracer.ParentSpan)
  return {
    time: options.date.toISOString(),
    level: levels[options.logLevel],
    message: words.join(" "),
    node,
    ...(span === undefined ? {} : { trace_id: span.traceId, span_id: span.spanId }),
    ...(Object.keys(attributes).length === 0 ? {} : { attributes }),
    ...(options.cause.reasons.length === 0 ? {} : { error: scrub(Cause.pretty(options.cause)) })
  }
}

const colors: { readonly [level: string]: number } = { debug: 2, trace: 2, info: 32, warn: 33, error: 31, fatal: 35 }

const pretty = (line: Line, color: boolean): string => {
  const paint = (code: number, text: string): string => (color ? `\u001b[${code}m${text}\u001b[0m` : text)
  const fields = Object.entries(line.attributes ?? {}).map(
    ([key, value]) => `${key}=${typeof value === "string" ? value : JSON.stringify(value)}`
  )
  const trace = line.trace_id === undefined ? [] : [`trace=${line.trace_id.slice(0, 8)}`]
  const level = paint(colors[line.level] ?? 0, line.level.toUpperCase().padEnd(5))
  const tail = [...fields, ...trace].join(" ")
  const head = `${line.node} ${line.message}`
  const error = line.error === undefined ? "" : `\n${line.error}`
  // What a venue or a user wrote must not steer the terminal.
  const clean = (text: string): string => text.replace(/[^\P{Cc}\n\t]/gu, " ")
  return `${line.time.slice(11, 23)} ${level} ${clean(head)}${tail === "" ? "" : ` ${paint(2, clean(tail))}`}${clean(error)}`
}

/** The logger alone. */
export const make = (options: LoggingOptions): Logger.Logger<unknown, void> => {
  const write = options.write ?? ((line: string): void => void process.stderr.write(`${line}\n`))
  return Logger.make((entry) => {
    const line = lineOf(entry, options.node)
    write(options.format === "json" ? JSON.stringify(line) : pretty(line, options.color ?? false))
  })
}

/** The layer of a process: this logger alone, and its lowest level (`Info` unless given). */
export const layer = (options: LoggingOptions): Layer.Layer<never> =>
  Layer.merge(Logger.layer([make(options)]), Layer.succeed(References.MinimumLogLevel, options.level ?? "Info"))

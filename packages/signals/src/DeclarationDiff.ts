/** What changed between two versions of a declared signal, in words: one line a change, in the order of the document. */
import type { Declaration } from "./Declaration.ts"

const parts: Readonly<Record<string, string>> = {
  barSeconds: "bar interval",
  stopLoss: "stop-loss",
  takeProfit: "take-profit"
}

/** `["parameters", "period", "max"]` is "parameter period, max". */
const words = (path: ReadonlyArray<string>): string => {
  const [first = "", second, ...rest] = path
  const named = (key: string): string => parts[key] ?? key
  if (second === undefined) return named(first)
  if (first === "parameters") return [`parameter ${second}`, ...rest].join(", ")
  if (first === "indicators")
    return [
      `indicator ${second}`,
      ...(rest[0] === "parameters" ? [["parameter", ...rest.slice(1)].join(" ")] : rest)
    ].join(", ")
  if (first === "rules") return [`${second} rule`, ...rest].join(", ")
  return `exit ${named(second)}`
}

const shown = (value: unknown): string => (typeof value === "string" ? `"${value}"` : JSON.stringify(value))

const isEntries = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const changes = (path: ReadonlyArray<string>, before: unknown, after: unknown): ReadonlyArray<string> => {
  if (isEntries(before) && isEntries(after)) {
    const keys = new Set([...Object.keys(before), ...Object.keys(after)])
    return [...keys].flatMap((key) => changes([...path, key], own(before, key), own(after, key)))
  }
  if (before === undefined) return [`${words(path)} added: ${shown(after)}`]
  if (after === undefined) return [`${words(path)} removed: ${shown(before)}`]
  return shown(before) === shown(after) ? [] : [`${words(path)}: ${shown(before)} → ${shown(after)}`]
}

const own = (entries: Readonly<Record<string, unknown>>, key: string): unknown =>
  Object.hasOwn(entries, key) ? entries[key] : undefined

/** Empty where they say the same. */
export const declarationDiff = (before: Declaration, after: Declaration): ReadonlyArray<string> =>
  changes([], before, after)

/** What a run assumed, in words: what its kind does and does not do, and its models as they were given. */
import type { BacktestResult } from "../BacktestResult.ts"
import { durationText, wordsOf } from "./Figure.ts"

const eventSentences: ReadonlyArray<string> = [
  "The strategy and the account's checks are the ones that trade live; they were driven event by event.",
  "An order decided on an event reached the venue after the latency below and never met that event: a market order decided on a bar's close traded at the next event.",
  "Prices and quantities are exact, in ticks and lots."
]

const fillSentences: ReadonlyMap<unknown, string> = new Map([
  ["nextOpen", "A target decided at a bar's close was traded at the next bar's open."],
  ["close", "A target decided at a bar's close was traded at that same close, which nobody can: it flatters."]
])

/** What holds for a run by its kind, and by where a vectorised one fills. */
export const sentencesOf = ({ assumptions, kind }: BacktestResult): ReadonlyArray<string> =>
  kind === "event"
    ? eventSentences
    : [
        "A signal's target position was evaluated for each bar, in floating point, on adjusted prices.",
        fillSentences.get(assumptions["fillAt"]) ?? "At which price a target was traded is said below.",
        "Queues, partial fills, brackets and the account's checks are not modelled: confirm a finding with an event-driven run."
      ]

export interface Setting {
  /** As given: "fees.makerBps". */
  readonly key: string
  /** In words, its place within others by dots: "fees · maker bps". */
  readonly name: string
  readonly value: string
}

/** A number whose name ends with its unit, with that unit. */
const withUnit = (name: string, value: number): string => {
  if (name.endsWith("Bps")) return `${value} bps`
  if (name.endsWith("Us")) return durationText(value)
  return name.endsWith("Ms") ? durationText(value * 1000) : String(value)
}

const textMax = 500

const scalar = (name: string, value: unknown): string => {
  if (value === null || value === undefined) return "none"
  if (typeof value === "boolean") return value ? "yes" : "no"
  if (typeof value === "number") {
    if (!Number.isFinite(value)) return value > 0 ? "unlimited" : "none"
    return withUnit(name, value)
  }
  const text = typeof value === "string" ? value : typeof value === "bigint" ? String(value) : JSON.stringify(value)
  return text.length <= textMax ? text : `${text.slice(0, textMax)} …`
}

const settingsMax = 200

/** Leaves of nested records, in order; lists of scalars on one line. */
export const settingsOf = (value: unknown, path: ReadonlyArray<string> = []): ReadonlyArray<Setting> => {
  if (path.length === 0 && (value === undefined || value === null)) return []
  const last = path.at(-1) ?? "value"
  const key = path.join(".")
  const name = path
    .map((part) => (/^[a-z][A-Za-z]*$/.test(part) ? wordsOf(part.replace(/(?:Bps|Us|Ms)$/, "")) : part))
    .join(" · ")
  if (Array.isArray(value)) {
    if (value.every((each) => typeof each !== "object" || each === null))
      return [{ key, name, value: value.length === 0 ? "none" : value.map((each) => scalar(last, each)).join(", ") }]
    return value.flatMap((each, at) => settingsOf(each, [...path, String(at + 1)])).slice(0, settingsMax)
  }
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value)
    if (entries.length === 0) return path.length === 0 ? [] : [{ key, name, value: "none" }]
    return entries.flatMap(([key, each]) => settingsOf(each, [...path, key])).slice(0, settingsMax)
  }
  return [{ key, name, value: scalar(last, value) }]
}

/**
 * A canonical form of an account's state and its hash: equal states, equal hashes, whatever order things happened in
 * memory. Replay is held equal to live by it, and snapshots are stored in the same form.
 */
import { createHash } from "node:crypto"
import type { AccountState } from "./AccountState.ts"
import type { Order } from "./Order.ts"

/** Key lists in order by the list as it is: the objects of a state have few shapes. */
const sortedKeys = new Map<string, ReadonlyArray<string>>()
const shapesMost = 4_096

/** What the facts hold twice: snapshots made before orders kept it are the same states. */
const unhashed: keyof Order = "tradeKeys"

const keysOf = (value: object): ReadonlyArray<string> => {
  const shape = Object.keys(value).join()
  const known = sortedKeys.get(shape)
  if (known !== undefined) return known
  const keys = Object.keys(value)
    .filter((key) => key !== unhashed)
    .toSorted()
  if (sortedKeys.size < shapesMost) sortedKeys.set(shape, keys)
  return keys
}

const listText = (values: Iterable<unknown>): string => {
  let text = ""
  for (const value of values) text += text === "" ? textOf(value) : `,${textOf(value)}`
  return `[${text}]`
}

const mapText = (map: ReadonlyMap<unknown, unknown>): string => {
  const entries = Array.from(map, ([key, held]) => [String(key), held] as const)
  return listText(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

const recordText = (value: object): string => {
  const fields: Record<string, unknown> = value as Record<string, unknown>
  let text = ""
  for (const key of keysOf(value)) {
    const field = fields[key]
    if (field !== undefined) text += `${text === "" ? "" : ","}${JSON.stringify(key)}:${textOf(field)}`
  }
  return `{${text}}`
}

const textOf = (value: unknown): string => {
  if (typeof value === "bigint") return `"${value}n"`
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null"
  if (value instanceof Map) return mapText(value)
  if (value instanceof Set) return listText(Array.from(value, String).toSorted())
  return Array.isArray(value) ? listText(value) : recordText(value)
}

/** Canonical JSON text of the state: keys in order, maps as sorted pairs, amounts as text that ends in `n`. */
export const canonical = (state: AccountState): string => textOf(state)

/** SHA-256 of the canonical text, in hex. */
export const stateHash = (state: AccountState): string => createHash("sha256").update(canonical(state)).digest("hex")

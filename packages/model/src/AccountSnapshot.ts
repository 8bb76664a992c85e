/**
 * The stored form of a whole account state, so that a restart need not replay from the first row. Lossless, order of
 * maps included; the version rises whenever AccountState changes its shape, and an older snapshot is then ignored.
 */
import type { AccountState } from "./AccountState.ts"

export const version = 2

/** JSON text of the state. */
export const encode = (state: AccountState): string =>
  JSON.stringify(state, (_key, value: unknown) => {
    if (typeof value === "bigint") return { $bigint: value.toString() }
    if (value instanceof Map) return { $map: Array.from(value) }
    if (value instanceof Set) return { $set: Array.from(value) }
    return value
  })

const restore = (_key: string, value: unknown): unknown => {
  if (typeof value !== "object" || value === null) return value
  if ("$bigint" in value) return BigInt(String(value.$bigint))
  if ("$map" in value) return new Map(value.$map as ReadonlyArray<readonly [unknown, unknown]>)
  if ("$set" in value) return new Set(value.$set as ReadonlyArray<unknown>)
  return value
}

/** The state a text of this version holds; whether it is undamaged is the store's checksum to say. */
export const decode = (text: string): AccountState => JSON.parse(text, restore) as AccountState

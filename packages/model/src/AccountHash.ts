/**
 * A canonical form of an account's state and its hash: equal states, equal hashes, whatever order things happened in
 * memory. Replay is held equal to live by it, and snapshots are stored in the same form.
 */
import { createHash } from "node:crypto"
import type { AccountState } from "./AccountState.ts"

const canonicalValue = (value: unknown): unknown => {
  if (typeof value === "bigint") return `${value}n`
  if (value instanceof Map)
    return Array.from(value, ([key, held]) => [String(key), canonicalValue(held)] as const).toSorted(([a], [b]) =>
      a < b ? -1 : 1
    )
  if (value instanceof Set) return Array.from(value, String).toSorted()
  if (Array.isArray(value)) return value.map(canonicalValue)
  if (typeof value === "object" && value !== null)
    return Object.fromEntries(
      Object.entries(value)
        .filter(([, held]) => held !== undefined)
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
        .map(([key, held]) => [key, canonicalValue(held)])
    )
  return value
}

/** Canonical JSON text of the state. */
export const canonical = (state: AccountState): string => JSON.stringify(canonicalValue(state))

/** SHA-256 of the canonical text, in hex. */
export const stateHash = (state: AccountState): string => createHash("sha256").update(canonical(state)).digest("hex")

/**
 * One event of the journal as its owner writes and reads it, and the checksum that goes with it. The checksum covers
 * every field in a form that survives storage as jsonb (object keys sorted, numbers as JavaScript prints them); it finds
 * damage, not forgery.
 */
import { crc32 } from "node:zlib"

export interface JournalRow {
  /** Gapless within an entity, from 1. */
  readonly seq: number
  /** Idempotency key of the command that caused the event; a command may cause several. */
  readonly commandId: string
  /** Index of the event within its command, from 0. */
  readonly commandPart: number
  /** Past tense. "OrderIntended" rows are unique by client order id. */
  readonly type: string
  readonly version: number
  /** Epoch microseconds. */
  readonly timeUs: number
  /** Whether it may open or enlarge a position; refused while the entity is halted. */
  readonly opening: boolean
  readonly clientOrderId: string | null
  /** Symbol and venue trade id of a fill, unique within the entity; null elsewhere. */
  readonly fillKey: string | null
  /** JSON: no bigint, undefined, NaN, infinity, NUL character or lone surrogate. */
  readonly payload: unknown
}

/** A row as read back, with the epoch of the owner that wrote it. */
export interface StoredRow extends JournalRow {
  readonly epoch: number
}

/** Whether JSON.stringify alone gives the canonical text: keys in order and nothing that JSON would change in silence. */
const isOrdered = (value: unknown): boolean => {
  if (typeof value === "number") return Number.isFinite(value)
  if (typeof value !== "object" || value === null)
    return typeof value === "string" || typeof value === "boolean" || value === null
  if (Array.isArray(value)) return value.every(isOrdered)
  if ("toJSON" in value) return false
  let before = ""
  for (const [key, field] of Object.entries(value)) {
    if (key < before || (field !== undefined && !isOrdered(field))) return false
    before = key
  }
  return true
}

/** Sorted key lists by the unsorted one: the objects of a journal have few shapes. */
const sortedKeys = new Map<string, ReadonlyArray<string>>()
const shapesMax = 4096

const keysOf = (value: object): ReadonlyArray<string> => {
  const keys = Object.keys(value)
  const shape = keys.join("\n")
  const known = sortedKeys.get(shape)
  if (known !== undefined) return known
  if (keys.includes("__proto__")) throw new TypeError("a key cannot be __proto__; name it otherwise")
  keys.sort()
  if (sortedKeys.size < shapesMax) sortedKeys.set(shape, keys)
  return keys
}

/** The same value with the keys of its objects in order; throws on what JSON cannot carry exactly. */
const ordered = (value: unknown): unknown => {
  if (value === null || typeof value === "boolean" || typeof value === "string") return value
  if (typeof value === "number") {
    if (!Number.isFinite(value)) throw new TypeError(`${value} is not JSON; write it as a string`)
    return value
  }
  if (Array.isArray(value)) return value.map(ordered)
  if (typeof value === "object" && !("toJSON" in value)) {
    const fields: Record<string, unknown> = value as Record<string, unknown>
    const copy: Record<string, unknown> = {}
    for (const key of keysOf(value)) {
      const field = fields[key]
      // As JSON.stringify does: an absent optional field is not stored.
      if (field !== undefined) copy[key] = typeof field === "string" ? field : ordered(field)
    }
    return copy
  }
  throw new TypeError(
    `a ${typeof value === "object" ? value.constructor.name : typeof value} is not JSON; write it as a string`
  )
}

/** JSON with sorted keys; equal values give equal text. Throws on what JSON cannot carry exactly. */
export const canonicalJson = (value: unknown): string => JSON.stringify(isOrdered(value) ? value : ordered(value))

/** CRC-32 as a signed 32-bit integer, over all fields; `payloadText` is the payload's canonical JSON. */
export const rowChecksum = (entityId: string, epoch: number, row: JournalRow, payloadText: string): number =>
  crc32(
    `${JSON.stringify([entityId, row.commandId, row.type, row.clientOrderId, row.fillKey])}${row.seq},${epoch},${row.commandPart},${row.version},${row.timeUs},${row.opening}${payloadText}`
  ) | 0

/** The same for a snapshot. */
export const snapshotChecksum = (
  entityId: string,
  seq: number,
  version: number,
  hash: string,
  stateText: string
): number => crc32(`${JSON.stringify([entityId, hash])}${seq},${version}${stateText}`) | 0

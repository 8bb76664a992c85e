/**
 * Keeps computed feature tables in memory, by the hash of the data and of the definition: what has changed in either is
 * another key, and never answered with what it was. The least recently used go first when the bytes are used up.
 */
import type { BarColumns } from "@outcry/signals/BarColumns"
import { type FeatureSet, featureSetHash } from "./FeatureSet.ts"
import { type FeatureTable, featureTable } from "./FeatureTable.ts"

export interface FeatureCacheStats {
  readonly hits: number
  readonly misses: number
  /** hits ÷ (hits + misses); 0 before the first question. */
  readonly hitRate: number
  /** Tables dropped to make room, and those dropped because their data or definition was replaced. */
  readonly evictions: number
  readonly invalidations: number
  /** Tables too large to be kept at all. */
  readonly oversized: number
  readonly entries: number
  readonly bytes: number
  readonly bytesMax: number
}

interface Kept {
  readonly table: FeatureTable
  readonly name: string
  readonly dataHash: string
  readonly setHash: string
  readonly bytes: number
}

export class FeatureCache {
  private readonly bytesMax: number
  /** In the order of use, the latest last. */
  private readonly kept = new Map<string, Kept>()
  private bytes = 0
  private hits = 0
  private misses = 0
  private evictions = 0
  private invalidations = 0
  private oversized = 0

  /** `bytesMax` bounds the columns it holds. */
  constructor(bytesMax: number) {
    if (!(bytesMax >= 0)) throw new RangeError(`bytesMax must be 0 or more, not ${bytesMax}`)
    this.bytesMax = bytesMax
  }

  /**
   * The set's table over the bars whose content hash is given, kept or computed now. What is kept of another definition
   * under the same name is dropped. Nobody may write into a table.
   */
  table(set: FeatureSet, dataHash: string, bars: () => BarColumns): FeatureTable {
    const setHash = featureSetHash(set)
    const name = nameOf(set)
    this.forget((kept) => kept.name === name && kept.setHash !== setHash)
    const key = `${name} ${dataHash} ${setHash}`
    const known = this.kept.get(key)
    if (known !== undefined) {
      this.hits += 1
      this.kept.delete(key)
      this.kept.set(key, known)
      return known.table
    }
    this.misses += 1
    const table = featureTable(set, bars())
    this.keep(key, { table, name, dataHash, setHash, bytes: bytesOf(table) })
    return table
  }

  /** Drops every table over data that are no longer what they were. */
  forgetData(dataHash: string): void {
    this.forget((kept) => kept.dataHash === dataHash)
  }

  stats(): FeatureCacheStats {
    const { bytes, bytesMax, evictions, hits, invalidations, misses, oversized } = this
    const asked = hits + misses
    const hitRate = asked === 0 ? 0 : hits / asked
    return { hits, misses, hitRate, evictions, invalidations, oversized, entries: this.kept.size, bytes, bytesMax }
  }

  private keep(key: string, entry: Kept): void {
    if (entry.bytes > this.bytesMax) {
      this.oversized += 1
      return
    }
    for (const [oldest, { bytes }] of this.kept) {
      if (this.bytes + entry.bytes <= this.bytesMax) break
      this.kept.delete(oldest)
      this.bytes -= bytes
      this.evictions += 1
    }
    this.kept.set(key, entry)
    this.bytes += entry.bytes
  }

  private forget(which: (kept: Kept) => boolean): void {
    for (const [key, kept] of this.kept) {
      if (!which(kept)) continue
      this.kept.delete(key)
      this.bytes -= kept.bytes
      this.invalidations += 1
    }
  }
}

/** A name is the set's own within its instrument and interval. */
const nameOf = ({ instrument, intervalUs, name }: FeatureSet): string => `${instrument} ${intervalUs} ${name}`

const bytesOf = ({ columns, timeOpen }: FeatureTable): number =>
  Object.values(columns).reduce((bytes, column) => bytes + column.byteLength, timeOpen.byteLength)

/** The cache answers only what was asked, counts what it did, and stays within its bytes. */
import { describe, expect, it } from "vitest"
import { contentHash, datasetOfBars } from "../../src/data/Dataset.ts"
import { FeatureCache } from "../../src/features/FeatureCache.ts"
import { featureSetOf } from "../../src/features/FeatureSet.ts"
import { featureTable } from "../../src/features/FeatureTable.ts"
import { copyOf, minuteUs, seededBars } from "../data/SeededBars.ts"

const setOf = (name: string, period: number) =>
  featureSetOf({
    name,
    instrument: "test:X/USD",
    intervalUs: minuteUs,
    features: { average: { kind: "indicator", indicator: "sma", given: { period } } }
  })

const bars = seededBars(1, 100)
const hash = contentHash(datasetOfBars(bars))
/** One column and the times. */
const tableBytes = 2 * 100 * 8
const never = (): never => {
  throw new Error("computed although it was kept")
}

describe("a feature cache", () => {
  it("computes once, and answers the same table again", () => {
    const cache = new FeatureCache(1e6)
    const first = cache.table(setOf("a", 5), hash, () => bars)
    expect(first).toEqual(featureTable(setOf("a", 5), bars))
    expect(cache.table(setOf("a", 5), hash, never)).toBe(first)
    expect(cache.table(setOf("a", 5), hash, never)).toBe(first)
    expect(cache.stats()).toEqual({
      hits: 2,
      misses: 1,
      hitRate: 2 / 3,
      evictions: 0,
      invalidations: 0,
      oversized: 0,
      entries: 1,
      bytes: tableBytes,
      bytesMax: 1e6
    })
  })

  it("computes anew where one value of the data has changed", () => {
    const cache = new FeatureCache(1e6)
    const changed = copyOf(bars)
    changed.close[50]! += 0.01
    const changedHash = contentHash(datasetOfBars(changed))
    const first = cache.table(setOf("a", 5), hash, () => bars)
    const second = cache.table(setOf("a", 5), changedHash, () => changed)
    expect(second.columns["average"]![50]).not.toBe(first.columns["average"]![50])
    expect(cache.table(setOf("a", 5), hash, never)).toBe(first)
    cache.forgetData(hash)
    expect(cache.stats()).toMatchObject({ misses: 2, hits: 1, invalidations: 1, entries: 1, bytes: tableBytes })
    cache.table(setOf("a", 5), changedHash, never)
  })

  it("drops what a set was under an older definition of its name, and nothing of other sets", () => {
    const cache = new FeatureCache(1e6)
    cache.table(setOf("a", 5), hash, () => bars)
    cache.table(setOf("b", 5), "other", () => bars)
    const changed = cache.table(setOf("a", 6), hash, () => bars)
    expect(changed).toEqual(featureTable(setOf("a", 6), bars))
    expect(cache.stats()).toMatchObject({ invalidations: 1, entries: 2, bytes: 2 * tableBytes })
    cache.table(setOf("b", 5), "other", never)
  })

  it("drops the least recently used for room, and keeps within its bytes", () => {
    const cache = new FeatureCache(2 * tableBytes)
    for (const data of ["1", "2"]) cache.table(setOf("a", 5), data, () => bars)
    cache.table(setOf("a", 5), "1", never)
    cache.table(setOf("a", 5), "3", () => bars)
    expect(cache.stats()).toMatchObject({ evictions: 1, entries: 2, bytes: 2 * tableBytes })
    cache.table(setOf("a", 5), "1", never)
    cache.table(setOf("a", 5), "3", never)
    expect(() => cache.table(setOf("a", 5), "2", never)).toThrow(/although it was kept/)
  })

  it("does not keep a table that alone is too large", () => {
    const cache = new FeatureCache(tableBytes - 1)
    expect(cache.table(setOf("a", 5), hash, () => bars).timeOpen.length).toBe(100)
    expect(cache.stats()).toMatchObject({ oversized: 1, entries: 0, bytes: 0, evictions: 0 })
    expect(() => new FeatureCache(Number.NaN)).toThrow(RangeError)
  })
})

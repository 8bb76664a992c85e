/**
 * From bars to features that may be used: found in the catalog, computed or taken from the cache, checked once a table.
 * Features with an error are refused; everything else is told in the report.
 */
import type { BarColumns } from "@outcry/signals/BarColumns"
import { FeatureCache, type FeatureCacheStats } from "./FeatureCache.ts"
import type { FeatureCatalog } from "./FeatureCatalog.ts"
import { type FeatureReport, inspectFeatures } from "./FeatureCheck.ts"
import { FeatureSetRefused } from "./FeatureSetRefused.ts"
import type { FeatureTable } from "./FeatureTable.ts"

export interface FeatureData {
  /** Of the bars: see `contentHash` of Dataset, or the manifest of a stored data set. */
  readonly contentHash: string
  /** Asked for only where the table is not kept. */
  readonly bars: () => BarColumns
}

export interface CheckedFeatures {
  readonly table: FeatureTable
  readonly report: FeatureReport
}

export interface FeaturePipelineOptions {
  /** Bytes of columns that are kept; default 256 MiB. */
  readonly cacheBytesMax?: number
  /** The least coverage without a finding; default 0.99. */
  readonly coverageMin?: number
}

export class FeaturePipeline {
  private readonly catalog: FeatureCatalog
  private readonly cache: FeatureCache
  private readonly coverageMin: number
  private readonly reports = new WeakMap<FeatureTable, FeatureReport>()

  constructor(catalog: FeatureCatalog, { cacheBytesMax = 2 ** 28, coverageMin = 0.99 }: FeaturePipelineOptions = {}) {
    this.catalog = catalog
    this.cache = new FeatureCache(cacheBytesMax)
    this.coverageMin = coverageMin
  }

  /** Throws a FeatureSetRefused where there is no such set, or a column of it is empty or infinite somewhere. */
  features(name: string, instrument: string, intervalUs: number, data: FeatureData): CheckedFeatures {
    const table = this.cache.table(this.catalog.find(name, instrument, intervalUs), data.contentHash, data.bars)
    let report = this.reports.get(table)
    if (report === undefined) {
      report = inspectFeatures(table, { coverageMin: this.coverageMin })
      this.reports.set(table, report)
    }
    const fault = report.findings.find(({ code }) => code === "infinite" || code === "empty")
    if (fault === undefined) return { table, report }
    const { column, detail, remedy, row } = fault
    throw new FeatureSetRefused({ set: name, feature: column, field: `row ${row + 1}`, reason: detail, remedy })
  }

  /** Drops what is kept over data that are no longer what they were. */
  forgetData(contentHash: string): void {
    this.cache.forgetData(contentHash)
  }

  /** Counts and sizes for metrics. */
  stats(): FeatureCacheStats {
    return this.cache.stats()
  }
}

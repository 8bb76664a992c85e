/** `outcry data`: data sets of the column store in the data folder's `datasets`. */
import { inspectBars } from "@outcry/backtest/data/BarIntegrity"
import type { IntegrityPolicy } from "@outcry/backtest/data/BarRepair"
import { ColumnStore } from "@outcry/backtest/data/ColumnStore"
import type { DataFinding } from "@outcry/backtest/data/DataFinding"
import type { DatasetManifest } from "@outcry/backtest/data/DatasetManifest"
import { storeBars } from "@outcry/backtest/data/StoredBars"
import { dateText } from "@outcry/backtest/report/Figure"
import { Effect, Option } from "effect"
import { join } from "node:path"
import { dataFolderAt } from "../floor/DataFolder.ts"
import { calendarOf } from "../research/BarCalendar.ts"
import { type BarFormat, readBarFiles } from "../research/BarFiles.ts"
import { loadResearchData } from "../research/ResearchData.ts"
import { data, json, message, onStdout, table } from "./Output.ts"
import { exitCodes, type UserError } from "./UserError.ts"
import { toldOf } from "../research/BacktestJob.ts"

const storeFolder = (given: Option.Option<string>): string =>
  join(dataFolderAt(Option.getOrUndefined(given)).root, "datasets")

const tried = <A>(work: () => Promise<A>): Effect.Effect<A, UserError> =>
  Effect.tryPromise({ try: work, catch: toldOf("the data") })

const opened = (given: Option.Option<string>) => tried(() => ColumnStore.open(storeFolder(given)))

const intervalText = (intervalUs: number): string =>
  intervalUs === 0 ? "—" : intervalUs % 86_400e6 === 0 ? `${intervalUs / 86_400e6} d` : `${intervalUs / 1e6} s`

const head = ["name", "kind", "instruments", "interval", "rows", "from", "to", "findings", "hash"]
const rowOf = (manifest: DatasetManifest): ReadonlyArray<string> => [
  manifest.name,
  manifest.kind,
  manifest.instruments.join(" "),
  intervalText(manifest.intervalUs),
  manifest.rows.toLocaleString("en-US"),
  dateText(manifest.from),
  dateText(manifest.to),
  manifest.findings.length === 0 ? "none" : manifest.findings.map(({ code, count }) => `${code} × ${count}`).join(", "),
  manifest.contentHash.slice(0, 12)
]
const manifestTable = (manifests: ReadonlyArray<DatasetManifest>): string => table(head, manifests.map(rowOf), [4])

const findingText = ({ code, count, detail, remedy, severity }: DataFinding): string => {
  const paint = { error: onStdout.red, warning: onStdout.yellow, note: onStdout.dim }[severity]
  return `${paint(`${severity} ${code}`)}${count > 1 ? ` × ${count}` : ""}  ${detail}. ${remedy}`
}

export interface ImportFlags {
  readonly files: ReadonlyArray<string>
  readonly as: string
  readonly instrument: Option.Option<string>
  readonly format: BarFormat
  readonly policy: IntegrityPolicy
  readonly data: Option.Option<string>
  readonly json: boolean
}

export const importFiles = Effect.fnUntraced(function* (flags: ImportFlags) {
  const store = yield* opened(flags.data)
  const { bars, notes } = yield* tried(() =>
    readBarFiles(flags.files, { format: flags.format, instrument: Option.getOrUndefined(flags.instrument) })
  )
  const about = { bars, notes, source: flags.files.join(", "), createdBy: "outcry data import" }
  const manifest = yield* tried(() => storeBars(store, flags.as, about, flags.policy, calendarOf(bars)))
  for (const note of manifest.notes) yield* message(note)
  if (flags.json) return yield* json(manifest)
  yield* data([manifestTable([manifest]), ...manifest.findings.map(findingText)].join("\n"))
  yield* message(`Run on it with: outcry backtest STRATEGY --on ${flags.as}`)
})

export const list = Effect.fnUntraced(function* (flags: {
  readonly data: Option.Option<string>
  readonly json: boolean
}) {
  const store = yield* opened(flags.data)
  const { faults, manifests } = yield* tried(() => store.list())
  if (flags.json) return yield* json(manifests)
  if (manifests.length > 0) yield* data(manifestTable(manifests))
  else yield* message("There are no data sets yet: outcry data import FILE --as NAME makes one.")
  for (const fault of faults) yield* message(fault.message)
})

export const check = Effect.fnUntraced(function* (flags: {
  readonly sources: ReadonlyArray<string>
  readonly instrument: Option.Option<string>
  readonly data: Option.Option<string>
  readonly json: boolean
}) {
  const given = Option.match(flags.instrument, { onNone: () => ({}), onSome: (instrument) => ({ instrument }) })
  const store = storeFolder(flags.data)
  const found = yield* Effect.forEach(flags.sources, (id) =>
    Effect.map(
      tried(() => loadResearchData({ id, store }, given)),
      ({ raw }) => ({ source: id, rows: raw.timeOpen.length, findings: inspectBars(raw, calendarOf(raw)) })
    )
  )
  if (flags.json) yield* json(found)
  else
    for (const { findings, rows, source } of found) {
      yield* data(`${onStdout.bold(source)}  ${rows.toLocaleString("en-US")} bars`)
      yield* data(findings.length === 0 ? "nothing found" : findings.map(findingText).join("\n"))
    }
  if (found.some(({ findings }) => findings.some(({ severity }) => severity === "error")))
    process.exitCode = exitCodes.failed
})

export const verify = Effect.fnUntraced(function* (flags: {
  readonly name: string
  readonly data: Option.Option<string>
  readonly json: boolean
}) {
  const store = yield* opened(flags.data)
  const manifest = yield* tried(() => store.verify(flags.name))
  if (flags.json) return yield* json(manifest)
  yield* data(`${manifest.name} is what it was: ${manifest.rows.toLocaleString("en-US")} rows, ${manifest.contentHash}`)
})

export const remove = Effect.fnUntraced(function* (flags: {
  readonly name: string
  readonly data: Option.Option<string>
}) {
  const store = yield* opened(flags.data)
  yield* tried(() => store.remove(flags.name))
  yield* message(`${flags.name} is removed.`)
})

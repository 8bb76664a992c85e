/**
 * The data folder of a floor and what lies where in it. Readable by its owner only where it holds secrets.
 *
 * `start.lock` and `run.json` belong to the start command, `floor.json` to the nodes, `postgres/` to the database,
 * `runs/ID/` to one run: its exchange's log and keys, the spans and the logs of its processes.
 */
import { Effect } from "effect"
import { chmodSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { environment } from "../cli/Output.ts"
import { reasonOf, type UserError, userError } from "../cli/UserError.ts"
import { defaults } from "../FloorConfig.ts"

export interface DataFolder {
  readonly root: string
  readonly lockFile: string
  readonly runFile: string
  readonly floorFile: string
  readonly postgres: string
  readonly runs: string
}

/** Where one run keeps what is its own. */
export interface RunFolder {
  /** `run_YYYYMMDD_hhmmss_ab`: also the database schema of the run. Sorts by time. */
  readonly id: string
  readonly root: string
  readonly exchangeLog: string
  readonly exchangeConfig: string
  readonly spans: string
  readonly logs: string
}

/** From `--data`, else OUTCRY_DATA_DIR, else `./.outcry`. */
export const dataFolderAt = (given: string | undefined): DataFolder => {
  const fromEnvironment = environment()["OUTCRY_DATA_DIR"]
  const chosen =
    given ?? (fromEnvironment === undefined || fromEnvironment === "" ? defaults.dataFolder : fromEnvironment)
  const root = resolve(chosen)
  return {
    root,
    lockFile: join(root, "start.lock"),
    runFile: join(root, "run.json"),
    floorFile: join(root, "floor.json"),
    postgres: join(root, "postgres"),
    runs: join(root, "runs")
  }
}

export const runFolderOf = (folder: DataFolder, id: string): RunFolder => {
  const root = join(folder.runs, id)
  return {
    id,
    root,
    exchangeLog: join(root, "exchange.jsonl"),
    exchangeConfig: join(root, "exchange.json"),
    spans: join(root, "spans"),
    logs: join(root, "logs")
  }
}

const inFolder = <A>(path: string, work: () => A): Effect.Effect<A, UserError> =>
  Effect.try({
    try: work,
    catch: (cause) =>
      userError(
        "DataFolderUnusable",
        `The data folder ${path} cannot be used: ${reasonOf(cause)}.`,
        "Choose another one with --data, or make it writable for this user."
      )
  })

/** Makes the folder where it is missing; fails with DataFolderUnusable. */
export const makeDataFolder = (folder: DataFolder): Effect.Effect<void, UserError> =>
  inFolder(folder.root, () => void mkdirSync(folder.runs, { recursive: true }))

/** The folder of a new run; those beyond the newest `runsKept` are removed. */
export const makeRunFolder = (folder: DataFolder, id: string): Effect.Effect<RunFolder, UserError> =>
  inFolder(folder.root, () => {
    const run = runFolderOf(folder, id)
    mkdirSync(run.logs, { recursive: true })
    mkdirSync(run.spans, { recursive: true })
    chmodSync(run.root, 0o700)
    for (const old of readdirSync(folder.runs).toSorted().slice(0, -defaults.runsKept))
      rmSync(join(folder.runs, old), { recursive: true, force: true })
    return run
  })

/** Writes a file that only its owner may read, in one step: a reader sees the old text or the new one. */
export const writePrivate = (path: string, text: string): void => {
  const draft = `${path}.${process.pid}.draft`
  writeFileSync(draft, text, { mode: 0o600 })
  renameSync(draft, path)
}

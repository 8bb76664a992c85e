/**
 * `run.json`: the floor that runs from a data folder, or the last one that did. The other commands find it here, and a
 * start finds the processes that a crashed one left behind. Readable by its owner only, since it holds the token.
 */
import { Effect, Option, Schema } from "effect"
import { readFileSync } from "node:fs"
import { type UserError, userError } from "../cli/UserError.ts"
import { type DataFolder, writePrivate } from "./DataFolder.ts"
import { isRunning, ProcessIdentity } from "./ProcessIdentity.ts"

export const Child = Schema.Struct({
  ...ProcessIdentity.fields,
  role: Schema.Literals(["exchange", "node"]),
  name: Schema.String
})
export type Child = typeof Child.Type

export const RunFile = Schema.Struct({
  version: Schema.Literal(1),
  runId: Schema.String,
  starter: ProcessIdentity,
  startedAt: Schema.String,
  /** `starting` until every node is ready; `ended` after an orderly stop. */
  phase: Schema.Literals(["starting", "running", "stopping", "ended"]),
  token: Schema.String,
  /** Gateway addresses by node. */
  gateways: Schema.Array(Schema.Struct({ node: Schema.String, url: Schema.String })),
  /** Where the span collector answers; empty before it listens. */
  collectorUrl: Schema.String,
  /** Whose the database is: our own in the data folder, or the user's. */
  database: Schema.optionalKey(Schema.Literals(["embedded", "external"])),
  children: Schema.Array(Child)
})
export type RunFile = typeof RunFile.Type

const decode = Schema.decodeUnknownOption(Schema.fromJsonString(RunFile))

/** The run noted in the folder; none where there is no file, or one that cannot be read (a crash while it was made). */
export const readRunFile = (folder: DataFolder): Option.Option<RunFile> => {
  try {
    return decode(readFileSync(folder.runFile, "utf8"))
  } catch {
    return Option.none()
  }
}

export const writeRunFile = (folder: DataFolder, run: RunFile): void =>
  writePrivate(folder.runFile, `${JSON.stringify(run, undefined, 2)}\n`)

/** The floor that is running from this folder; fails with NoFloor. */
export const runningFloor = (folder: DataFolder): Effect.Effect<RunFile, UserError> =>
  Option.match(
    Option.filter(readRunFile(folder), (run) => run.phase !== "ended" && isRunning(run.starter)),
    {
      onNone: () =>
        Effect.fail(
          userError(
            "NoFloor",
            `No floor is running from ${folder.root}.`,
            "Start one with `outcry start`, or name its folder with --data."
          )
        ),
      onSome: Effect.succeed
    }
  )

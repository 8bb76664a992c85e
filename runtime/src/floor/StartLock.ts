/**
 * One start at a time in a data folder: a file that names the process that holds it. A second start is refused by name;
 * a lock whose holder is gone is taken over, by one of the waiters only.
 */
import { Effect, Option, Schema, type Scope } from "effect"
import { randomBytes } from "node:crypto"
import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { reasonOf, type UserError, userError } from "../cli/UserError.ts"
import type { DataFolder } from "./DataFolder.ts"
import { identityOf, isRunning, ProcessIdentity } from "./ProcessIdentity.ts"

const attempts = 5

const decode = Schema.decodeUnknownOption(Schema.fromJsonString(ProcessIdentity))

const holderOf = (path: string): Option.Option<ProcessIdentity> => {
  try {
    return decode(readFileSync(path, "utf8"))
  } catch {
    return Option.none()
  }
}

const tryCreate = (path: string): boolean => {
  try {
    writeFileSync(path, JSON.stringify(identityOf(process.pid)), { flag: "wx", mode: 0o600 })
    return true
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "EEXIST") return false
    throw cause
  }
}

/** Renamed before it is removed, so that of two starts only one takes a dead holder's place. */
const takeAway = (path: string): void => {
  const grave = `${path}.${randomBytes(4).toString("hex")}`
  try {
    renameSync(path, grave)
    rmSync(grave, { force: true })
  } catch {
    // The other start was quicker; the next look sees its file.
  }
}

const refusal = (folder: DataFolder, pid: number): UserError =>
  userError(
    "FloorRunning",
    `A floor is already running from ${folder.root} (process ${pid}).`,
    `Stop it with Ctrl-C or \`kill ${pid}\`, or start a second one with another --data and --port.`
  )

/** Holds the folder until the scope closes. Returns whether an earlier start had left its lock behind. */
export const holdStartLock = (folder: DataFolder): Effect.Effect<{ readonly stale: boolean }, UserError, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.gen(function* () {
      for (let attempt = 0; attempt < attempts; attempt++) {
        const created = yield* Effect.try({
          try: () => tryCreate(folder.lockFile),
          catch: (cause) =>
            userError(
              "DataFolderUnusable",
              `The lock file ${folder.lockFile} cannot be written: ${reasonOf(cause)}.`,
              "Make the folder writable for this user, or choose another one with --data."
            )
        })
        if (created) return { stale: attempt > 0 }
        const holder = holderOf(folder.lockFile)
        if (Option.isSome(holder) && isRunning(holder.value)) return yield* refusal(folder, holder.value.pid)
        // A file without a readable holder may be one that is being written at this moment.
        if (Option.isNone(holder)) yield* Effect.sleep("100 millis")
        const again = holderOf(folder.lockFile)
        if (Option.isNone(again) || !isRunning(again.value)) takeAway(folder.lockFile)
      }
      return yield* refusal(
        folder,
        Option.match(holderOf(folder.lockFile), { onNone: () => 0, onSome: ({ pid }) => pid })
      )
    }),
    () => Effect.sync(() => rmSync(folder.lockFile, { force: true }))
  )

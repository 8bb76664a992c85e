/**
 * A disk of a size that can be changed, for a database that is to run out of room: a tmpfs of our own. Mounting one takes
 * root on Linux; elsewhere there is none, and the reason says so. Nothing else of the machine is ever filled.
 */
import { Effect, type Scope } from "effect"
import { spawnSync } from "node:child_process"
import { mkdirSync, statfsSync } from "node:fs"

export interface SmallDisk {
  /** Leaves it no free byte. */
  readonly fill: () => void
  readonly free: () => void
}

const sizeMiB = 2_048

const run = (command: string, args: ReadonlyArray<string>): string => {
  const done = spawnSync(command, [...args], { encoding: "utf8" })
  if (done.error !== undefined) return done.error.message
  return done.status === 0 ? "" : done.stderr.trim() || `${command} ended with ${done.status}`
}

const usedBytes = (folder: string): number => {
  const { bfree, blocks, bsize } = statfsSync(folder)
  return (blocks - bfree) * bsize
}

/** The server writes meanwhile, and no disk becomes smaller than what is on it. */
const tries = 20

/** Asks again for the size where the disk does not take it. */
const resize = (folder: string, bytes: () => number): void => {
  let why = ""
  for (let done = 0; done < tries; done++) {
    why = run("mount", ["-o", `remount,size=${bytes()}`, folder])
    if (why === "") return
  }
  throw new Error(`the disk ${folder} could not be resized: ${why}`)
}

/** Mounts it at the folder until the scope closes; a text where that cannot be done. */
export const mountSmallDisk = (folder: string): Effect.Effect<SmallDisk | string, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => {
      if (process.platform !== "linux") return "a disk of limited size is made on Linux only"
      if (process.getuid?.() !== 0) return "mounting a disk of limited size takes root"
      mkdirSync(folder, { recursive: true })
      const why = run("mount", ["-t", "tmpfs", "-o", `size=${sizeMiB}m,mode=0755`, "outcry-faults", folder])
      return why === "" ? undefined : `a disk of limited size could not be mounted: ${why}`
    }),
    (why) => Effect.sync(() => (why === undefined ? void run("umount", ["-l", folder]) : undefined))
  ).pipe(
    Effect.map((why): SmallDisk | string =>
      why === undefined
        ? {
            fill: () => resize(folder, () => usedBytes(folder)),
            free: () => resize(folder, () => sizeMiB * 1024 * 1024)
          }
        : why
    )
  )

/**
 * What an earlier start that crashed may have left running: the processes its run file names, ended if they are still
 * the very same. The database looks after itself: a start on its folder stops what was left there.
 */
import { Effect, Option } from "effect"
import type { DataFolder } from "./DataFolder.ts"
import { endProcesses, isRunning } from "./ProcessIdentity.ts"
import { readRunFile, writeRunFile } from "./RunFile.ts"

const graceMs = 2_000

/** Call with the start lock held. Returns the names of what was ended. */
export const endLeftovers = Effect.fnUntraced(function* (folder: DataFolder) {
  const earlier = readRunFile(folder)
  if (Option.isNone(earlier) || earlier.value.phase === "ended") return []
  const alive = earlier.value.children.filter(isRunning)
  yield* endProcesses(alive, graceMs)
  writeRunFile(folder, { ...earlier.value, phase: "ended", children: [] })
  return alive.map(({ name }) => name)
})

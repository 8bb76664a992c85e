/**
 * A process as it can be recognised later: its id alone proves nothing, since numbers are given out again.
 *
 * Ends only what is still the very process that was noted.
 */
import { processBirth } from "@outcry/store/PostmasterFile"
import { Effect, Schema } from "effect"

export const ProcessIdentity = Schema.Struct({
  pid: Schema.Int,
  /** When it began, in the system's own unit; empty where that cannot be told. */
  birth: Schema.String
})
export type ProcessIdentity = typeof ProcessIdentity.Type

export const identityOf = (pid: number): ProcessIdentity => ({ pid, birth: processBirth(pid) ?? "" })

export const isRunning = ({ birth, pid }: ProcessIdentity): boolean => birth !== "" && processBirth(pid) === birth

const signal = (process_: ProcessIdentity, name: NodeJS.Signals): void => {
  if (!isRunning(process_)) return
  try {
    process.kill(process_.pid, name)
  } catch {
    // It ended between the look and the signal.
  }
}

const pollMs = 20

const untilGone = Effect.fnUntraced(function* (processes: ReadonlyArray<ProcessIdentity>, withinMs: number) {
  for (let waitedMs = 0; waitedMs < withinMs && processes.some(isRunning); waitedMs += pollMs)
    yield* Effect.sleep(pollMs)
})

/** Asks them to stop, waits up to `graceMs`, then kills what is left. Returns those that lived at the call. */
export const endProcesses = Effect.fnUntraced(function* (processes: ReadonlyArray<ProcessIdentity>, graceMs: number) {
  const alive = processes.filter(isRunning)
  for (const each of alive) signal(each, "SIGTERM")
  yield* untilGone(alive, graceMs)
  for (const each of alive) signal(each, "SIGKILL")
  yield* untilGone(alive, 5_000)
  return alive
})

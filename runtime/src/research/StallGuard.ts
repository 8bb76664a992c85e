/**
 * Work of a user's code that must come back: where it does not within a time, it is ended, whatever loop it is in. Node's
 * watchdog of a script does that to everything the script calls.
 */
import { Predicate } from "effect"
import { createContext, Script } from "node:vm"
import { userError } from "../cli/UserError.ts"

const call = new Script("work()")

/** Throws what `work` throws, and a UserError where it was ended. `what` names whose code it is. */
export const guarded = <A>(what: string, limitSec: number, work: () => A): A => {
  const answer: { value?: A } = {}
  const context = createContext({
    work: () => {
      answer.value = work()
    }
  })
  try {
    call.runInContext(context, { timeout: Math.round(limitSec * 1000) })
  } catch (error) {
    if (!Predicate.hasProperty(error, "code") || error.code !== "ERR_SCRIPT_EXECUTION_TIMEOUT") throw error
    throw userError(
      "StrategyStalled",
      `${what} did not come back within ${limitSec} s: it loops, or is very slow.`,
      "Look for a loop that does not end, or give it more time with --stall-sec."
    )
  }
  return answer.value as A
}

/**
 * The `outcry` program. Ends with the exit codes of cli/UserError: a known mistake is printed as one error with its
 * remedy, anything else as OUTCRY-9001 with how to get its details. Never a bare stack trace.
 */
import { Cause, Effect, Exit, Scheduler } from "effect"
import { CliError, Command } from "effect/cli"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as HelpText from "./cli/HelpText.ts"
import { outcry } from "./cli/OutcryCommand.ts"
import { endOnClosedPipe, errorText, message } from "./cli/Output.ts"
import { knownError } from "./cli/KnownErrors.ts"
import * as PromptScheduler from "./cluster/PromptScheduler.ts"
import { exitCodes, reasonOf, type UserError, userError } from "./cli/UserError.ts"

const version = "0.1.0"

const defectOf = (cause: Cause.Cause<unknown>): UserError =>
  userError(
    "Defect",
    `Something went wrong that Outcry does not know: ${reasonOf(Cause.squash(cause)).split("\n")[0]}.`,
    "Run it again with OUTCRY_DEBUG=1 to see where, and report it with that output."
  )

/** The exit code of an outcome, after saying what has not been said yet. */
const conclude = Effect.fnUntraced(function* (exit: Exit.Exit<number, unknown>) {
  if (Exit.isSuccess(exit)) return exit.value
  const error = Cause.squash(exit.cause)
  // The presenter has shown these already.
  if (CliError.isCliError(error))
    return error._tag === "ShowHelp" && error.errors.length === 0 ? exitCodes.ok : exitCodes.usage
  if (Cause.hasInterruptsOnly(exit.cause)) return 130
  const known = knownError(error)
  if (known !== undefined) {
    yield* message(errorText(known))
    return known.exitCode
  }
  const defect = defectOf(exit.cause)
  yield* message(errorText(defect))
  if (HelpText.wantsStackTraces()) yield* message(Cause.pretty(exit.cause))
  return defect.exitCode
})

/** A command that ends well but not clean (a report with violations) leaves its exit code here. */
const program = Command.runWith(outcry, { version, renderErrors: true })(process.argv.slice(2)).pipe(
  Effect.map(() => Number(process.exitCode ?? exitCodes.ok)),
  Effect.provide([HelpText.layer, NodeServices.layer]),
  Effect.exit,
  Effect.flatMap(conclude),
  Effect.provideService(Scheduler.Scheduler, PromptScheduler.make())
)

endOnClosedPipe()
const exitCode = await Effect.runPromise(program)
// Output that a pipe has not taken yet is written before the process goes.
process.stdout.write("", () => process.stderr.write("", () => process.exit(exitCode)))

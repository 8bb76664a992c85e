/**
 * `npm run faults`: breaks a whole floor again and again and passes a verdict. Progress goes to standard error, the
 * summary to standard output. Ends with 0, with 1 for a violation, with 2 where the run itself failed.
 */
import { NodeRuntime } from "@effect/platform-node"
import { Cause, Effect, Exit, References } from "effect"
import { writeFileSync } from "node:fs"
import os from "node:os"
import * as FaultReport from "./FaultReport.ts"
import { startHarness } from "./Harness.ts"
import { killRun } from "./KillRun.ts"
import * as Options from "./Options.ts"

const violated = 1
const failed = 2

const say = (text: string): void => void process.stderr.write(`${text}\n`)

const explained = (error: unknown): string => (error instanceof Error ? error.message : String(error))

const options = (() => {
  try {
    return Options.parse(process.argv.slice(2))
  } catch (error) {
    say(explained(error))
    return process.exit(failed)
  }
})()

const run = Effect.gen(function* () {
  const loadAtStart = os.loadavg()[0] ?? 0
  const startMs = performance.now()
  const { accounts, kills, nodes, seed } = options
  say(`starting ${nodes} nodes with ${accounts} accounts, an exchange and Postgres; seed ${seed}`)
  const harness = yield* startHarness({ accounts, nodes, seed })
  if (options.keep) harness.keepFolder()
  say(`trading after ${((performance.now() - startMs) / 1000).toFixed(1)} s in ${harness.folder}`)
  const outcome = yield* killRun(harness, kills, (kill, number) => say(FaultReport.killLine(kill, number, kills))).pipe(
    Effect.onError(() => Effect.sync(() => harness.keepFolder()))
  )
  if (outcome.violations.length > 0) harness.keepFolder()
  const record = FaultReport.record(outcome, harness.spec, performance.now() - startMs, loadAtStart)
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(record, undefined, 2)}\n`)
  process.stdout.write(`${FaultReport.summary(record)}\n`)
  if (record.violations.length > 0) say(`the logs of all processes are in ${harness.folder}`)
  return record.violations.length === 0 ? 0 : violated
})

if (options.help) process.stdout.write(`${Options.usage}\n`)
else
  NodeRuntime.runMain({
    disableErrorReporting: true,
    teardown: (exit, onExit) => {
      if (Exit.isSuccess(exit)) return onExit(Number(exit.value))
      if (Cause.hasInterruptsOnly(exit.cause)) return onExit(130)
      say(explained(Cause.squash(exit.cause)))
      return onExit(failed)
    }
  })(run.pipe(Effect.scoped, Effect.provideService(References.MinimumLogLevel, "None")))

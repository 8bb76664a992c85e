/**
 * `npm run faults`: breaks floors, simulated and real, again and again and passes a verdict. Progress goes to standard
 * error, the summary to standard output. Ends with 0, with 1 for a violation, with 2 where the run itself failed.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { versionsOf } from "@outcry/runtime/chaos/Again"
import * as FaultReport from "@outcry/runtime/chaos/FaultReport"
import { runAll } from "@outcry/runtime/chaos/FaultRun"
import * as FaultText from "@outcry/runtime/chaos/FaultText"
import { Cause, Effect, Exit, References } from "effect"
import { writeFileSync } from "node:fs"
import os from "node:os"
import * as Options from "./Options.ts"
import { plantBugs, runSimulation } from "./SimulationRun.ts"

const violated = 1
const failed = 2

const say = (text: string): void => void process.stderr.write(`${text}\n`)

const explained = (error: unknown): string => (error instanceof Error ? error.message : String(error))

const args = process.argv.slice(2)
const options = (() => {
  try {
    return Options.parse(args)
  } catch (error) {
    say(explained(error))
    return process.exit(failed)
  }
})()

const run = Effect.gen(function* () {
  const loadAtStart = os.loadavg()[0] ?? 0
  const startMs = performance.now()
  const simulated = yield* Effect.promise(() => runSimulation(options, say))
  const planted = options.planted ? yield* Effect.promise(() => plantBugs(say)) : undefined
  const broken = yield* runAll(options, say)
  const record = FaultReport.record({
    found: {
      ...broken.found,
      ...(simulated === undefined ? {} : { simulation: simulated }),
      ...(planted === undefined ? {} : { planted })
    },
    spec: broken.spec,
    tookMs: performance.now() - startMs,
    loadAtStart,
    versions: versionsOf(),
    again: `npm run faults -- ${args.join(" ")}`
  })
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(record, undefined, 2)}\n`)
  process.stdout.write(`${FaultText.summary(record)}\n`)
  for (const folder of broken.folders) say(`the logs of all processes are in ${folder}`)
  return FaultReport.held(record) ? 0 : violated
})

const exitCodeOf = <A, E>(exit: Exit.Exit<A, E>): number => {
  if (Exit.isSuccess(exit)) return Number(exit.value)
  if (Cause.hasInterruptsOnly(exit.cause)) return 130
  say(explained(Cause.squash(exit.cause)))
  return failed
}

if (options.help) process.stdout.write(`${Options.usage}\n`)
else
  NodeRuntime.runMain({
    disableErrorReporting: true,
    // Output that a pipe has not taken yet is written before the process goes; nothing else is waited for.
    teardown: (exit) => void process.stdout.write("", () => process.exit(exitCodeOf(exit)))
  })(run.pipe(Effect.provideService(References.MinimumLogLevel, "None")))

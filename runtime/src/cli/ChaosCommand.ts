/**
 * `outcry chaos`: the fault suite on floors of its own with the user's strategies and settings. It starts its own
 * database, exchange and nodes and touches no other; a configuration that names a live venue is refused. Exit code 0 only
 * where nothing was violated.
 */
import { Cause, Effect, Exit, Option, References, Schema } from "effect"
import { readFileSync, writeFileSync } from "node:fs"
import os from "node:os"
import { versionsOf } from "../chaos/Again.ts"
import { chaosHtml } from "../chaos/ChaosHtml.ts"
import { held, record } from "../chaos/FaultReport.ts"
import { runAll } from "../chaos/FaultRun.ts"
import { summary } from "../chaos/FaultText.ts"
import type { FloorSpec, OwnStrategy } from "../chaos/FloorSpec.ts"
import { FloorFile } from "../FloorConfig.ts"
import { chooseStrategies } from "../floor/StrategyChoice.ts"
import { data, json, message, onStderr } from "./Output.ts"
import { durationText } from "./TimeText.ts"
import { exitCodes, reasonOf, userError } from "./UserError.ts"

export interface ChaosFlags {
  readonly strategy: ReadonlyArray<string>
  readonly config: Option.Option<string>
  readonly nodes: number
  readonly scenarios: number
  readonly kills: number
  readonly freezes: number
  readonly seed: number
  readonly report: Option.Option<string>
  readonly json: boolean
}

const loopback = /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/

/** The floor's file, or a refusal: faults are never injected where an order could reach a live venue. */
const readConfig = Effect.fnUntraced(function* (path: string) {
  const invalid = (reason: string) =>
    userError(
      "InvalidConfiguration",
      `The configuration ${path} cannot be used: ${reason}.`,
      "Take the floor.json that `outcry start` writes into its data folder."
    )
  const text = yield* Effect.try({ try: () => readFileSync(path, "utf8"), catch: (cause) => invalid(reasonOf(cause)) })
  const floor = yield* Schema.decodeUnknownEffect(Schema.fromJsonString(FloorFile))(text).pipe(
    // A schema error could quote a secret: only its place is told.
    Effect.mapError((error) =>
      invalid(`it does not fit its schema ${/at (\[.*)$/s.exec(error.message)?.[1] ?? ""}`.trim())
    )
  )
  for (const { id, restUrl, wsUrl } of floor.venues)
    for (const url of [restUrl, wsUrl])
      if (!URL.canParse(url) || !loopback.test(new URL(url).hostname))
        return yield* userError(
          "LiveVenue",
          `The venue ${id} of ${path} is not on this machine (${url}): faults are not injected into a floor of a live venue.`,
          "Give the configuration of a floor on paper, or name strategies with --strategy."
        )
  return floor
})

const specOf = Effect.fnUntraced(function* (flags: ChaosFlags) {
  const config = Option.isSome(flags.config) ? yield* readConfig(flags.config.value) : undefined
  const named =
    flags.strategy.length === 0 ? [] : yield* chooseStrategies({ strategy: flags.strategy, param: [], only: true })
  const strategies: ReadonlyArray<OwnStrategy> = [
    ...(config?.strategies ?? []),
    ...named.map((chosen) => chosen.config)
  ].map(({ module, name, parameters }) => ({ name, module, parameters }))
  const names = strategies.map(({ name }) => name)
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined)
    return yield* userError(
      "InvalidParameters",
      `The strategy ${twice} is in the configuration and named with --strategy.`,
      "Name it once."
    )
  const spec: Partial<FloorSpec> = {
    nodes: flags.nodes,
    strategies,
    ...(config === undefined ? {} : { orderExpiryMs: config.orderExpiryMs }),
    ...(config?.accounts[0] === undefined ? {} : { limits: config.accounts[0].limits })
  }
  return spec
})

const againOf = (flags: ChaosFlags): string =>
  [
    "outcry chaos",
    ...flags.strategy.map((file) => `--strategy '${file}'`),
    ...Option.match(flags.config, { onNone: () => [], onSome: (file) => [`--config ${file}`] }),
    `--nodes ${flags.nodes} --scenarios ${flags.scenarios} --kills ${flags.kills} --freezes ${flags.freezes} --seed ${flags.seed}`
  ].join(" ")

/** Progress on standard error: lines as they come, and on a terminal one more that says how far it is. */
const progressOf = (flags: ChaosFlags) => {
  const startMs = performance.now()
  const live = process.stderr.isTTY
  let done = 0
  const status = (): string => {
    const tookMs = performance.now() - startMs
    const left = done === 0 ? "" : `, ${durationText((tookMs / done) * (flags.scenarios - done))} to go`
    return `  … scenario ${done}/${flags.scenarios}, ${durationText(tookMs)}${left}`
  }
  const clear = (): void => void (live ? process.stderr.write("\r\u001b[K") : undefined)
  return {
    say: (text: string): void => {
      clear()
      process.stderr.write(`${text}\n`)
      if (live && done < flags.scenarios) process.stderr.write(onStderr.dim(status()))
    },
    scenario: (): void => void done++,
    clear
  }
}

export const run = Effect.fnUntraced(function* (flags: ChaosFlags) {
  if (flags.scenarios + flags.kills + flags.freezes === 0)
    return yield* userError("Usage", "There is nothing to do.", "Ask for --scenarios, --kills or --freezes.")
  const spec = yield* specOf(flags)
  const report = Option.getOrUndefined(flags.report)
  // Told now rather than after minutes of work.
  if (report !== undefined)
    yield* Effect.try({
      try: () => writeFileSync(report, ""),
      catch: (cause) =>
        userError(
          "ReportNotWritable",
          `The report cannot be written to ${report}: ${reasonOf(cause)}.`,
          "Choose another file."
        )
    })
  const loadAtStart = os.loadavg()[0] ?? 0
  const startMs = performance.now()
  const progress = progressOf(flags)
  yield* message(onStderr.bold("Outcry chaos") + onStderr.dim("  floors of its own are broken on purpose"))
  const options = {
    scenarios: flags.scenarios,
    kills: flags.kills,
    freezes: flags.freezes,
    quietMinutes: 0,
    seed: flags.seed,
    nodes: flags.nodes,
    accounts: undefined,
    floors: flags.scenarios > 1 ? 2 : 1,
    keep: false,
    spec
  }
  const end = yield* Effect.exit(
    runAll(options, progress.say, progress.scenario).pipe(Effect.provideService(References.MinimumLogLevel, "None"))
  )
  progress.clear()
  if (Exit.isFailure(end)) {
    if (Cause.hasInterruptsOnly(end.cause)) return yield* Effect.interrupt
    return yield* userError(
      "ChaosFailed",
      `The suite could not be run: ${reasonOf(Cause.squash(end.cause)).split("\n")[0]}.`,
      "Look at the logs of the folder named above, or run it again."
    )
  }
  const found = record({
    found: end.value.found,
    spec: { ...end.value.spec },
    tookMs: performance.now() - startMs,
    loadAtStart,
    versions: versionsOf(),
    again: againOf(flags)
  })
  if (report !== undefined) {
    yield* Effect.sync(() => writeFileSync(report, chaosHtml(found)))
    yield* message(`report written to ${report}`)
  }
  for (const folder of end.value.folders) yield* message(`the logs of all processes are in ${folder}`)
  yield* flags.json ? json(found) : data(summary(found))
  process.exitCode = held(found) ? exitCodes.ok : exitCodes.failed
})

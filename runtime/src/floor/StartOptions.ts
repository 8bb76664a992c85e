/** What `outcry start` was asked for, checked before anything is started. */
import { Effect, Option } from "effect"
import { accessSync, constants, existsSync, statSync } from "node:fs"
import { dirname, resolve } from "node:path"
import { reasonOf, type UserError, userError } from "../cli/UserError.ts"
import { defaults } from "../FloorConfig.ts"
import { freePorts, requireFreePort } from "./FreePort.ts"
import { type ChosenStrategy, chooseStrategies } from "./StrategyChoice.ts"

/** As the command line gives them. */
export interface StartFlags {
  readonly nodes: Option.Option<number>
  /** Milliseconds. */
  readonly for: Option.Option<number>
  readonly report: Option.Option<string>
  readonly seed: number
  readonly replay: ReadonlyArray<string>
  readonly recordings: ReadonlyArray<string>
  readonly live: Option.Option<string>
  readonly data: Option.Option<string>
  readonly port: number
  readonly strategy: ReadonlyArray<string>
  readonly param: ReadonlyArray<string>
  readonly only: boolean
  readonly lockstep: boolean
  readonly json: boolean
}

export interface StartPlan {
  readonly nodes: number
  readonly forMs: number | undefined
  readonly reportFile: string | undefined
  readonly seed: number
  readonly recordings: ReadonlyArray<string>
  /** Public data to mirror, as the exchange takes it; undefined for agents or recordings. */
  readonly live: string | undefined
  /** The exchange waits for the floor before market time goes on. */
  readonly lockStep: boolean
  readonly strategies: ReadonlyArray<ChosenStrategy>
}

const recordingsOf = Effect.fnUntraced(function* (flags: StartFlags) {
  if (flags.recordings.length > 0 && flags.replay.length === 0)
    return yield* userError(
      "Usage",
      `Nothing is known to do with "${flags.recordings[0]}".`,
      "Recordings are named with --replay FILE."
    )
  const files = [...flags.replay.flatMap((each) => each.split(",")), ...flags.recordings]
    .filter((file) => file !== "")
    .map((file) => resolve(file))
  if (flags.replay.length > 0 && files.length === 0)
    return yield* userError("RecordingUnusable", "--replay names no file.", "Give the path of a recording (.gz).")
  for (const file of files)
    if (!existsSync(file) || !statSync(file).isFile())
      return yield* userError(
        "RecordingUnusable",
        `There is no recording ${file}.`,
        "Check the path given to --replay."
      )
  return files
})

const reportFileOf = (given: Option.Option<string>): Effect.Effect<string | undefined, UserError> =>
  Effect.try({
    try: () => {
      if (Option.isNone(given)) return undefined
      const path = resolve(given.value)
      if (existsSync(path) && statSync(path).isDirectory()) throw new Error("it is a folder")
      accessSync(existsSync(path) ? path : dirname(path), constants.W_OK)
      return path
    },
    catch: (cause) =>
      userError(
        "ReportNotWritable",
        `The report cannot be written to ${Option.getOrElse(given, () => "")}: ${reasonOf(cause)}.`,
        "Name a file in a folder that exists and that this user may write to."
      )
  })

/** Everything that can be wrong without starting anything, found within a second. */
export const checkFlags = Effect.fnUntraced(function* (flags: StartFlags) {
  const live = Option.getOrUndefined(flags.live)
  if (live !== undefined && live !== "binance" && !/^https?:\/\/[^,/]+,wss?:\/\/[^,/]+$/.test(live))
    return yield* userError(
      "Usage",
      `--live "${live}" is no source of live market data.`,
      "Use --live binance, or --live REST_URL,WS_URL of a compatible venue."
    )
  if (live !== undefined && flags.replay.length > 0)
    return yield* userError("Usage", "--live does not go with --replay.", "Name one or the other.")
  if (flags.lockstep && flags.replay.length === 0)
    return yield* userError(
      "Usage",
      "--lockstep steps through recordings, and none is named.",
      "Name them with --replay FILE."
    )
  const nodes = Option.getOrElse(flags.nodes, () => (flags.lockstep ? 1 : defaults.nodes))
  if (flags.lockstep && nodes > 1)
    return yield* userError(
      "Usage",
      `--lockstep runs on one node, not on ${nodes}: nobody could say that all nodes have settled.`,
      "Leave out --nodes (and OUTCRY_NODES), or set it to 1."
    )
  const plan: StartPlan = {
    nodes,
    forMs: Option.getOrUndefined(flags.for),
    reportFile: yield* reportFileOf(flags.report),
    seed: flags.seed,
    recordings: yield* recordingsOf(flags),
    live,
    lockStep: flags.lockstep,
    strategies: yield* chooseStrategies(flags)
  }
  return plan
})

/** Gateway ports of the nodes: from `--port` on, each free, or free ones where it is 0. */
export const gatewayPorts = Effect.fnUntraced(function* (port: number, nodes: number) {
  if (port === 0) return yield* freePorts(nodes)
  const ports = Array.from({ length: nodes }, (_, index) => port + index)
  yield* Effect.forEach(ports, requireFreePort, { discard: true })
  return ports
})

/** The strategies that the listed instruments allow; a named one that they do not is an error, an example is left out. */
export const runnable = Effect.fnUntraced(function* (
  chosen: ReadonlyArray<ChosenStrategy>,
  listed: ReadonlyArray<string>
) {
  const lacks = ({ instruments }: ChosenStrategy) => instruments.filter((id) => !listed.includes(id))
  for (const each of chosen) {
    const missing = lacks(each)
    if (each.named && missing.length > 0)
      return yield* userError(
        "RecordingUnusable",
        `${each.config.name} needs ${missing.join(", ")}, which the recordings do not hold.`,
        `They hold ${listed.join(", ")}; add a recording, or change the strategy's parameters.`
      )
  }
  const left = chosen.filter((each) => lacks(each).length > 0)
  return {
    strategies: chosen.filter((each) => lacks(each).length === 0).map(({ config }) => config),
    instruments: defaults.instruments.filter((id) => listed.includes(id)),
    warnings: left.map((each) => `${each.config.name} does not run: the recordings hold no ${lacks(each).join(", ")}.`)
  }
})

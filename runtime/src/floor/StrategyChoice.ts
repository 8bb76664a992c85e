/**
 * Which strategies a floor runs: the examples, and modules the user names. Each module is loaded and its parameters
 * decoded before anything starts, so that a mistake in them costs a second and leaves nothing behind.
 */
import { barIntervalsUs } from "@outcry/actor-feed/State"
import { algorithmModule, algorithms } from "@outcry/algorithms/Registry"
import { Effect, Schema } from "effect"
import { accountStrategy } from "@outcry/model/AccountRecord"
import { basename, extname, join, resolve } from "node:path"
import type { StrategyDefinition } from "@outcry/model/Strategy"
import * as StrategyModules from "../cluster/StrategyModules.ts"
import { reasonOf, type UserError, userError } from "../cli/UserError.ts"
import { defaults, type StrategyConfig } from "../FloorConfig.ts"
import { type Override, parseOverride, withOverrides, wordsOf } from "./TypedParameters.ts"

/** The examples and the account each is bound to. */
export const exampleStrategies: ReadonlyArray<{ readonly file: string; readonly account: string }> = [
  { file: "01-moving-average-cross.ts", account: "paper-1" },
  { file: "02-market-maker.ts", account: "paper-2" },
  { file: "03-pairs-spread.ts", account: "paper-1" }
]

export const examplesFolder = join(import.meta.dirname, "..", "..", "..", "examples")

/** A strategy that will run, the instruments it needs, and whether the user named it. */
export interface ChosenStrategy {
  readonly config: StrategyConfig
  readonly instruments: ReadonlyArray<string>
  readonly named: boolean
}

interface Named {
  readonly file: string
  readonly parameters: Readonly<Record<string, Schema.Json>>
  /** Parameters as typed in a query. */
  readonly typed: ReadonlyArray<readonly [key: string, text: string]>
}

const decodeParameters = Schema.decodeUnknownEffect(Schema.fromJsonString(Schema.Record(Schema.String, Schema.Json)))

/** `FILE` or `FILE:{JSON}`; of an algorithm also `algorithm:NAME?key=value&…`. */
const splitArgument = Effect.fnUntraced(function* (argument: string) {
  const query = argument.startsWith("algorithm:") ? argument.indexOf("?") : -1
  if (query !== -1) {
    const typed = [...new URLSearchParams(argument.slice(query + 1))]
    const named: Named = { file: argument.slice(0, query), parameters: {}, typed }
    return named
  }
  const at = argument.indexOf(":{")
  if (at === -1) {
    const named: Named = { file: argument, parameters: {}, typed: [] }
    return named
  }
  const parameters = yield* decodeParameters(argument.slice(at + 1)).pipe(
    Effect.mapError(() =>
      userError(
        "InvalidParameters",
        `The parameters in --strategy '${argument}' are not a JSON object.`,
        `Write them as ${argument.slice(0, at)}:{"name":1}, in single quotes for the shell, or use --param name=1.`
      )
    )
  )
  const named: Named = { file: argument.slice(0, at), parameters, typed: [] }
  return named
})

const algorithmPattern = /^algorithm:([^@]*)(?:@([A-Za-z0-9_-]+))?$/

/** The module of a file, or of an execution algorithm: `algorithm:NAME@ORDER`, where a parent order has its own name. */
const moduleOf = Effect.fnUntraced(function* (file: string) {
  const match = algorithmPattern.exec(file)
  if (match === null) return { path: resolve(file), name: "" }
  const path = algorithmModule(match[1]!)
  if (path === undefined)
    return yield* userError(
      "UnknownStrategy",
      `There is no algorithm "${match[1]}".`,
      `Use one of ${algorithms.map((name) => `algorithm:${name}`).join(", ")}.`
    )
  return { path, name: match[2] ?? "" }
})

type AnyDefinition = StrategyDefinition<unknown, unknown>

const load = (path: string): Effect.Effect<AnyDefinition, UserError> =>
  Effect.mapError(StrategyModules.load(path), ({ reason, remedy }) =>
    userError("UnknownStrategy", `The strategy ${path} cannot be run: ${reason.split("\n")[0]}.`, remedy)
  )

const barSecondsMade: ReadonlyArray<number> = barIntervalsUs.map((intervalUs) => intervalUs / 1_000_000)

/** Decodes the parameters as a node will, and returns the instruments they lead to. */
const check = Effect.fnUntraced(function* (
  path: string,
  definition: AnyDefinition,
  parameters: StrategyConfig["parameters"]
) {
  const decoded = yield* Schema.decodeUnknownEffect(definition.parameters, { onExcessProperty: "error" })(
    parameters
  ).pipe(
    Effect.mapError((error) =>
      userError(
        "InvalidParameters",
        `The parameters of ${definition.name} are not valid: ${wordsOf(error.message)}.`,
        `Correct them in --param or --strategy; ${path} declares what it accepts.`
      )
    )
  )
  const feeds = yield* Effect.try({
    try: () => definition.feeds(decoded),
    catch: (cause) =>
      userError(
        "InvalidParameters",
        `${definition.name} cannot name its feeds: ${reasonOf(cause)}.`,
        `Correct feeds() in ${path}.`
      )
  })
  const instruments: ReadonlyArray<string> = defaults.instruments
  for (const { barSeconds, instrument } of feeds) {
    if (!instruments.includes(instrument))
      return yield* userError(
        "InvalidParameters",
        `${definition.name} asks for ${instrument}, which this floor does not trade.`,
        `Use one of ${instruments.join(", ")}.`
      )
    // It would wait for its first bar for ever, and nobody would know why it does not trade.
    if (barSeconds !== undefined && !barSecondsMade.includes(barSeconds))
      return yield* userError(
        "InvalidParameters",
        `${definition.name} asks for bars of ${barSeconds} s, which feeds do not make.`,
        `Use bars of ${barSecondsMade.join(" or ")} s.`
      )
  }
  return feeds.map(({ instrument }) => instrument)
})

/** A name that is free: the definition's, or the definition's with a number. */
const freeName = (taken: ReadonlySet<string>, name: string): string => {
  for (let n = 1; ; n++) {
    const candidate = n === 1 ? name : `${name}-${n}`
    if (!taken.has(candidate)) return candidate
  }
}

/**
 * The strategies of a floor, checked. `named` run on account paper-1. A `--param` without a strategy's name belongs to
 * the only named one, or is refused.
 */
export const chooseStrategies = (options: {
  readonly strategy: ReadonlyArray<string>
  readonly param: ReadonlyArray<string>
  readonly only: boolean
}): Effect.Effect<ReadonlyArray<ChosenStrategy>, UserError> =>
  Effect.gen(function* () {
    if (options.only && options.strategy.length === 0)
      return yield* userError("Usage", "--only runs what --strategy names, and none is named.", "Add --strategy FILE.")
    const named = yield* Effect.forEach(options.strategy, splitArgument)
    const examples = options.only ? [] : exampleStrategies
    const wanted = [
      ...examples.map(({ account, file }) => ({
        path: join(examplesFolder, file),
        name: "",
        account,
        parameters: {},
        typed: [],
        named: false
      })),
      ...(yield* Effect.forEach(named, ({ file, parameters, typed }) =>
        Effect.map(moduleOf(file), (module) => ({ ...module, account: "paper-1", parameters, typed, named: true }))
      ))
    ]
    const overrides = yield* Effect.forEach(options.param, parseOverride)
    // The account derives orders of its own under this name.
    const taken = new Set<string>([accountStrategy])
    const used = new Set<Override>()
    const chosen: Array<ChosenStrategy> = []
    for (const want of wanted) {
      const definition = yield* load(want.path)
      const own = want.name === "" ? definition.name : want.name
      const name = freeName(taken, own === "" ? basename(want.path, extname(want.path)) : own)
      taken.add(name)
      const mine = overrides.filter(
        (each) => each.strategy === name || (each.strategy === "" && want.named && named.length === 1)
      )
      for (const each of mine) used.add(each)
      const typed = want.typed.map(([key, text]) => ({ strategy: name, key, text }))
      const parameters = withOverrides(definition, want.parameters, [...typed, ...mine])
      const instruments = yield* check(want.path, definition, parameters)
      chosen.push({
        config: { name, module: want.path, account: want.account, parameters },
        instruments,
        named: want.named
      })
    }
    const unused = overrides.find((each) => !used.has(each))
    if (unused !== undefined)
      return yield* userError(
        "InvalidParameters",
        unused.strategy === ""
          ? `--param ${unused.key} does not say which strategy it is for.`
          : `--param names the strategy ${unused.strategy}, which does not run.`,
        `Write --param STRATEGY.${unused.key}=VALUE with one of ${chosen.map(({ config }) => config.name).join(", ")}.`
      )
    return chosen
  })

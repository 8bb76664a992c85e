/** The simulated exchange of a floor, as a child process. It says on its first line where it listens and what it lists. */
import { Deferred, Effect, Schema } from "effect"
import { join } from "node:path"
import { userError } from "../cli/UserError.ts"
import { defaults } from "../FloorConfig.ts"
import { type ChildProcess, endedText, logTail, startChild } from "./ChildProcess.ts"
import { type RunFolder, writePrivate } from "./DataFolder.ts"
import type { PaperAccount } from "./FloorPlan.ts"

export interface ExchangeProcess {
  readonly child: ChildProcess
  readonly port: number
  /** Ids of the instruments it lists, such as `sim:BTC/USDT`. */
  readonly instruments: ReadonlyArray<string>
  /** What it wants the user to know, in sentences. */
  readonly warnings: ReadonlyArray<string>
}

export interface ExchangeOptions {
  readonly run: RunFolder
  readonly accounts: ReadonlyArray<PaperAccount>
  readonly seed: number
  readonly recordings: ReadonlyArray<string>
  readonly live: string | undefined
  readonly lockStep: boolean
}

const program = join(import.meta.dirname, "..", "..", "..", "packages", "exchange-sim", "src", "main.ts")
const readyWithinMs = 60_000

const Ready = Schema.fromJsonString(
  Schema.Struct({ ready: Schema.Literal(true), port: Schema.Int, symbols: Schema.Array(Schema.String) })
)

/** Fault injection exists only where this program was started for it. */
const faultsAllowed = (): boolean => process.execArgv.some((option) => /(?:^|=)faults$/.test(option))

const wireSymbol = (instrument: string): string => instrument.slice(instrument.indexOf(":") + 1).replace("/", "")

/** Wrong recordings are the user's; everything else is ours. */
const failed = (child: ChildProcess, { live, recordings }: ExchangeOptions, how: string) => {
  const tail = logTail(child.logFile)
  const last = tail.split("\n").at(-1) ?? ""
  const replaying = recordings.length > 0
  if (live !== undefined)
    return userError(
      "LiveUnreachable",
      `The live source ${live} cannot be used: ${last}`,
      "Check the network and the address, or leave --live out."
    )
  return replaying && /^(?:Recording |Option --replay)/.test(last)
    ? userError("RecordingUnusable", last, "The recordings are named with --replay.")
    : userError(
        "ExchangeFailed",
        `The exchange ${how}${last === "" ? "" : `: ${last}`}.`,
        `Its log ${child.logFile} says more.`
      )
}

export const startExchange = Effect.fnUntraced(function* (options: ExchangeOptions) {
  const { accounts, recordings, run, seed } = options
  writePrivate(
    run.exchangeConfig,
    JSON.stringify(accounts.map((account) => ({ ...account, balances: defaults.balances })))
  )
  const child = yield* startChild({
    name: "exchange",
    args: [
      program,
      "--port",
      "0",
      "--host",
      defaults.host,
      "--accounts",
      run.exchangeConfig,
      "--log",
      run.exchangeLog,
      "--seed",
      String(seed),
      "--parent-stdin",
      // A node that floods a simulated venue is a finding for the logs, not a reason to stop trading for minutes.
      "--weight-limit",
      "1000000",
      "--order-limit",
      "100000",
      ...(faultsAllowed() ? ["--faults"] : []),
      ...recordings.flatMap((file) => ["--replay", file]),
      ...(options.lockStep ? ["--lockstep"] : []),
      ...(options.live === undefined ? [] : ["--live", options.live])
    ],
    logFile: join(run.logs, "exchange.log"),
    firstLine: true,
    graceMs: 3_000
  })
  const fail = (how: string) => Effect.fail(failed(child, options, how))
  const line = yield* Effect.raceFirst(
    Deferred.await(child.firstLine),
    Effect.flatMap(Deferred.await(child.ended), (ended) => fail(endedText(ended)))
  ).pipe(
    Effect.timeoutOrElse({
      duration: readyWithinMs,
      orElse: () => fail(`was not ready within ${readyWithinMs / 1_000} s`)
    })
  )
  const ready = yield* Schema.decodeUnknownEffect(Ready)(line).pipe(
    Effect.catch(() => fail(`answered "${line.slice(0, 200)}"`))
  )
  const exchange: ExchangeProcess = {
    child,
    port: ready.port,
    instruments: defaults.instruments.filter((id) => ready.symbols.includes(wireSymbol(id))),
    warnings: logTail(child.logFile, 20)
      .split("\n")
      .filter((text) => text.startsWith("Recording "))
  }
  return exchange
})

/** The exchange of a fault run as its own process: its faults can be set, its log is read for the verdict. */
import * as AcceptLog from "@outcry/exchange-sim/AcceptLog"
import type { FaultRule } from "@outcry/exchange-sim/Faults"
import { endedText, logTail, startChild } from "../floor/ChildProcess.ts"
import { Deferred, Effect, Schema } from "effect"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import type { Funded } from "./FloorSpec.ts"

const program = fileURLToPath(new URL("../../../packages/exchange-sim/src/main.ts", import.meta.url))

const Ready = Schema.fromJsonString(Schema.Struct({ ready: Schema.Literal(true), port: Schema.Int }))

/** The exchange did not do what the run needs of it. */
export class ExchangeFailed extends Schema.TaggedError<ExchangeFailed>()("ExchangeFailed", { reason: Schema.String }) {
  override get message() {
    return `The exchange failed: ${this.reason}`
  }
}

export interface ExchangeProcess {
  readonly port: number
  /** Its own record of all it accepted. */
  readonly logFile: string
  /** Replaces all faults in force. */
  readonly setFaults: (rules: ReadonlyArray<FaultRule>) => Effect.Effect<void, ExchangeFailed>
  /** How often each fault struck, in their order. */
  readonly struck: Effect.Effect<ReadonlyArray<number>, ExchangeFailed>
  /** Client ids of the orders whose replies a fault struck. */
  readonly struckOrders: Effect.Effect<ReadonlyArray<string>, ExchangeFailed>
  /** All it accepted, filled and ended so far. */
  readonly log: Effect.Effect<ReadonlyArray<AcceptLog.LogLine>>
}

const Rules = Schema.Struct({
  rules: Schema.Array(Schema.Struct({ struck: Schema.Int, orders: Schema.Array(Schema.String) }))
})

const faultsOf = async (port: number, init?: RequestInit) => {
  const reply = await fetch(`http://127.0.0.1:${port}/sim/faults`, init)
  if (!reply.ok) throw new Error(await reply.text())
  return Schema.decodeUnknownSync(Rules)(await reply.json())
}

/** Starts it; the scope ends it. */
export const startExchange = Effect.fnUntraced(function* (
  folder: string,
  seed: number,
  accounts: ReadonlyArray<Funded>
) {
  const accountsFile = join(folder, "exchange.json")
  writeFileSync(accountsFile, JSON.stringify(accounts), { mode: 0o600 })
  const logFile = join(folder, "exchange.jsonl")
  const market = [
    "--port",
    "0",
    "--seed",
    String(seed),
    "--warm-up",
    "60",
    "--log",
    logFile,
    "--accounts",
    accountsFile
  ]
  // The run measures us, not a rate limit of the venue.
  const limits = ["--order-limit", "1000000", "--weight-limit", "100000000", "--faults", "--parent-stdin"]
  const child = yield* startChild({
    name: "exchange",
    args: [program, ...market, ...limits],
    logFile: join(folder, "exchange.log"),
    firstLine: true,
    graceMs: 5_000
  })
  const { port } = yield* Effect.raceFirst(
    Deferred.await(child.firstLine).pipe(
      Effect.flatMap(Schema.decodeUnknownEffect(Ready)),
      Effect.mapError((error) => new ExchangeFailed({ reason: error.message }))
    ),
    Deferred.await(child.ended).pipe(
      Effect.flatMap((end) =>
        Effect.fail(new ExchangeFailed({ reason: `it ${endedText(end)}: ${logTail(child.logFile)}` }))
      )
    )
  )
  const faults = (init?: RequestInit) =>
    Effect.tryPromise({
      try: () => faultsOf(port, init),
      catch: (error) => new ExchangeFailed({ reason: error instanceof Error ? error.message : String(error) })
    })
  const exchange: ExchangeProcess = {
    port,
    logFile,
    setFaults: (rules) => Effect.asVoid(faults({ method: "PUT", body: JSON.stringify({ rules }) })),
    struck: Effect.map(faults(), ({ rules }) => rules.map(({ struck }) => struck)),
    struckOrders: Effect.map(faults(), ({ rules }) => rules.flatMap(({ orders }) => orders)),
    log: Effect.sync(() => AcceptLog.read(logFile))
  }
  return exchange
})

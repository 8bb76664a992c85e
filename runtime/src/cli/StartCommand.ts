/**
 * `outcry start`: a floor from nothing, watched until its time is over or it is asked to stop; then brought to rest,
 * ended, checked and reported. Exit code 0 only for a run without lost, doubled or misfilled orders and with every
 * invariant held; 3 where every strategy ended locked. A second request to stop skips the waiting.
 */
import { Database } from "@outcry/store/Database"
import * as Logging from "@outcry/telemetry/Logging"
import { Clock, Deferred, Effect, Option, Queue, Redacted } from "effect"
import { writeFileSync } from "node:fs"
import { recordingsOver } from "../lockstep/RecordingsOver.ts"
import { bringToRest, type Rest } from "../floor/FloorStop.ts"
import { type DataFolder, dataFolderAt } from "../floor/DataFolder.ts"
import { endedText } from "../floor/ChildProcess.ts"
import { type Floor, openFloor } from "../floor/Floor.ts"
import { showFloor } from "../floor/LiveTable.ts"
import { note, step, warn } from "../floor/Progress.ts"
import { checkFlags, type StartFlags, type StartPlan } from "../floor/StartOptions.ts"
import { isClean, type Report } from "../report/Report.ts"
import { reportText } from "../report/ReportText.ts"
import { runReport } from "../report/RunReport.ts"
import { durationText, isoTime } from "./TimeText.ts"
import { data, environment, json, message, onStderr } from "./Output.ts"
import { type StopReason, stopRequests } from "./StopSignal.ts"
import { exitCodes, reasonOf, type UserError, userError } from "./UserError.ts"

const exitCodeOfSignal = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143, lifeline: 143 } as const

/** How a run came to its end. `fault` makes it a failure whatever the report says. */
interface End {
  readonly by: string
  readonly fault: UserError | undefined
}

const announce = Effect.fnUntraced(function* (floor: Floor, folder: DataFolder) {
  const [first] = floor.supervisor.gateways
  const elsewhere = folder.root === dataFolderAt(undefined).root ? "" : ` --data ${folder.root}`
  yield* message("")
  yield* message(`  ${onStderr.bold("Gateway")}  ${floor.supervisor.gateways.map(({ url }) => url).join("  ")}`)
  yield* message(`  ${onStderr.bold("Token")}    ${floor.config.token}`)
  yield* message(`  ${onStderr.bold("Stream")}   ${first?.url.replace("http", "ws")}/ws?token=${floor.config.token}`)
  yield* message(
    onStderr.dim(
      `  In another terminal: npm run outcry -- status${elsewhere}; likewise explain STRATEGY, trace --last-filled`
    )
  )
  yield* message("")
})

const notRepeatable = (why: string): UserError =>
  userError(
    "NotRepeatable",
    `The run in lock-step need not give what another gives: ${why}.`,
    "Run it again, on a machine with less to do."
  )

/** Until the time is over, somebody wants it to stop, or it cannot go on. */
const untilEnd = (floor: Floor, plan: StartPlan, requests: Queue.Dequeue<StopReason>): Effect.Effect<End> => {
  const asked = Effect.map(Queue.take(requests), (by): End => ({ by, fault: undefined }))
  const time =
    plan.forMs === undefined
      ? Effect.never
      : Effect.as(Effect.sleep(plan.forMs), { by: `--for ${durationText(plan.forMs)}`, fault: undefined } satisfies End)
  const exchange = Effect.map(Deferred.await(floor.exchange.child.ended), (how): End => {
    const reason = `The exchange ${endedText(how)} while the floor was running; what it held is gone, so the accounts cannot go on.`
    const fault = userError("ExchangeFailed", reason, `Its log ${floor.exchange.child.logFile} says why; start again.`)
    return { by: "the end of the exchange", fault }
  })
  const nodes = Effect.map(floor.supervisor.allLost, (fault): End => ({ by: "the loss of every node", fault }))
  const over = plan.lockStep
    ? Effect.map(recordingsOver(floor.config.venues[0]!.restUrl), (spoiled): End => ({
        by: "the end of the recordings",
        fault: spoiled === null ? undefined : notRepeatable(spoiled)
      }))
    : Effect.never
  return Effect.raceAllFirst([asked, time, exchange, nodes, over])
}

const writeReport = (path: string, report: Report): Effect.Effect<void, UserError> =>
  Effect.try({
    try: () => writeFileSync(path, `${JSON.stringify(report, undefined, 2)}\n`),
    catch: (cause) =>
      userError(
        "ReportNotWritable",
        `The report cannot be written to ${path}: ${reasonOf(cause)}.`,
        "The run itself is over."
      )
  })

const marketOf = (plan: StartPlan): Report["market"] => ({
  kind: plan.live !== undefined ? "live" : plan.recordings.length === 0 ? "agents" : "replay",
  recordings: plan.recordings
})

const noRest: Rest = { running: undefined, status: undefined, settled: false }

/** Ends the run in order and makes its report; the database must still be there. */
const conclude = Effect.fnUntraced(function* (
  floor: Floor,
  plan: StartPlan,
  end: End,
  times: { readonly fromMs: number; readonly toMs: number },
  hurry: Effect.Effect<unknown>
) {
  yield* floor.phase("stopping")
  const inHurry = <A>(work: Effect.Effect<A>, instead: A): Effect.Effect<A> =>
    Effect.raceFirst(work, Effect.as(Effect.andThen(hurry, note("not waiting any longer")), instead))
  const rest =
    end.fault === undefined
      ? yield* step("strategies paused, orders settled", inHurry(bringToRest(floor.supervisor), noRest))
      : noRest
  yield* step("nodes ended", inHurry(floor.supervisor.stop, undefined))
  if (end.fault === undefined) yield* floor.exchange.child.signal("SIGTERM")
  yield* Effect.timeoutOption(Deferred.await(floor.exchange.child.ended), 3_000)
  const unsettled = (rest.status?.accounts ?? []).flatMap(({ account, openOrders }) =>
    openOrders.map((order) => `${account}: order ${order.clientOrderId} was still ${order.status} at the stop.`)
  )
  const report = yield* runReport({
    run: {
      runId: floor.run.id,
      seed: plan.seed,
      market: marketOf(plan),
      startedAt: floor.startedAt,
      endedAt: isoTime(times.toMs),
      durationSeconds: Math.round(times.toMs - times.fromMs) / 1_000,
      endedBy: end.by,
      warnings: [
        ...floor.warnings,
        ...(rest.settled ? [] : ["The floor had not come to rest when it was ended.", ...unsettled])
      ]
    },
    accounts: floor.config.accounts.map(({ name }) => name),
    exchangeLog: floor.run.exchangeLog,
    spans: floor.collector.store,
    status: rest.status,
    running: rest.running,
    nodes: floor.supervisor.nodes(),
    failovers: floor.supervisor.failovers(),
    violations: floor.supervisor
      .failovers()
      .flatMap(({ ended, node, recoveredMs }) =>
        recoveredMs === null ? [`${node} ${ended}, and its accounts did not accept commands elsewhere in time`] : []
      )
  }).pipe(
    Effect.provide(
      Database.layer({ url: Redacted.make(floor.config.databaseUrl), applicationName: "outcry report", poolSize: 2 })
    )
  )
  return report
})

const session = Effect.fnUntraced(function* (flags: StartFlags, plan: StartPlan, requests: Queue.Dequeue<StopReason>) {
  const folder = dataFolderAt(Option.getOrUndefined(flags.data))
  const floor = yield* Effect.raceFirst(openFloor(folder, plan, flags.port), Queue.take(requests))
  // Whatever was started by then goes with the scope.
  if (typeof floor === "string") return { stoppedBy: floor }
  yield* announce(floor, folder)
  yield* floor.phase("running")
  const fromMs = yield* Clock.currentTimeMillis
  const end = yield* Effect.raceFirst(
    untilEnd(floor, plan, requests),
    Effect.andThen(showFloor(floor.supervisor), Effect.never)
  )
  const toMs = yield* Clock.currentTimeMillis
  const report = yield* conclude(floor, plan, end, { fromMs, toMs }, Queue.take(requests))
  if (plan.reportFile !== undefined) yield* writeReport(plan.reportFile, report)
  return { end, report }
})

export const run = Effect.fnUntraced(function* (flags: StartFlags) {
  const plan = yield* checkFlags(flags)
  const outcome = yield* Effect.scoped(
    Effect.gen(function* () {
      const requests = yield* stopRequests({ lifeline: false })
      yield* message(
        onStderr.bold("Outcry") +
          onStderr.dim(`  a trading floor of ${plan.nodes === 1 ? "one node" : `${plan.nodes} nodes`}, on paper`)
      )
      return yield* Effect.scoped(session(flags, plan, requests))
    })
  ).pipe(Effect.provide(quietLogging()))
  if ("stoppedBy" in outcome) {
    yield* warn("stopped during the start; nothing is left running")
    process.exitCode = exitCodeOfSignal[outcome.stoppedBy]
    return
  }
  const { end, report } = outcome
  yield* flags.json ? json(report) : data(reportText(report))
  if (plan.reportFile !== undefined) yield* note(`report written to ${plan.reportFile}`)
  if (end.fault !== undefined) return yield* end.fault
  if (!isClean(report)) {
    yield* warn("the run was not clean; the verdict above says why")
    process.exitCode = exitCodes.failed
    return
  }
  if (report.strategies.length > 0 && report.strategies.every(({ condition }) => condition === "locked"))
    return yield* userError(
      "StrategiesLocked",
      `Every strategy of the run is locked: ${report.strategies.map(({ name }) => name).join(", ")} threw too often, so nothing traded any more.`,
      "The report above says what each threw last; correct them and start again."
    )
})

/** The start command speaks by its progress; its libraries only when something is wrong. */
const quietLogging = () =>
  Logging.layer({
    node: "start",
    format: "pretty",
    level: (environment()["OUTCRY_DEBUG"] ?? "") === "" ? "Warn" : "Debug"
  })

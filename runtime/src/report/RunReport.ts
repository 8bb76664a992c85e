/** Gathers what a report is made of: journals from the database, the exchange's log, spans; and has it put together. */
import * as AcceptLog from "@outcry/exchange-sim/AcceptLog"
import { check } from "@outcry/exchange-sim/Checker"
import { prefix } from "@outcry/model/ClientOrderId"
import type { SpanStore } from "@outcry/telemetry/SpanStore"
import { Effect, Stream } from "effect"
import { existsSync } from "node:fs"
import { reasonOf, userError } from "../cli/UserError.ts"
import type { FloorStatus } from "../gateway/FloorStatus.ts"
import { AccountFold, type AccountReplay } from "./AccountReplay.ts"
import { factsOf, fillSums, type JournalFact } from "./JournalFacts.ts"
import { firstSteps } from "./Latency.ts"
import { buildReport, type ReportInput } from "./ReportBuilder.ts"

export interface RunReportInput extends Pick<ReportInput, "run" | "nodes" | "failovers" | "violations"> {
  readonly accounts: ReadonlyArray<string>
  readonly exchangeLog: string
  readonly spans: SpanStore
  readonly status: FloorStatus | undefined
  readonly running: FloorStatus | undefined
}

/** Facts about orders, as the checker wants them. The rest would only take memory. */
const concernsOrders = (fact: JournalFact): boolean => "clientOrderId" in fact.payload && fact.type !== "IntentRefused"

const replayAccount = Effect.fnUntraced(function* (
  account: string,
  hashAtSeq: number | undefined,
  orderFacts: Array<JournalFact>
) {
  const fold = new AccountFold(account, hashAtSeq)
  yield* factsOf(account).pipe(
    Stream.runForEach((fact) =>
      Effect.sync(() => {
        fold.add(fact)
        if (concernsOrders(fact)) orderFacts.push(fact)
      })
    )
  )
  return fold.end()
})

const latencies = (replays: ReadonlyArray<AccountReplay>, spans: SpanStore) => {
  const steps = replays.flatMap(({ orders }) =>
    Array.from(orders.values(), ({ clientOrderId, timeIntent }) =>
      firstSteps(spans.traceOfOrder(clientOrderId), clientOrderId, timeIntent)
    )
  )
  return {
    tickToIntentMs: steps.flatMap(({ tickToIntentMs }) => (tickToIntentMs === undefined ? [] : [tickToIntentMs])),
    intentToDurableMs: steps.flatMap(({ intentToDurableMs }) =>
      intentToDurableMs === undefined ? [] : [intentToDurableMs]
    )
  }
}

/** Needs the database of the run. Fails where it or the exchange's log cannot be read: no verdict is no clean verdict. */
export const runReport = Effect.fn("RunReport")(function* (input: RunReportInput) {
  const { accounts, exchangeLog, run, spans, status, ...rest } = input
  const orderFacts: Array<JournalFact> = []
  const replays: Array<AccountReplay> = []
  for (const account of accounts) {
    const live = status?.accounts.find((each) => each.account === account)
    replays.push(yield* replayAccount(account, live?.seq, orderFacts))
  }
  const log = yield* Effect.try({
    try: () => (existsSync(exchangeLog) ? AcceptLog.read(exchangeLog) : []),
    catch: (cause) =>
      userError(
        "ExchangeFailed",
        `The exchange's log cannot be checked: ${reasonOf(cause)}`,
        "Run again; the verdict on this run is open."
      )
  })
  return buildReport({
    ...rest,
    run,
    status,
    replays,
    fillSums: yield* fillSums,
    verdict: check({ acceptLog: log, journal: orderFacts, prefix }),
    latency: latencies(replays, spans)
  })
})

/**
 * Intents on their way to the account, in order, one batch at a time. A batch is sent again until the account answers:
 * its intents are numbered, so that the account takes each once. Bounded; the strategy stands still while it is full.
 */
import type { LockStep } from "@outcry/lockstep/LockStep"
import type { Account, Decision } from "@outcry/actor-account/Protocol"
import type { FeedPosition } from "@outcry/model/MarketData"
import type { RunnerIntent } from "@outcry/model/StrategyRunner"
import * as Metrics from "@outcry/telemetry/Metrics"
import * as Attributes from "@outcry/telemetry/Attributes"
import * as Names from "@outcry/telemetry/SpanNames"
import type { SpanRecorder } from "@outcry/telemetry/SpanRecorder"
import { causeTrace, type TraceContext } from "@outcry/telemetry/TraceContext"
import { Clock, Effect, Metric, Queue, Schedule } from "effect"
import { NotYet, TakenOver } from "./RunEnd.ts"

/** Batches that may wait for the account. */
const batchesMax = 64
const replyWithin = "3 seconds"

export interface Batch {
  readonly cause: FeedPosition
  /** The latest market event it was decided on: the cause itself, or what a timer or a fill found. */
  readonly tick: FeedPosition | undefined
  readonly intents: ReadonlyArray<RunnerIntent>
  /** When the event behind it reached us; when the handler began and ended; epoch µs. */
  readonly receivedUs: number
  readonly startUs: number
  readonly decidedUs: number
}

type AccountClient = ReturnType<Effect.Success<typeof Account.client>>

export interface OutboxOptions {
  readonly strategy: string
  readonly account: string
  readonly epoch: number
  readonly client: AccountClient
  readonly spans: SpanRecorder["Service"]
  readonly recordTick: (tick: FeedPosition, root: TraceContext) => Effect.Effect<void>
  readonly lockStep: LockStep | undefined
}

const wallUs = Effect.map(Clock.currentTimeNanos, (nanos) => Number(nanos / 1000n))

/** One trace for each cause and strategy. */
const rootOf = (strategy: string, { feedEpoch, instrument, seq }: FeedPosition): TraceContext =>
  causeTrace(`${strategy}/${instrument}`, feedEpoch, seq)

/** The span of the handler; returns the context under which the asking goes on. */
const signalled = (options: OutboxOptions, batch: Batch, root: TraceContext): TraceContext => {
  const { account, spans, strategy } = options
  const signal = spans.recordUnsafe({
    name: Names.STRATEGY_SIGNAL,
    traceId: root.traceId,
    parentSpanId: root.spanId,
    startUs: batch.startUs,
    endUs: batch.decidedUs,
    attributes: Attributes.order({ strategy, account, instrument: batch.cause.instrument })
  })
  return { traceId: root.traceId, spanId: signal.spanId }
}

export const makeOutbox = Effect.fnUntraced(function* (options: OutboxOptions) {
  const queue = yield* Queue.bounded<Batch>(batchesMax)
  const { account, client, epoch, lockStep, spans, strategy } = options
  const nowUs = lockStep?.now ?? wallUs

  const send = Effect.fnUntraced(function* (batch: Batch) {
    const root = rootOf(strategy, batch.cause)
    const signal = signalled(options, batch, root)
    const intent = causeTrace(`${strategy}#intent`, epoch, batch.intents[0]!.intentSeq)
    const { feedEpoch, instrument, seq } = batch.cause
    if (batch.tick !== undefined) yield* options.recordTick(batch.tick, root).pipe(Effect.forkDetach)
    const sentUs = yield* nowUs
    const decisions = yield* client
      .Submit({
        strategy,
        epoch,
        cause: { instrument, feedEpoch, seq },
        timeDecided: batch.decidedUs,
        trace: { traceId: signal.traceId, spanId: intent.spanId },
        intents: batch.intents
      })
      .pipe(
        Effect.timeout(replyWithin),
        Effect.retry({
          while: (error) => error._tag !== "Superseded" && error._tag !== "NotJoined",
          schedule: retrying
        }),
        Effect.mapError((error) =>
          error._tag === "Superseded" ? new TakenOver(error.message) : new NotYet(error.message)
        )
      )
    const repliedUs = yield* nowUs
    spans.recordUnsafe({
      name: Names.STRATEGY_INTENT,
      traceId: signal.traceId,
      spanId: intent.spanId,
      parentSpanId: signal.spanId,
      startUs: sentUs,
      endUs: repliedUs,
      kind: "producer",
      attributes: {
        ...Attributes.order({ strategy, account, instrument: batch.cause.instrument }),
        ...ordersOf(decisions),
        ...Attributes.messaging({ actorType: "Account", message: "Submit", operation: "send" })
      }
    })
    yield* Metric.update(
      Metric.withAttributes(Metrics.tickToIntent, { strategy }),
      (batch.decidedUs - batch.receivedUs) / 1e6
    )
  })

  return {
    offer: (batch: Batch) => Queue.offer(queue, batch),
    run: Effect.forever(
      Effect.flatMap(
        Queue.take(queue),
        lockStep === undefined ? send : (batch) => lockStep.inTurn("intents", strategy, send(batch))
      )
    )
  }
})

/** A batch may carry several orders: the span belongs to each of them. */
const ordersOf = (decisions: ReadonlyArray<typeof Decision.Type>): Attributes.SpanAttributes => {
  const ids = decisions.filter(({ refused }) => refused === "").map(({ clientOrderId }) => clientOrderId)
  return ids.length === 0 ? {} : { [Attributes.ORDER_ID]: ids.length === 1 ? ids[0]! : ids }
}

const retrying = Schedule.min([Schedule.exponential("50 millis"), Schedule.spaced("1 second")])

/**
 * One run of a strategy: join the account, restore, warm up, then one event at a time from its feeds, its account and its
 * timers. Ends only by failing: a handler that throws, an account that moved, a later run that took over.
 */
import { Account, type Fact } from "@outcry/actor-account/Protocol"
import type { Instrument } from "@outcry/model/Instrument"
import type { FeedPosition, MarketEvent } from "@outcry/model/MarketData"
import { type RunnerSnapshot, StrategyRunner } from "@outcry/model/StrategyRunner"
import { Journal } from "@outcry/store/Journal"
import * as Metrics from "@outcry/telemetry/Metrics"
import { SpanRecorder } from "@outcry/telemetry/SpanRecorder"
import { Clock, Effect, Metric, Option, Queue, Schedule, Schema, Stream } from "effect"
import { createHash } from "node:crypto"
import { FactReader } from "./FactReader.ts"
import { makeOutbox } from "./Outbox.ts"
import { type Running, refuse } from "./State.ts"
import { StrategyHost, type StrategySettings } from "./StrategyHost.ts"

/** Chunks of events that may wait for the strategy. The hub cuts a feed off, with a gap, before this fills. */
const inboxMax = 1024
const timerTick = "20 millis"
const snapshotEveryUs = 5_000_000
/** A handler slower than this is reported: it holds up every actor of its node. */
const slowHandlerUs = 50_000

export const entityIdOf = (strategy: string): string => `Strategy/${strategy}`

type Input =
  | { readonly kind: "market"; readonly events: ReadonlyArray<MarketEvent> }
  | { readonly kind: "facts"; readonly facts: ReadonlyArray<Fact> }
  | { readonly kind: "clock" }

/** A handler threw. */
export class StrategyThrew extends Error {
  readonly _tag = "StrategyThrew"
}

/** Something the strategy depends on is not there now. */
export class NotYet extends Error {
  readonly _tag = "NotYet"
}

const nowUs = Effect.map(Clock.currentTimeNanos, (nanos) => Number(nanos / 1000n))

const seedOf = (strategy: string): number => createHash("sha256").update(strategy).digest().readUInt32BE(0)

/** What the actor shows of a run that is under way. */
export interface Stage {
  readonly runner: StrategyRunner<unknown, unknown>
  warmupBarsLeft: number
  paused: boolean
}

const open = Effect.fnUntraced(function* (strategy: string, settings: StrategySettings, running: Running) {
  const host = yield* StrategyHost
  const parameters = yield* Schema.decodeUnknownEffect(settings.definition.parameters)(settings.parameters).pipe(
    Effect.mapError((error) => new StrategyThrew(`parameters of ${strategy}: ${error.message}`))
  )
  const instruments: Array<Instrument> = []
  for (const feed of settings.definition.feeds(parameters)) {
    const instrument = yield* host.instrument(feed.instrument).pipe(Effect.mapError((error) => new NotYet(error.message)))
    instruments.push(instrument)
  }
  const runner = new StrategyRunner(settings.definition, parameters, { instruments, seed: seedOf(strategy) })
  running.detail = ""
  return { runner, instruments }
})

const restore = Effect.fnUntraced(function* (strategy: string, settings: StrategySettings, runner: StrategyRunner<unknown, unknown>) {
  const journal = yield* Journal
  const stored = yield* journal.loadSnapshot(entityIdOf(strategy)).pipe(
    Effect.catchTag("CorruptSnapshot", (error) => Effect.as(Effect.logWarning(error.message), Option.none())),
    Effect.mapError((error) => new NotYet(error.message))
  )
  const snapshot = Option.getOrUndefined(stored)
  if (snapshot === undefined || snapshot.version !== settings.definition.version) return
  const { state, ...rest } = snapshot.state as RunnerSnapshot<unknown>
  const decoded = yield* Effect.option(Schema.decodeUnknownEffect(settings.definition.state)(state))
  if (Option.isSome(decoded)) runner.restore({ ...rest, state: decoded.value })
  else yield* Effect.logWarning(`snapshot of strategy ${strategy} does not fit its schema any more: it starts afresh`)
})

export const run = Effect.fnUntraced(function* (
  strategy: string,
  settings: StrategySettings,
  running: Running,
  enter: (stage: Stage) => void
) {
  const host = yield* StrategyHost
  const journal = yield* Journal
  const spans = yield* SpanRecorder
  const accounts = yield* Account.client
  const client = accounts(settings.account)
  const unavailable = (error: unknown) => new NotYet(error instanceof Error ? error.message : String(error))

  const { epoch } = yield* journal.claim(entityIdOf(strategy), "strategy").pipe(Effect.mapError(unavailable))
  const { instruments, runner } = yield* open(strategy, settings, running)
  yield* restore(strategy, settings, runner)
  const stage: Stage = { runner, warmupBarsLeft: 0, paused: false }
  enter(stage)
  const joined = yield* client.Join({ strategy, epoch }).pipe(
    Effect.timeout("3 seconds"),
    Effect.mapError((error) => new NotYet(`account ${settings.account}: ${error.message}`))
  )
  runner.adopt({
    intentSeq: joined.intentSeq,
    positions: joined.positions,
    openOrders: joined.openOrders.map((order) => ({
      orderSeq: order.intentSeq,
      instrument: order.instrument,
      side: order.terms.side,
      priceTicks: order.terms.priceTicks,
      lots: order.terms.lots,
      filledLots: order.filledLots,
      cancelRequested: order.cancelRequested
    }))
  })
  const reader = new FactReader(strategy, joined, (id) => instruments.find((instrument) => instrument.id === id))
  const outbox = yield* makeOutbox({ strategy, account: settings.account, epoch, client, spans, recordCause: host.recordCause })
  const inbox = yield* Queue.bounded<Input>(inboxMax)

  for (const feed of runner.feeds)
    yield* host.subscribe(feed.instrument).pipe(
      Stream.runForEach((events) => Queue.offer(inbox, { kind: "market", events })),
      Effect.forkScoped
    )
  const watch = client.Watch({ afterSeq: joined.seq }).pipe(
    Stream.runForEach((facts) => Queue.offer(inbox, { kind: "facts", facts })),
    Effect.mapError(unavailable),
    Effect.andThen(Effect.fail(new NotYet(`account ${settings.account} moved`)))
  )
  yield* Queue.offer(inbox, { kind: "clock" }).pipe(Effect.repeat(Schedule.spaced(timerTick)), Effect.forkScoped)

  const guard = <A>(body: () => A): Effect.Effect<A, StrategyThrew> =>
    Effect.try({ try: body, catch: (error) => new StrategyThrew(error instanceof Error ? error.message : String(error)) })

  const warmUp = Effect.gen(function* () {
    for (const feed of runner.feeds) {
      if (feed.barSeconds === undefined || feed.warmupBars === undefined) continue
      const bars = yield* host.recentBars(feed.instrument, feed.barSeconds * 1_000_000, feed.warmupBars)
      stage.warmupBarsLeft = Math.max(0, feed.warmupBars - bars.length)
      yield* guard(() => runner.warmUp(bars))
    }
  })

  let snapshotUs = 0
  const snapshot = Effect.fnUntraced(function* (now: number) {
    if (now - snapshotUs < snapshotEveryUs) return
    snapshotUs = now
    const held = runner.snapshot()
    const state = yield* Schema.encodeUnknownEffect(settings.definition.state)(held.state).pipe(
      Effect.mapError((error) => new StrategyThrew(`its state does not fit its schema: ${error.message}`))
    )
    const text = JSON.stringify({ ...held, state })
    yield* journal
      .saveSnapshot(entityIdOf(strategy), epoch, {
        seq: 0,
        version: settings.definition.version,
        state: JSON.parse(text) as unknown,
        hash: createHash("sha256").update(text).digest("hex")
      })
      .pipe(Effect.catch((error) => Effect.logWarning(`snapshot of strategy ${strategy} not saved: ${error.message}`)))
  })

  /** Sends what the handler asked for; nothing while paused. */
  const flush = Effect.fnUntraced(function* (cause: FeedPosition, receivedUs: number, startUs: number) {
    const intents = runner.intents()
    if (intents.length === 0) return
    const batch = { cause, intents: intents.slice(), receivedUs, startUs, decidedUs: yield* nowUs }
    runner.clearIntents()
    if (!stage.paused) return yield* outbox.offer(batch)
    for (const intent of batch.intents)
      if (intent.kind === "place")
        runner.orderEnded(
          { instrument: intent.instrument, orderSeq: intent.intentSeq, status: "refused", filledLots: 0, reason: "Paused" },
          receivedUs
        )
    runner.clearIntents()
    refuse(running, "Paused", "the strategy is paused")
  })

  const internalCause = (kind: string, seq: number): FeedPosition => ({ instrument: `${kind}:${strategy}`, feedEpoch: epoch, seq })

  const onFact = Effect.fnUntraced(function* (fact: Fact, now: number) {
    const told = reader.read(fact)
    if (told === undefined) return
    yield* guard(() => {
      if (told.kind === "placed") running.orders += 1
      else if (told.kind === "fill") runner.fill(told.fill, now)
      else if (told.kind === "end") runner.orderEnded(told.end, now)
      else if (told.kind === "refused") {
        refuse(running, told.end.reason, told.detail)
        runner.orderEnded(told.end, now)
      } else runner.cancelRefused(told.orderSeq)
    })
    yield* flush(internalCause("account", fact.seq), now, now)
  })

  const onMarket = Effect.fnUntraced(function* (event: MarketEvent) {
    const startUs = yield* nowUs
    yield* guard(() => runner.handle(event))
    const tookUs = (yield* nowUs) - startUs
    if (tookUs > slowHandlerUs) {
      running.detail = `a handler took ${Math.round(tookUs / 1000)} ms`
      yield* Metric.update(Metric.withAttributes(Metrics.strategyHandler, { strategy }), tookUs / 1e6)
    }
    if (event.type === "bar" && stage.warmupBarsLeft > 0) stage.warmupBarsLeft -= 1
    yield* flush(event, event.timeReceived, startUs)
  })

  const step = Effect.fnUntraced(function* (input: Input) {
    const now = yield* nowUs
    if (input.kind === "market") for (const event of input.events) yield* onMarket(event)
    else if (input.kind === "facts") for (const fact of input.facts) yield* onFact(fact, now)
    else {
      const due = runner.nextTimerUs()
      if (due !== undefined && due <= now) {
        yield* guard(() => runner.fireTimers(now))
        yield* flush(internalCause("timer", now), now, now)
      }
      yield* snapshot(now)
    }
  })

  running.condition = "warming"
  yield* warmUp
  const started = yield* nowUs
  yield* guard(() => runner.start(started))
  running.condition = "running"
  yield* flush(internalCause("start", epoch), started, started)
  const work = Effect.forever(Effect.flatMap(Queue.take(inbox), step))
  return yield* Effect.raceAllFirst([work, watch, outbox.run.pipe(Effect.mapError(unavailable))])
})

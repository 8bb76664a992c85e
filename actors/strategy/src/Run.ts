/**
 * One run of a strategy: join the account, restore, read on what happened since, warm up, then one event at a time from
 * its feeds, its account and its timers. Ends only by failing: a handler that throws, an account that moved, a later run
 * that took over.
 *
 * Causes are named so that a later run names the same ones: what was acted upon before its snapshot was taken up again
 * is refused by the account and not done twice.
 */
import { Account, type Fact } from "@outcry/actor-account/Protocol"
import { FactReader, knowledgeOf } from "@outcry/model/FactReader"
import type { Instrument } from "@outcry/model/Instrument"
import type { FeedPosition, MarketEvent } from "@outcry/model/MarketData"
import { StrategyRunner } from "@outcry/model/StrategyRunner"
import { tell } from "@outcry/model/TellRunner"
import { WarmUp } from "@outcry/model/WarmUp"
import { Journal } from "@outcry/store/Journal"
import * as Metrics from "@outcry/telemetry/Metrics"
import { SpanRecorder } from "@outcry/telemetry/SpanRecorder"
import { Clock, Effect, Metric, Queue, Schedule, Schema, Stream } from "effect"
import { makeOutbox } from "./Outbox.ts"
import { NotYet, StrategyThrew, TakenOver } from "./RunEnd.ts"
import * as RunSnapshot from "./RunSnapshot.ts"
import { type Running, refuse } from "./State.ts"
import { seedOf } from "./StrategySeed.ts"
import { StrategyHost, type StrategySettings } from "./StrategyHost.ts"
import { TimerCauses } from "./TimerCauses.ts"

/** Chunks of events that may wait for the strategy. The hub cuts a feed off, with a gap, before this fills. */
const inboxMax = 1024
const timerTick = "20 millis"
/** Facts read on from a snapshot; after more, the account's summary has to do. */
const catchUpMax = 20_000
/** A handler slower than this is reported: it holds up every actor of its node. */
const slowHandlerUs = 50_000
/** How often in a row a strategy may answer a refusal with another intent while it is paused. */
const pausedRoundsMax = 8

type Input =
  | { readonly kind: "market"; readonly events: ReadonlyArray<MarketEvent> }
  | { readonly kind: "facts"; readonly facts: ReadonlyArray<Fact> }
  | { readonly kind: "clock" }

const wallUs = Effect.map(Clock.currentTimeNanos, (nanos) => Number(nanos / 1000n))
const aheadOfMonotonicUs = Clock.clockWith((clock) =>
  Effect.sync(() => Number((clock.currentTimeNanosUnsafe() - clock.monotonicTimeNanosUnsafe()) / 1000n))
)
/** Less than this is the adjusting that every clock is subject to. */
const setBackUs = 250_000

const unavailable = (error: unknown) => new NotYet(error instanceof Error ? error.message : String(error))

/** What the actor shows of a run that is under way. */
export interface Stage {
  readonly runner: StrategyRunner<unknown, unknown>
  readonly warmUp: WarmUp
  paused: boolean
}

const open = Effect.fnUntraced(function* (strategy: string, settings: StrategySettings) {
  const host = yield* StrategyHost
  const parameters = yield* Schema.decodeUnknownEffect(settings.definition.parameters)(settings.parameters).pipe(
    Effect.mapError((error) => new StrategyThrew(`parameters of ${strategy}: ${error.message}`))
  )
  const instruments: Array<Instrument> = []
  for (const feed of settings.definition.feeds(parameters))
    instruments.push(yield* host.instrument(feed.instrument).pipe(Effect.mapError(unavailable)))
  const runner = new StrategyRunner(settings.definition, parameters, { instruments, seed: seedOf(strategy) })
  return { runner, instruments }
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
  const client = (yield* Account.client)(settings.account)
  const { lockStep } = host
  const nowUs = lockStep?.now ?? wallUs
  lockStep?.startsAnew(`strategy ${strategy}`)
  const handlerTime = Metric.withAttributes(Metrics.strategyHandler, { strategy })

  const claim = yield* journal.claim(RunSnapshot.entityIdOf(strategy), "strategy").pipe(Effect.mapError(unavailable))
  const { epoch } = claim
  const { instruments, runner } = yield* open(strategy, settings)
  const restored = yield* RunSnapshot.load(strategy, settings)
  const warmUp = new WarmUp(runner.feeds, restored?.bars)
  const stage: Stage = { runner, warmUp, paused: claim.tradingState !== "active" }
  enter(stage)
  const joined = yield* client.Join({ strategy, epoch }).pipe(
    Effect.timeout("3 seconds"),
    Effect.mapError((error) =>
      error._tag === "Superseded"
        ? new TakenOver(error.message)
        : new NotYet(`account ${settings.account}: ${error.message}`)
    )
  )
  running.detail = ""
  running.orders = joined.placed
  running.fills = joined.fills
  if (restored !== undefined) {
    runner.restore(restored)
    // Taken by a clock ahead of this one: its timers would wait for as long as that one was ahead.
    const aheadUs = (restored.takenUs ?? 0) - (yield* nowUs)
    if (aheadUs > 0) runner.moveTimers(-aheadUs)
  }
  const behind = restored === undefined ? -1 : joined.seq - restored.account.seq
  const known = restored !== undefined && behind >= 0 && behind <= catchUpMax ? restored.account : knowledgeOf(joined)
  runner.adopt({
    intentSeq: joined.intentSeq,
    positions: known.positions,
    openOrders: known.orders.filter((order) => order.isOpen)
  })
  const reader = new FactReader(strategy, known, (id) => instruments.find((instrument) => instrument.id === id))
  const outbox = yield* makeOutbox({
    strategy,
    account: settings.account,
    epoch,
    client,
    spans,
    recordTick: host.recordTick,
    lockStep
  })
  const inbox = yield* Queue.bounded<Input>(inboxMax)

  if (lockStep !== undefined) {
    lockStep.arrive(`strategy ${strategy}`)
    yield* lockStep.opened
  }
  for (const feed of runner.feeds)
    yield* host.subscribe(feed.instrument).pipe(
      Stream.runForEach((events) => Queue.offer(inbox, { kind: "market", events })),
      Effect.forkScoped
    )
  /** The latest event of each feed that has been handled. */
  const handled = new Map<string, number>()
  if (lockStep === undefined)
    yield* Queue.offer(inbox, { kind: "clock" }).pipe(Effect.repeat(Schedule.spaced(timerTick)), Effect.forkScoped)
  else {
    yield* lockStep.backlog(`the inbox of ${strategy}`, () => Queue.sizeUnsafe(inbox))
    for (const { instrument } of runner.feeds)
      yield* lockStep.stage(`events of ${instrument}`, strategy, () => handled.get(instrument) ?? -1)
    yield* lockStep.stage(`facts of ${settings.account}`, strategy, () => reader.seq)
    yield* lockStep.timer({
      key: strategy,
      dueUs: () => runner.nextTimerUs(),
      fire: () => void Queue.offerUnsafe(inbox, { kind: "clock" })
    })
  }

  const guard = <A>(body: () => A): Effect.Effect<A, StrategyThrew> =>
    Effect.try({
      try: body,
      catch: (error) => new StrategyThrew(error instanceof Error ? error.message : String(error))
    })

  /** The latest event that a feed stamped. */
  let tick: FeedPosition | undefined

  /** What a later run would call the same occasion: a fact, a timer's due time, the start of this run. */
  const own = (kind: string, seq: number): FeedPosition => ({ instrument: `${kind}:${strategy}`, feedEpoch: 1, seq })
  const markOf = (kind: string): number => {
    const { instrument } = own(kind, 0)
    return joined.causes.find((cause) => cause.instrument === instrument)?.seq ?? 0
  }
  const timerCauses = new TimerCauses(markOf("timer"), restored?.timerMark ?? 0)

  /** While paused nothing new is placed, nor put in another's place; cancels go out. */
  const withhold = Effect.fnUntraced(function* (now: number) {
    const cancels = []
    for (let round = 0; runner.intents().length > 0; round++) {
      if (round === pausedRoundsMax)
        return yield* Effect.fail(new StrategyThrew("it answers every refusal with another intent while it is paused"))
      const intents = runner.intents().slice()
      runner.clearIntents()
      for (const intent of intents) {
        if (intent.kind === "cancel") {
          cancels.push(intent)
          continue
        }
        refuse(running, "Paused", "the strategy is paused")
        const { instrument, intentSeq: orderSeq } = intent
        yield* guard(() =>
          runner.orderEnded({ instrument, orderSeq, status: "refused", filledLots: 0, reason: "Paused" }, now)
        )
      }
    }
    return cancels
  })

  /** Sends what the handler asked for. Waits while the outbox is full: an intent is never dropped. */
  const flush = Effect.fnUntraced(function* (cause: FeedPosition, receivedUs: number, startUs: number) {
    if (runner.intents().length === 0) return
    const asked = runner.intents().slice()
    const intents = stage.paused ? yield* withhold(receivedUs) : asked
    runner.clearIntents()
    if (intents.length > 0) yield* outbox.offer({ cause, tick, intents, receivedUs, startUs, decidedUs: yield* nowUs })
  })

  const onFact = Effect.fnUntraced(function* (fact: Fact, now: number, following: () => ReadonlyArray<Fact>) {
    const told = reader.read(fact, following)
    if (told === undefined) return
    // What came before the join is in the account's counts.
    const counts = fact.seq > joined.seq ? 1 : 0
    if (told.kind === "placed") running.orders += counts
    if (told.kind === "fill") running.fills += counts
    if (told.kind === "refused") refuse(running, told.end.reason, told.detail)
    yield* guard(() => tell(runner, told, joined.intentSeq, now))
    yield* flush(own("account", fact.seq), now, now)
  })

  const onFacts = (facts: ReadonlyArray<Fact>, now: number) =>
    Effect.forEach(facts, (fact, index) => onFact(fact, now, () => facts.slice(index + 1)), { discard: true })

  let gapSeq = markOf("gap")
  const onMarket = Effect.fnUntraced(function* (event: MarketEvent) {
    const isWarm = warmUp.barsLeft === 0
    if (!warmUp.isFresh(event)) return
    const startUs = yield* nowUs
    if (event.type !== "gap") tick = event
    yield* guard(() => (isWarm ? runner.handle(event) : runner.warmUp([event])))
    const tookUs = (yield* nowUs) - startUs
    yield* Metric.update(handlerTime, tookUs / 1e6)
    if (tookUs > slowHandlerUs) running.detail = `a handler took ${Math.round(tookUs / 1000)} ms`
    // A gap made on this node stands where the last event stood, which may have been acted upon.
    if (event.type === "gap") gapSeq = Math.max(gapSeq + 1, startUs)
    yield* flush(event.type === "gap" ? own("gap", gapSeq) : event, event.timeReceived, startUs)
  })

  const watch = <E, R>(take: (facts: ReadonlyArray<Fact>) => Effect.Effect<unknown, E, R>, untilSeq?: number) =>
    client
      .Watch({ afterSeq: reader.seq })
      .pipe(
        Stream.mapError(unavailable),
        Stream.tap(take),
        untilSeq === undefined ? (facts) => facts : Stream.takeUntil((facts) => (facts.at(-1)?.seq ?? 0) >= untilSeq),
        Stream.runDrain
      )

  /** What the account did since the snapshot, through the handlers; afterwards its own summary counts. */
  const catchUp = Effect.gen(function* () {
    if (reader.seq >= joined.seq) return
    const now = yield* nowUs
    yield* watch((facts) => onFacts(facts, now), joined.seq)
    runner.adopt({ intentSeq: joined.intentSeq, positions: joined.positions, openOrders: [] })
  })

  /** Bars since the snapshot, or those it needs to begin; what else the feeds said meanwhile is lost, and that is told. */
  const refill = Effect.gen(function* () {
    const now = yield* nowUs
    for (const { barSeconds, instrument, warmupBars } of runner.feeds) {
      const lost = { type: "gap" as const, instrument, feedEpoch: 0, seq: 0, timeVenue: now, timeReceived: now }
      if (restored !== undefined) yield* onMarket({ ...lost, reason: "moved", resumed: false })
      if (barSeconds !== undefined && warmupBars !== undefined) {
        const fresh = warmUp.fresh(yield* host.recentBars(instrument, barSeconds * 1_000_000, warmupBars))
        yield* guard(() => runner.warmUp(fresh))
      }
      if (restored !== undefined) yield* onMarket({ ...lost, reason: "moved", resumed: true })
    }
  })

  let snapshotUs = yield* nowUs
  const snapshot = Effect.fnUntraced(function* (now: number) {
    if (now - snapshotUs < host.snapshotEveryUs || reader.intentSeq < runner.lastIntentSeq) return
    snapshotUs = now
    const times = { takenUs: now, timerMark: timerCauses.mark }
    const kept = { ...runner.snapshot(), account: reader.knowledge, bars: warmUp.state, ...times }
    yield* RunSnapshot.save(strategy, settings, epoch, kept)
  })

  let aheadUs = yield* aheadOfMonotonicUs
  /** A clock that was set back would keep a timer, and the next snapshot, waiting for as long as it was set back. */
  const followClock = Effect.gen(function* () {
    const nowAheadUs = yield* aheadOfMonotonicUs
    const movedUs = nowAheadUs - aheadUs
    if (movedUs < -setBackUs) {
      runner.moveTimers(movedUs)
      snapshotUs += movedUs
    }
    aheadUs = nowAheadUs
  })

  const step = Effect.fnUntraced(function* (input: Input) {
    if (input.kind === "clock" && lockStep === undefined) yield* followClock
    const now = yield* nowUs
    if (input.kind === "market")
      for (const event of input.events) {
        yield* onMarket(event)
        if (lockStep !== undefined) handled.set(event.instrument, event.seq)
      }
    else if (input.kind === "facts") yield* onFacts(input.facts, now)
    else {
      const due = runner.nextTimerUs()
      if (due !== undefined && due <= now) {
        const restoredUs = runner.nextRestoredUs(now)
        const seq = restoredUs === undefined ? timerCauses.ofSet(due) : timerCauses.ofRestored(restoredUs)
        yield* guard(() => runner.fireTimers(now))
        yield* flush(own("timer", seq), now, now)
      }
      yield* snapshot(now)
    }
  })

  const work = Effect.gen(function* () {
    running.condition = "warming"
    yield* catchUp
    yield* refill
    const started = yield* nowUs
    yield* guard(() => runner.start(started))
    running.condition = "running"
    yield* flush(own("start", epoch), started, started)
    const facts = watch((chunk) => Queue.offer(inbox, { kind: "facts", facts: chunk }))
    const turn = lockStep === undefined ? step : (input: Input) => lockStep.tracked(step(input))
    return yield* Effect.raceAllFirst([
      Effect.forever(Effect.flatMap(Queue.take(inbox), turn)),
      Effect.andThen(facts, Effect.fail(new NotYet(`account ${settings.account} moved`)))
    ])
  })
  return yield* Effect.raceAllFirst([work, outbox.run])
})

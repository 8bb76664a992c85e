/**
 * The shell of a strategy: supervises its runs. A run that throws starts again after a growing wait and, past a limit, is
 * locked and reported; one that waits for its account or a feed tries again at once. It never takes others with it.
 */
import { Journal } from "@outcry/store/Journal"
import * as Metrics from "@outcry/telemetry/Metrics"
import { Cause, Clock, Duration, Effect, Latch, Metric } from "effect"
import { Entity, Sharding } from "effect/cluster"
import { CannotControl, Strategy, StrategyStatus } from "./Protocol.ts"
import { run, type Stage } from "./Run.ts"
import { NotYet, StrategyThrew, TakenOver } from "./RunEnd.ts"
import { entityIdOf } from "./RunSnapshot.ts"
import { initial, thrown } from "./State.ts"
import { StrategyHost } from "./StrategyHost.ts"

const tryAgainAfter = Duration.millis(200)
/** Longer than a node needs to notice that it lost a shard: two runs must not supersede each other in turns. */
const afterTakenOver = Duration.seconds(3)

const build = Effect.gen(function* () {
  const { entityId, shardId } = yield* Entity.CurrentAddress
  const strategy: string = entityId
  const sharding = yield* Sharding.Sharding
  const journal = yield* Journal
  const host = yield* StrategyHost
  const settings = host.settings(strategy)
  if (settings === undefined)
    return yield* Effect.die(new Error(`Strategy ${strategy} is not in the floor's configuration`))
  const locked = Metric.withAttributes(Metrics.strategyLocked, { strategy })
  yield* Metric.update(locked, 0)
  // It may be locked or not where it goes: this node has nothing more to say of it.
  yield* Effect.addFinalizer(() => Metric.update(locked, 0))
  const running = initial()
  const unlocked = Latch.makeUnsafe(true)
  let stage: Stage | undefined
  /** Unknown until the first run has read it: kept in the database, so that it holds on whatever node comes next. */
  let paused: boolean | undefined
  let interrupt = Latch.makeUnsafe(false)

  const untilUnlocked = Effect.fnUntraced(function* (detail: string, keep: Effect.Effect<void>) {
    running.condition = "locked"
    running.detail = detail
    yield* Metric.update(locked, 1)
    unlocked.closeUnsafe()
    yield* keep
    return yield* unlocked.await
  })

  const after = Effect.fnUntraced(function* (cause: Cause.Cause<unknown>) {
    const error = Cause.hasInterruptsOnly(cause) ? new NotYet(`account ${settings.account} moved`) : Cause.squash(cause)
    const message = error instanceof Error ? error.message : String(error)
    const fenced = error instanceof TakenOver || (error instanceof Error && "_tag" in error && error._tag === "Fenced")
    if (fenced || error instanceof NotYet) {
      running.condition = "waiting"
      running.detail = message
      return yield* Effect.sleep(fenced ? afterTakenOver : tryAgainAfter)
    }
    const verdict = thrown(running, message, yield* Clock.currentTimeMillis)
    yield* Metric.update(Metric.withAttributes(Metrics.strategyErrors, { strategy }), 1)
    yield* Effect.logError(`strategy ${strategy} ${error instanceof StrategyThrew ? "threw" : "failed"}: ${message}`)
    if (verdict.next === "lock") {
      const detail = `threw ${running.recentErrors.length} times within a minute: ${message}`
      return yield* untilUnlocked(detail, host.locks?.lock(strategy, detail) ?? Effect.void)
    }
    running.condition = "backoff"
    running.detail = message
    running.restarts += 1
    yield* Metric.update(Metric.withAttributes(Metrics.strategyRestarts, { strategy }), 1)
    yield* Effect.sleep(verdict.afterMs)
  })

  const once = Effect.suspend(() => {
    // A run here would take over from the one on the node that has the strategy now.
    if (!sharding.hasShardId(shardId)) return Effect.never
    interrupt = Latch.makeUnsafe(false)
    const work = run(strategy, settings, running, (next) => {
      stage = next
      paused ??= next.paused
      next.paused = paused
    })
    return Effect.raceFirst(Effect.scoped(work), Effect.as(interrupt.await, undefined))
  })

  /** It may have been locked where it lived before. */
  const unlessLocked = Effect.gen(function* () {
    const reason = yield* host.locks?.find(strategy) ?? Effect.undefined
    if (reason !== undefined) {
      running.lastError = reason
      yield* untilUnlocked(reason, Effect.void)
    }
  })

  yield* unlessLocked.pipe(
    Effect.andThen(
      once.pipe(
        // Our own end is not caught here: an interruption that is comes from an actor we asked and that moved meanwhile.
        Effect.catchCause(after),
        Effect.forever
      )
    ),
    Effect.forkScoped
  )

  const status = (): StrategyStatus =>
    new StrategyStatus({
      strategy,
      definition: settings.definition.name,
      version: settings.definition.version,
      account: settings.account,
      node: host.node,
      condition: paused === true && running.condition === "running" ? "paused" : running.condition,
      detail: running.detail,
      parameters: JSON.parse(JSON.stringify(settings.parameters)) as typeof StrategyStatus.Type.parameters,
      feeds: stage?.runner.feeds.map((feed) => feed.instrument) ?? [],
      events: Array.from(stage?.runner.events ?? [], ([kind, count]) => ({ kind, count })),
      warmupBarsLeft: stage?.warmUp.barsLeft ?? 0,
      signals: Array.from(stage?.runner.signals ?? [], ([name, signal]) => ({
        name,
        count: signal.count,
        last: signal.last
      })),
      intents: stage?.runner.lastIntentSeq ?? 0,
      refused: Array.from(running.refused, ([reason, refusals]) => ({
        reason,
        count: refusals.count,
        detail: refusals.detail
      })),
      orders: running.orders,
      fills: running.fills,
      errors: running.errors,
      restarts: running.restarts,
      lastError: running.lastError
    })

  return Strategy.of({
    Status: () => Effect.sync(status),
    Control: ({ payload: { action } }) =>
      Effect.gen(function* () {
        if (action === "unlock") {
          if (running.condition !== "locked")
            return yield* new CannotControl({ strategy, action, reason: `it is ${running.condition}, not locked` })
          if (host.locks !== undefined) yield* host.locks.unlock(strategy)
          running.recentErrors.length = 0
          yield* Metric.update(locked, 0)
          unlocked.openUnsafe()
        } else if (action === "restart") interrupt.openUnsafe()
        else {
          // First where it lasts: a pause that was acknowledged holds after a crash, too.
          yield* journal
            .setTradingState(entityIdOf(strategy), action === "pause" ? "halted" : "active")
            .pipe(Effect.mapError((error) => new CannotControl({ strategy, action, reason: error.message })))
          paused = action === "pause"
          if (stage !== undefined) stage.paused = paused
        }
        return status()
      })
  })
})

/** The strategies of this node. */
export const layer = Strategy.toLayer(build, {
  concurrency: "unbounded",
  maxIdleTime: Duration.infinity,
  mailboxCapacity: 1024,
  disableFatalDefects: true
})

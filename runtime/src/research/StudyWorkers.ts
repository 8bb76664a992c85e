/**
 * A node's part in studies: looks which ones run, and for each takes batches of tasks on threads of its own, tells what
 * became of them and that it lives. All nodes do so; what a node had when it died is handed out again by the study.
 */
import { Study } from "@outcry/actor-study/Protocol"
import { Clock, Effect, Fiber, Layer, Schedule, Semaphore } from "effect"
import { Sharding } from "effect/cluster"
import { availableParallelism } from "node:os"
import { reasonOf } from "../cli/UserError.ts"
import { BatchSize } from "./BatchSize.ts"
import { loadResearchData } from "./ResearchData.ts"
import { type KeptOrder, keptOrders } from "./StudyOrder.ts"
import { makeTaskThreads, StudyUnusable, type TaskThread } from "./TaskPool.ts"
import type { TaskOutcome } from "./TaskRunner.ts"

const lookEvery = "500 millis"
const aliveEvery = "1 second"
const againAfter = "200 millis"
/** The study answers from memory and one commit; one that does not has moved or its database is down. */
const answerWithin = "5 seconds"

/**
 * Batches of so many tasks and more are fetched, and told of, while the thread is at the one before: short tasks would
 * else wait for the study as long as they take. Of long ones none is kept from a thread that has nothing to do.
 */
const aheadFrom = 8

/** What became of a batch, not heard by the study yet. */
interface Untold {
  readonly owner: string
  readonly outcomes: ReadonlyArray<TaskOutcome>
}

export interface StudyWorkersOptions {
  readonly node: string
  /** Default: one a core. */
  readonly threads?: number
}

const finishedOf = (outcomes: ReadonlyArray<TaskOutcome>) =>
  outcomes.flatMap((outcome) => ("summary" in outcome ? [outcome.summary] : []))
const failedOf = (outcomes: ReadonlyArray<TaskOutcome>) =>
  outcomes.flatMap((outcome) => ("failed" in outcome ? [outcome.failed] : []))

export const layer = (options: StudyWorkersOptions) =>
  Layer.effectDiscard(
    Effect.gen(function* () {
      const client = yield* Study.client
      yield* Sharding.Sharding
      const threads = options.threads ?? availableParallelism()
      const startedMs = yield* Clock.currentTimeMillis
      let batches = 0
      /** Of one batch: never used again, and another process of this node's name has others. */
      const newOwner = (): string => `${options.node}/${startedMs}/${++batches}`

      /** Tells outcomes until somebody hears it, and answers the batch handed out for that. */
      const ask = Effect.fnUntraced(function* (study: string, { outcomes, owner }: Untold, want: number) {
        const next = newOwner()
        const told = { owner, finished: finishedOf(outcomes), failed: failedOf(outcomes) }
        const { status, tasks } = yield* client(study)
          .Work({ ...told, next: { owner: next, want } })
          .pipe(Effect.timeout(answerWithin), Effect.retry(Schedule.spaced(againAfter)))
        return { owner: next, status, tasks }
      })

      /** Says for each of the owners that it lives, for as long as nobody interrupts it. */
      const beat = (study: string, held: ReadonlySet<string>) =>
        Effect.suspend(() =>
          Effect.forEach([...held], (owner) => client(study).Work({ owner, finished: [], failed: [], next: null }), {
            discard: true
          })
        ).pipe(Effect.timeout(answerWithin), Effect.ignoreCause, Effect.delay(aliveEvery), Effect.forever)

      /** Batch after batch on one thread, until the study hands out nothing more for good. */
      const workOn = Effect.fnUntraced(function* (study: string, thread: TaskThread) {
        const size = new BatchSize()
        yield* thread.ready
        let untold: Untold = { owner: newOwner(), outcomes: [] }
        let batch = yield* ask(study, untold, size.size)
        while (batch.status !== "finished" && batch.status !== "cancelled") {
          const { owner, tasks } = batch
          if (tasks.length === 0) {
            if (untold.outcomes.length === 0) yield* Effect.sleep(againAfter)
            batch = yield* ask(study, untold, size.size)
            untold = { owner: batch.owner, outcomes: [] }
            continue
          }
          const held = new Set([owner])
          const heart = yield* Effect.forkChild(beat(study, held))
          const nothing: typeof batch = { owner, status: "running", tasks: [] }
          const ahead =
            size.size >= aheadFrom || untold.outcomes.length > 0
              ? Effect.tap(ask(study, untold, size.size), (next) => Effect.sync(() => held.add(next.owner)))
              : Effect.succeed(nothing)
          const [{ outcomes, tookMs }, next] = yield* Effect.all([thread.run(tasks), ahead], { concurrency: 2 })
          yield* Fiber.interrupt(heart)
          size.took(tasks.length, tookMs)
          untold = { owner, outcomes }
          batch = next
        }
      })

      /** One study at a time has the threads of the node. */
      const turn = yield* Semaphore.make(1)
      const engaged = new Set<string>()
      /** Studies that cannot be worked here, with why: said once. */
      const unusable = new Map<string, string>()

      const engage = Effect.fnUntraced(function* ({ order, study }: KeptOrder) {
        const data = yield* Effect.tryPromise({
          try: () => Promise.all(order.data.map((each) => loadResearchData(each))),
          catch: (error) => new StudyUnusable({ reason: reasonOf(error) })
        })
        const pool = yield* makeTaskThreads({ spec: order.spec, strategyPath: order.strategy, data }, threads)
        yield* Effect.forEach(pool, (thread) => workOn(study, thread), { concurrency: "unbounded", discard: true })
      }, Effect.scoped)

      const look = Effect.gen(function* () {
        for (const kept of yield* keptOrders) {
          const { desired, study } = kept
          if (desired !== "running" || engaged.has(study) || unusable.has(study)) continue
          engaged.add(study)
          yield* turn.withPermit(engage(kept)).pipe(
            Effect.catchTag("StudyUnusable", ({ reason }) =>
              Effect.suspend(() => {
                unusable.set(study, reason)
                return Effect.logError(`study ${study} cannot be worked on here: ${reason}`)
              })
            ),
            Effect.ensuring(Effect.sync(() => engaged.delete(study))),
            Effect.forkScoped
          )
        }
      })
      yield* look.pipe(
        Effect.catchCause((cause) => Effect.logDebug("the list of studies cannot be read now", cause)),
        Effect.repeat(Schedule.spaced(lookEvery)),
        Effect.forkScoped
      )
    })
  )

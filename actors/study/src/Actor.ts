/**
 * The shell of a study: claims and replays it when it is first asked, then works one command at a time. Workers that fall
 * silent lose their tasks. A life whose append failed is over; the next question begins another from the journal.
 */
import { progressOf, type StudyState, taskOf } from "@outcry/backtest/search/StudyState"
import type { StudyCommand } from "@outcry/backtest/search/StudyMessages"
import { Journal } from "@outcry/store/Journal"
import { Clock, Duration, Effect, Semaphore } from "effect"
import { Entity, Sharding } from "effect/cluster"
import { openLife, type StudyLife } from "./Life.ts"
import { Owners } from "./Owners.ts"
import { Study, StudyRefused, StudyStatus, StudyUnavailable } from "./Protocol.ts"
import { StudyHost } from "./StudyHost.ts"

/** A worker says every second that it lives. */
const silentUsMost = 5_000_000
/** What is handed out is kept as long as its worker is heard of: this bound is for a worker that lives and never ends. */
const leaseUs = 3_600_000_000
const tasksMost = 10_000

/** No batch is cut below this many tasks for fairness' sake. */
const fairLeast = 16

const nowUs = Effect.map(Clock.currentTimeMillis, (ms) => Math.floor(ms * 1000))

const build = Effect.gen(function* () {
  const { entityId, shardId } = yield* Entity.CurrentAddress
  const study: string = entityId
  const sharding = yield* Sharding.Sharding
  const journal = yield* Journal
  const host = yield* StudyHost
  const turn = yield* Semaphore.make(1)
  let life: StudyLife | undefined
  let owners = new Owners(silentUsMost)

  const unavailable = (reason: string) => new StudyUnavailable({ study, reason })

  const alive = Effect.gen(function* () {
    // One whose shard has gone must not take the study back from where it lives now.
    if (!sharding.hasShardId(shardId)) return yield* unavailable("it has moved to another node. Ask again.")
    if (life !== undefined) return life
    const spec = yield* host.spec(study)
    if (spec === undefined)
      return yield* unavailable("nobody has asked for it. `outcry study list` names those that there are.")
    const opened = yield* openLife(study, spec).pipe(
      Effect.provideService(Journal, journal),
      Effect.mapError((error) => unavailable(error.message))
    )
    owners = new Owners(silentUsMost)
    life = opened
    return opened
  })

  const silent = ({ state }: StudyLife, now: number): ReadonlyArray<StudyCommand> =>
    owners
      .lost(new Set(Array.from(state.leases.values(), ({ owner }) => owner)), now)
      .map((owner) => ({ type: "OwnerLost", owner }))

  /** Everything that is asked of the study, one after another; a failed commit ends the life. */
  const asked = <A, E>(work: (life: StudyLife, now: number) => Effect.Effect<A, E | Error>) =>
    turn.withPermit(
      Effect.gen(function* () {
        const current = yield* alive
        const before = current.state.status
        const answer = yield* work(current, yield* nowUs).pipe(
          Effect.mapError((error) => {
            if (error instanceof StudyRefused) return error
            life = undefined
            return unavailable(error instanceof Error ? error.message : String(error))
          })
        )
        if (current.state.status !== before) yield* host.statusChanged(study, current)
        return answer
      })
    )

  const statusOf = ({ epoch, state }: StudyLife): StudyStatus => {
    const { done, failed, leased, total } = progressOf(state)
    return new StudyStatus({
      study,
      name: state.spec.name,
      status: state.status,
      node: host.node,
      epoch,
      total,
      done,
      failed,
      leased,
      owners: [...new Set(Array.from(state.leases.values(), ({ owner }) => owner.split("/", 1)[0]!))].toSorted(),
      best: state.best ?? null
    })
  }

  return Study.of({
    Work: ({ payload: { failed, finished, next, owner } }) =>
      asked(
        Effect.fnUntraced(function* (current, now) {
          owners.heard(owner, now)
          const { state } = current
          const commands: Array<StudyCommand> = [...silent(current, now)]
          for (const summary of finished) commands.push({ type: "Finish", owner, index: summary.index, summary })
          for (const each of failed) commands.push({ type: "Fail", owner, ...each })
          if (next !== null) {
            owners.heard(next.owner, now)
            const count = Math.min(next.want, tasksMost, fairShare(state))
            commands.push({ type: "Lease", owner: next.owner, count, now, leaseUs })
          }
          yield* current.execute(commands)
          const tasks = Array.from(state.leases, ([index, lease]) =>
            lease.owner === next?.owner ? [taskOf(state, index)] : []
          ).flat()
          return { status: state.status, tasks }
        })
      ).pipe(Effect.catchTag("StudyRefused", (error) => Effect.fail(unavailable(error.message)))),
    Status: () =>
      asked(
        Effect.fnUntraced(function* (current, now) {
          yield* current.execute(silent(current, now))
          return statusOf(current)
        })
      ).pipe(Effect.catchTag("StudyRefused", (error) => Effect.fail(unavailable(error.message)))),
    Control: ({ payload: { action } }) =>
      asked(
        Effect.fnUntraced(function* (current) {
          const type = action === "pause" ? "Pause" : action === "resume" ? "Resume" : "Cancel"
          const [refused] = yield* current.execute([{ type }])
          if (refused !== undefined) return yield* new StudyRefused({ study, action, reason: refused })
          return statusOf(current)
        })
      ),
    Results: ({ payload: { count, from } }) =>
      asked(({ state }) =>
        Effect.sync(() => {
          const results = [...state.results.values()].filter(({ index }) => index >= from)
          return results.toSorted((a, b) => a.index - b.index).slice(0, count)
        })
      ).pipe(Effect.catchTag("StudyRefused", (error) => Effect.fail(unavailable(error.message))))
  })
})

/**
 * At most as many as each batch in hand and the one asked for would have of what is left: batches shrink towards the end,
 * so that all workers end together.
 */
const fairShare = (state: StudyState): number => {
  const batches = new Set(Array.from(state.leases.values(), ({ owner }) => owner)).size + 1
  return Math.max(fairLeast, Math.ceil(progressOf(state).pending / batches))
}

/** The studies of this node. */
export const layer = Study.toLayer(build, {
  concurrency: "unbounded",
  maxIdleTime: Duration.infinity,
  mailboxCapacity: 1024,
  disableFatalDefects: true
})

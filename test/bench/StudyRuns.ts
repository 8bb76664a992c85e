/**
 * One study as the product runs it, on threads of this process or on nodes over Postgres, and how long it took: from the
 * first hand-out to the last result, workers being ready. Processor time is of all workers, start of their threads included.
 */
import type { StudyEvent } from "@outcry/backtest/search/StudyMessages"
import { Database } from "@outcry/store/Database"
import { embeddedPostgres } from "@outcry/store/EmbeddedPostgres"
import { migrate } from "@outcry/store/Migrations"
import { Effect, Redacted } from "effect"
import { SqlClient } from "effect/sql"
import { chmodSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { dataFolderAt } from "@outcry/runtime/floor/DataFolder"
import type { NodeSupervisor } from "@outcry/runtime/floor/NodeSupervisor"
import { withSchema } from "@outcry/runtime/floor/FloorDatabase"
import { runLocally } from "@outcry/runtime/research/LocalStudy"
import { researchFolderOf } from "@outcry/runtime/research/ResearchDatabase"
import { startStudyNodes, studyClient } from "@outcry/runtime/research/StudyCluster"
import { keepOrder } from "@outcry/runtime/research/StudyOrder"
import { type PreparedStudy, prepareStudy } from "@outcry/runtime/research/StudyRequest"

const root = resolve(import.meta.dirname, "../..")
const spy = join(process.env["OUTCRY_DATA"] ?? resolve(root, "../shared/data"), "equities-daily/spy.zip")

export interface Took {
  readonly runs: number
  readonly elapsedMs: number
  readonly cpuMs: number
}

let made = 0

/** So many pairs of averages over SPY's daily bars; a study of its own each time. */
export const averageCross = (runs: number) =>
  Effect.suspend(() =>
    prepareStudy(
      {
        name: `bench ${++made}`,
        strategy: join(root, "examples/13-average-cross.ts"),
        on: [spy],
        space: {
          fast: { kind: "integer", min: 5, max: 104 },
          slow: { kind: "integer", min: 105, max: 104 + runs / 100 }
        }
      },
      tmpdir()
    )
  )

export type Prepared = PreparedStudy

export const onThreads = Effect.fnUntraced(function* (prepared: Prepared, threads: number) {
  const cpu = process.cpuUsage()
  let begin: number | undefined
  const { results } = yield* runLocally(prepared, threads, () => Effect.sync(() => (begin ??= performance.now())))
  const elapsedMs = performance.now() - begin!
  const { system, user } = process.cpuUsage(cpu)
  const took: Took = { runs: results.size, elapsedMs, cpuMs: (user + system) / 1000 }
  return took
})

export interface StudyNodes {
  readonly url: string
  readonly supervisor: NodeSupervisor
  readonly client: Effect.Success<ReturnType<typeof studyClient>>
}

/** A Postgres of its own and so many nodes of one thread each; all gone with the scope. */
export const studyNodes = Effect.fnUntraced(function* (count: number) {
  const directory = mkdtempSync(join(tmpdir(), "outcry-bench-"))
  // As root, the server's own user has to get in.
  chmodSync(directory, 0o755)
  yield* Effect.addFinalizer(() => Effect.sync(() => rmSync(directory, { recursive: true, force: true })))
  const server = yield* embeddedPostgres({ dataDir: join(directory, "postgres") })
  const url = withSchema(Redacted.value(server.url), "public")
  yield* migrate.pipe(Effect.provide(Database.layer({ url: server.url, applicationName: "bench" })))
  const folder = researchFolderOf(dataFolderAt(join(directory, "data")))
  const supervisor = yield* startStudyNodes({ folder, databaseUrl: url, nodes: count, threads: 1 })
  const nodes: StudyNodes = { url, supervisor, client: yield* studyClient(url) }
  return nodes
})

/** User and system time of a process so far, in ticks of 10 ms. */
const cpuMsOf = (pid: number): number => {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8")
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
  return (Number(fields[11]) + Number(fields[12])) * 10
}

const cpuMs = ({ supervisor }: StudyNodes): number => supervisor.nodes().reduce((sum, { pid }) => sum + cpuMsOf(pid), 0)

export interface Told {
  readonly event: StudyEvent
  readonly timeUs: number
}

/** The study's journal, oldest first. */
const journalOf = (url: string, study: string) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    return yield* sql<Told>`SELECT payload AS event, time_us::float8 AS "timeUs" FROM journal
      WHERE entity_id = ${`Study/${study}`} ORDER BY seq`
  }).pipe(Effect.provide(Database.layer({ url: Redacted.make(url), applicationName: "bench", poolSize: 1 })))

const begun = ({ url }: StudyNodes, { order, study }: Prepared) =>
  keepOrder(study, order, "running").pipe(
    Effect.provide(Database.layer({ url: Redacted.make(url), applicationName: "bench", poolSize: 1 }))
  )

const watched = Effect.fnUntraced(function* (
  { client }: StudyNodes,
  study: string,
  onProgress: (done: number, owners: ReadonlyArray<string>) => void
) {
  for (;;) {
    const asked = yield* Effect.option(Effect.timeout(client(study).Status(), "3 seconds"))
    if (asked._tag === "Some") {
      const { done, owners, status } = asked.value
      if (status === "finished") return
      onProgress(done, owners)
    }
    yield* Effect.sleep("50 millis")
  }
})

export const onNodes = Effect.fnUntraced(function* (nodes: StudyNodes, prepared: Prepared) {
  const cpu = cpuMs(nodes)
  yield* begun(nodes, prepared)
  yield* watched(nodes, prepared.study, () => undefined)
  const used = cpuMs(nodes) - cpu
  const told = yield* journalOf(nodes.url, prepared.study)
  const first = told.find(({ event }) => event.type === "TasksLeased")!.timeUs
  const finished = told.filter(({ event }) => event.type === "TaskFinished")
  const took: Took = {
    runs: finished.length,
    elapsedMs: (finished.at(-1)!.timeUs - first) / 1000,
    cpuMs: used
  }
  return took
})

export interface Loss {
  /** Handed out a second time. */
  readonly again: number
  /** Of these, not in the dead node's hands when it died, or done before. */
  readonly needless: number
  readonly done: number
}

/** A node that has tasks is killed when half of all is done. */
export const afterLoss = Effect.fnUntraced(function* (nodes: StudyNodes, prepared: Prepared, runs: number) {
  yield* begun(nodes, prepared)
  let victim: string | undefined
  yield* watched(nodes, prepared.study, (done, owners) => {
    if (victim !== undefined || done < runs / 2 || owners.length === 0) return
    victim = owners[0]!
    process.kill(nodes.supervisor.nodes().find(({ name }) => name === victim)!.pid, "SIGKILL")
  })
  const owner = new Map<number, string>()
  const done = new Set<number>()
  let [again, needless] = [0, 0]
  for (const { event } of yield* journalOf(nodes.url, prepared.study))
    if (event.type === "TaskFinished") done.add(event.index)
    else if (event.type === "TasksLeased")
      for (const index of event.indexes) {
        const before = owner.get(index)
        owner.set(index, event.owner)
        if (before === undefined) continue
        again++
        if (done.has(index) || before.split("/", 1)[0] !== victim) needless++
      }
  const loss: Loss = { again, needless, done: done.size }
  return loss
})

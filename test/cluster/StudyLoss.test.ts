/** A study of 10,000 back-tests over four node processes of which one is killed half-way, beside the same on threads. */
import type { StudyEvent } from "@outcry/backtest/search/StudyMessages"
import { dataFolderAt } from "@outcry/runtime/floor/DataFolder"
import { layer, researchFolderOf } from "@outcry/runtime/research/ResearchDatabase"
import { Database } from "@outcry/store/Database"
import { areDailyBarsMissing, whySkipped } from "@outcry/testkit/DailyBars"
import { Outcry, until } from "@outcry/testkit/Outcry"
import { Effect, Redacted } from "effect"
import { SqlClient } from "effect/sql"
import { readFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { afterAll, describe, expect, it } from "vitest"

const root = resolve(import.meta.dirname, "../..")
const spy = join(process.env["OUTCRY_DATA"] ?? resolve(root, "../shared/data"), "equities-daily/spy.zip")
const total = 10_000
const asked = [
  "optimise",
  join(root, "examples/13-average-cross.ts"),
  "--on",
  spy,
  "--space",
  "fast=5:104,slow=105:204",
  "--json"
]

const allEvents = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql<{ payload: StudyEvent }>`SELECT payload FROM journal ORDER BY seq`
  return rows.map(({ payload }) => payload)
})

describe.skipIf(areDailyBarsMissing)(`a study that loses a node${whySkipped}`, { timeout: 180_000 }, () => {
  const outcry = new Outcry()
  afterAll(() => outcry.close())
  const folder = researchFolderOf(dataFolderAt(outcry.data))

  /** What happened so far, by the database of the command that runs; nothing while there is none. */
  const eventsSoFar = (): Promise<ReadonlyArray<StudyEvent>> =>
    Effect.runPromise(
      Effect.suspend(() => {
        const { url } = JSON.parse(readFileSync(folder.serverFile, "utf8")) as { readonly url: string }
        const address = `${url}?options=-c%20search_path%3Dresearch`
        return Effect.provide(allEvents, Database.layer({ url: Redacted.make(address), poolSize: 1 }))
      }).pipe(Effect.catchCause(() => Effect.succeed([])))
    )

  /** The node with the most tasks in hand, once a tenth of them is done. */
  const busiest = async (): Promise<string | undefined> => {
    const inHand = new Map<number, string>()
    let done = 0
    for (const event of await eventsSoFar())
      if (event.type === "TasksLeased") for (const index of event.indexes) inHand.set(index, event.owner)
      else if (event.type === "TaskFinished") {
        inHand.delete(event.index)
        done += 1
      }
    if (done < total / 10) return undefined
    const counts = new Map<string, number>()
    for (const owner of inHand.values()) counts.set(owner, (counts.get(owner) ?? 0) + 1)
    const [most] = Array.from(counts).toSorted(([, a], [, b]) => b - a)
    return most?.[0].split("/", 1)[0]
  }

  it("comes to the same runs as without the loss, and repeats none that had finished", async () => {
    outcry.seedDatabase("research/postgres")
    const study = outcry.spawn([...asked, "--nodes", "4", "--threads", "1", "--data", outcry.data])
    let victim: string | undefined
    await until(
      "a node at work",
      async () => (victim = await busiest()) !== undefined,
      () => study.stderr()
    )
    const dying = outcry.processes().find((line) => line.includes(`--name ${victim}`))
    expect(dying).toBeDefined()
    process.kill(Number(dying!.split(" ", 1)[0]), "SIGKILL")
    const { code, stderr, stdout } = await study.ended
    expect(stderr).toContain(victim)
    expect(code).toBe(0)
    const shared = JSON.parse(stdout) as { readonly runs: ReadonlyArray<unknown> }

    const alone = await outcry.run([...asked, "--no-keep"])
    expect(alone.code).toBe(0)
    const { runs } = JSON.parse(alone.stdout) as { readonly runs: ReadonlyArray<unknown> }
    expect(runs).toHaveLength(total)
    expect(shared.runs).toEqual(runs)

    const events = await Effect.runPromise(Effect.scoped(Effect.provide(allEvents, layer(folder))))
    const done = new Set<number>()
    let returned = 0
    for (const event of events)
      if (event.type === "TaskFinished") {
        expect(done.has(event.index)).toBe(false)
        done.add(event.index)
      } else if (event.type === "TasksLeased") {
        expect(event.indexes.filter((index) => done.has(index))).toEqual([])
      } else if (event.type === "TasksReturned") returned += event.indexes.length
    expect(done.size).toBe(total)
    // What the dead node had in hand was handed out again.
    expect(returned).toBeGreaterThan(0)
  })

  it("is finished for whoever asks again: nothing is run", async () => {
    const again = await outcry.run(["study", "list", "--json"])
    const [kept] = JSON.parse(again.stdout) as ReadonlyArray<{ readonly study: string; readonly state: string }>
    expect(kept?.state).toBe("ended")
    const shown = await outcry.run(["study", "show", kept!.study, "--json"])
    expect((JSON.parse(shown.stdout) as { readonly runs: ReadonlyArray<unknown> }).runs).toHaveLength(total)
  })
})

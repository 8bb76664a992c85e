/** Studies on nodes over a real journal: what is handed out, lost, told twice, paused, and what is left after a move. */
import { assert, layer } from "@effect/vitest"
import { studySpecOf } from "@outcry/backtest/search/StudySpec"
import { Journal } from "@outcry/store/Journal"
import * as TestJournal from "@outcry/testkit/TestJournal"
import { Effect, Exit, Layer, Scope } from "effect"
import { TestRunner } from "effect/cluster"
import * as StudyActor from "../src/Actor.ts"
import { Study, type TaskToRun } from "../src/Protocol.ts"
import { StudyHost } from "../src/StudyHost.ts"

const hash = "0".repeat(64)
const spec = studySpecOf({
  version: 1,
  name: "pairs",
  kind: "vectorised",
  strategy: { name: "cross", version: 1, hash },
  data: [{ id: "spy", hash }],
  range: { from: 0, to: 1 },
  space: {
    fast: { kind: "integer", min: 1, max: 4 },
    slow: { kind: "integer", min: 5, max: 9 }
  },
  method: { kind: "grid" },
  goal: { objectives: [{ metric: "sharpe", direction: "maximise" }] },
  seed: 1
})
const total = 20

const startNode = Effect.fnUntraced(function* (told: Array<string> = []) {
  const journal = yield* Journal
  const host = StudyHost.of({
    node: "one",
    spec: (study) => Effect.succeed(study.startsWith("unknown") ? undefined : spec),
    statusChanged: (study, life) => Effect.sync(() => void told.push(`${study} ${life.state.status}`))
  })
  const scope = yield* Scope.fork(yield* Effect.scope)
  const services = yield* Layer.buildWithScope(
    StudyActor.layer.pipe(
      Layer.provideMerge(TestRunner.layer),
      Layer.provide([Layer.succeed(StudyHost, host), Layer.succeed(Journal, journal)])
    ),
    scope
  )
  const client = yield* Study.client.pipe(Effect.provideContext(services))
  return { client, stop: Scope.close(scope, Exit.void) }
})

const summaryOf = ({ index, parameters }: TaskToRun) => ({
  index,
  parameters,
  metrics: { sharpe: Number(parameters["fast"]) / Number(parameters["slow"]) },
  trades: 1,
  warnings: []
})

const ask = (owner: string, want: number) => ({ owner: "node/0", finished: [], failed: [], next: { owner, want } })
const tell = (owner: string, tasks: ReadonlyArray<TaskToRun>) => ({
  owner,
  finished: tasks.map(summaryOf),
  failed: [],
  next: null
})

layer(TestJournal.layer, { excludeTestServices: true, timeout: 120_000 })("a study", (it) => {
  it.effect("goes on on another node with all results and what is handed out, and repeats no finished task", () =>
    Effect.gen(function* () {
      const first = yield* startNode()
      const one = first.client("moves")
      const { tasks } = yield* one.Work(ask("a/1", 6))
      assert.deepStrictEqual(
        tasks.map(({ index }) => index),
        [0, 1, 2, 3, 4, 5]
      )
      yield* one.Work(tell("a/1", tasks.slice(0, 4)))
      yield* first.stop

      const second = yield* startNode()
      const two = second.client("moves")
      const status = yield* two.Status()
      assert.deepStrictEqual([status.done, status.leased, status.total], [4, 2, total])
      assert.deepStrictEqual(status.owners, ["a"])
      const rest = (yield* two.Work(ask("b/1", 100))).tasks
      assert.deepStrictEqual(
        rest.map(({ index }) => index),
        Array.from({ length: 14 }, (_, at) => at + 6)
      )
      // The worker of the first node lives and tells what it had been given there.
      yield* two.Work(tell("a/1", tasks.slice(4)))
      yield* two.Work(tell("b/1", rest))
      const ended = yield* two.Status()
      assert.deepStrictEqual([ended.status, ended.done, ended.leased], ["finished", total, 0])
      assert.deepStrictEqual(ended.best?.parameters, { fast: 4, slow: 5 })
      const results = yield* two.Results({ from: 0, count: 100 })
      assert.deepStrictEqual(
        results.map(({ index }) => index),
        Array.from({ length: total }, (_, at) => at)
      )
      assert.lengthOf(yield* two.Results({ from: 18, count: 1 }), 1)
    })
  )

  it.effect("hands out again what a silent worker had, and keeps one result of a task that two did", () =>
    Effect.gen(function* () {
      const node = yield* startNode()
      const study = node.client("silent")
      const { tasks } = yield* study.Work(ask("gone/1", total))
      assert.lengthOf(tasks, total)
      assert.lengthOf((yield* study.Work(ask("here/1", 3))).tasks, 0)
      yield* Effect.sleep("5200 millis")
      const again = (yield* study.Work(ask("here/2", 3))).tasks
      assert.deepStrictEqual(again, tasks.slice(0, 3))
      yield* study.Work(tell("here/2", again))
      yield* study.Work(tell("gone/1", tasks))
      const { done, status } = yield* study.Status()
      assert.deepStrictEqual([done, status], [total, "finished"])
    })
  )

  it.effect("is paused, resumed and cancelled, tells whoever keeps the list, and refuses what makes no sense", () =>
    Effect.gen(function* () {
      const told: Array<string> = []
      const node = yield* startNode(told)
      const study = node.client("paused")
      assert.strictEqual((yield* study.Control({ action: "pause" })).status, "paused")
      assert.lengthOf((yield* study.Work(ask("a/1", 5))).tasks, 0)
      assert.strictEqual((yield* Effect.flip(study.Control({ action: "pause" })))._tag, "StudyRefused")
      yield* study.Control({ action: "resume" })
      const { tasks } = yield* study.Work(ask("a/2", 5))
      assert.lengthOf(tasks, 5)
      assert.strictEqual((yield* study.Control({ action: "cancel" })).status, "cancelled")
      assert.strictEqual((yield* study.Work(tell("a/2", tasks))).status, "cancelled")
      assert.strictEqual((yield* study.Status()).done, 0)
      assert.deepStrictEqual(told, ["paused paused", "paused running", "paused cancelled"])
      const unknown = yield* Effect.flip(node.client("unknown").Status())
      assert.include(unknown.message, "study list")
    })
  )

  it.effect("gives a task up after it has failed three times, and ends all the same", () =>
    Effect.gen(function* () {
      const node = yield* startNode()
      const study = node.client("fails")
      for (let round = 1; round <= 3; round++) {
        const { tasks } = yield* study.Work(ask(`a/${round}`, total))
        const failing = tasks.filter(({ index }) => index === 7)
        assert.lengthOf(failing, 1)
        yield* study.Work({
          owner: `a/${round}`,
          finished: tasks.filter(({ index }) => index !== 7).map(summaryOf),
          failed: [{ index: 7, reason: "it threw" }],
          next: null
        })
      }
      const { done, failed, status } = yield* study.Status()
      assert.deepStrictEqual([done, failed, status], [total - 1, 1, "finished"])
    })
  )
})

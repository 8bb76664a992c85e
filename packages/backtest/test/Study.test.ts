/** A study's state under anything that workers, losses and time do to it. */
import { SeededRandom } from "@outcry/model/SeededRandom"
import { Schema } from "effect"
import { describe, expect, it } from "vitest"
import type { RunSummary } from "../src/BacktestResult.ts"
import { rankedRuns } from "../src/search/Goal.ts"
import { type StudyCommand, StudyEvent } from "../src/search/StudyMessages.ts"
import { type StudySpec, type StudyTask, StudyTasks, studySpecOf } from "../src/search/StudySpec.ts"
import {
  decideStudy,
  evolveStudy,
  initialStudy,
  progressOf,
  type StudyState,
  studyInvariants,
  taskOf
} from "../src/search/StudyState.ts"

const spec = (changes: Partial<StudySpec> = {}): StudySpec =>
  studySpecOf({
    version: 1,
    name: "crosses",
    kind: "vectorised",
    strategy: { name: "cross", version: 1, hash: "a".repeat(64) },
    data: [{ id: "spy", hash: "b".repeat(64) }],
    range: { from: 0, to: 1e15 },
    fixed: { side: "long" },
    space: { fast: { kind: "integer", min: 2, max: 7 }, slow: { kind: "number", min: 10, max: 50, step: 10 } },
    method: { kind: "grid" },
    goal: {
      objectives: [{ metric: "sharpe", direction: "maximise" }],
      constraints: [{ metric: "trades", min: 3 }]
    },
    terms: { feeBps: 5 },
    seed: 7,
    ...changes
  })

/** What a run would give: a pure function of its task. */
const ran = ({ index, parameters }: StudyTask): RunSummary => {
  const [fast, slow] = [Number(parameters["fast"]), Number(parameters["slow"])]
  return {
    index,
    parameters,
    metrics: { sharpe: Math.sin(fast * 3) + Math.cos(slow / 7), trades: Math.round(fast + slow / 10) },
    trades: 1,
    warnings: []
  }
}

const methods: ReadonlyArray<StudySpec["method"]> = [
  { kind: "grid" },
  { kind: "random", trials: 40 },
  { kind: "tpe", trials: 31, batch: 4, startup: 8 }
]

class Workers {
  readonly state: StudyState
  readonly events: Array<StudyEvent> = []
  private readonly random: SeededRandom
  /** What each worker believes to have; a lost one goes on believing. */
  private readonly held = new Map<string, Array<number>>()
  private now = 0

  constructor(spec: StudySpec, seed: number) {
    this.state = initialStudy(spec)
    this.random = new SeededRandom(seed)
  }

  do(command: StudyCommand): ReadonlyArray<StudyEvent> {
    const decision = decideStudy(this.state, command)
    const events = decision.events ?? []
    for (const event of events) {
      evolveStudy(this.state, event)
      this.events.push(event)
    }
    expect(studyInvariants(this.state)).toEqual([])
    return events
  }

  /** One thing that happens. */
  step(): void {
    const { random, state } = this
    const owner = `worker ${random.between(1, 4)}`
    const tasks = this.held.get(owner) ?? []
    this.now += random.between(0, 3)
    const dice = random.fraction()
    if (dice < 0.35) {
      const events = this.do({ type: "Lease", owner, count: random.between(1, 5), now: this.now, leaseUs: 20 })
      for (const event of events) if (event.type === "TasksLeased") tasks.push(...event.indexes)
      this.held.set(owner, tasks)
    } else if (dice < 0.75 && tasks.length > 0) {
      const index = random.pick(tasks)
      this.do({ type: "Finish", owner, index, summary: ran(taskOf(state, index)) })
      // Some results are told twice, some workers forget that they told them.
      if (random.chance(0.7))
        this.held.set(
          owner,
          tasks.filter((each) => each !== index)
        )
    } else if (dice < 0.8) this.do({ type: "OwnerLost", owner })
    else if (dice < 0.87) this.do({ type: "Expire", now: this.now })
    else if (dice < 0.9) this.do({ type: "Pause" })
    else this.do({ type: "Resume" })
  }

  finish(): void {
    for (let step = 0; step < 20_000 && this.state.status !== "finished"; step++) this.step()
    expect(this.state.status).toBe("finished")
  }
}

describe("a study", () => {
  it("ends with every task's result once and the same, whatever happens on the way", () => {
    for (const method of methods) {
      const results: Array<ReadonlyArray<RunSummary>> = []
      for (let seed = 1; seed <= 20; seed++) {
        const workers = new Workers(spec({ method }), seed)
        workers.finish()
        const { events, state } = workers
        const finished = events.flatMap((event) => (event.type === "TaskFinished" ? [event.index] : []))
        expect(finished.toSorted((a, b) => a - b)).toEqual(Array.from({ length: state.tasks.total }, (_, at) => at))
        expect(events.filter(({ type }) => type === "StudyFinished").length).toBe(1)
        results.push(rankedRuns([...state.results.values()], state.spec.goal).map(({ summary }) => summary))
        expect(state.best).toEqual(results.at(-1)![0])
      }
      for (const result of results) expect(result).toEqual(results[0])
    }
  })

  it("never hands out a task that has ended or that another still has", () => {
    for (let seed = 1; seed <= 20; seed++) {
      const workers = new Workers(spec(), seed)
      const out = new Map<number, string>()
      const ended = new Set<number>()
      let read = 0
      while (workers.state.status !== "finished") {
        workers.step()
        for (; read < workers.events.length; read++) {
          const event = workers.events[read]!
          if (event.type === "TasksLeased")
            for (const index of event.indexes) {
              expect(ended.has(index) || out.has(index)).toBe(false)
              out.set(index, event.owner)
            }
          if (event.type === "TasksReturned") for (const index of event.indexes) expect(out.delete(index)).toBe(true)
          if (event.type === "TaskFinished") {
            ended.add(event.index)
            out.delete(event.index)
          }
        }
      }
    }
  })

  it("is rebuilt from its events, which survive being stored", () => {
    const codec = Schema.fromJsonString(Schema.Array(StudyEvent))
    for (const method of methods) {
      const workers = new Workers(spec({ method }), 3)
      for (let step = 0; step < 60; step++) workers.step()
      const stored = Schema.encodeSync(codec)(workers.events)
      const again = initialStudy(studySpecOf(JSON.parse(JSON.stringify(workers.state.spec))))
      for (const event of Schema.decodeSync(codec)(stored)) evolveStudy(again, event)
      expect(again).toEqual(workers.state)
    }
  })

  it("plans a generation of TPE only from the results of those before it", () => {
    const workers = new Workers(spec({ method: methods[2]! }), 1)
    const lease = (owner: string) => workers.do({ type: "Lease", owner, count: 9, now: 0, leaseUs: 100 })
    expect(lease("a").map(({ type }) => type)).toEqual(["GenerationPlanned", "TasksLeased"])
    expect(progressOf(workers.state)).toEqual({ total: 31, pending: 0, leased: 4, done: 0, failed: 0, unplanned: 27 })
    // All are out: there is nothing for another until they are back.
    expect(lease("b")).toEqual([])
    for (const index of [2, 0, 3])
      workers.do({ type: "Finish", owner: "a", index, summary: ran(taskOf(workers.state, index)) })
    expect(lease("b")).toEqual([])
    workers.do({ type: "Finish", owner: "a", index: 1, summary: ran(taskOf(workers.state, 1)) })
    expect(lease("b").map(({ type }) => type)).toEqual(["GenerationPlanned", "TasksLeased"])
  })

  it("gives up a task that fails too often, goes on with the others, and ends", () => {
    const workers = new Workers(spec({ attemptsMax: 2 }), 1)
    const lease = (now: number) => workers.do({ type: "Lease", owner: "a", count: 1000, now, leaseUs: 10 })
    lease(0)
    workers.do({ type: "Fail", owner: "a", index: 4, reason: "broke" })
    expect(progressOf(workers.state)).toMatchObject({ pending: 1, failed: 0 })
    // Only who has it can say that it failed.
    expect(workers.do({ type: "Fail", owner: "b", index: 4, reason: "broke" })).toEqual([])
    lease(1)
    workers.do({ type: "Fail", owner: "a", index: 4, reason: "broke again" })
    expect([...workers.state.failed]).toEqual([[4, "broke again"]])
    for (let index = 0; index < 30; index++)
      workers.do({ type: "Finish", owner: "a", index, summary: ran(taskOf(workers.state, index)) })
    expect(workers.state.status).toBe("finished")
    expect(progressOf(workers.state)).toMatchObject({ done: 29, failed: 1, leased: 0, pending: 0 })
  })

  it("hands out nothing while paused, and takes nothing once cancelled", () => {
    const workers = new Workers(spec(), 1)
    const lease = { type: "Lease", owner: "a", count: 2, now: 0, leaseUs: 10 } as const
    workers.do(lease)
    workers.do({ type: "Pause" })
    expect(decideStudy(workers.state, lease)).toEqual({ refused: "paused" })
    // What is under way still counts.
    expect(workers.do({ type: "Finish", owner: "a", index: 0, summary: ran(taskOf(workers.state, 0)) }).length).toBe(1)
    expect(decideStudy(workers.state, { type: "Pause" })).toEqual({ refused: "paused" })
    workers.do({ type: "Resume" })
    workers.do({ type: "Cancel" })
    expect(decideStudy(workers.state, lease)).toEqual({ refused: "cancelled" })
    const late = { type: "Finish", owner: "a", index: 1, summary: ran(taskOf(workers.state, 1)) } as const
    expect(decideStudy(workers.state, late)).toEqual({ refused: "cancelled" })
    expect(decideStudy(workers.state, { type: "Resume" })).toEqual({ refused: "cancelled" })
    expect(workers.state.results.size).toBe(1)
  })

  it("knows no task beyond its own", () => {
    const workers = new Workers(spec(), 1)
    const summary = ran(taskOf(workers.state, 0))
    for (const index of [-1, 30])
      expect(decideStudy(workers.state, { type: "Finish", owner: "a", index, summary })).toEqual({
        refused: "unknownTask"
      })
  })
})

describe("a task", () => {
  const keyOf = (changes: Partial<StudySpec>, index = 5) => new StudyTasks(spec(changes)).task(index).key

  it("has a key that all it depends on changes, and nothing else", () => {
    const own = keyOf({})
    expect(keyOf({ name: "another name", goal: { objectives: [{ metric: "calmar", direction: "maximise" }] } })).toBe(
      own
    )
    // Left out is the same as the default written out.
    expect(keyOf({ terms: { feeBps: 5, cash: 100_000 } })).toBe(own)
    const others = [
      keyOf({}, 6),
      keyOf({ seed: 8 }),
      keyOf({ kind: "event" }),
      keyOf({ terms: { feeBps: 6 } }),
      keyOf({ fixed: { side: "both" } }),
      keyOf({ range: { from: 1, to: 1e15 } }),
      keyOf({ data: [{ id: "spy", hash: "c".repeat(64) }] }),
      keyOf({ strategy: { name: "cross", version: 1, hash: "d".repeat(64) } })
    ]
    expect(new Set([own, ...others]).size).toBe(9)
  })

  it("of a random search is the same however it is reached", () => {
    const tasks = new StudyTasks(spec({ method: { kind: "random", trials: 20 } }))
    const forth = Array.from({ length: 20 }, (_, index) => tasks.task(index))
    const back = Array.from({ length: 20 }, (_, index) => tasks.task(19 - index)).toReversed()
    expect(forth).toEqual(back)
    expect(new Set(forth.map(({ key }) => key)).size).toBeGreaterThan(8)
  })
})

describe("a spec", () => {
  it("is refused with the field", () => {
    const given = spec()
    const cases: ReadonlyArray<readonly [unknown, string]> = [
      [{ ...given, kind: "quick" }, "kind"],
      [{ ...given, data: [] }, "study.data is empty"],
      [{ ...given, data: [{ id: "spy", hash: "spy" }] }, "hash"],
      [{ ...given, range: { from: 5, to: 5 } }, "study.range"],
      [{ ...given, fixed: { fast: 3 } }, "study.fixed.fast is searched as well"],
      [{ ...given, method: { kind: "random", trials: 0 } }, "trials"],
      [{ ...given, space: { fast: { kind: "number", min: 0, max: 1 } } }, "space.fast.step is missing"],
      [{ ...given, terms: { feeBps: -1000 } }, "terms.feeBps"],
      [{ ...given, goal: { objectives: [] } }, "goal.objectives is empty"]
    ]
    for (const [each, problem] of cases) expect(() => studySpecOf(each)).toThrow(problem)
  })
})

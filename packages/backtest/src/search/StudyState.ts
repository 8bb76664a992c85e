/**
 * A study as decide and evolve: which tasks are to be done, who has which, what is done. Each task's result is recorded once,
 * whatever is lost, late or told twice; a finished task is never handed out again. The shell around it keeps the events.
 *
 * TPE goes by generations: the next one is planned, as an event, when every task of the one before has ended. So its points
 * depend on the results and not on who finished first.
 */
import type { RunSummary } from "../BacktestResult.ts"
import { betterRun, rankedRuns } from "./Goal.ts"
import type { Point } from "./ParameterSpace.ts"
import type { StudyCommand, StudyEvent, StudyRefusal } from "./StudyMessages.ts"
import { type StudySpec, type StudyTask, StudyTasks } from "./StudySpec.ts"
import { tpeBatch } from "./Tpe.ts"

interface Lease {
  readonly owner: string
  readonly until: number
}

export interface StudyState {
  spec: StudySpec
  status: "running" | "paused" | "cancelled" | "finished"
  tasks: StudyTasks
  /** Tasks that may be handed out so far, of `total`. */
  planned: number
  /** Points of the generations planned; of TPE only. */
  readonly points: Array<Point>
  readonly leases: Map<number, Lease>
  readonly results: Map<number, RunSummary>
  /** Tasks given up, with the last reason. */
  readonly failed: Map<number, string>
  readonly attempts: Map<number, number>
  /** Tasks below this are leased or have ended. */
  cursor: number
  /** By the goal's first objective and limits. */
  best: RunSummary | undefined
}

const attemptsMaxByDefault = 3

/** Before its first event. */
export const initialStudy = (spec: StudySpec): StudyState => {
  const tasks = new StudyTasks(spec)
  return {
    spec,
    status: "running",
    tasks,
    planned: spec.method.kind === "tpe" ? 0 : tasks.total,
    points: [],
    leases: new Map(),
    results: new Map(),
    failed: new Map(),
    attempts: new Map(),
    cursor: 0,
    best: undefined
  }
}

export const taskOf = (state: StudyState, index: number): StudyTask => state.tasks.task(index, state.points[index])

const hasEnded = (state: StudyState, index: number): boolean => state.results.has(index) || state.failed.has(index)

const pendingFrom = (state: StudyState, most: number): ReadonlyArray<number> => {
  const indexes: Array<number> = []
  for (let index = state.cursor; index < state.planned && indexes.length < most; index++)
    if (!hasEnded(state, index) && !state.leases.has(index)) indexes.push(index)
  return indexes
}

const leasedBy = (state: StudyState, which: (lease: Lease) => boolean): ReadonlyArray<number> =>
  [...state.leases].flatMap(([index, lease]) => (which(lease) ? [index] : [])).toSorted((a, b) => a - b)

/** The points of the generation after this one: all before it have ended. */
const nextGeneration = (state: StudyState): StudyEvent | undefined => {
  const { method } = state.spec
  if (method.kind !== "tpe" || state.planned >= state.tasks.total) return undefined
  const ended = state.results.size + state.failed.size
  if (ended < state.planned) return undefined
  const ranked = rankedRuns([...state.results.values()], state.spec.goal).map(
    ({ summary }) => state.points[summary.index]!
  )
  const points = tpeBatch({
    space: state.spec.space,
    seed: state.spec.seed,
    from: state.planned,
    count: Math.min(method.batch, state.tasks.total - state.planned),
    ranked,
    ...(method.startup === undefined ? {} : { startup: method.startup })
  })
  return { type: "GenerationPlanned", version: 1, from: state.planned, points }
}

/** What follows when a task has ended: the end of the study, or the next generation. Judged on the state after `event`. */
const consequences = (state: StudyState, ending: number): ReadonlyArray<StudyEvent> => {
  const ended = state.results.size + state.failed.size + (hasEnded(state, ending) ? 0 : 1)
  return ended === state.tasks.total ? [{ type: "StudyFinished", version: 1 }] : []
}

const leased = (state: StudyState, command: Extract<StudyCommand, { type: "Lease" }>): Decision => {
  if (state.status !== "running") return { refused: state.status }
  if (!(command.count >= 1)) return { refused: "nothingAsked" }
  // What has run out is free again with the same breath that hands it out.
  const returned = leasedBy(state, ({ until }) => until <= command.now)
  const plan = nextGeneration(state)
  if (plan !== undefined) return { events: [plan, ...leasedAfter(state, plan, command)] }
  const free = [...returned, ...pendingFrom(state, command.count)].toSorted((a, b) => a - b).slice(0, command.count)
  const events: Array<StudyEvent> = []
  if (returned.length > 0) events.push({ type: "TasksReturned", version: 1, indexes: returned, reason: "expired" })
  if (free.length > 0) events.push(lease(free, command))
  return { events }
}

const lease = (indexes: ReadonlyArray<number>, { leaseUs, now, owner }: Extract<StudyCommand, { type: "Lease" }>) =>
  ({ type: "TasksLeased", version: 1, owner, until: now + leaseUs, indexes }) as const

const leasedAfter = (
  state: StudyState,
  plan: StudyEvent,
  command: Extract<StudyCommand, { type: "Lease" }>
): ReadonlyArray<StudyEvent> => {
  if (plan.type !== "GenerationPlanned") return []
  const last = Math.min(plan.points.length, command.count)
  return [
    lease(
      Array.from({ length: last }, (_, at) => state.planned + at),
      command
    )
  ]
}

const finished = (state: StudyState, { index, summary }: Extract<StudyCommand, { type: "Finish" }>): Decision => {
  if (index < 0 || index >= state.planned) return { refused: "unknownTask" }
  // Told twice, or by an owner thought lost after another did it: a task is pure, so both say the same.
  if (hasEnded(state, index)) return { events: [] }
  const result = { ...summary, index, parameters: taskOf(state, index).parameters }
  return { events: [{ type: "TaskFinished", version: 1, index, summary: result }, ...consequences(state, index)] }
}

const failed = (state: StudyState, { index, owner, reason }: Extract<StudyCommand, { type: "Fail" }>): Decision => {
  if (index < 0 || index >= state.planned) return { refused: "unknownTask" }
  // Only who has the task can say that it failed: an owner thought lost has no say any more.
  if (hasEnded(state, index) || state.leases.get(index)?.owner !== owner) return { events: [] }
  const attempts = (state.attempts.get(index) ?? 0) + 1
  if (attempts < (state.spec.attemptsMax ?? attemptsMaxByDefault))
    return { events: [{ type: "TaskFailed", version: 1, index, reason, final: false }] }
  return { events: [{ type: "TaskFailed", version: 1, index, reason, final: true }, ...consequences(state, index)] }
}

const returned = (indexes: ReadonlyArray<number>, reason: "expired" | "ownerLost"): Decision => ({
  events: indexes.length === 0 ? [] : [{ type: "TasksReturned", version: 1, indexes, reason }]
})

export type Decision =
  | { readonly events: ReadonlyArray<StudyEvent>; readonly refused?: never }
  | { readonly refused: StudyRefusal; readonly events?: never }

/** The facts that follow from a command; no events where there is nothing to do. Pure. */
export const decideStudy = (state: StudyState, command: StudyCommand): Decision => {
  switch (command.type) {
    case "Lease":
      return leased(state, command)
    case "Finish":
      return state.status === "cancelled" ? { refused: "cancelled" } : finished(state, command)
    case "Fail":
      return state.status === "cancelled" ? { refused: "cancelled" } : failed(state, command)
    case "OwnerLost":
      return returned(
        leasedBy(state, ({ owner }) => owner === command.owner),
        "ownerLost"
      )
    case "Expire":
      return returned(
        leasedBy(state, ({ until }) => until <= command.now),
        "expired"
      )
    case "Pause":
      return state.status === "running" ? { events: [{ type: "StudyPaused", version: 1 }] } : { refused: state.status }
    case "Resume":
      return state.status === "paused" ? { events: [{ type: "StudyResumed", version: 1 }] } : { refused: state.status }
    case "Cancel":
      return state.status === "running" || state.status === "paused"
        ? { events: [{ type: "StudyCancelled", version: 1 }] }
        : { refused: state.status }
  }
}

const freed = (state: StudyState, index: number): void => {
  state.leases.delete(index)
  if (index < state.cursor) state.cursor = index
}

const advance = (state: StudyState): void => {
  while (state.cursor < state.planned && (hasEnded(state, state.cursor) || state.leases.has(state.cursor)))
    state.cursor++
}

/** Applies a fact in place. */
export const evolveStudy = (state: StudyState, event: StudyEvent): void => {
  switch (event.type) {
    case "GenerationPlanned":
      event.points.forEach((point, at) => {
        state.points[event.from + at] = point
      })
      state.planned = event.from + event.points.length
      return
    case "TasksLeased":
      for (const index of event.indexes) state.leases.set(index, { owner: event.owner, until: event.until })
      return advance(state)
    case "TasksReturned":
      for (const index of event.indexes) freed(state, index)
      return
    case "TaskFinished":
      state.leases.delete(event.index)
      state.results.set(event.index, event.summary)
      state.best = state.best === undefined ? event.summary : betterRun(state.best, event.summary, state.spec.goal)
      return advance(state)
    case "TaskFailed":
      if (!event.final) {
        state.attempts.set(event.index, (state.attempts.get(event.index) ?? 0) + 1)
        return freed(state, event.index)
      }
      state.leases.delete(event.index)
      state.failed.set(event.index, event.reason)
      return advance(state)
    case "StudyPaused":
      state.status = "paused"
      return
    case "StudyResumed":
      state.status = "running"
      return
    case "StudyCancelled":
      state.status = "cancelled"
      for (const index of state.leases.keys()) freed(state, index)
      return
    case "StudyFinished":
      state.status = "finished"
  }
}

export interface StudyProgress {
  readonly total: number
  /** Planned, free to be handed out. */
  readonly pending: number
  readonly leased: number
  readonly done: number
  readonly failed: number
  /** Of generations that are not planned yet. */
  readonly unplanned: number
}

export const progressOf = (state: StudyState): StudyProgress => {
  const { failed, leases, planned, results, tasks } = state
  return {
    total: tasks.total,
    pending: planned - results.size - failed.size - leases.size,
    leased: leases.size,
    done: results.size,
    failed: failed.size,
    unplanned: tasks.total - planned
  }
}

/** What must hold at all times; empty when it does. */
export const studyInvariants = (state: StudyState): ReadonlyArray<string> => {
  const broken: Array<string> = []
  const { cursor, failed, leases, planned, results, tasks } = state
  for (const index of leases.keys()) if (hasEnded(state, index)) broken.push(`task ${index} is leased and has ended`)
  for (const index of results.keys()) if (failed.has(index)) broken.push(`task ${index} is done and given up`)
  for (const index of [...leases.keys(), ...results.keys(), ...failed.keys()])
    if (index < 0 || index >= planned) broken.push(`task ${index} was never planned`)
  for (let index = 0; index < cursor; index++)
    if (!hasEnded(state, index) && !leases.has(index)) broken.push(`task ${index} is free and passed over`)
  if (state.status === "finished" && results.size + failed.size !== tasks.total)
    broken.push("finished with tasks that have not ended")
  return broken
}

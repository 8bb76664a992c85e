/**
 * Study: one per study, hands out its tasks and keeps their results.
 *
 * Entity id: the study's id. Ordering: one command at a time. Durable messages: none; results are facts of its journal.
 * Idempotency: a task's index; a result told twice is kept once, and a task that has one is never handed out again.
 * Surviving a crash: everything; what was handed out stays so while its worker is heard of.
 * Callers: the workers of every node, the command line.
 */
import { RunSummarySchema } from "@outcry/backtest/search/StudySpec"
import { Schema } from "effect"
import { Entity } from "effect/cluster"
import { Rpc } from "effect/rpc"

export const studyStatuses = ["running", "paused", "cancelled", "finished"] as const

export const TaskToRun = Schema.Struct({
  index: Schema.Int,
  key: Schema.String,
  parameters: Schema.Record(Schema.String, Schema.Union([Schema.String, Schema.Finite, Schema.Boolean])),
  seed: Schema.Int
})
export type TaskToRun = typeof TaskToRun.Type

export class StudyStatus extends Schema.Class<StudyStatus>("StudyStatus")({
  study: Schema.String,
  name: Schema.String,
  status: Schema.Literals(studyStatuses),
  node: Schema.String,
  epoch: Schema.Int,
  /** Runs in all, done, given up, handed out now; those of generations not planned yet count in the total alone. */
  total: Schema.Int,
  done: Schema.Int,
  failed: Schema.Int,
  leased: Schema.Int,
  /** Nodes that have tasks now. */
  owners: Schema.Array(Schema.String),
  /** By the goal, so far. */
  best: Schema.NullOr(RunSummarySchema)
}) {}

/** The study is not there, or its journal cannot be read or written now. */
export class StudyUnavailable extends Schema.TaggedError<StudyUnavailable>()("StudyUnavailable", {
  study: Schema.String,
  reason: Schema.String
}) {
  override get message() {
    return `Study ${this.study} does not answer: ${this.reason}`
  }
}

/** What was asked makes no sense in the study's present state. */
export class StudyRefused extends Schema.TaggedError<StudyRefused>()("StudyRefused", {
  study: Schema.String,
  action: Schema.String,
  reason: Schema.String
}) {
  override get message() {
    return `Study ${this.study} cannot ${this.action}: it is ${this.reason}.`
  }
}

/**
 * A worker tells what became of a batch of tasks, or that it is still at it, and asks for the next batch. Each batch has an
 * owner of its own, never used again: tasks whose hand-out was lost on the way are thus owned by nobody who lives.
 */
export const Work = Rpc.make("Work", {
  payload: {
    /** Of the batch at hand: `NODE/…`. */
    owner: Schema.String,
    finished: Schema.Array(RunSummarySchema),
    failed: Schema.Array(Schema.Struct({ index: Schema.Int, reason: Schema.String })),
    /** Whose the next batch is, and how many tasks it may have; null where the worker is still at this one. */
    next: Schema.NullOr(Schema.Struct({ owner: Schema.String, want: Schema.Int }))
  },
  success: Schema.Struct({ status: Schema.Literals(studyStatuses), tasks: Schema.Array(TaskToRun) }),
  error: StudyUnavailable
})

export const Status = Rpc.make("Status", { success: StudyStatus, error: StudyUnavailable })

export const Control = Rpc.make("Control", {
  payload: { action: Schema.Literals(["pause", "resume", "cancel"]) },
  success: StudyStatus,
  error: Schema.Union([StudyUnavailable, StudyRefused])
})

/** Results by index, from one on. */
export const Results = Rpc.make("Results", {
  payload: { from: Schema.Int, count: Schema.Int },
  success: Schema.Array(RunSummarySchema),
  error: StudyUnavailable
})

export const Study = Entity.make("Study", [Work, Status, Control, Results])

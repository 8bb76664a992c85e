/** Commands that a study takes, facts that it records, and why it may refuse. All times are epoch µs. */
import { Schema } from "effect"
import type { RunSummary } from "../BacktestResult.ts"
import { RunSummarySchema } from "./StudySpec.ts"

export type StudyCommand =
  /** Hands out up to `count` tasks for `leaseUs`. */
  | {
      readonly type: "Lease"
      readonly owner: string
      readonly count: number
      readonly now: number
      readonly leaseUs: number
    }
  | { readonly type: "Finish"; readonly owner: string; readonly index: number; readonly summary: RunSummary }
  /** The run threw: the task is tried again, some times. */
  | { readonly type: "Fail"; readonly owner: string; readonly index: number; readonly reason: string }
  | { readonly type: "OwnerLost"; readonly owner: string }
  /** Time has passed: what is leased for longer than agreed is free again. */
  | { readonly type: "Expire"; readonly now: number }
  | { readonly type: "Pause" }
  | { readonly type: "Resume" }
  | { readonly type: "Cancel" }

export type StudyRefusal = "running" | "paused" | "cancelled" | "finished" | "unknownTask" | "nothingAsked"

const version = Schema.Literal(1)
const Indexes = Schema.Array(Schema.Int)

export const StudyEvent = Schema.Union([
  Schema.Struct({
    type: Schema.Literal("GenerationPlanned"),
    version,
    from: Schema.Int,
    points: Schema.Array(Schema.Record(Schema.String, Schema.Union([Schema.String, Schema.Finite, Schema.Boolean])))
  }),
  Schema.Struct({
    type: Schema.Literal("TasksLeased"),
    version,
    owner: Schema.String,
    until: Schema.Finite,
    indexes: Indexes
  }),
  Schema.Struct({
    type: Schema.Literal("TasksReturned"),
    version,
    indexes: Indexes,
    reason: Schema.Literals(["expired", "ownerLost"])
  }),
  Schema.Struct({ type: Schema.Literal("TaskFinished"), version, index: Schema.Int, summary: RunSummarySchema }),
  Schema.Struct({
    type: Schema.Literal("TaskFailed"),
    version,
    index: Schema.Int,
    reason: Schema.String,
    /** Given up. */
    final: Schema.Boolean
  }),
  Schema.Struct({ type: Schema.Literal("StudyPaused"), version }),
  Schema.Struct({ type: Schema.Literal("StudyResumed"), version }),
  Schema.Struct({ type: Schema.Literal("StudyCancelled"), version }),
  Schema.Struct({ type: Schema.Literal("StudyFinished"), version })
])
export type StudyEvent = typeof StudyEvent.Type

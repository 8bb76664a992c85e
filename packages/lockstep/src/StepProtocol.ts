/**
 * What the exchange in lock-step and the runtime that leads it say to one another. The runtime asks for one output after
 * the other over a control socket; on the stream that bears the output a marker goes before it and another follows it.
 */
import { Schema } from "effect"

/** Asks for the next output. */
export const StepRequest = Schema.Struct({
  /** Whether market time may go on when no output waits: until there is one. */
  advance: Schema.Boolean,
  /** Where it stops at the latest, epoch µs; null: only at an output or the end. */
  untilUs: Schema.NullOr(Schema.Finite),
  /** Why the run need not be equal to another any more; null: it is in order. */
  spoiled: Schema.NullOr(Schema.String)
})
export type StepRequest = typeof StepRequest.Type

export const StepReply = Schema.Struct({
  /** Counts the outputs; of the one that is released with this reply, or of the last one. */
  step: Schema.Int,
  /** Market time, epoch µs. */
  timeUs: Schema.Finite,
  /** Where the output goes; `none`: there was none. */
  stream: Schema.Literals(["public", "user", "none"]),
  /** Outputs that wait behind it. */
  waiting: Schema.Int,
  /** The recordings are over and no output is left. */
  ended: Schema.Boolean
})
export type StepReply = typeof StepReply.Type

/** What `GET /sim/lockstep` answers. */
export const StepState = Schema.Struct({
  step: Schema.Int,
  timeUs: Schema.Finite,
  /** Somebody leads. */
  led: Schema.Boolean,
  /** Whoever leads has asked for more after the end: everything before it is handled. */
  finished: Schema.Boolean,
  /** As whoever leads has said it last. */
  spoiled: Schema.NullOr(Schema.String)
})
export type StepState = typeof StepState.Type

export interface StepMarker {
  readonly step: number
  readonly timeUs: number
  /** It follows its output. */
  readonly isOver: boolean
}

/** The event name of a marker's frame. */
export const markerName = ({ isOver, step, timeUs }: StepMarker): string =>
  `step ${step} ${timeUs} ${isOver ? "over" : "begins"}`

const pattern = /^step (\d+) (\d+) (over|begins)$/

/** Undefined for the name of any other event. */
export const markerOf = (name: string): StepMarker | undefined => {
  const match = pattern.exec(name)
  return match === null ? undefined : { step: Number(match[1]), timeUs: Number(match[2]), isOver: match[3] === "over" }
}

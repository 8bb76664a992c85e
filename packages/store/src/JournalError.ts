/** Why the journal refused or could not answer. What an owner must do next is part of each message. */
import { Schema } from "effect"

/** Another owner has raised the epoch: this one is a zombie. Nothing was written. */
export class Fenced extends Schema.TaggedError<Fenced>()("Fenced", {
  entityId: Schema.String,
  epoch: Schema.Number,
  /** The epoch in force; null when the entity was never claimed. */
  heldEpoch: Schema.NullOr(Schema.Number)
}) {
  override get message(): string {
    return `${this.entityId} is owned by epoch ${this.heldEpoch ?? "none"}, not ${this.epoch}. This owner must stop at once and must not retry.`
  }
}

/** The entity is halted and the append opens a position. Nothing of it was written. */
export class Halted extends Schema.TaggedError<Halted>()("Halted", { entityId: Schema.String }) {
  override get message(): string {
    return `${this.entityId} is halted: opening intents are refused until its trading state is set to active.`
  }
}

/** The journal already has an event of that command. Nothing was written; answer with what `findCommand` returns. */
export class DuplicateCommand extends Schema.TaggedError<DuplicateCommand>()("DuplicateCommand", {
  entityId: Schema.String,
  commandId: Schema.String
}) {
  override get message(): string {
    return `${this.entityId} has already journalled command ${this.commandId}. Answer with its recorded outcome instead of deciding it again.`
  }
}

/** The append contradicts the journal. Nothing of it was written. */
export class Conflict extends Schema.TaggedError<Conflict>()("Conflict", {
  entityId: Schema.String,
  firstSeq: Schema.Number,
  reason: Schema.Literals(["position", "clientOrderId", "fill", "invalid"]),
  detail: Schema.String
}) {
  override get message(): string {
    return `The append of ${this.entityId} at ${this.firstSeq} was refused (${this.reason}): ${this.detail}. Nothing of it was written; correct it, or claim and replay if this owner's state may be wrong.`
  }
}

/**
 * The database did not answer. "notWritten": surely nothing was written, the same append may be sent again. "unknown": it
 * may or may not have been, and may still be: the owner must claim anew (which waits for it, and fences it off) and replay.
 */
export class JournalUnavailable extends Schema.TaggedError<JournalUnavailable>()("JournalUnavailable", {
  outcome: Schema.Literals(["notWritten", "unknown"]),
  reason: Schema.String
}) {
  override get message(): string {
    return this.outcome === "unknown"
      ? `The journal lost the database while writing (${this.reason}): the outcome is unknown. Claim the entity anew and replay before deciding anything.`
      : `The journal could not write (${this.reason}): nothing was written. Try again once the database answers.`
  }
}

/** A stored row is damaged or missing. */
export class CorruptJournal extends Schema.TaggedError<CorruptJournal>()("CorruptJournal", {
  entityId: Schema.String,
  seq: Schema.Number,
  reason: Schema.String
}) {
  override get message(): string {
    return `The journal of ${this.entityId} is damaged at ${this.seq}: ${this.reason}. Do not trade this entity; restore the database from a backup up to this row, then reconcile with the venue.`
  }
}

/** A stored snapshot is damaged. The journal is not affected. */
export class CorruptSnapshot extends Schema.TaggedError<CorruptSnapshot>()("CorruptSnapshot", {
  entityId: Schema.String,
  seq: Schema.Number
}) {
  override get message(): string {
    return `The snapshot of ${this.entityId} at ${this.seq} is damaged. Replay the journal from 1 instead; the next snapshot replaces it.`
  }
}

export type AppendError = Fenced | Halted | DuplicateCommand | Conflict | JournalUnavailable

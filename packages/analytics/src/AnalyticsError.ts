/** What the calculations refuse: every refusal names the field, what is wrong with it and what to do. */
import { Schema } from "effect"

/** An argument that no result can be computed from. */
export class InvalidInput extends Schema.TaggedError<InvalidInput>()("InvalidInput", {
  field: Schema.String,
  reason: Schema.String,
  remedy: Schema.String
}) {
  override get message() {
    return `${this.field} ${this.reason}. ${this.remedy}.`
  }
}

/** A covariance that cannot be inverted, so that what was asked has no unique answer. */
export class SingularCovariance extends Schema.TaggedError<SingularCovariance>()("SingularCovariance", {
  field: Schema.String,
  eigenvalueMin: Schema.Number,
  eigenvalueMax: Schema.Number,
  remedy: Schema.String
}) {
  override get message() {
    return `${this.field} is singular: its eigenvalues reach from ${this.eigenvalueMin} to ${this.eigenvalueMax}. ${this.remedy}.`
  }
}

/** Constraints that no portfolio meets together. */
export class InfeasibleConstraints extends Schema.TaggedError<InfeasibleConstraints>()("InfeasibleConstraints", {
  /** Names of constraints that exclude each other. There may be more such sets; this one is as small as it can be. */
  conflicting: Schema.Array(Schema.String),
  /** By how much they miss each other, summed, in weight. */
  violation: Schema.Number
}) {
  override get message() {
    return `No portfolio meets these together: ${this.conflicting.join("; ")} (they miss each other by ${this.violation.toPrecision(3)}). Loosen one of them.`
  }
}

/** An iteration that ended without reaching its tolerance. */
export class NotSolved extends Schema.TaggedError<NotSolved>()("NotSolved", {
  problem: Schema.String,
  iterations: Schema.Int,
  residual: Schema.Number,
  remedy: Schema.String
}) {
  override get message() {
    return `${this.problem} was not solved in ${this.iterations} iterations (residual ${this.residual.toPrecision(3)}). ${this.remedy}.`
  }
}

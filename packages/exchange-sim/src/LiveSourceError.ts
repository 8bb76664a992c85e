/** The one error of live sources: which source, what is wrong with it, and what to do. */
import { Schema } from "effect"

const remedies = {
  unreachable: "Check the address and that this machine may connect to it.",
  refused: "Check that the address is one of a Binance-compatible spot exchange.",
  busy: "It limits how often it may be asked: wait, then start again.",
  malformed: "Check that the address is one of a Binance-compatible spot exchange.",
  unlisted: "Name a source that lists one of them.",
  changed: "Start the exchange again: orders cannot be carried over to other ticks and lots."
} as const

/** A live source that is of no use, for now (`unreachable`, `busy`) or at all. */
export class LiveSourceError extends Schema.TaggedError<LiveSourceError>()("LiveSourceError", {
  source: Schema.String,
  problem: Schema.Literals(["unreachable", "refused", "busy", "malformed", "unlisted", "changed"]),
  detail: Schema.String,
  /** How long the source asks us to wait; 0 where it does not say. */
  retryAfterMs: Schema.Finite
}) {
  override get message() {
    return `Live source ${this.source}: ${this.detail}. ${remedies[this.problem]}`
  }

  /** Whether it may be otherwise a little later. */
  get passing(): boolean {
    return this.problem === "unreachable" || this.problem === "busy"
  }
}

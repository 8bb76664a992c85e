/**
 * A channel of the gateway as its subscribers see it: a snapshot, then deltas with rising sequence. Delivery is a plain
 * call, so that one slow client cannot hold up another; what a client cannot take is the connection's business.
 *
 * The latest deltas are kept for clients that come back: bounded, and a client that was away for longer gets a snapshot.
 */
import type { Envelope } from "@outcry/client/Wire"
import type { Schema } from "effect"

export type Message = Omit<Envelope, "channel">
export type Emit = (message: Message) => void

export interface Topic {
  /** Whether only the latest message matters, so that a slow client may be spared the ones between. */
  readonly conflated: boolean
  /** Emits what the subscriber misses, then all that comes, until the returned function is called. */
  readonly subscribe: (afterSeq: number | undefined, emit: Emit) => () => void
}

export class TopicHub implements Topic {
  readonly conflated: boolean
  readonly #snapshot: () => { readonly seq: number; readonly ts: number; readonly data: Schema.Json }
  readonly #keep: number
  readonly #early: Array<() => void> = []
  #whole: boolean
  readonly #emitters = new Set<Emit>()
  readonly #kept: Array<Message> = []
  /** Every delta after this sequence is kept. */
  #keptAfter = Number.MAX_SAFE_INTEGER

  constructor(options: {
    readonly snapshot: () => { readonly seq: number; readonly ts: number; readonly data: Schema.Json }
    readonly conflated: boolean
    /** Deltas kept for resuming; 0 where the sequence means nothing after a reconnection. */
    readonly keep: number
    /** The snapshot is still catching up with what it mirrors; `caughtUp` ends it. */
    readonly behind?: boolean
  }) {
    this.conflated = options.conflated
    this.#snapshot = options.snapshot
    this.#keep = options.keep
    this.#whole = options.behind !== true
  }

  get subscribers(): number {
    return this.#emitters.size
  }

  subscribe(afterSeq: number | undefined, emit: Emit): () => void {
    const known = this.#snapshot().seq
    if (afterSeq === undefined || this.#keep === 0 || (afterSeq > known && this.#whole)) {
      // Beyond what there is: a sequence of another journal.
      this.#emitSnapshot(emit)
      return this.#add(emit)
    }
    // A node that started a moment ago may know less than the client: it catches up by the very deltas seen before.
    let seen = afterSeq
    const unseen: Emit = (message) => {
      if (message.type !== "delta" || message.seq > seen) emit(message)
    }
    if (afterSeq > known)
      this.#early.push(() => {
        if (seen <= this.#snapshot().seq) return
        seen = 0
        this.#emitSnapshot(emit)
      })
    else if (afterSeq < known && afterSeq >= this.#keptAfter) for (const message of this.#kept) unseen(message)
    else if (afterSeq < known) this.#emitSnapshot(emit)
    return this.#add(unseen)
  }

  /** The snapshot has caught up with what it mirrors: who asked for what lies beyond it meant another journal. */
  caughtUp(): void {
    this.#whole = true
    for (const judge of this.#early.splice(0)) judge()
  }

  #add(emit: Emit): () => void {
    this.#emitters.add(emit)
    return () => void this.#emitters.delete(emit)
  }

  /** A change. The snapshot must contain it already. */
  publish(message: Message): void {
    if (this.#keep > 0) {
      this.#keptAfter = Math.min(this.#keptAfter, message.seq - 1)
      this.#kept.push(message)
      if (this.#kept.length > this.#keep) this.#keptAfter = this.#kept.shift()!.seq
    }
    for (const emit of this.#emitters) emit(message)
  }

  /** What subscribers knew is void; a snapshot follows now or with `renew`. */
  gap(reason: string, seq: number, ts: number): void {
    for (const emit of this.#emitters) emit({ type: "gap", seq, ts, data: { reason } })
  }

  /** Sends every subscriber the present state. */
  renew(): void {
    for (const emit of this.#emitters) this.#emitSnapshot(emit)
  }

  #emitSnapshot(emit: Emit): void {
    emit({ type: "snapshot", ...this.#snapshot() })
  }
}

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
  readonly #emitters = new Set<Emit>()
  readonly #kept: Array<Message> = []
  /** Every delta after this sequence is kept. */
  #keptAfter = Number.MAX_SAFE_INTEGER

  constructor(options: {
    readonly snapshot: () => { readonly seq: number; readonly ts: number; readonly data: Schema.Json }
    readonly conflated: boolean
    /** Deltas kept for resuming; 0 where the sequence means nothing after a reconnection. */
    readonly keep: number
  }) {
    this.conflated = options.conflated
    this.#snapshot = options.snapshot
    this.#keep = options.keep
  }

  get subscribers(): number {
    return this.#emitters.size
  }

  subscribe(afterSeq: number | undefined, emit: Emit): () => void {
    const known = this.#snapshot().seq
    if (afterSeq !== undefined && afterSeq >= this.#keptAfter && afterSeq <= known) {
      for (const message of this.#kept) if (message.seq > afterSeq) emit(message)
    } else this.#emitSnapshot(emit)
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

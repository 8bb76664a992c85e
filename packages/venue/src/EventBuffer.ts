/**
 * Events on their way to one slow or fast reader: handed over in the chunks that gathered, never more than `capacity`.
 *
 * An overrun empties the buffer and puts `replacement()` in its place, which must say that something is missing.
 */
import { Effect, Stream } from "effect"

export class EventBuffer<A> {
  private pending: Array<A> = []
  private waiting: ((events: ReadonlyArray<A>) => void) | undefined
  private readonly capacity: number
  private readonly replacement: () => ReadonlyArray<A>
  /** How often the reader was too slow. */
  overruns = 0

  constructor(capacity: number, replacement: () => ReadonlyArray<A>) {
    this.capacity = capacity
    this.replacement = replacement
  }

  push(events: ReadonlyArray<A>): void {
    if (events.length === 0) return
    if (this.waiting !== undefined) {
      const resume = this.waiting
      this.waiting = undefined
      return resume(events)
    }
    if (this.pending.length + events.length > this.capacity) {
      this.overruns++
      this.pending = [...this.replacement()]
      return
    }
    for (const event of events) this.pending.push(event)
  }

  /** Chunks of at least one event; one reader only. */
  readonly chunks: Stream.Stream<ReadonlyArray<A>> = Stream.fromEffectRepeat(
    Effect.callback<ReadonlyArray<A>>((resume) => {
      if (this.pending.length > 0) {
        const events = this.pending
        this.pending = []
        return resume(Effect.succeed(events))
      }
      this.waiting = (events) => resume(Effect.succeed(events))
      return Effect.sync(() => {
        this.waiting = undefined
      })
    })
  )
}

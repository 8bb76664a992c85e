/** Timers of a simulated world, by time and then by the order in which they were set. A binary heap. */
export interface Timer {
  readonly atUs: number
  readonly order: number
  work: () => void
}

const nothing = (): void => {}

/** Its place in the heap is kept; it does nothing when its time comes. */
export const cancel = (timer: Timer): void => {
  timer.work = nothing
}

const isBefore = (a: Timer, b: Timer): boolean => a.atUs < b.atUs || (a.atUs === b.atUs && a.order < b.order)

export class Timers {
  private readonly heap: Array<Timer> = []
  private orders = 0

  /** Infinity where none is set. */
  get nextUs(): number {
    return this.heap.length === 0 ? Infinity : this.heap[0]!.atUs
  }

  add(atUs: number, work: () => void): Timer {
    const { heap } = this
    const timer: Timer = { atUs, order: ++this.orders, work }
    let at = heap.length
    heap.push(timer)
    while (at > 0) {
      const above = (at - 1) >> 1
      if (!isBefore(timer, heap[above]!)) break
      heap[at] = heap[above]!
      at = above
    }
    heap[at] = timer
    return timer
  }

  take(): Timer | undefined {
    const { heap } = this
    const first = heap[0]
    const last = heap.pop()
    if (first === undefined || last === undefined || heap.length === 0) return first
    let at = 0
    for (;;) {
      let below = 2 * at + 1
      if (below >= heap.length) break
      if (below + 1 < heap.length && isBefore(heap[below + 1]!, heap[below]!)) below += 1
      if (!isBefore(heap[below]!, last)) break
      heap[at] = heap[below]!
      at = below
    }
    heap[at] = last
    return first
  }
}

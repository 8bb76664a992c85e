/** A strategy's timers by name: when each is due, epoch µs, and which of them were set by an earlier run. */
export class Timers {
  private readonly due = new Map<string, number>()
  /** When those of an earlier run are due by the clock they were set by. */
  private readonly restored = new Map<string, number>()

  set(name: string, dueUs: number): void {
    this.due.set(name, dueUs)
    this.restored.delete(name)
  }

  restore(timers: Iterable<readonly [string, number]>): void {
    for (const [name, dueUs] of timers) {
      this.due.set(name, dueUs)
      this.restored.set(name, dueUs)
    }
  }

  nextUs(): number | undefined {
    if (this.due.size === 0) return undefined
    let next: number | undefined
    for (const due of this.due.values()) if (next === undefined || due < next) next = due
    return next
  }

  /** Where the first of those due by `now` is an earlier run's: when it was due by the clock it was set by. */
  restoredUs(now: number): number | undefined {
    const [first] = this.dueBy(now)
    return first === undefined ? undefined : this.restored.get(first)
  }

  move(byUs: number): void {
    for (const [name, due] of this.due) this.due.set(name, due + byUs)
  }

  /** Those that fire at `now`, earliest first. One of an earlier run fires alone, and the rest wait. */
  firing(now: number): ReadonlyArray<string> {
    const due = this.dueBy(now)
    const earlier = due.findIndex((name) => this.restored.has(name))
    return earlier === -1 ? due : due.slice(0, Math.max(1, earlier))
  }

  end(name: string): void {
    this.due.delete(name)
    this.restored.delete(name)
  }

  entries(): ReadonlyArray<readonly [string, number]> {
    return Array.from(this.due)
  }

  private dueBy(now: number): ReadonlyArray<string> {
    const due = Array.from(this.due).filter(([, at]) => at <= now)
    return due.toSorted(([a, x], [b, y]) => x - y || (a < b ? -1 : 1)).map(([name]) => name)
  }
}

/**
 * Names the occasions that are numbered by the clock. An account's mark of them only rises while a wall clock may go
 * back: by itself, or because the node before this one was ahead. Pure.
 *
 * A timer is named by when it was due or, where that is at or below the mark, by the number after the mark. One restored
 * from a snapshot is named as the run that set it would have named it: by its own due time and the mark of then.
 */
export class TimerCauses {
  private latest: number
  private restored: number

  /** `mark`: the latest that the account has acted upon; `restoredMark`: the latest when the snapshot was taken. */
  constructor(mark: number, restoredMark: number) {
    this.latest = mark
    this.restored = restoredMark
  }

  /** The latest name given, which goes into the next snapshot. */
  get mark(): number {
    return this.latest
  }

  /** Of a timer that this run set. */
  ofSet(dueUs: number): number {
    this.latest = Math.max(dueUs, this.latest + 1)
    return this.latest
  }

  /** Of one that an earlier run set and may have acted upon. */
  ofRestored(dueUs: number): number {
    this.restored = Math.max(dueUs, this.restored + 1)
    this.latest = Math.max(this.latest, this.restored)
    return this.restored
  }
}

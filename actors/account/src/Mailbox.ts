/**
 * The account's mailbox: two bounded lanes into one worker. Cancels and the venue's reports overtake intents, so that a
 * burst of orders never delays a kill; within a lane order is kept. Full means `false`, never a wait.
 */
import { Effect, Latch } from "effect"

export interface Lanes {
  readonly fastMax: number
  readonly normalMax: number
  /** Messages handed over at once. */
  readonly batchMax: number
}

export class Mailbox<A> {
  private readonly fast: Array<A> = []
  private readonly normal: Array<A> = []
  private readonly lanes: Lanes
  private readonly filled: Latch.Latch
  private normalOpen = false

  constructor(lanes: Lanes) {
    this.lanes = lanes
    this.filled = Latch.makeUnsafe(false)
  }

  offerFast(message: A): boolean {
    if (this.fast.length >= this.lanes.fastMax) return false
    this.fast.push(message)
    this.filled.openUnsafe()
    return true
  }

  offerNormal(message: A): boolean {
    if (this.normal.length >= this.lanes.normalMax) return false
    this.normal.push(message)
    if (this.normalOpen) this.filled.openUnsafe()
    return true
  }

  /** The normal lane waits while the account recovers. */
  setNormalOpen(open: boolean): void {
    this.normalOpen = open
    if (open && this.normal.length > 0) this.filled.openUnsafe()
  }

  /** The next messages, fast ones first; waits for at least one. */
  get take(): Effect.Effect<ReadonlyArray<A>> {
    return Effect.andThen(
      this.filled.await,
      Effect.suspend(() => {
        const batch = this.fast.splice(0, this.lanes.batchMax)
        if (this.normalOpen) batch.push(...this.normal.splice(0, this.lanes.batchMax - batch.length))
        if (this.fast.length === 0 && (!this.normalOpen || this.normal.length === 0)) this.filled.closeUnsafe()
        return batch.length === 0 ? this.take : Effect.succeed(batch)
      })
    )
  }

  /** Takes out everything that waits, to be refused. */
  drain(): ReadonlyArray<A> {
    this.filled.closeUnsafe()
    return [...this.fast.splice(0), ...this.normal.splice(0)]
  }

  get size(): number {
    return this.fast.length + this.normal.length
  }
}

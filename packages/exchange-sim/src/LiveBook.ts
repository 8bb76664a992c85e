/**
 * One symbol of a live source: the frames that wait for the market, and whether they make a whole book. Follows the
 * update ids from the snapshot on and says where they do not follow one another. What waits is bounded: past the bound
 * all of it goes, and the stream counts as broken.
 */
import type { RecordedFrame, RecordedSnapshot } from "./RecordedFrame.ts"

/** Why a book has to be built anew, in words. */
export type Fault = string

/** Diffs that wait for a snapshot; the market holds as many. */
const heldMost = 1_000

export class LiveBook {
  /** Lower-case wire symbol. */
  readonly symbol: string
  /** Counts the diffs received: best bids and asks alone keep no book. */
  diffs = 0
  private readonly source: string
  private readonly framesMax: number
  private frames: Array<RecordedFrame> = []
  private held: Array<{ readonly first: number; readonly last: number }> = []
  private lastId: number | undefined
  /** The last update this connection has sent: the next diff begins with the one after it. */
  private streamId: number | undefined

  constructor(symbol: string, source: string, framesMax: number) {
    this.symbol = symbol
    this.source = source
    this.framesMax = framesMax
  }

  /** The last update the book has; undefined while it waits for a snapshot. */
  get updateId(): number | undefined {
    return this.lastId
  }

  get isWhole(): boolean {
    return this.lastId !== undefined
  }

  /** What has come since it was last taken. */
  take(): ReadonlyArray<RecordedFrame> {
    const frames = this.frames
    this.frames = []
    return frames
  }

  /** The book is not to be trusted until a snapshot stands. */
  breakOff(receivedUs: number): void {
    if (this.frames.length >= this.framesMax) this.frames = []
    this.frames.push({ type: "break", symbol: this.symbol, receivedUs, file: this.source, line: 0 })
    this.held = []
    this.lastId = undefined
  }

  /** What comes next is from another connection, or nothing comes. */
  disconnected(receivedUs: number): void {
    this.breakOff(receivedUs)
    this.streamId = undefined
  }

  /** A frame of the stream. Where it shows that the book is not whole, the book is broken off and the reason returned. */
  receive(frame: RecordedFrame): Fault | undefined {
    const fault = this.faultOf(frame)
    if (fault !== undefined) this.breakOff(frame.receivedUs)
    this.frames.push(frame)
    if (frame.type !== "depth") return fault
    this.diffs += 1
    this.streamId = frame.finalUpdateId
    if (this.lastId !== undefined) this.lastId = Math.max(this.lastId, frame.finalUpdateId)
    else {
      if (this.held.length >= heldMost) this.held.shift()
      this.held.push({ first: frame.firstUpdateId, last: frame.finalUpdateId })
    }
    return fault
  }

  /** Builds the book; false where the snapshot is older than the diffs held, so that another is due. */
  stand(snapshot: RecordedSnapshot): boolean {
    let reached = snapshot.lastUpdateId
    // A stream that is wholly older than the snapshot, or went back, goes on from the snapshot, not from where it stood.
    if (this.held.every(({ last }) => last <= reached)) this.streamId = undefined
    for (const { first, last } of this.held) {
      if (last <= reached) continue
      if (first > reached + 1) return false
      reached = last
    }
    this.held = []
    this.lastId = reached
    this.frames.push(snapshot)
    return true
  }

  private faultOf(frame: RecordedFrame): Fault | undefined {
    if (this.frames.length >= this.framesMax) return `more than ${this.framesMax} frames wait`
    if (frame.type !== "depth") return undefined
    const { firstUpdateId: first } = frame
    if (this.streamId !== undefined) {
      return first === this.streamId + 1 ? undefined : `update ${this.streamId} is followed by ${first}`
    }
    // The first diffs of a connection may be older than the snapshot, which was asked for later.
    if (this.lastId === undefined || first <= this.lastId + 1) return undefined
    return `update ${this.lastId} is followed by ${first}`
  }
}

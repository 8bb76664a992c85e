/**
 * Where a replay market's frames come from: a recording in files, or a live public stream. Frames bear their receive
 * time, which is the market's time; a source says nothing about orders and holds no book.
 */
import type { RecordedFrame } from "./RecordedFrame.ts"

export interface FrameSource {
  /** Lower-case wire symbols. */
  readonly symbols: ReadonlyArray<string>
  readonly startUs: number
  /** Time of the last frame; undefined for a live source, which never ends. */
  readonly endUs: number | undefined
  /** Whether that symbol's book can be built whole. */
  readonly beginsWithSnapshot: (symbol: string) => boolean
  /**
   * One symbol's frames in batches, in order of time. An empty batch says that no more has been received yet: ask again
   * later. Rejects with a RecordingError or a LiveSourceError.
   */
  readonly frames: (symbol: string) => AsyncGenerator<ReadonlyArray<RecordedFrame>, void>
  /** The book built from the frames cannot be right: a live source then breaks it off and sends a new snapshot. */
  readonly distrust?: (symbol: string, why: string) => void
}

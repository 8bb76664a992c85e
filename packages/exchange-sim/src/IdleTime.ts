/**
 * The time between recordings in which nothing was recorded. A replay leaves it out: what follows is moved forward, for
 * all symbols alike, to a second after what came before.
 */

/** A stretch of time without a pause, epoch microseconds. */
export interface Span {
  readonly startUs: number
  readonly endUs: number
}

export const idleUsMostDefault = 60_000_000

/** What is left of a pause that is left out. */
const pauseUs = 1_000_000

export class IdleTime {
  /** The pauses left out, in time order. */
  readonly gaps: ReadonlyArray<Span>

  /** Pauses longer than `idleUsMost` between the spans are left out; the spans of all symbols together, in any order. */
  constructor(spans: ReadonlyArray<Span>, idleUsMost: number) {
    const gaps: Array<Span> = []
    let reachedUs: number | undefined
    for (const { startUs, endUs } of spans.toSorted((a, b) => a.startUs - b.startUs)) {
      if (reachedUs !== undefined && startUs - reachedUs > idleUsMost) gaps.push({ startUs: reachedUs, endUs: startUs })
      reachedUs = Math.max(reachedUs ?? endUs, endUs)
    }
    this.gaps = gaps
  }

  /** A recorded time as it is replayed. */
  replayedUs(recordedUs: number): number {
    let skippedUs = 0
    for (const { startUs, endUs } of this.gaps) if (recordedUs >= endUs) skippedUs += endUs - startUs - pauseUs
    return recordedUs - skippedUs
  }

  /** For each pause a sentence. */
  notices(): ReadonlyArray<string> {
    return this.gaps.map(
      ({ startUs, endUs }) =>
        `Nothing was recorded for ${Math.round((endUs - startUs) / 1_000_000)} s from ${timeText(startUs)} to ` +
        `${timeText(endUs)}: the replay leaves that time out. Keep it with --keep-idle.`
    )
  }
}

const timeText = (timeUs: number): string => new Date(timeUs / 1_000).toISOString()

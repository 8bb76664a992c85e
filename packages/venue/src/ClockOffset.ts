/**
 * Venue clock − our clock, from request round trips: the sample with the smallest bound of error rules (NTP's clock
 * filter, RFC 5905 §10). Pure: readings come in, an estimate goes out.
 *
 * Samples are tied to the monotonic clock, so that a jump of our wall clock moves the estimate at once.
 */

export interface ClockReading {
  /** Epoch µs by our wall clock. */
  readonly epochUs: number
  /** Monotonic µs of this process. */
  readonly monotonicUs: number
}

export interface ClockEstimate {
  readonly offsetUs: number
  readonly errorUs: number
}

const samplesMost = 16
/** Two quartz clocks drift apart by at most this many µs per second of a sample's age. */
const driftUsPerSecond = 100
/** The bound before the first sample: nothing is known. */
export const unknownErrorUs = 60_000_000

interface Sample {
  readonly venueMinusMonotonicUs: number
  readonly errorUs: number
  readonly takenUs: number
}

const errorAt = (sample: Sample, monotonicUs: number): number =>
  sample.errorUs + ((monotonicUs - sample.takenUs) / 1e6) * driftUsPerSecond

export class ClockOffset {
  private samples: Array<Sample> = []
  private isDoubted = false

  get isKnown(): boolean {
    return this.samples.length > 0
  }

  /** What is known may be wrong: the next sample stands alone. */
  doubt(): void {
    this.isDoubted = true
  }

  /** A round trip in which the venue read `venueUs`, exact to `resolutionUs` (it cuts off, it does not round). */
  add(sentUs: number, receivedUs: number, venueUs: number, resolutionUs: number): void {
    const middle = (sentUs + receivedUs) / 2
    const sample = {
      venueMinusMonotonicUs: venueUs + resolutionUs / 2 - middle,
      errorUs: (receivedUs - sentUs + resolutionUs) / 2,
      takenUs: receivedUs
    }
    // Two bounds that do not meet: the venue's clock was set in between, and what came before is void.
    const contradicts = this.samples.some(
      (each) =>
        Math.abs(each.venueMinusMonotonicUs - sample.venueMinusMonotonicUs) >
        sample.errorUs + errorAt(each, sample.takenUs)
    )
    if (contradicts || this.isDoubted) this.samples = []
    this.isDoubted = false
    this.samples.push(sample)
    if (this.samples.length > samplesMost) this.samples.shift()
  }

  estimate(now: ClockReading): ClockEstimate {
    let best: Sample | undefined
    let bestErrorUs = unknownErrorUs
    for (const sample of this.samples) {
      const errorUs = errorAt(sample, now.monotonicUs)
      if (best === undefined || errorUs < bestErrorUs) {
        best = sample
        bestErrorUs = errorUs
      }
    }
    if (best === undefined) return { offsetUs: 0, errorUs: unknownErrorUs }
    const offsetUs = best.venueMinusMonotonicUs + now.monotonicUs - now.epochUs
    return { offsetUs: Math.round(offsetUs), errorUs: Math.ceil(bestErrorUs) }
  }
}

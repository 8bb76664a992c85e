/**
 * The last bars as a candlestick rule sees them: bodies, shadows, gaps, and what counts as long, short or near. The
 * thresholds are TA-Lib's candle settings: averages over the bars before the one judged. Lag 0 is the newest bar.
 */

/** Bars kept: ten to average over, before a bar three back, rounded up to a power of two. */
const kept = 16
const last = kept - 1
const columns = 10

export const candleRing = kept * columns

export class CandleBars {
  /** How many bars came before the newest. */
  now = 0
  private readonly open: Float64Array
  private readonly high: Float64Array
  private readonly low: Float64Array
  private readonly close: Float64Array
  private readonly bodyOf: Float64Array
  private readonly rangeOf: Float64Array
  private readonly bodies: Float64Array
  private readonly ranges: Float64Array
  private readonly fewRanges: Float64Array
  private readonly shadows: Float64Array

  /** Lives in a kernel's ring of `candleRing` numbers. */
  constructor(ring: Float64Array) {
    const part = (at: number) => ring.subarray(at * kept, (at + 1) * kept)
    this.open = part(0)
    this.high = part(1)
    this.low = part(2)
    this.close = part(3)
    this.bodyOf = part(4)
    this.rangeOf = part(5)
    this.bodies = part(6)
    this.ranges = part(7)
    this.fewRanges = part(8)
    this.shadows = part(9)
  }

  /**
   * Puts in bar `now`. The sums over the bars before it slide from bar to bar as TA-Lib's do, so that a tie falls to the
   * same side; each is kept for the bars that a rule looks back at.
   */
  push(now: number, open: number, high: number, low: number, close: number): void {
    this.now = now
    const slot = now & last
    const body = Math.abs(close - open)
    const range = high - low
    this.open[slot] = open
    this.high[slot] = high
    this.low[slot] = low
    this.close[slot] = close
    this.bodyOf[slot] = body
    this.rangeOf[slot] = range
    if (now === 0) {
      this.bodies[slot] = this.ranges[slot] = this.fewRanges[slot] = this.shadows[slot] = 0
      return
    }
    const before = (now - 1) & last
    const newBody = this.bodyOf[before]!
    const newRange = this.rangeOf[before]!
    const ten = (now - 11) & last
    const oldBody = now > 10 ? this.bodyOf[ten]! : 0
    const oldRange = now > 10 ? this.rangeOf[ten]! : 0
    const fifth = now > 5 ? this.rangeOf[(now - 6) & last]! : 0
    this.bodies[slot] = this.bodies[before]! + (newBody - oldBody)
    this.ranges[slot] = this.ranges[before]! + (newRange - oldRange)
    this.fewRanges[slot] = this.fewRanges[before]! + (newRange - fifth)
    this.shadows[slot] = this.shadows[before]! + (newRange - newBody - (oldRange - oldBody))
  }

  o(lag: number): number {
    return this.open[(this.now - lag) & last]!
  }

  h(lag: number): number {
    return this.high[(this.now - lag) & last]!
  }

  l(lag: number): number {
    return this.low[(this.now - lag) & last]!
  }

  c(lag: number): number {
    return this.close[(this.now - lag) & last]!
  }

  /** The body's upper end. */
  top(lag: number): number {
    return this.white(lag) ? this.c(lag) : this.o(lag)
  }

  /** The body's lower end. */
  bottom(lag: number): number {
    return this.white(lag) ? this.o(lag) : this.c(lag)
  }

  body(lag: number): number {
    return this.bodyOf[(this.now - lag) & last]!
  }

  range(lag: number): number {
    return this.rangeOf[(this.now - lag) & last]!
  }

  upperShadow(lag: number): number {
    return this.h(lag) - this.top(lag)
  }

  lowerShadow(lag: number): number {
    return this.bottom(lag) - this.l(lag)
  }

  /** Closed at or above its open. */
  white(lag: number): boolean {
    return this.c(lag) >= this.o(lag)
  }

  /** 1 for a white candle, −1 for a black one. */
  colour(lag: number): number {
    return this.white(lag) ? 1 : -1
  }

  /** The body lies above the body of the bar before it. */
  gapsUp(lag: number): boolean {
    return this.bottom(lag) > this.top(lag + 1)
  }

  /** The body lies below the body of the bar before it. */
  gapsDown(lag: number): boolean {
    return this.top(lag) < this.bottom(lag + 1)
  }

  /** The mean body of ten bars before: longer is long, shorter is short (BodyLong, BodyShort). */
  meanBody(lag: number): number {
    return this.bodies[(this.now - lag) & last]! / 10
  }

  /** A tenth of the mean range of ten bars before: BodyDoji, ShadowVeryShort. */
  tiny(lag: number): number {
    return 0.1 * (this.ranges[(this.now - lag) & last]! / 10)
  }

  /** A fifth of the mean range of five bars before: Near. */
  near(lag: number): number {
    return 0.2 * (this.fewRanges[(this.now - lag) & last]! / 5)
  }

  /** Three fifths of the mean range of five bars before: Far. */
  far(lag: number): number {
    return 0.6 * (this.fewRanges[(this.now - lag) & last]! / 5)
  }

  /** The mean of one shadow over ten bars before: ShadowShort. */
  meanShadow(lag: number): number {
    return this.shadows[(this.now - lag) & last]! / 10 / 2
  }
}

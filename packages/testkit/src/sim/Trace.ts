/** What happened in a run, as a running hash over all of it and the last of it as text. */

/** Events kept for the report of a failing seed. */
const keptMax = 400

export interface TracedEvent {
  /** Since the run began. */
  readonly timeUs: number
  readonly who: string
  readonly what: string
}

export class Trace {
  private readonly kept: Array<TracedEvent> = []
  private high = 0x9e3779b9
  private low = 0x243f6a88
  count = 0

  add(timeUs: number, who: string, what: string): void {
    this.count += 1
    this.mix(timeUs)
    this.text(who)
    this.text(what)
    const event = { timeUs, who, what }
    if (this.kept.length < keptMax) this.kept.push(event)
    else this.kept[(this.count - 1) % keptMax] = event
  }

  /** 16 hexadecimal digits over every event so far. */
  get hash(): string {
    return (this.high >>> 0).toString(16).padStart(8, "0") + (this.low >>> 0).toString(16).padStart(8, "0")
  }

  /** The last events, oldest first. */
  get last(): ReadonlyArray<TracedEvent> {
    if (this.count <= keptMax) return this.kept
    const at = this.count % keptMax
    return [...this.kept.slice(at), ...this.kept.slice(0, at)]
  }

  private text(value: string): void {
    for (let index = 0; index < value.length; index++) this.word(value.charCodeAt(index))
    this.word(0x1_0000)
  }

  private mix(value: number): void {
    this.word(value | 0)
    this.word(Math.floor(value / 4_294_967_296))
  }

  private word(value: number): void {
    this.low = Math.imul(this.low ^ value, 0x01000193)
    this.high = Math.imul(this.high ^ value ^ (this.low >>> 13), 0x85ebca6b)
  }
}

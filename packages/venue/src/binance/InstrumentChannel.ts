/** One instrument within a market-data session: its book, its readers and how long it has been quiet. */
import type { Instrument } from "@outcry/model/Instrument"
import { EventBuffer } from "../EventBuffer.ts"
import type { ReadClock } from "../VenueClock.ts"
import type { VenueEvent } from "../MarketData.ts"
import { BookBuilder } from "./BookBuilder.ts"
import { wireSymbol } from "./MarketFrame.ts"

/** Events a reader may lag behind before it is told that it lost some: minutes of a busy instrument. */
const lagMost = 65_536

export class InstrumentChannel {
  readonly instrument: Instrument
  readonly streams: ReadonlyArray<string>
  readonly builder = new BookBuilder()
  private readonly readers = new Set<EventBuffer<VenueEvent>>()
  private readonly clock: ReadClock
  /** The venue has confirmed the subscription: from here on every diff reaches us. */
  subscribed = false
  fetching = false
  snapshotAttempts = 0
  /** Monotonic µs of the last diff, and of the last proof that there was none to send. */
  lastHeardUs = 0
  /** Failures of comparing a silent stream with REST, one after the other. */
  checkFailures = 0
  /** Monotonic µs before which it is not compared again. */
  checkAgainUs = 0
  /** Monotonic µs since when nobody reads. */
  idleSinceUs = 0

  constructor(instrument: Instrument, clock: ReadClock) {
    this.instrument = instrument
    this.clock = clock
    const symbol = wireSymbol(instrument).toLowerCase()
    this.streams = [`${symbol}@depth@100ms`, `${symbol}@bookTicker`, `${symbol}@trade`]
  }

  get isRead(): boolean {
    return this.readers.size > 0
  }

  heard(nowUs: number): void {
    this.lastHeardUs = nowUs
    this.checkFailures = 0
    this.checkAgainUs = 0
  }

  join(): EventBuffer<VenueEvent> {
    const reader: EventBuffer<VenueEvent> = new EventBuffer(lagMost, () => this.overrun())
    reader.push(this.builder.introduction(this.clock().epochUs))
    this.readers.add(reader)
    return reader
  }

  leave(reader: EventBuffer<VenueEvent>): void {
    this.readers.delete(reader)
    if (this.readers.size === 0) this.idleSinceUs = this.clock().monotonicUs
  }

  /** Passes on what the builder has made of the last input. */
  publish(): void {
    const events = this.builder.take()
    if (events.length > 0) for (const reader of this.readers) reader.push(events)
  }

  /** The socket is gone, or its stream has stopped. */
  interrupt(reason: "stale" | "disconnected"): void {
    this.subscribed = false
    this.builder.interrupt(reason, this.clock().epochUs)
    this.publish()
  }

  private overrun(): ReadonlyArray<VenueEvent> {
    const timeReceived = this.clock().epochUs
    const stamp = { timeVenue: timeReceived, timeReceived }
    const lost: VenueEvent = { type: "gap", reason: "overrun", resumed: false, ...stamp }
    const whole = this.builder.introduction(timeReceived)
    const renamed = whole.map((event) => (event.type === "gap" ? { ...event, reason: "overrun" as const } : event))
    return this.builder.state === "live" ? [lost, ...renamed] : [lost]
  }
}

/**
 * Recorded Binance frames → a tape of quotes, trades, deltas and gaps, as a live feed would have published them: the same
 * decoder, the same book builder. A line holds the receive time in ns, a space, and the frame or REST depth snapshot.
 *
 * `time` is the receive time, never falling (a line stamped before the one above counts as received with it); `timeVenue`
 * is the event's own. Without a snapshot there is no book, and then nothing but trades: a note says so.
 */
import { BarBuilder, type BuiltBar } from "@outcry/model/BarBuilder"
import type { Instrument } from "@outcry/model/Instrument"
import { BookBuilder } from "@outcry/venue/binance/BookBuilder"
import { FrameDecoder } from "@outcry/venue/binance/FrameDecoder"
import { MalformedFrame } from "@outcry/venue/binance/MarketFrame"
import type { VenueEvent } from "@outcry/venue/MarketData"
import type { MarketTape } from "../MarketTape.ts"
import { TapeBuilder } from "../TapeBuilder.ts"
import { DataError } from "./DataError.ts"
import { linesOfFile } from "./LineFile.ts"

export interface RecordedSource {
  readonly instrument: Instrument
  /** Of this instrument alone, in order of time. */
  readonly files: ReadonlyArray<string>
}

export type RecordedKind = VenueEvent["type"]

export interface RecordedOptions {
  /** What goes onto the tape; default all. Gaps always do: they say where the rest is not continuous. */
  readonly kinds?: ReadonlyArray<RecordedKind>
  /** Intervals, µs, of bars to make of the trades on the way, as a live feed makes them; default none. */
  readonly barsUs?: ReadonlyArray<number>
  /** Put the columns into shared memory. */
  readonly shared?: boolean
}

export interface RecordedTape {
  readonly tape: MarketTape
  /** What a user should know of the recordings, in sentences. */
  readonly notes: ReadonlyArray<string>
}

/** Rejects with a DataError that names file and line, or with the tape's own TapeFault. */
export const readRecordedTape = async (
  sources: ReadonlyArray<RecordedSource>,
  options: RecordedOptions = {}
): Promise<RecordedTape> => {
  const builder = new TapeBuilder(
    sources.map(({ instrument }) => instrument.id),
    { shared: options.shared === true }
  )
  const notes: Array<string> = []
  for (const { files, instrument } of sources) {
    const bars = (options.barsUs ?? []).map((intervalUs) => new BarBuilder(intervalUs))
    const addBar = (bar: BuiltBar): void =>
      builder.add({ ...bar, instrument: instrument.id, feedEpoch: 1, seq: builder.length + 1 })
    const recorded = new RecordedFeed(instrument, (event) => {
      // A bar is known when the trade that closes it is, and comes before it.
      if (event.type === "trade") for (const each of bars) each.add(event, event.timeReceived, addBar)
      if (event.type !== "gap" && options.kinds?.includes(event.type) === false) return
      builder.add({ ...event, instrument: instrument.id, feedEpoch: 1, seq: builder.length + 1 })
    })
    for (const file of files) await recorded.read(file)
    notes.push(...recorded.notes())
  }
  return { tape: builder.build(), notes }
}

const stamped = /^\d{16,19}$/

/** One instrument's recording on its way through decoder and book. */
class RecordedFeed {
  private readonly instrument: Instrument
  private readonly emit: (event: VenueEvent) => void
  private readonly decoder = new FrameDecoder()
  private readonly book = new BookBuilder()
  private time = 0
  private timeVenue = 0
  private setBack = 0
  private dust = 0
  private lines = 0
  private aheadUs = Number.POSITIVE_INFINITY

  constructor(instrument: Instrument, emit: (event: VenueEvent) => void) {
    this.instrument = instrument
    this.emit = emit
    this.decoder.add(instrument)
  }

  async read(file: string): Promise<void> {
    let line = 0
    const [before, setBack] = [this.time, this.setBack]
    for await (const lines of linesOfFile(file)) {
      for (const text of lines) {
        line += 1
        const problem = this.line(text)
        if (line === 1 && before > 0 && this.setBack > setBack) {
          const [detail, remedy] = [
            "it begins before the file named before it ends",
            "Name the files in order of time."
          ]
          throw new DataError({ source: file, line, field: "", problem: "conflict", detail, remedy })
        }
        if (problem === "") continue
        const remedy = "Remove or correct that line, or record the file again."
        throw new DataError({ source: file, line, field: "", problem: "badValue", detail: problem, remedy })
      }
    }
    this.lines += line
  }

  notes(): ReadonlyArray<string> {
    const { id } = this.instrument
    const gaps = [...this.book.gaps].map(([reason, count]) => `${count} ${reason}`).join(", ")
    return [
      ...(this.lines === 0 ? [`${id}: the recording is empty.`] : []),
      ...(this.book.needsSnapshot && this.book.updateId === 0
        ? [`${id}: no depth snapshot made the book whole at the end; name the file recorded before it first.`]
        : []),
      ...(gaps === "" ? [] : [`${id}: the book broke: ${gaps}.`]),
      ...(this.setBack === 0 ? [] : [`${id}: ${this.setBack} lines were stamped before the line above them.`]),
      ...(this.dust === 0 ? [] : [`${id}: ${this.dust} trades of less than a lot were left out.`]),
      ...(this.aheadUs < 0
        ? [`${id}: the receive clock was behind the venue's, by at least ${Math.round(-this.aheadUs / 1_000)} ms.`]
        : [])
    ]
  }

  /** Empty, or what is wrong with the line. */
  private line(text: string): string {
    const space = text.indexOf(" ")
    const stamp = text.slice(0, Math.max(space, 0))
    if (!stamped.test(stamp)) return "it does not begin with a receive time in nanoseconds and a space"
    const received = Number(stamp.slice(0, -3))
    if (received < this.time) this.setBack += 1
    this.time = Math.max(this.time, received)
    const { book, time } = this
    const body = text.slice(space + 1)
    if (body.startsWith('{"lastUpdateId"')) {
      const snapshot = this.decoder.snapshot(body, this.instrument)
      if (snapshot instanceof MalformedFrame) return `its depth snapshot cannot be read (${snapshot.reason})`
      book.snapshot(snapshot, this.timeVenue === 0 ? time : this.timeVenue, time)
    } else {
      const frame = this.decoder.decode(body)
      if (frame.type === "malformed") return `its frame cannot be read (${frame.error.reason})`
      if (frame.type === "depth" || frame.type === "trade") {
        this.timeVenue = Math.max(this.timeVenue, frame.timeVenue)
        this.aheadUs = Math.min(this.aheadUs, time - frame.timeVenue)
      }
      if (frame.type === "depth") book.depth(frame, time)
      if (frame.type === "top") book.top(frame, time)
      if (frame.type === "trade") {
        if (frame.lots > 0) book.trade(frame, time)
        else this.dust += 1
      }
    }
    for (const event of book.take()) this.emit(event)
    return ""
  }
}

/**
 * A live Binance-compatible public stream as the source of markets: depth, best bid and ask and prints of some symbols
 * over one connection, with a depth snapshot for each by REST.
 *
 * Says when it is lost or a book in doubt, sends a break to the markets, and comes back by itself: with back-off and
 * jitter, and a new snapshot for each book. What was printed meanwhile is not made up for. Buffers are bounded.
 */
import { setTimeout as sleep } from "node:timers/promises"
import * as Instrument from "@outcry/model/Instrument"
import type { FrameSource } from "./FrameSource.ts"
import type { LiveAddress } from "./LiveAddress.ts"
import { LiveBook } from "./LiveBook.ts"
import { LiveRest } from "./LiveRest.ts"
import { LiveSocket } from "./LiveSocket.ts"
import { LiveSourceError } from "./LiveSourceError.ts"
import { wireSymbol } from "./Listings.ts"
import { parseFrame, type RecordedFrame } from "./RecordedFrame.ts"

export interface LiveSourceOptions {
  readonly address: LiveAddress
  /** `BTCUSDT`; those the source does not list are left out. */
  readonly symbols: ReadonlyArray<string>
  /** The markets' clock, epoch microseconds. */
  readonly nowUs: () => number
  /** From 0 to 1, for the jitter. */
  readonly random: () => number
  /** Told once when matching closes and once when it is open again, in sentences. */
  readonly notify: (text: string) => void
  /** `open` gives up after this; default 10 s. */
  readonly startWithinMs?: number
  /** Default 2.5 s: see LiveSocket. */
  readonly silenceMs?: number
  /** Frames of one symbol that may wait for its market; default 20,000. */
  readonly framesMax?: number
}

const snapshotLevels = 1_000
const backOffMs = { first: 250, most: 10_000 }
/** After this long without a fault the back-off begins anew. */
const settledUs = 2_000_000
/** Between REST showing a newer book and the stream that should show it too. */
const streamLagMs = 1_000

export class LiveSource implements FrameSource {
  readonly endUs = undefined
  readonly startUs: number
  readonly symbols: ReadonlyArray<string>
  /** With the source's own ticks and lots. */
  readonly instruments: ReadonlyArray<Instrument.Instrument>
  private readonly options: LiveSourceOptions
  private readonly rest: LiveRest
  private readonly closing: AbortController
  private readonly books = new Map<string, LiveBook>()
  private readonly syncing = new Set<LiveBook>()
  private readonly whole = Promise.withResolvers<void>()
  private socket: LiveSocket | undefined
  /** Why it will not come back. */
  private failure: unknown
  /** What kept it from opening; the reason given when it is too late. */
  private lastFault = "it sends no depth snapshot"
  private faults = 0
  /** When the last fault's pause is over. */
  private triedUs = 0
  private opened = false
  /** Matching is closed and that was told. */
  private told = false

  private constructor(
    options: LiveSourceOptions,
    rest: LiveRest,
    closing: AbortController,
    instruments: ReadonlyArray<Instrument.Instrument>
  ) {
    this.options = options
    this.rest = rest
    this.closing = closing
    this.instruments = instruments
    this.startUs = options.nowUs()
    this.symbols = instruments.map((instrument) => wireSymbol(instrument).toLowerCase())
    for (const symbol of this.symbols) {
      const book = new LiveBook(symbol, options.address.streamUrl, options.framesMax ?? 20_000)
      book.breakOff(this.startUs)
      this.books.set(symbol, book)
    }
  }

  /**
   * Resolves when the book of every instrument is whole; rejects with a LiveSourceError where the source is of no use or
   * cannot be reached in time, and leaves nothing running.
   */
  static async open(options: LiveSourceOptions): Promise<LiveSource> {
    const closing = new AbortController()
    const rest = new LiveRest(options.address.restUrl, closing.signal)
    const { random, startWithinMs = 10_000, symbols } = options
    let source: LiveSource | undefined
    let late = false
    let fault: LiveSourceError | undefined
    const timer = setTimeout(() => {
      late = true
      closing.abort()
    }, startWithinMs)
    try {
      for (let attempt = 1; source === undefined; attempt++) {
        try {
          const listed = await instrumentsOf(rest, symbols)
          if (listed.length === 0) {
            const detail = `it lists none of ${symbols.join(", ")}`
            throw new LiveSourceError({ source: options.address.restUrl, problem: "unlisted", detail, retryAfterMs: 0 })
          }
          source = new LiveSource(options, rest, closing, listed)
        } catch (error) {
          if (!(error instanceof LiveSourceError) || !error.passing) throw error
          // What is given up because time is over says nothing of the source.
          if (!late) fault = error
          await sleep(Math.max(pauseMs(attempt, random), error.retryAfterMs), undefined, { signal: closing.signal })
        }
      }
      const aborted = new Promise<never>((_, reject) => {
        closing.signal.addEventListener("abort", () => reject(new Error("too late")), { once: true })
      })
      void source.run()
      await Promise.race([source.whole.promise, aborted])
      return source
    } catch (error) {
      await source?.close()
      closing.abort()
      if (!late) throw error
      if (fault !== undefined && source === undefined) throw fault
      const detail = `it cannot be used within ${startWithinMs / 1_000} s (${source?.lastFault ?? "no reply in time"})`
      const url = source === undefined ? options.address.restUrl : options.address.streamUrl
      throw new LiveSourceError({ source: url, problem: "unreachable", detail, retryAfterMs: 0 })
    } finally {
      clearTimeout(timer)
    }
  }

  beginsWithSnapshot(): boolean {
    return true
  }

  async *frames(symbol: string): AsyncGenerator<ReadonlyArray<RecordedFrame>, void> {
    const book = this.books.get(symbol)
    while (book !== undefined && !this.closing.signal.aborted) {
      if (this.failure !== undefined) throw this.failure
      const frames = book.take()
      if (frames.length > 0) yield frames
      yield []
    }
  }

  distrust(symbol: string, why: string): void {
    const book = this.books.get(symbol)
    // Where the book is not whole a snapshot is on its way.
    if (book === undefined || this.socket === undefined || !book.isWhole) return
    book.breakOff(this.options.nowUs())
    this.doubt(book, this.socket, why)
  }

  /** Ends the connection, timers and requests; resolves when the connection is closed. */
  async close(): Promise<void> {
    this.closing.abort()
    this.socket?.cut("closed")
    await this.socket?.ended
  }

  /** Connects until it is closed or fails for good. */
  private async run(): Promise<void> {
    const { signal } = this.closing
    for (let first = true; !signal.aborted && this.failure === undefined; first = false) {
      try {
        if (!first) {
          await sleep(this.nextPauseMs(), undefined, { signal })
          await this.requireSameInstruments()
        }
        const socket = this.connect()
        this.socket = socket
        const reason = await socket.ended
        // From here on no snapshot may open a book: nothing would keep it up to date.
        this.socket = undefined
        this.lost(reason)
      } catch (error) {
        if (signal.aborted) return
        if (!(error instanceof LiveSourceError) || !error.passing) this.fail(error)
        else if (error.retryAfterMs > 0) await sleep(error.retryAfterMs, undefined, { signal }).catch(() => {})
      }
    }
  }

  private fail(error: unknown): void {
    this.failure ??= error
    this.whole.reject(error)
  }

  private connect(): LiveSocket {
    const streams = this.symbols.flatMap((symbol) =>
      ["depth@100ms", "bookTicker", "trade"].map((stream) => `${symbol}@${stream}`)
    )
    const quiet = new Map<LiveBook, number>()
    const socket: LiveSocket = new LiveSocket({
      url: `${this.options.address.streamUrl}/stream?streams=${streams.join("/")}`,
      silenceMs: this.options.silenceMs ?? 2_500,
      onOpen: () => {
        for (const book of this.books.values()) void this.sync(book, socket)
      },
      onText: (text) => this.receive(text, socket),
      onCheck: () => {
        for (const book of this.books.values()) {
          if (book.isWhole && quiet.get(book) === book.diffs) void this.verify(book, socket)
          quiet.set(book, book.diffs)
        }
      }
    })
    return socket
  }

  private receive(text: string, socket: LiveSocket): void {
    const frame = parseFrame(text, { receivedUs: this.options.nowUs(), file: this.options.address.streamUrl, line: 0 })
    if (frame === undefined) return
    if (typeof frame === "string") return socket.cut(`of a frame it sent, ${frame}`)
    const book = this.books.get(frame.symbol)
    const fault = book?.receive(frame)
    if (book !== undefined && fault !== undefined) this.doubt(book, socket, fault)
  }

  /** Fetches snapshots until one fits the diffs; ends when the connection does. */
  private async sync(book: LiveBook, socket: LiveSocket): Promise<void> {
    if (this.syncing.has(book)) return
    this.syncing.add(book)
    try {
      while (this.isCurrent(socket) && !book.isWhole) {
        const waitMs = await this.tryToStand(book, socket)
        if (waitMs > 0) await sleep(waitMs, undefined, { signal: this.closing.signal })
      }
    } catch (error) {
      // Closing ends the sleep early; anything else is a defect.
      if (!this.closing.signal.aborted) this.fail(error)
    } finally {
      this.syncing.delete(book)
    }
    // The connection may have been replaced meanwhile, when the new one found this still at work.
    const { socket: current } = this
    if (current !== undefined && current !== socket && this.isCurrent(current)) void this.sync(book, current)
  }

  private isCurrent(socket: LiveSocket): boolean {
    return socket === this.socket && socket.isOpen && this.failure === undefined
  }

  /** Resolves with how long to wait before the next attempt; 0 where none is needed. */
  private async tryToStand(book: LiveBook, socket: LiveSocket): Promise<number> {
    try {
      const snapshot = await this.rest.snapshot(book.symbol.toUpperCase(), snapshotLevels, this.options.nowUs)
      if (!this.isCurrent(socket) || book.isWhole) return 0
      if (book.stand(snapshot)) {
        this.found()
        return 0
      }
      this.lastFault = "its depth snapshots are older than its stream"
      return this.nextPauseMs()
    } catch (error) {
      if (this.closing.signal.aborted) return 0
      if (!(error instanceof LiveSourceError)) throw error
      this.lastFault = error.detail
      return Math.max(this.nextPauseMs(), error.retryAfterMs)
    }
  }

  /** Silence may only mean a quiet market: it is a fault where REST shows a newer book and the stream does not follow. */
  private async verify(book: LiveBook, socket: LiveSocket): Promise<void> {
    try {
      const { lastUpdateId } = await this.rest.snapshot(book.symbol.toUpperCase(), 5, this.options.nowUs)
      await sleep(streamLagMs, undefined, { signal: this.closing.signal })
      const { updateId } = book
      if (socket !== this.socket || updateId === undefined || updateId >= lastUpdateId) return
      socket.cut(`the stream of ${book.symbol.toUpperCase()} has stopped while its book moved on`)
    } catch {
      // Whether the source can still be reached, the connection itself tells.
    }
  }

  /** Orders cannot be carried over to other ticks and lots. */
  private async requireSameInstruments(): Promise<void> {
    const now = await instrumentsOf(
      this.rest,
      this.instruments.map((instrument) => wireSymbol(instrument))
    )
    const changed = this.instruments.find((instrument) => {
      const found = now.find(({ id }) => id === instrument.id)
      return found === undefined || !Instrument.sameSpec(found, instrument)
    })
    if (changed === undefined) return
    const detail = `it no longer lists ${changed.symbol} with the ticks, lots and limits it had`
    throw new LiveSourceError({ source: this.options.address.restUrl, problem: "changed", detail, retryAfterMs: 0 })
  }

  private lost(reason: string): void {
    if (this.closing.signal.aborted) return
    this.lastFault = reason
    for (const book of this.books.values()) book.disconnected(this.options.nowUs())
    this.tell(`The live source ${this.options.address.streamUrl} is lost: ${reason}. Nothing matches until it is back.`)
  }

  private doubt(book: LiveBook, socket: LiveSocket, why: string): void {
    const symbol = book.symbol.toUpperCase()
    this.tell(`The book of ${symbol} cannot be trusted: ${why}. Nothing matches in it until there is a new snapshot.`)
    sleep(this.nextPauseMs(), undefined, { signal: this.closing.signal }).then(
      () => this.sync(book, socket),
      () => {}
    )
  }

  private tell(text: string): void {
    if (!this.opened || this.told) return
    this.told = true
    this.options.notify(text)
  }

  private found(): void {
    if (![...this.books.values()].every((book) => book.isWhole)) return
    if (this.told) this.options.notify("The live source is back: every book is whole and open for matching.")
    this.told = false
    this.opened = true
    this.whole.resolve()
  }

  /** Longer with every fault that follows another soon. */
  private nextPauseMs(): number {
    const nowUs = this.options.nowUs()
    this.faults = nowUs - this.triedUs > settledUs ? 1 : this.faults + 1
    const waitMs = pauseMs(this.faults, this.options.random)
    this.triedUs = nowUs + waitMs * 1_000
    return waitMs
  }
}

/** Exponential, with half of it left to chance. */
const pauseMs = (attempt: number, random: () => number): number =>
  Math.min(backOffMs.most, backOffMs.first * 2 ** (attempt - 1)) * (0.5 + random() / 2)

const instrumentsOf = async (
  rest: LiveRest,
  symbols: ReadonlyArray<string>
): Promise<ReadonlyArray<Instrument.Instrument>> => {
  const found = await Promise.all(symbols.map((symbol) => rest.instrument(symbol)))
  return found.filter((instrument) => instrument !== undefined)
}

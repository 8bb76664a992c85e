/**
 * One line of a recording: the receive time in nanoseconds, a space, and a Binance spot frame as it came off the wire
 * (`@depth`, `@bookTicker`, `@trade` of the combined streams, or a REST depth snapshot, which names no symbol).
 *
 * Parses and validates; prices and quantities stay the decimals they were. Reads no files.
 */
import { Schema } from "effect"

/** Decimal price and quantity. */
export type RecordedLevel = readonly [price: string, quantity: string]

export interface Received {
  /** Lower-case wire symbol, for example `btcusdt`; empty for a snapshot until its file's symbol is known. */
  readonly symbol: string
  readonly receivedUs: number
  readonly file: string
  /** Counts from 1. */
  readonly line: number
}

export interface RecordedSnapshot extends Received {
  readonly type: "snapshot"
  readonly lastUpdateId: number
  readonly bids: ReadonlyArray<RecordedLevel>
  readonly asks: ReadonlyArray<RecordedLevel>
}

export interface RecordedDepth extends Received {
  readonly type: "depth"
  readonly firstUpdateId: number
  readonly finalUpdateId: number
  readonly bids: ReadonlyArray<RecordedLevel>
  readonly asks: ReadonlyArray<RecordedLevel>
}

export interface RecordedTicker extends Received {
  readonly type: "ticker"
  readonly updateId: number
  readonly bid: RecordedLevel
  readonly ask: RecordedLevel
}

export interface RecordedTrade extends Received {
  readonly type: "trade"
  readonly price: string
  readonly quantity: string
  readonly buyerIsMaker: boolean
  /** The venue's trade time, by its own clock. */
  readonly venueUs: number
}

/** The stream broke: the book is not to be trusted until the next snapshot. Live sources send it, no file holds it. */
export interface RecordedBreak extends Received {
  readonly type: "break"
}

export type RecordedFrame = RecordedSnapshot | RecordedDepth | RecordedTicker | RecordedTrade | RecordedBreak

const Decimal = Schema.String.check(Schema.isPattern(/^\d+(\.\d+)?$/))
const Levels = Schema.Array(Schema.Tuple([Decimal, Decimal]))
const Snapshot = Schema.Struct({ lastUpdateId: Schema.Int, bids: Levels, asks: Levels })
const Depth = Schema.Struct({ U: Schema.Int, u: Schema.Int, b: Levels, a: Levels })
const Ticker = Schema.Struct({ u: Schema.Int, b: Decimal, B: Decimal, a: Decimal, A: Decimal })
const Trade = Schema.Struct({ p: Decimal, q: Decimal, m: Schema.Boolean, T: Schema.Int })
const Combined = Schema.Struct({ stream: Schema.String, data: Schema.Unknown })

const isSnapshot = Schema.is(Snapshot)
const isDepth = Schema.is(Depth)
const isTicker = Schema.is(Ticker)
const isTrade = Schema.is(Trade)
const isCombined = Schema.is(Combined)

/** The frame of a line, undefined where its stream is of no use to a replay, or in words what is wrong with it. */
export const parseLine = (text: string, file: string, line: number): RecordedFrame | undefined | string => {
  const space = text.indexOf(" ")
  const stamp = text.slice(0, space)
  if (!/^\d{16,19}$/.test(stamp)) return "it does not begin with a receive time in nanoseconds and a space"
  const frame = parseFrame(text.slice(space + 1), { receivedUs: Number(stamp.slice(0, -3)), file, line })
  return frame === notJson ? "what follows the receive time is not JSON" : frame
}

const notJson = "it is not JSON"

/** The same of a frame without the receive time before it. */
export const parseFrame = (text: string, received: Omit<Received, "symbol">): RecordedFrame | undefined | string => {
  const { receivedUs, file, line } = received
  const frame = parseJson(text)
  if (frame === undefined) return notJson
  if (isSnapshot(frame)) {
    const { lastUpdateId, bids, asks } = frame
    return { type: "snapshot", symbol: "", receivedUs, file, line, lastUpdateId, bids, asks }
  }
  if (!isCombined(frame)) return "it is neither a combined-stream frame nor a depth snapshot"
  const { stream, data } = frame
  const [symbol, kind] = stream.split("@")
  if (symbol === undefined || kind === undefined) return `"${stream}" is not a stream name such as btcusdt@trade`
  if (kind === "depth") {
    if (!isDepth(data)) return `its ${stream} frame lacks a field or holds no decimal where one is due`
    const { U, u, b, a } = data
    return { type: "depth", symbol, receivedUs, file, line, firstUpdateId: U, finalUpdateId: u, bids: b, asks: a }
  }
  if (kind === "bookTicker") {
    if (!isTicker(data)) return `its ${stream} frame lacks a field or holds no decimal where one is due`
    const { u, b, B, a, A } = data
    return { type: "ticker", symbol, receivedUs, file, line, updateId: u, bid: [b, B], ask: [a, A] }
  }
  if (kind !== "trade") return undefined
  if (!isTrade(data)) return `its ${stream} frame lacks a field or holds no decimal where one is due`
  const { p, q, m, T } = data
  return { type: "trade", symbol, receivedUs, file, line, price: p, quantity: q, buyerIsMaker: m, venueUs: T * 1000 }
}

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

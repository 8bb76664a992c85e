/**
 * Raw frames of Binance's public streams → `MarketFrame`. Never throws: what cannot be read is a typed value, counted.
 *
 * The frequent frames go through `FrameScanner`; everything else, and anything that deviates, through `JSON.parse`
 * with every field checked. Both give the same results, which the recordings prove.
 */
import type { Instrument } from "@outcry/model/Instrument"
import { FrameScanner } from "./FrameScanner.ts"
import { type DepthSnapshot, MalformedFrame, type MarketFrame, wireSymbol } from "./MarketFrame.ts"
import { invalid, type Scale, scaleOf, type Step, stepsOf } from "./Steps.ts"

const excerptLength = 120

class Unreadable {
  readonly reason: string
  constructor(reason: string) {
    this.reason = reason
  }
}

type Fields = Record<string, unknown>

const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const integerOf = (fields: Fields, name: string): number => {
  const value = fields[name]
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value
  throw new Unreadable(`${name} is not a whole number`)
}

const stepsIn = (value: unknown, step: Step, name: string): number => {
  const steps = typeof value === "string" ? stepsOf(value, 0, value.length, step) : invalid
  if (steps < 0) throw new Unreadable(`${name} is not a multiple of its step`)
  return steps
}

const levelsIn = (value: unknown, scale: Scale, name: string): ReadonlyArray<number> => {
  if (!Array.isArray(value)) throw new Unreadable(`${name} is not a list of levels`)
  const levels: Array<number> = []
  for (const level of value as ReadonlyArray<unknown>) {
    if (!Array.isArray(level)) throw new Unreadable(`${name} holds something that is no level`)
    levels.push(
      stepsIn(level[0], scale.price, `price in ${name}`),
      stepsIn(level[1], scale.quantity, `size in ${name}`)
    )
  }
  return levels
}

export class FrameDecoder {
  /** Frames that could not be read so far. */
  malformed = 0
  private readonly scales = new Map<string, Scale>()
  private readonly scanner = new FrameScanner(this.scales)

  /** Frames of this instrument are decoded from now on; a new version replaces the old. */
  add(instrument: Instrument): void {
    this.scales.set(wireSymbol(instrument), scaleOf(instrument))
  }

  decode(text: string): MarketFrame {
    return this.scanner.scan(text) ?? this.decodeAny(text)
  }

  /** The slow and complete way, also used to check the fast one. */
  decodeAny(text: string): MarketFrame {
    try {
      const frame: unknown = JSON.parse(text)
      if (!isFields(frame)) throw new Unreadable("not an object")
      return this.read(frame)
    } catch (error) {
      return { type: "malformed", error: this.refuse(text, error) }
    }
  }

  /** The reply to `GET /api/v3/depth`, or why it is none. */
  snapshot(text: string, instrument: Instrument): DepthSnapshot | MalformedFrame {
    try {
      const body: unknown = JSON.parse(text)
      if (!isFields(body)) throw new Unreadable("not an object")
      const scale = this.scales.get(wireSymbol(instrument)) ?? scaleOf(instrument)
      return {
        lastUpdateId: integerOf(body, "lastUpdateId"),
        bids: levelsIn(body["bids"], scale, "bids"),
        asks: levelsIn(body["asks"], scale, "asks")
      }
    } catch (error) {
      return this.refuse(text, error)
    }
  }

  private read(frame: Fields): MarketFrame {
    if ("id" in frame && !("stream" in frame)) return replyOf(frame)
    const data = "stream" in frame ? frame["data"] : frame
    if (!isFields(data)) throw new Unreadable("a frame without data")
    const event = data["e"] ?? ("u" in data && "B" in data ? "bookTicker" : "unnamed")
    if (event !== "depthUpdate" && event !== "trade" && event !== "bookTicker") {
      return { type: "other", name: typeof event === "string" ? event : "unnamed" }
    }
    const symbol = data["s"]
    const scale = typeof symbol === "string" ? this.scales.get(symbol) : undefined
    if (scale === undefined) return { type: "other", name: `${event} of ${String(symbol)}` }
    return event === "depthUpdate"
      ? depthOf(data, scale)
      : event === "trade"
        ? tradeOf(data, scale)
        : topOf(data, scale)
  }

  private refuse(text: string, error: unknown): MalformedFrame {
    this.malformed++
    const reason = error instanceof Unreadable ? error.reason : "not JSON"
    return new MalformedFrame({ reason, excerpt: text.slice(0, excerptLength), sizeBytes: text.length })
  }
}

const replyOf = (frame: Fields): MarketFrame => {
  const error = frame["error"]
  const id = typeof frame["id"] === "number" ? frame["id"] : invalid
  return { type: "reply", id, error: error === undefined ? "" : JSON.stringify(error).slice(0, excerptLength) }
}

const depthOf = (data: Fields, scale: Scale): MarketFrame => ({
  type: "depth",
  instrument: scale.instrument,
  timeVenue: integerOf(data, "E") * 1_000,
  firstUpdateId: integerOf(data, "U"),
  finalUpdateId: integerOf(data, "u"),
  bids: levelsIn(data["b"], scale, "b"),
  asks: levelsIn(data["a"], scale, "a")
})

const topOf = (data: Fields, scale: Scale): MarketFrame => ({
  type: "top",
  instrument: scale.instrument,
  updateId: integerOf(data, "u"),
  bidTicks: stepsIn(data["b"], scale.price, "b"),
  bidLots: stepsIn(data["B"], scale.quantity, "B"),
  askTicks: stepsIn(data["a"], scale.price, "a"),
  askLots: stepsIn(data["A"], scale.quantity, "A")
})

const tradeOf = (data: Fields, scale: Scale): MarketFrame => {
  if (typeof data["m"] !== "boolean") throw new Unreadable("m is not a boolean")
  return {
    type: "trade",
    instrument: scale.instrument,
    timeVenue: integerOf(data, "T") * 1_000,
    tradeId: integerOf(data, "t"),
    priceTicks: stepsIn(data["p"], scale.price, "p"),
    lots: stepsIn(data["q"], scale.quantity, "q"),
    aggressor: data["m"] ? "sell" : "buy"
  }
}

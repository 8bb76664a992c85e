/**
 * The fast path of decoding: reads the three frequent frames by their literal layout, digit by digit, without building
 * the objects `JSON.parse` would. Whatever deviates from the layout by one character gives `undefined`, and the
 * caller reads the frame the slow way; so this file may know less than JSON, never something else.
 */
import type { MarketFrame } from "./MarketFrame.ts"
import { invalid, type Scale, type Step, stepsOf } from "./Steps.ts"

const quote = 34
const comma = 44
const openBracket = 91
const closeBracket = 93

export class FrameScanner {
  private text = ""
  private at = 0
  private readonly scales: ReadonlyMap<string, Scale>

  /** `scales` by wire symbol; it is read at every frame, so that instruments may be added later. */
  constructor(scales: ReadonlyMap<string, Scale>) {
    this.scales = scales
  }

  scan(text: string): MarketFrame | undefined {
    this.text = text
    this.at = 0
    if (!this.literal('{"stream":"')) return undefined
    const streamEnd = text.indexOf('","data":{"', this.at)
    if (streamEnd < 0) return undefined
    this.at = streamEnd + 11
    const key = text.charCodeAt(this.at)
    // "e" begins the frames that carry a time, "u" the best prices.
    if (key === 117) return this.top()
    if (!this.literal('e":"')) return undefined
    const kind = text.charCodeAt(this.at)
    return kind === 100 ? this.depth() : kind === 116 ? this.trade() : undefined
  }

  private depth(): MarketFrame | undefined {
    if (!this.literal('depthUpdate","E":')) return undefined
    const timeMs = this.integer()
    const scale = this.symbol()
    if (timeMs < 0 || scale === undefined || !this.literal('"U":')) return undefined
    const firstUpdateId = this.integer()
    if (!this.literal(',"u":')) return undefined
    const finalUpdateId = this.integer()
    if (firstUpdateId < 0 || finalUpdateId < 0 || !this.literal(',"b":')) return undefined
    const bids = this.levels(scale)
    if (bids === undefined || !this.literal(',"a":')) return undefined
    const asks = this.levels(scale)
    if (asks === undefined || !this.end()) return undefined
    const timeVenue = timeMs * 1_000
    return { type: "depth", instrument: scale.instrument, timeVenue, firstUpdateId, finalUpdateId, bids, asks }
  }

  private top(): MarketFrame | undefined {
    if (!this.literal('u":')) return undefined
    const updateId = this.integer()
    const scale = this.symbol()
    if (updateId < 0 || scale === undefined) return undefined
    if (!this.literal('"b":"')) return undefined
    const bidTicks = this.steps(scale.price)
    if (!this.literal(',"B":"')) return undefined
    const bidLots = this.steps(scale.quantity)
    if (!this.literal(',"a":"')) return undefined
    const askTicks = this.steps(scale.price)
    if (!this.literal(',"A":"')) return undefined
    const askLots = this.steps(scale.quantity)
    if (bidTicks < 0 || bidLots < 0 || askTicks < 0 || askLots < 0 || !this.end()) return undefined
    return { type: "top", instrument: scale.instrument, updateId, bidTicks, bidLots, askTicks, askLots }
  }

  private trade(): MarketFrame | undefined {
    if (!this.literal('trade","E":') || this.integer() < 0) return undefined
    const scale = this.symbol()
    if (scale === undefined || !this.literal('"t":')) return undefined
    const tradeId = this.integer()
    if (!this.literal(',"p":"')) return undefined
    const priceTicks = this.steps(scale.price)
    if (!this.literal(',"q":"')) return undefined
    const lots = this.steps(scale.quantity)
    if (!this.literal(',"T":')) return undefined
    const timeMs = this.integer()
    if (tradeId < 0 || priceTicks < 0 || lots < 0 || timeMs < 0) return undefined
    const sold = this.literal(',"m":true')
    if (!sold && !this.literal(',"m":false')) return undefined
    if (!(this.literal(',"M":true') || this.literal(',"M":false')) || !this.end()) return undefined
    const aggressor = sold ? "sell" : "buy"
    return {
      type: "trade",
      instrument: scale.instrument,
      timeVenue: timeMs * 1_000,
      tradeId,
      priceTicks,
      lots,
      aggressor
    }
  }

  private literal(expected: string): boolean {
    if (!this.text.startsWith(expected, this.at)) return false
    this.at += expected.length
    return true
  }

  private end(): boolean {
    return this.literal("}}") && this.at === this.text.length
  }

  /** A whole number below 2^53, or `invalid`. */
  private integer(): number {
    const start = this.at
    let value = 0
    for (; ; this.at++) {
      const digit = this.text.charCodeAt(this.at) - 48
      if (!(digit >= 0 && digit <= 9)) break
      value = value * 10 + digit
    }
    return this.at === start || this.at - start > 15 ? invalid : value
  }

  /** Reads `,"s":"SYMBOL",`. */
  private symbol(): Scale | undefined {
    if (!this.literal(',"s":"')) return undefined
    const end = this.text.indexOf('",', this.at)
    if (end < 0) return undefined
    const scale = this.scales.get(this.text.slice(this.at, end))
    this.at = end + 2
    return scale
  }

  /** A decimal up to and with its closing quotation mark. */
  private steps(step: Step): number {
    const end = this.text.indexOf('"', this.at)
    if (end < 0) return invalid
    const steps = stepsOf(this.text, this.at, end, step)
    this.at = end + 1
    return steps
  }

  /** Reads `[["61737.63","0.5"],…]` into flat ticks and lots. */
  private levels(scale: Scale): Array<number> | undefined {
    const text = this.text
    const levels: Array<number> = []
    if (text.charCodeAt(this.at++) !== openBracket) return undefined
    if (text.charCodeAt(this.at) === closeBracket) {
      this.at++
      return levels
    }
    for (;;) {
      if (text.charCodeAt(this.at) !== openBracket || text.charCodeAt(this.at + 1) !== quote) return undefined
      this.at += 2
      const ticks = this.steps(scale.price)
      if (text.charCodeAt(this.at) !== comma || text.charCodeAt(this.at + 1) !== quote) return undefined
      this.at += 2
      const lots = this.steps(scale.quantity)
      if (ticks < 0 || lots < 0 || text.charCodeAt(this.at++) !== closeBracket) return undefined
      levels.push(ticks, lots)
      const next = text.charCodeAt(this.at++)
      if (next === closeBracket) return levels
      if (next !== comma) return undefined
    }
  }
}

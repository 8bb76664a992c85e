/**
 * Packs market events of one feed into doubles for the way between nodes: `[feedEpoch, count, event…]`, each event
 * `[code, seq, timeVenue, timeReceived, fields…]`. Integers up to 2^53 are exact in a double; epoch µs fit until 2255.
 */
import { type GapReason, gapReasons, type MarketEvent } from "@outcry/model/MarketData"

const codes = { quote: 1, trade: 2, delta: 3, bar: 4, gap: 5 } as const

/** A chunk that is not what `pack` makes: another release on the other side. */
export class UnreadableChunk extends Error {
  readonly _tag = "UnreadableChunk"
}

/** One feed's events, all of the same epoch. */
export const pack = (feedEpoch: number, events: ReadonlyArray<MarketEvent>): Uint8Array => {
  const out: Array<number> = [feedEpoch, events.length]
  for (const event of events) {
    out.push(codes[event.type], event.seq, event.timeVenue, event.timeReceived)
    switch (event.type) {
      case "quote":
        out.push(event.bidTicks, event.bidLots, event.askTicks, event.askLots)
        break
      case "trade":
        out.push(event.priceTicks, event.lots, event.aggressor === "buy" ? 1 : 0, event.venueTradeId)
        break
      case "delta":
        out.push(event.snapshot ? 1 : 0, event.bids.length, event.asks.length)
        for (const value of event.bids) out.push(value)
        for (const value of event.asks) out.push(value)
        break
      case "bar":
        out.push(event.intervalUs, event.timeOpen, event.openTicks, event.highTicks, event.lowTicks, event.closeTicks)
        out.push(event.lots, event.trades)
        break
      case "gap":
        out.push(gapReasons.indexOf(event.reason), event.resumed ? 1 : 0)
        break
    }
  }
  return new Uint8Array(Float64Array.from(out).buffer)
}

/** The events of a chunk, as of the instrument whose feed it came from. Throws UnreadableChunk. */
export const unpack = (instrument: string, bytes: Uint8Array): ReadonlyArray<MarketEvent> => {
  if (bytes.byteLength % 8 !== 0 || bytes.byteLength < 16) throw new UnreadableChunk(`${bytes.byteLength} bytes`)
  // A copy is aligned where the transport's buffer is not. Not `slice`: that of a Buffer is a view of its whole pool.
  const values = new Float64Array(new Uint8Array(bytes).buffer)
  const feedEpoch = values[0]!
  const count = values[1]!
  let at = 2
  const next = (): number => {
    const value = values[at++]
    if (value === undefined) throw new UnreadableChunk(`ends within event ${events.length + 1} of ${count}`)
    return value
  }
  const many = (length: number): Array<number> => {
    const list = new Array<number>(length)
    for (let i = 0; i < length; i++) list[i] = next()
    return list
  }
  const events: Array<MarketEvent> = []
  while (events.length < count) {
    const code = next()
    const stamp = { instrument, feedEpoch, seq: next(), timeVenue: next(), timeReceived: next() }
    if (code === codes.quote)
      events.push({ type: "quote", ...stamp, bidTicks: next(), bidLots: next(), askTicks: next(), askLots: next() })
    else if (code === codes.trade)
      events.push({
        type: "trade",
        ...stamp,
        priceTicks: next(),
        lots: next(),
        aggressor: next() === 1 ? "buy" : "sell",
        venueTradeId: next()
      })
    else if (code === codes.delta) {
      const snapshot = next() === 1
      const bids = next()
      const asks = next()
      events.push({ type: "delta", ...stamp, snapshot, bids: many(bids), asks: many(asks) })
    } else if (code === codes.bar)
      events.push({
        type: "bar",
        ...stamp,
        intervalUs: next(),
        timeOpen: next(),
        openTicks: next(),
        highTicks: next(),
        lowTicks: next(),
        closeTicks: next(),
        lots: next(),
        trades: next()
      })
    else if (code === codes.gap) {
      const reason: GapReason = gapReasons[next()] ?? "sequence"
      events.push({ type: "gap", ...stamp, reason, resumed: next() === 1 })
    } else throw new UnreadableChunk(`code ${code}`)
  }
  return events
}

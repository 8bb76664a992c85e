/**
 * What Binance's public streams say, decoded: numbers in ticks, lots and epoch microseconds, venue ids as they are.
 * Source: developers.binance.com, "WebSocket Streams for Binance" (spot), 2026-11.
 */
import type { Instrument } from "@outcry/model/Instrument"
import type { Side } from "@outcry/model/MarketData"
import { Schema } from "effect"

/** A diff of the book: it takes the book from before `firstUpdateId` to `finalUpdateId`. */
export interface DepthFrame {
  readonly type: "depth"
  readonly instrument: Instrument
  readonly timeVenue: number
  readonly firstUpdateId: number
  readonly finalUpdateId: number
  readonly bids: ReadonlyArray<number>
  readonly asks: ReadonlyArray<number>
}

/** Best prices after the book's update `updateId`. Binance gives it no time. */
export interface TopFrame {
  readonly type: "top"
  readonly instrument: Instrument
  readonly updateId: number
  readonly bidTicks: number
  readonly bidLots: number
  readonly askTicks: number
  readonly askLots: number
}

export interface TradeFrame {
  readonly type: "trade"
  readonly instrument: Instrument
  readonly timeVenue: number
  readonly tradeId: number
  readonly priceTicks: number
  readonly lots: number
  readonly aggressor: Side
}

/** The whole book as REST gives it. */
export interface DepthSnapshot {
  readonly lastUpdateId: number
  readonly bids: ReadonlyArray<number>
  readonly asks: ReadonlyArray<number>
}

/** The answer to a request of ours on the stream socket; `error` is empty when it was granted. */
export interface ReplyFrame {
  readonly type: "reply"
  readonly id: number
  readonly error: string
}

/** A frame that cannot be read. It is counted and dropped; if it carried a diff, the sequence check will notice. */
export class MalformedFrame extends Schema.TaggedError<MalformedFrame>()("MalformedFrame", {
  reason: Schema.String,
  /** The beginning of the frame. */
  excerpt: Schema.String,
  sizeBytes: Schema.Int
}) {
  override get message() {
    return `Unreadable market data (${this.reason}) in ${this.sizeBytes} bytes beginning ${JSON.stringify(this.excerpt)}. The frame is dropped and the book is checked; if it repeats, the venue has changed its format.`
  }
}

export type MarketFrame =
  | DepthFrame
  | TopFrame
  | TradeFrame
  | ReplyFrame
  /** Well-formed, but nothing we asked for: another stream or an unknown symbol. */
  | { readonly type: "other"; readonly name: string }
  | { readonly type: "malformed"; readonly error: MalformedFrame }

/** The symbol as Binance writes it, `BTCUSDT`. */
export const wireSymbol = (instrument: Instrument): string => `${instrument.base}${instrument.quote}`

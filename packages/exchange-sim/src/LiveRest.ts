/**
 * What a live source is asked by REST: its instruments with their own ticks and lots, and depth snapshots. Each
 * request has a time-out; none is retried here; all reject with a LiveSourceError.
 */
import * as Instrument from "@outcry/model/Instrument"
import { Schema } from "effect"
import { parseFrame, type RecordedSnapshot } from "./RecordedFrame.ts"
import { LiveSourceError } from "./LiveSourceError.ts"

const replyMs = 5_000
const venue = "sim"
const maxNotionalDefault = "9000000"

const Filter = Schema.Struct({
  filterType: Schema.String,
  tickSize: Schema.optionalKey(Schema.String),
  stepSize: Schema.optionalKey(Schema.String),
  minQty: Schema.optionalKey(Schema.String),
  maxQty: Schema.optionalKey(Schema.String),
  minNotional: Schema.optionalKey(Schema.String),
  maxNotional: Schema.optionalKey(Schema.String)
})
const Listed = Schema.Struct({
  symbol: Schema.String,
  baseAsset: Schema.String,
  quoteAsset: Schema.String,
  filters: Schema.Array(Filter)
})
type Listed = typeof Listed.Type
const decodeInfo = Schema.decodeUnknownSync(Schema.Struct({ symbols: Schema.Array(Listed) }))

interface Reply {
  readonly status: number
  readonly text: string
  readonly retryAfterMs: number
}

export class LiveRest {
  private readonly base: string
  private readonly closing: AbortSignal

  /** `closing` gives up what is still asked for. */
  constructor(base: string, closing: AbortSignal) {
    this.base = base
    this.closing = closing
  }

  /** The instrument of a wire symbol; undefined where the source does not list it. */
  async instrument(symbol: string): Promise<Instrument.Instrument | undefined> {
    const reply = await this.get(`exchangeInfo?symbol=${symbol}`)
    if (reply.status === 400 && reply.text.includes("-1121")) return undefined
    const text = this.accepted(reply)
    try {
      const listed = decodeInfo(JSON.parse(text)).symbols.find((each) => each.symbol === symbol)
      return listed === undefined ? undefined : instrumentOf(listed)
    } catch (error) {
      throw this.fault("malformed", `what it says of ${symbol} cannot be read (${firstLine(error)})`)
    }
  }

  async snapshot(symbol: string, levels: number, nowUs: () => number): Promise<RecordedSnapshot> {
    const text = this.accepted(await this.get(`depth?symbol=${symbol}&limit=${levels}`))
    const frame = parseFrame(text, { receivedUs: nowUs(), file: this.base, line: 0 })
    if (typeof frame === "object" && frame.type === "snapshot") return { ...frame, symbol: symbol.toLowerCase() }
    throw this.fault("malformed", `its depth of ${symbol} is no depth snapshot`)
  }

  private async get(request: string): Promise<Reply> {
    const signal = AbortSignal.any([this.closing, AbortSignal.timeout(replyMs)])
    try {
      const reply = await fetch(`${this.base}/api/v3/${request}`, { signal })
      const retryAfterMs = 1_000 * Number(reply.headers.get("retry-after") ?? 0)
      return { status: reply.status, text: await reply.text(), retryAfterMs }
    } catch (error) {
      throw this.fault("unreachable", `it does not answer (${reasonOf(error)})`)
    }
  }

  private accepted({ status, text, retryAfterMs }: Reply): string {
    if (status === 200) return text
    if (status === 429 || status === 418) {
      throw this.fault("busy", `it answered with HTTP ${status}`, Number.isFinite(retryAfterMs) ? retryAfterMs : 0)
    }
    throw this.fault(status >= 500 ? "unreachable" : "refused", `it answered with HTTP ${status}`)
  }

  private fault(problem: LiveSourceError["problem"], detail: string, retryAfterMs = 0): LiveSourceError {
    return new LiveSourceError({ source: this.base, problem, detail, retryAfterMs })
  }
}

/** Throws where a filter lacks or its sizes make no sense. */
const instrumentOf = ({ baseAsset: base, filters, quoteAsset: quote }: Listed): Instrument.Instrument => {
  const filter = (type: string) => filters.find(({ filterType }) => filterType === type)
  const lot = filter("LOT_SIZE")
  const notional = filter("NOTIONAL") ?? filter("MIN_NOTIONAL")
  return Instrument.make({
    venue,
    symbol: `${base}/${quote}`,
    base,
    quote,
    version: 1,
    tickSize: decimal(filter("PRICE_FILTER")?.tickSize, "tickSize"),
    lotSize: decimal(lot?.stepSize, "stepSize"),
    minQuantity: decimal(lot?.minQty, "minQty"),
    maxQuantity: decimal(lot?.maxQty, "maxQty"),
    minNotional: decimal(notional?.minNotional, "minNotional"),
    maxNotional: decimal(notional?.maxNotional ?? maxNotionalDefault, "maxNotional")
  })
}

/** Without the zeros at its end. */
const decimal = (text: string | undefined, name: string): string => {
  if (text === undefined) throw new RangeError(`${name} is missing`)
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text
}

const firstLine = (error: unknown): string => (error instanceof Error ? error.message : String(error)).split("\n")[0]!

/** Of a failed fetch the cause says more than the error. */
const reasonOf = (error: unknown): string => {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error
  if (!(cause instanceof Error)) return String(cause)
  if (cause.name === "TimeoutError") return "no reply in time"
  const code = "code" in cause && typeof cause.code === "string" ? cause.code : ""
  return cause.message === "" ? code : firstLine(cause)
}

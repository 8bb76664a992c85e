/**
 * The exchange's own record of all it accepted: one JSON object a line, appended and never changed, numbered without
 * gaps. A line is in the file before the reply that it stands for is sent, so that no client can know of an order that
 * the log does not.
 *
 * Durability: every line is one `write` to a file opened for appending, which outlives the death of this process, not
 * of the machine; with `fsync` each line is also forced to the disk.
 */
import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from "node:fs"
import { Schema } from "effect"

const Common = {
  seq: Schema.Int,
  timeMs: Schema.Number,
  account: Schema.String,
  symbol: Schema.String,
  clientOrderId: Schema.String,
  venueOrderId: Schema.String,
  side: Schema.Literals(["buy", "sell"]),
  /** Decimal; of the order in `order`, `cancel` and `expire`, of the trade in `fill`. */
  price: Schema.String,
  /** Decimal; ordered in `order` and, from now on, in `amend`; traded in `fill` and `bust`; left in `cancel` and `expire`. "0" for orders by quote amount. */
  quantity: Schema.String,
  /** Traded so far, this line included. */
  cumulative: Schema.String
}

/** The exchange started: what stood open in an earlier run of the same file is gone. */
const Started = Schema.Struct({ type: Schema.Literal("start"), seq: Schema.Int, timeMs: Schema.Number })
const Ordered = Schema.Struct({
  type: Schema.Literal("order"),
  ...Common,
  orderType: Schema.String,
  timeInForce: Schema.String,
  quoteOrderQty: Schema.optionalKey(Schema.String),
  /** A conditional order is accepted when it begins to wait; it keeps its ids when it fires. */
  stopPrice: Schema.optionalKey(Schema.String),
  trailingDelta: Schema.optionalKey(Schema.Int),
  icebergQty: Schema.optionalKey(Schema.String),
  orderListId: Schema.optionalKey(Schema.Int)
})
/** `bust` takes a fill back; what was traded in it does not return to the book. */
const Filled = Schema.Struct({
  type: Schema.Literals(["fill", "bust"]),
  ...Common,
  tradeId: Schema.String,
  fee: Schema.String,
  feeAsset: Schema.String,
  maker: Schema.Boolean
})
const Ended = Schema.Struct({ type: Schema.Literals(["cancel", "expire", "amend"]), ...Common })

export const LogLine = Schema.Union([Started, Ordered, Filled, Ended])
export type LogLine = typeof LogLine.Type

type WithoutSeq<A> = A extends LogLine ? Omit<A, "seq"> : never
export type LogEntry = WithoutSeq<LogLine>

/** A line of an accept log is not what this exchange writes; the file was cut or changed. */
export class CorruptAcceptLog extends Schema.TaggedError<CorruptAcceptLog>()("CorruptAcceptLog", {
  file: Schema.String,
  line: Schema.Int,
  reason: Schema.String
}) {
  override get message() {
    return `Line ${this.line} of the exchange's log ${this.file} cannot be read: ${this.reason}. Move the file away and start with a new one.`
  }
}

export interface AcceptLog {
  readonly append: (entry: LogEntry) => void
  readonly close: () => void
}

const decode = Schema.decodeUnknownSync(LogLine)

/** All lines of a log, in order; throws CorruptAcceptLog at the first that is wrong or out of sequence. */
export const read = (file: string): ReadonlyArray<LogLine> => {
  const lines: Array<LogLine> = []
  const texts = readFileSync(file, "utf8").split("\n")
  // What follows the last line feed is a line that was being written when the process died: its reply was never sent.
  texts.pop()
  for (const [index, text] of texts.entries()) {
    const refuse = (reason: string) => new CorruptAcceptLog({ file, line: index + 1, reason })
    try {
      const line = decode(JSON.parse(text))
      if (line.seq !== index + 1) throw refuse(`it has sequence ${line.seq} where ${index + 1} belongs`)
      lines.push(line)
    } catch (error) {
      throw error instanceof CorruptAcceptLog ? error : refuse(error instanceof Error ? error.message : String(error))
    }
  }
  return lines
}

/** Opens a log for appending; a file that exists is continued. Throws CorruptAcceptLog or the file system's error. */
export const open = (file: string, options: { readonly nowMs: number; readonly fsync: boolean }): AcceptLog => {
  const descriptor = openSync(file, "a+")
  let seq = 0
  const append = (entry: LogEntry): void => {
    seq++
    writeSync(descriptor, `${JSON.stringify({ seq, ...entry })}\n`)
    if (options.fsync) fsyncSync(descriptor)
  }
  try {
    const before = readFileSync(file, "utf8")
    // A torn last line is ended here so that the next one stands alone; `read` would refuse it, so it is named now.
    if (before !== "" && !before.endsWith("\n")) {
      throw new CorruptAcceptLog({ file, line: before.split("\n").length, reason: "it is cut off" })
    }
    seq = read(file).length
  } catch (error) {
    closeSync(descriptor)
    throw error
  }
  append({ type: "start", timeMs: options.nowMs })
  return { append, close: () => closeSync(descriptor) }
}

/** Keeps the lines in memory. */
export const memory = (): AcceptLog & { readonly lines: ReadonlyArray<LogLine> } => {
  const lines: Array<LogLine> = []
  return {
    lines,
    append: (entry) => {
      lines.push({ seq: lines.length + 1, ...entry })
    },
    close: () => undefined
  }
}

/** A run's result as a JSON file and back. What someone gives us is checked, and what is wrong with it is named. */
import { Result, Schema } from "effect"
import { sides } from "@outcry/model/MarketData"
import { liquidities, orderStatuses } from "@outcry/model/Order"
import type { BacktestResult } from "../BacktestResult.ts"

const Side = Schema.Literals(sides)
const Count = Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))
const Time = Schema.Finite
const Name = Schema.String.check(Schema.isNonEmpty())

const Order = Schema.Struct({
  strategy: Schema.String,
  orderSeq: Count,
  instrument: Name,
  side: Side,
  type: Schema.String,
  priceTicks: Schema.Finite,
  lots: Schema.Finite,
  filledLots: Schema.Finite,
  status: Schema.Literals([...orderStatuses, "refused"]),
  reason: Schema.String,
  timeIntent: Time,
  timeEnd: Time
})

const Fill = Schema.Struct({
  strategy: Schema.String,
  orderSeq: Count,
  instrument: Name,
  side: Side,
  timeUs: Time,
  priceTicks: Schema.Finite,
  lots: Schema.Finite,
  price: Schema.Finite,
  quantity: Schema.Finite,
  fee: Schema.Finite,
  liquidity: Schema.Literals(liquidities)
})

const Trade = Schema.Struct({
  strategy: Schema.String,
  instrument: Name,
  side: Side,
  timeEntry: Time,
  timeExit: Time,
  quantity: Schema.Finite,
  priceEntry: Schema.Finite,
  priceExit: Schema.Finite,
  profit: Schema.Finite,
  fees: Schema.Finite,
  open: Schema.Boolean
})

const Column = Schema.Array(Schema.Finite)

const Curve = Schema.Struct({ timeUs: Column, equity: Column, exposure: Column }).check(
  Schema.makeFilter(({ equity, exposure, timeUs }) => {
    if (equity.length !== timeUs.length || exposure.length !== timeUs.length)
      return `columns of equal length, not ${timeUs.length} times, ${equity.length} values of equity and ${exposure.length} of exposure`
    const back = timeUs.findIndex((time, at) => at > 0 && time < timeUs[at - 1]!)
    return back === -1 ? undefined : `times that never fall, unlike the one at ${back}`
  })
)

/** The format of the file: `version` 1 of `BacktestResult`. */
export const BacktestResultJson = Schema.Struct({
  version: Schema.Literal(1),
  kind: Schema.Literals(["event", "vectorised"]),
  strategies: Schema.Array(
    Schema.Struct({ id: Schema.String, name: Schema.String, version: Schema.Finite, parameters: Schema.Unknown })
  ),
  instruments: Schema.Array(Name),
  from: Time,
  to: Time,
  seed: Schema.Finite,
  asset: Schema.String,
  equityStart: Schema.Finite,
  equityEnd: Schema.Finite,
  curve: Curve,
  orders: Schema.Array(Order),
  fills: Schema.Array(Fill),
  trades: Schema.Array(Trade),
  funnel: Schema.Struct({
    events: Count,
    signals: Count,
    intents: Count,
    refusals: Schema.Record(Schema.String, Count),
    orders: Count,
    fills: Count
  }),
  costs: Schema.Struct({ fees: Schema.Finite, funding: Schema.Finite, dividends: Schema.Finite }),
  assumptions: Schema.Record(Schema.String, Schema.Unknown),
  warnings: Schema.Array(Schema.Struct({ code: Name, detail: Schema.String, count: Count })),
  hash: Schema.String
})

/** A file that is no result of a run: which of its fields, what is wrong with it, and what to do. */
export class InvalidResultFile extends Schema.TaggedError<InvalidResultFile>()("InvalidResultFile", {
  /** Path of the first field at fault, "$" for the whole. */
  field: Schema.String,
  reason: Schema.String
}) {
  override get message(): string {
    return `This is not the result of a back-test: ${this.field}: ${this.reason}. Give a file that \`resultJson\` wrote, of format version 1.`
  }
}

const decode = Schema.decodeUnknownResult(BacktestResultJson)

const parsed = (text: string): Result.Result<unknown, InvalidResultFile> => {
  try {
    return Result.succeed(JSON.parse(text) as unknown)
  } catch (cause) {
    return Result.fail(new InvalidResultFile({ field: "$", reason: `no JSON (${String(cause).split("\n")[0]})` }))
  }
}

/** `at ["curve"]["equity"]` at the end of what the schema says becomes the field "curve.equity". */
const faultOf = (message: string): InvalidResultFile => {
  const lines = message.split("\n").map((line) => line.trim())
  const path = /\bat ((?:\["?[^\]]*"?\])+)/.exec(message)?.[1] ?? ""
  const field = path.replace(/\["?([^"\]]*)"?\]/g, ".$1").replace(/^\./, "")
  return new InvalidResultFile({ field: field === "" ? "$" : field, reason: lines[0] ?? "unreadable" })
}

/** The result in a file's text, or the first thing that is wrong with it. */
export const parseResult = (text: string): Result.Result<BacktestResult, InvalidResultFile> => {
  const value = parsed(text)
  if (Result.isFailure(value)) return Result.fail(value.failure)
  return Result.mapError(decode(value.success), (error) => faultOf(error.message))
}

/** Rounds nothing: `parseResult` gives an equal result. */
export const resultJson = (result: BacktestResult): string => `${JSON.stringify(result)}\n`

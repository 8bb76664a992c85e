/**
 * Which orders Binance takes in one symbol: its capabilities, less what the symbol's `exchangeInfo` leaves out.
 * Source: developers.binance.com, spot "Exchange information", "Filters" (TRAILING_DELTA, ICEBERG_PARTS), 2026-11.
 */
import type { OrderTerms, OrderType } from "@outcry/model/Order"
import { Option, Schema } from "effect"
import { capabilitiesOf, isNative } from "../Capabilities.ts"

const Delta = Schema.optionalKey(Schema.Number)

const SymbolRules = Schema.Struct({
  symbol: Schema.String,
  status: Schema.String,
  orderTypes: Schema.Array(Schema.String),
  icebergAllowed: Schema.optionalKey(Schema.Boolean),
  allowTrailingStop: Schema.optionalKey(Schema.Boolean),
  filters: Schema.Array(
    Schema.Struct({
      filterType: Schema.String,
      /** Of ICEBERG_PARTS: the most parts an iceberg may show one after the other. */
      limit: Delta,
      minTrailingAboveDelta: Delta,
      maxTrailingAboveDelta: Delta,
      minTrailingBelowDelta: Delta,
      maxTrailingBelowDelta: Delta
    })
  )
})
export type OrderRules = typeof SymbolRules.Type

/** Undefined where the element of `symbols` cannot be read. */
export const rulesOf = Schema.decodeUnknownOption(SymbolRules)

/** What Binance calls them; a trailing stop is a stop with a delta instead of a price. */
export const wireTypes: Readonly<Record<OrderType, string>> = {
  limit: "LIMIT",
  market: "MARKET",
  stop: "STOP_LOSS",
  stopLimit: "STOP_LOSS_LIMIT",
  takeProfit: "TAKE_PROFIT",
  takeProfitLimit: "TAKE_PROFIT_LIMIT",
  trailingStop: "STOP_LOSS"
}

/** How far a trailing stop of this side may be: a sell's trigger is below the price, a buy's above. */
const trailRange = (rules: OrderRules, side: OrderTerms["side"]): readonly [number, number] => {
  const filter = rules.filters.find(({ filterType }) => filterType === "TRAILING_DELTA")
  const range =
    side === "sell"
      ? [filter?.minTrailingBelowDelta, filter?.maxTrailingBelowDelta]
      : [filter?.minTrailingAboveDelta, filter?.maxTrailingAboveDelta]
  return [range[0] ?? 0, range[1] ?? Infinity]
}

/** Whether Binance works an order of these terms by itself, in this symbol where its rules are known. */
export const isNativeHere = (terms: OrderTerms, rules: OrderRules | undefined): boolean => {
  const binance = capabilitiesOf("binance")
  if (binance === undefined || !isNative(binance, terms)) return false
  if (rules === undefined) return true
  if (!rules.orderTypes.includes(wireTypes[terms.type])) return false
  if (terms.displayLots !== undefined) {
    const parts = rules.filters.find(({ filterType }) => filterType === "ICEBERG_PARTS")?.limit ?? Infinity
    if (rules.icebergAllowed === false || terms.lots > parts * terms.displayLots) return false
  }
  if (terms.type !== "trailingStop") return true
  const [least, most] = trailRange(rules, terms.side)
  const bps = terms.trailBps ?? 0
  return rules.allowTrailingStop !== false && bps >= least && bps <= most
}

/** Whether the venue lists symbols but lets none of them be traded: it is in maintenance, not empty. */
export const isClosed = (symbols: ReadonlyArray<unknown>): boolean =>
  symbols.length > 0 &&
  symbols.every((symbol) => {
    const rules = rulesOf(symbol)
    return Option.isSome(rules) && rules.value.status !== "TRADING"
  })

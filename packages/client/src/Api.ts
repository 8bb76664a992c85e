/**
 * The HTTP API of a node for orders and accounts, as schemas: what a caller sends and what comes back. Gateway, command
 * line and clients share this file, so they cannot drift apart.
 *
 * Whatever changes something says who asked and why: both are in the account's journal for good.
 */
import { Schema } from "effect"
import { OrderRow } from "./Wire.ts"

const Name = Schema.String.check(Schema.isNonEmpty(), Schema.isMaxLength(200))
const Words = Schema.String.check(Schema.isNonEmpty(), Schema.isMaxLength(500))
/** Decimal text. */
const Decimal = Schema.String.check(
  Schema.isPattern(/^\d{1,18}(\.\d{1,18})?$/, { message: "a decimal such as 60000.25 is expected" })
)
const SignedDecimal = Schema.String.check(
  Schema.isPattern(/^-?\d{1,18}(\.\d{1,18})?$/, { message: "a decimal such as 12.5 or -12.5 is expected" })
)

const audited = { by: Name, reason: Words }

/** An account, or a part of it, that could not be asked. */
const Missing = Schema.Struct({ account: Schema.String, reason: Schema.String })

/** `open`: whatever has not ended; `all`: the latest that have ended as well. */
export const orderFilters = ["open", "unknown", "held", "all"] as const
export type OrderFilter = (typeof orderFilters)[number]

export const OrderList = Schema.Struct({ orders: Schema.Array(OrderRow), missing: Schema.Array(Missing) })
export type OrderList = typeof OrderList.Type

/** By client order id, venue order id, or the beginning of a client order id; `all`: every open order. */
export const CancelRequest = Schema.Struct({
  orders: Schema.Union([Schema.Literal("all"), Schema.NonEmptyArray(Name)]),
  /** With `all`: of this account only. */
  account: Schema.optionalKey(Name),
  ...audited
})

export const Canceled = Schema.Struct({
  /** Accounts that were asked and how many cancels followed: an order whose cancel is under way counts no more. */
  accounts: Schema.Array(Schema.Struct({ account: Schema.String, canceled: Schema.Int })),
  missing: Schema.Array(Missing)
})

export const resolutions = ["notPlaced", "rejected", "canceled", "expired", "filled"] as const
export type Resolution = (typeof resolutions)[number]

export const ResolveRequest = Schema.Struct({
  as: Schema.Literals(resolutions),
  /** With `filled`: what the rest was filled at. */
  price: Schema.optionalKey(Decimal),
  ...audited
})

export const Resolved = Schema.Struct({
  account: Schema.String,
  clientOrderId: Schema.String,
  /** The order as it stands now. */
  status: Schema.String,
  filled: Schema.String
})

export const CloseRequest = Schema.Struct({
  instruments: Schema.Union([Schema.Literal("all"), Schema.NonEmptyArray(Name)]),
  ...audited
})

export const Closing = Schema.Struct({
  /** Orders whose cancel was asked for: they are out of the way before anything is sold or bought. */
  canceled: Schema.Int,
  closing: Schema.Array(
    Schema.Struct({
      instrument: Schema.String,
      clientOrderId: Schema.String,
      side: Schema.Literals(["buy", "sell"]),
      quantity: Schema.String
    })
  ),
  /** What is left as it is, and why. */
  left: Schema.Array(Schema.String)
})

export const TradingStateRequest = Schema.Struct({
  state: Schema.Literals(["active", "reducing", "halted"]),
  ...audited
})

export const adjustments = ["deposit", "withdrawal", "venueCorrection", "operator"] as const

export const AdjustRequest = Schema.Struct({
  asset: Name,
  amount: SignedDecimal,
  adjustment: Schema.Literals(adjustments),
  ...audited
})

export const Adjusted = Schema.Struct({ asset: Schema.String, total: Schema.String })

/** Every error of the API (RFC 9457); `errors` names the fields that are wrong. */
export const Problem = Schema.Struct({
  type: Schema.String,
  title: Schema.String,
  status: Schema.Int,
  detail: Schema.String,
  errors: Schema.optionalKey(Schema.Array(Schema.Struct({ field: Schema.String, message: Schema.String })))
})
export type Problem = typeof Problem.Type

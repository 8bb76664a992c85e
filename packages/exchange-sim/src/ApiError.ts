/**
 * What the exchange refuses, with Binance's own error codes, messages and HTTP statuses: clients such as ccxt choose
 * their exception by the code and, for some codes, by the exact message.
 *
 * Source: developers.binance.com, "Error codes for Binance" and "Filters" of the spot API (2026-11).
 */
import { Schema } from "effect"

/** A refusal as it goes on the wire: `{"code":…,"msg":…}` with that HTTP status. */
export class ApiError extends Schema.TaggedError<ApiError>()("ApiError", {
  status: Schema.Int,
  code: Schema.Int,
  msg: Schema.String,
  /** Seconds a client should wait, sent as `Retry-After`; absent where waiting does not help. */
  retryAfter: Schema.optionalKey(Schema.Int),
  /** What a call of several parts says of each. */
  data: Schema.optionalKey(Schema.Unknown)
}) {
  override get message() {
    return `${this.code} ${this.msg}`
  }
}

const refusal = (code: number, msg: string, status = 400): ApiError => new ApiError({ status, code, msg })

const decimalRange = "^([0-9]{1,20})(\\.[0-9]{1,20})?$"

export const unknownFailure = () => refusal(-1000, "An unknown error occurred while processing the request.", 500)
export const maintenance = () => refusal(-1000, "System is under maintenance.", 503)
export const tooManyRequests = (limit: number, retryAfter: number) =>
  new ApiError({
    status: 429,
    code: -1003,
    msg: `Too much request weight used; current limit is ${limit} request weight per 1 MINUTE. Please use WebSocket Streams for live updates to avoid polling the API.`,
    retryAfter
  })
export const banned = (untilMs: number, retryAfter: number) =>
  new ApiError({
    status: 418,
    code: -1003,
    msg: `Way too much request weight used; IP banned until ${untilMs}. Please use WebSocket Streams for live updates to avoid bans.`,
    retryAfter
  })
export const tooManyOrders = (limit: number, interval: string, retryAfter: number) =>
  new ApiError({
    status: 429,
    code: -1015,
    msg: `Too many new orders; current limit is ${limit} orders per ${interval}.`,
    retryAfter
  })
export const filterFailure = (filter: string) => refusal(-1013, `Filter failure: ${filter}`)
export const invalidQuantity = () => refusal(-1013, "Invalid quantity.")
export const invalidPrice = () => refusal(-1013, "Invalid price.")
export const marketClosed = () => refusal(-1013, "Market is closed.")
export const unsupportedCombination = () => refusal(-1014, "Unsupported order combination.")
export const timestampTooOld = () => refusal(-1021, "Timestamp for this request is outside of the recvWindow.")
export const timestampAhead = () => refusal(-1021, "Timestamp for this request was 1000ms ahead of the server's time.")
export const badSignature = () => refusal(-1022, "Signature for this request is not valid.")
export const illegalCharacters = (parameter: string, range = decimalRange) =>
  refusal(-1100, `Illegal characters found in parameter '${parameter}'; legal range is '${range}'.`)
export const duplicateParameter = (parameter: string) =>
  refusal(-1101, `Duplicate values for parameter '${parameter}' detected.`)
export const missingParameter = (parameter: string) =>
  refusal(-1102, `Mandatory parameter '${parameter}' was not sent, was empty/null, or malformed.`)
export const missingOneOf = (first: string, second: string) =>
  refusal(-1102, `Param '${first}' or '${second}' must be sent, but both were empty/null!`)
export const unreadParameters = (read: number, sent: number) =>
  refusal(-1104, `Not all sent parameters were read; read '${read}' parameter(s) but was sent '${sent}'.`)
export const emptyParameter = (parameter: string) => refusal(-1105, `Parameter '${parameter}' was empty.`)
export const notRequired = (parameter: string) => refusal(-1106, `Parameter '${parameter}' sent when not required.`)
export const badPrecision = (parameter: string) => refusal(-1111, `Parameter '${parameter}' has too much precision.`)
export const invalidTimeInForce = () => refusal(-1115, "Invalid timeInForce.")
export const invalidOrderType = () => refusal(-1116, "Invalid orderType.")
export const invalidSide = () => refusal(-1117, "Invalid side.")
export const invalidInterval = () => refusal(-1120, "Invalid interval.")
export const invalidSymbol = () => refusal(-1121, "Invalid symbol.")
export const combinationInvalid = () => refusal(-1128, "Combination of optional parameters invalid.")
export const invalidData = (parameter: string) => refusal(-1130, `Data sent for parameter '${parameter}' is not valid.`)
export const listTypeRejected = () => refusal(-1158, "Order type not supported in OCO.")
export const listNeedsContingent = () => refusal(-1168, "At least one OCO order must be contingent.")
export const recvWindowTooLong = () => refusal(-1131, "recvWindow must be less than 60000")
export const duplicateOrder = () => refusal(-2010, "Duplicate order sent.")
export const insufficientBalance = () => refusal(-2010, "Account has insufficient balance for requested action.")
export const wouldTake = () => refusal(-2010, "Order would immediately match and take.")
export const icebergTooLarge = () => refusal(-2010, "IcebergQty exceeds QTY.")
export const wouldTrigger = () => refusal(-2010, "Order would trigger immediately.")
export const pricesUnrelated = () => refusal(-2010, "The relationship of the prices for the orders is not correct.")
export const restricted = () => refusal(-2011, "Order was not canceled due to cancel restrictions.")
export const unknownOrder = () => refusal(-2011, "Unknown order sent.")
/** A cancel-replace of which one part was done; `data` says which. */
export const replacePartlyFailed = (data: unknown) =>
  new ApiError({ status: 409, code: -2021, msg: "Order cancel-replace partially failed.", data })
export const replaceFailed = (data: unknown) =>
  new ApiError({ status: 400, code: -2022, msg: "Order cancel-replace failed.", data })
export const amendRejected = () =>
  refusal(-2038, "The requested action would change no state; rejecting the order amend keep priority request.")
export const orderListDoesNotExist = () => refusal(-2013, "Order list does not exist.")
export const orderDoesNotExist = () => refusal(-2013, "Order does not exist.")
export const badKeyFormat = () => refusal(-2014, "API-key format invalid.", 401)
export const rejectedKey = () => refusal(-2015, "Invalid API-key, IP, or permissions for action.", 401)

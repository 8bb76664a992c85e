/** Why an intent did not become an order: the reason codes that metrics count, the journal keeps and `explain` shows. */

/** The first six are decided by the account before any check is made; the rest are the checks of PreTrade, in order. */
export const refusalReasons = [
  "UnknownInstrument",
  "DuplicateOrder",
  "CauseAlreadyActedOn",
  "IntentExpired",
  "OrderNotOpen",
  "AccountFrozen",
  "TradingHalted",
  "TradingReducing",
  "InstrumentFrozen",
  "InvalidPrice",
  "InvalidQuantity",
  "InvalidTerms",
  "InvalidTrigger",
  "QuantityBelowMin",
  "QuantityAboveMax",
  "StalePrice",
  "NotionalBelowMin",
  "NotionalAboveMax",
  "PriceCollar",
  "SelfTrade",
  "PositionLimit",
  "ExposureLimit",
  "NothingToReduce",
  "OpenOrdersLimit",
  "OrderRateLimit",
  "InsufficientBalance"
] as const
export type RefusalReason = (typeof refusalReasons)[number]

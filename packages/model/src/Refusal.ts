/** Why an intent did not become an order: the reason codes that metrics count, the journal keeps and `explain` shows. */

/** The first five are decided by the account before any check is made; the rest are the checks of PreTrade, in order. */
export const refusalReasons = [
  "UnknownInstrument",
  "DuplicateOrder",
  "CauseAlreadyActedOn",
  "IntentExpired",
  "OrderNotOpen",
  "TradingHalted",
  "TradingReducing",
  "InstrumentFrozen",
  "InvalidPrice",
  "InvalidQuantity",
  "QuantityBelowMin",
  "QuantityAboveMax",
  "StalePrice",
  "NotionalBelowMin",
  "NotionalAboveMax",
  "PriceCollar",
  "PositionLimit",
  "ExposureLimit",
  "OpenOrdersLimit",
  "OrderRateLimit",
  "InsufficientBalance"
] as const
export type RefusalReason = (typeof refusalReasons)[number]

/** One example at the edge of each check: what passes, what fails, and what lies between. */
import { type AccountFixture, type AccountFixtureOptions } from "@outcry/testkit/AccountFixture"
import { btcUsdt, btcUsdtSpec } from "@outcry/testkit/Instruments"
import type { OrderTerms } from "../src/Order.ts"
import type { RefusalReason } from "../src/Refusal.ts"

export interface Example {
  readonly reason: RefusalReason
  readonly boundary: string
  readonly options?: AccountFixtureOptions
  /** Brings the account to the edge. */
  readonly before?: (account: AccountFixture) => void
  readonly passes: Partial<OrderTerms>
  readonly fails: Partial<OrderTerms>
  /** Between the two, where terms alone do not make the difference. */
  readonly between?: (account: AccountFixture) => void
}

/** A long position of so many lots, bought at the mark. */
export const long = (account: AccountFixture, lots: number): void => {
  account.run(account.filled(account.working({ lots })))
}
const short = (account: AccountFixture, lots: number): void => {
  account.run(account.filled(account.working({ side: "sell", priceTicks: 5_999_990, lots })))
}
const sellStop = { side: "sell", type: "stop", priceTicks: 0, triggerTicks: 5_900_000 } as const
const trail = { side: "sell", type: "trailingStop", priceTicks: 0 } as const
export const trading = (account: AccountFixture, state: "active" | "reducing" | "halted"): void => {
  account.run({ type: "SetTradingState", state, by: "test", reason: "" })
}

export const examples: ReadonlyArray<Example> = [
  {
    reason: "TradingHalted",
    boundary: "active, then halted",
    passes: {},
    fails: {},
    between: (account) => trading(account, "halted")
  },
  {
    reason: "TradingReducing",
    boundary: "long 1000 lots: selling 1000 reduces, 1001 would turn short",
    before: (account) => {
      long(account, 1000)
      trading(account, "reducing")
    },
    passes: { side: "sell", lots: 1000 },
    fails: { side: "sell", lots: 1001 }
  },
  {
    reason: "TradingReducing",
    boundary: "short 1000 lots, 400 being bought back: 600 more reduce, 601 do not",
    before: (account) => {
      short(account, 1000)
      account.working({ lots: 400 })
      trading(account, "reducing")
    },
    passes: { lots: 600 },
    fails: { lots: 601 }
  },
  {
    reason: "InstrumentFrozen",
    boundary: "an order's reply is lost",
    passes: {},
    fails: {},
    between: (account) => {
      const [clientOrderId] = account.state.orders.keys()
      account.run({ type: "ReportUnknown", clientOrderId: clientOrderId!, reason: "timeout" })
    }
  },
  { reason: "InvalidPrice", boundary: "whole ticks", passes: {}, fails: { priceTicks: 5_999_999.5 } },
  { reason: "InvalidPrice", boundary: "above zero", passes: {}, fails: { priceTicks: 0 } },
  { reason: "InvalidPrice", boundary: "a number", passes: {}, fails: { priceTicks: Number.NaN } },
  {
    reason: "InvalidPrice",
    boundary: "a market order has none",
    passes: { type: "market", priceTicks: 0 },
    fails: { type: "market", priceTicks: 6_000_000 }
  },
  { reason: "InvalidQuantity", boundary: "whole lots", passes: {}, fails: { lots: 10.5 } },
  { reason: "InvalidQuantity", boundary: "above zero", passes: {}, fails: { lots: 0 } },
  { reason: "InvalidTerms", boundary: "a limit has no trigger", passes: {}, fails: { triggerTicks: 6_000_000 } },
  {
    reason: "InvalidTerms",
    boundary: "a trailing stop has one trail",
    passes: { ...trail, trailTicks: 100 },
    fails: { ...trail, trailTicks: 100, trailBps: 10 }
  },
  { reason: "InvalidTerms", boundary: "and needs one", passes: { ...trail, trailBps: 1 }, fails: trail },
  {
    reason: "InvalidTerms",
    boundary: "a trail below the whole price",
    passes: { ...trail, trailBps: 9999 },
    fails: { ...trail, trailBps: 10_000 }
  },
  {
    reason: "InvalidTerms",
    boundary: "a trail above zero",
    passes: { ...trail, trailTicks: 1 },
    fails: { ...trail, trailTicks: 0 }
  },
  { reason: "InvalidTerms", boundary: "no trail of a stop", passes: sellStop, fails: { ...sellStop, trailTicks: 10 } },
  {
    reason: "InvalidTerms",
    boundary: "post-only belongs to a limit",
    passes: { postOnly: true },
    fails: { type: "market", priceTicks: 0, postOnly: true }
  },
  {
    reason: "InvalidTerms",
    boundary: "no more is shown than there is",
    passes: { displayLots: 1000 },
    fails: { displayLots: 1001 }
  },
  {
    reason: "InvalidTerms",
    boundary: "what is shown is an order by itself",
    options: { instruments: [{ ...btcUsdtSpec, minQuantity: "0.00010" }] },
    passes: { displayLots: 10 },
    fails: { displayLots: 9 }
  },
  { reason: "InvalidTerms", boundary: "whole lots are shown", passes: {}, fails: { displayLots: 1.5 } },
  {
    reason: "InvalidTerms",
    boundary: "only what rests is shown in part",
    passes: {},
    fails: { displayLots: 10, timeInForce: "IOC" }
  },
  { reason: "InvalidTerms", boundary: "GTD needs a time", passes: {}, fails: { timeInForce: "GTD" } },
  {
    reason: "InvalidTerms",
    boundary: "a time needs GTD",
    passes: {},
    fails: { expiresUs: 1_750_000_099_000_000 }
  },
  {
    reason: "InvalidTerms",
    boundary: "good until later than now",
    passes: { timeInForce: "GTD", expiresUs: 1_750_000_000_000_001 },
    fails: { timeInForce: "GTD", expiresUs: 1_750_000_000_000_000 }
  },
  { reason: "InvalidTerms", boundary: "a time that is one", passes: {}, fails: { timeInForce: "GTD", expiresUs: NaN } },
  {
    reason: "InvalidTrigger",
    boundary: "a sell stop below the bid",
    passes: { ...sellStop, triggerTicks: 5_999_989 },
    fails: { ...sellStop, triggerTicks: 5_999_990 }
  },
  {
    reason: "InvalidTrigger",
    boundary: "a buy stop above the ask",
    passes: { ...sellStop, side: "buy", triggerTicks: 6_000_001 },
    fails: { ...sellStop, side: "buy", triggerTicks: 6_000_000 }
  },
  {
    reason: "InvalidTrigger",
    boundary: "a sell that takes a profit above the bid",
    passes: { ...sellStop, type: "takeProfit", triggerTicks: 5_999_991 },
    fails: { ...sellStop, type: "takeProfit", triggerTicks: 5_999_990 }
  },
  { reason: "InvalidTrigger", boundary: "whole ticks", passes: sellStop, fails: { ...sellStop, triggerTicks: 0.5 } },
  { reason: "InvalidTrigger", boundary: "a number", passes: sellStop, fails: { ...sellStop, triggerTicks: NaN } },
  {
    reason: "InvalidTrigger",
    boundary: "a stop has one",
    passes: sellStop,
    fails: { type: "stop", side: "sell", priceTicks: 0 }
  },
  {
    reason: "SelfTrade",
    boundary: "a buy at our own offer",
    before: (account) => account.working({ side: "sell", priceTicks: 6_000_100 }),
    passes: { priceTicks: 6_000_099 },
    fails: { priceTicks: 6_000_100 }
  },
  {
    reason: "SelfTrade",
    boundary: "a market sell, while our bid is the best",
    before: (account) => {
      account.working({ priceTicks: 5_999_990 })
      account.mark(btcUsdt.id, 5_999_991, 6_000_000)
    },
    passes: { side: "sell", type: "market", priceTicks: 0 },
    fails: { side: "sell", type: "market", priceTicks: 0 },
    between: (account) => account.mark(btcUsdt.id, 5_999_990, 6_000_000)
  },
  {
    reason: "NothingToReduce",
    boundary: "1000 lots held",
    before: (account) => long(account, 1000),
    passes: { side: "sell", priceTicks: 6_000_000, reduceOnly: true, lots: 1000 },
    fails: { side: "buy", reduceOnly: true }
  },
  {
    reason: "QuantityBelowMin",
    boundary: "10 lots",
    options: { instruments: [{ ...btcUsdtSpec, minQuantity: "0.00010" }] },
    passes: { lots: 10 },
    fails: { lots: 9 }
  },
  {
    reason: "QuantityAboveMax",
    boundary: "2000 lots",
    options: { instruments: [{ ...btcUsdtSpec, maxQuantity: "0.02" }] },
    passes: { lots: 2000 },
    fails: { lots: 2001 }
  },
  {
    reason: "StalePrice",
    boundary: "2000 ms",
    before: (account) => {
      account.now += 2_000_000
    },
    passes: {},
    fails: {},
    between: (account) => {
      account.now += 1000
    }
  },
  {
    reason: "StalePrice",
    boundary: "a side of the book is empty",
    passes: {},
    fails: {},
    between: (account) => account.mark(btcUsdt.id, 0, 6_000_000)
  },
  {
    reason: "NotionalBelowMin",
    boundary: "5 USDT at the limit price",
    passes: { priceTicks: 5_000_000, lots: 10 },
    fails: { priceTicks: 4_999_999, lots: 10 }
  },
  {
    reason: "NotionalBelowMin",
    boundary: "5 USDT at the bid for a market order",
    before: (account) => account.mark(btcUsdt.id, 5_000_000, 5_000_500),
    passes: { type: "market", priceTicks: 0, lots: 10 },
    fails: { type: "market", priceTicks: 0, lots: 10 },
    between: (account) => account.mark(btcUsdt.id, 4_999_999, 5_000_500)
  },
  {
    reason: "NotionalAboveMax",
    boundary: "600 USDT at the limit price",
    options: { instruments: [{ ...btcUsdtSpec, maxNotional: "600" }] },
    passes: { lots: 1000 },
    fails: { priceTicks: 6_000_001, lots: 1000 }
  },
  {
    reason: "NotionalAboveMax",
    boundary: "606 USDT with the collar for a market buy",
    options: { instruments: [{ ...btcUsdtSpec, maxNotional: "606" }] },
    passes: { type: "market", priceTicks: 0, lots: 1000 },
    fails: { type: "market", priceTicks: 0, lots: 1001 }
  },
  {
    reason: "PriceCollar",
    boundary: "a buy 1 % above the ask",
    passes: { priceTicks: 6_060_000 },
    fails: { priceTicks: 6_060_001 }
  },
  {
    reason: "PriceCollar",
    boundary: "a sell 1 % below the bid",
    passes: { side: "sell", priceTicks: 5_939_991 },
    fails: { side: "sell", priceTicks: 5_939_990 }
  },
  {
    reason: "PositionLimit",
    boundary: "1800 USDT: 1000 lots held, 999 open, 1001 more",
    options: { limits: { positionNotionalMax: "1800" } },
    before: (account) => {
      long(account, 1000)
      account.working({ lots: 999 })
    },
    passes: { lots: 1001 },
    fails: { lots: 1 }
  },
  {
    reason: "ExposureLimit",
    boundary: "900 USDT over both instruments",
    options: { limits: { grossExposureMax: "900" } },
    before: (account) =>
      account.run(account.filled(account.working({ lots: 1000, priceTicks: 300_000 }, "s1", "sim:ETH/USDT"))),
    passes: { lots: 1000 },
    fails: { lots: 1 }
  },
  {
    reason: "OpenOrdersLimit",
    boundary: "3 open orders",
    options: { limits: { openOrdersMax: 3 } },
    before: (account) => {
      account.working()
      account.working()
    },
    passes: {},
    fails: {}
  },
  {
    reason: "OrderRateLimit",
    boundary: "3 orders in any second",
    options: { limits: { orderRateMax: 3 } },
    before: (account) => {
      account.placed()
      account.now += 1
      account.placed()
      account.placed()
      account.now += 999_999
      account.mark(btcUsdt.id, 5_999_990, 6_000_000)
    },
    passes: {},
    fails: {}
  },
  {
    reason: "InsufficientBalance",
    boundary: "600 USDT for a buy",
    options: { balances: { USDT: "600" } },
    passes: { lots: 1000 },
    fails: { lots: 1, priceTicks: 6_000_000 }
  },
  {
    reason: "InsufficientBalance",
    boundary: "0.01 BTC for a sell",
    options: { balances: { BTC: "0.01" } },
    passes: { side: "sell", lots: 1000 },
    fails: { side: "sell", lots: 100 }
  }
]

/** Small orders meet the least notional first, unless the instrument asks for none. */
export const relaxed = ({ options, reason }: Example): AccountFixtureOptions =>
  reason === "NotionalBelowMin" || options?.instruments !== undefined
    ? (options ?? {})
    : {
        instruments: [
          { ...btcUsdtSpec, minNotional: "0" },
          { ...btcUsdtSpec, symbol: "ETH/USDT", base: "ETH", lotSize: "0.0001", minNotional: "0" }
        ],
        ...options
      }

/** Here the order that passed is what stops the next. */
export const stays = new Set<RefusalReason>([
  "PositionLimit",
  "ExposureLimit",
  "OpenOrdersLimit",
  "OrderRateLimit",
  "InsufficientBalance"
])

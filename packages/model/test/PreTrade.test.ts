import { AccountFixture, type AccountFixtureOptions, terms } from "@outcry/testkit/AccountFixture"
import { btcUsdt, btcUsdtSpec } from "@outcry/testkit/Instruments"
import { describe, expect, it } from "vitest"
import { decide, isFrozen } from "../src/Account.ts"
import type { OrderTerms } from "../src/Order.ts"
import { checks, reduces, refuse, reserveTicks } from "../src/PreTrade.ts"
import { type RefusalReason, refusalReasons } from "../src/Refusal.ts"

interface Example {
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
const long = (account: AccountFixture, lots: number): void => {
  account.run(account.filled(account.working({ lots })))
}
const short = (account: AccountFixture, lots: number): void => {
  account.run(account.filled(account.working({ side: "sell", priceTicks: 5_999_990, lots })))
}
const trading = (account: AccountFixture, state: "active" | "reducing" | "halted"): void => {
  account.run({ type: "SetTradingState", state, by: "test", reason: "" })
}

const examples: ReadonlyArray<Example> = [
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
const relaxed = ({ options, reason }: Example): AccountFixtureOptions =>
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
const stays = new Set<RefusalReason>([
  "PositionLimit",
  "ExposureLimit",
  "OpenOrdersLimit",
  "OrderRateLimit",
  "InsufficientBalance"
])

describe("the checks before a trade", () => {
  for (const example of examples)
    it(`${example.reason}: ${example.boundary}`, () => {
      const account = new AccountFixture(relaxed(example))
      example.before?.(account)
      expect(account.place(example.passes)).toMatchObject({ type: "OrderIntended" })
      // The one that passed leaves again, where the terms alone make the difference.
      const [last] = [...account.state.orders.keys()].slice(-1)
      if (example.between === undefined && !stays.has(example.reason))
        account.run({ type: "ReportRejected", clientOrderId: last!, code: "", reason: "" })
      example.between?.(account)
      expect(account.place(example.fails)).toMatchObject({ type: "IntentRefused", reason: example.reason })
    })

  it("have each an example here, and come in the order in which the codes are listed", () => {
    const codes = checks.map((check) => check.reason)
    expect(codes).toEqual(refusalReasons.slice(5))
    expect(new Set(examples.map((example) => example.reason))).toEqual(new Set(codes))
  })

  it("name the first of several reasons", () => {
    const account = new AccountFixture({ balances: {} })
    const input = {
      state: account.state,
      instrument: btcUsdt,
      terms: terms({ priceTicks: 0, lots: 0 }),
      mark: undefined,
      markOf: () => undefined,
      now: account.now,
      frozen: () => true
    }
    trading(account, "halted")
    expect(refuse(input)?.reason).toBe("TradingHalted")
    trading(account, "reducing")
    expect(refuse(input)?.reason).toBe("TradingReducing")
    trading(account, "active")
    expect(refuse(input)?.reason).toBe("InstrumentFrozen")
    const thawed = { ...input, frozen: () => false }
    expect(refuse(thawed)?.reason).toBe("InvalidPrice")
    expect(refuse({ ...thawed, terms: terms({ lots: 0 }) })?.reason).toBe("InvalidQuantity")
    expect(refuse({ ...thawed, terms: terms() })?.reason).toBe("StalePrice")
  })

  it("say the figures, so that a user knows what to change", () => {
    const account = new AccountFixture({ balances: { USDT: "10" } })
    expect(account.place()).toMatchObject({ detail: "needs 600 USDT, free 10" })
    expect(account.place({ priceTicks: 6_100_000 })).toMatchObject({
      detail: "61000.00 is more than 100 bps beyond 60000.00"
    })
  })
})

describe("an order that reduces", () => {
  it("may pass the position limit that an order the other way may not", () => {
    const account = new AccountFixture({ limits: { positionNotionalMax: "600" } })
    long(account, 1000)
    account.mark(btcUsdt.id, 6_999_990, 7_000_000)
    expect(account.place({ lots: 10, priceTicks: 7_000_000 })).toMatchObject({ reason: "PositionLimit" })
    expect(account.place({ side: "sell", lots: 1000, priceTicks: 7_000_000 })).toMatchObject({ type: "OrderIntended" })
  })

  it("is one that cannot pass zero even if all others like it fill first", () => {
    const account = new AccountFixture()
    const sell = (lots: number): boolean => reduces(account.state, btcUsdt.id, terms({ side: "sell", lots }))
    expect(sell(1)).toBe(false)
    long(account, 1000)
    expect([sell(1000), sell(1001)]).toEqual([true, false])
    account.working({ side: "sell", lots: 300 })
    expect([sell(700), sell(701)]).toEqual([true, false])
    expect(reduces(account.state, btcUsdt.id, terms({ lots: 1 }))).toBe(false)
  })
})

describe("the reserve price", () => {
  it("is the limit; for a market buy the ask and the collar, rounded up; for a market sell the bid", () => {
    const account = new AccountFixture({ limits: { priceCollarBps: 33 } })
    const mark = { bidTicks: 99, askTicks: 101, timeReceived: 0 }
    expect(reserveTicks(account.state, terms({ priceTicks: 7 }), mark)).toBe(7)
    expect(reserveTicks(account.state, terms({ type: "market", priceTicks: 0 }), mark)).toBe(102)
    expect(reserveTicks(account.state, terms({ type: "market", side: "sell", priceTicks: 0 }), mark)).toBe(99)
  })
})

describe("deciding", () => {
  it("changes nothing until its facts are applied", () => {
    const account = new AccountFixture()
    const seq = account.state.seq
    const facts: Array<string> = []
    decide(account.state, account.batch("s1", [account.placing()]), account.circumstances, (event) => {
      facts.push(event.type)
    })
    expect(facts).toEqual(["OrderIntended"])
    expect([account.state.seq, account.state.orders.size, isFrozen(account.state, btcUsdt.id)]).toEqual([seq, 0, false])
  })
})

import { AccountFixture, terms } from "@outcry/testkit/AccountFixture"
import { btcUsdt } from "@outcry/testkit/Instruments"
import { describe, expect, it } from "vitest"
import { decide, isFrozen } from "../src/Account.ts"
import { checks, reduces, refuse, reserveTicks } from "../src/PreTrade.ts"
import { refusalReasons } from "../src/Refusal.ts"
import { examples, long, relaxed, stays, trading } from "./PreTradeExamples.ts"

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
    expect(codes).toEqual(refusalReasons.slice(6))
    expect(new Set(examples.map((example) => example.reason))).toEqual(new Set(codes))
  })

  it("name the first of several reasons", () => {
    const account = new AccountFixture({ balances: {} })
    const input = {
      state: account.state,
      instrument: btcUsdt,
      terms: terms({ priceTicks: 0, lots: 0 }),
      stage: "place" as const,
      contingency: undefined,
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

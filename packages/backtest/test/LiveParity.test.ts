/**
 * The same strategy by hand: the runner and the account core driven as they are live, by a venue of a few lines that fills
 * market orders at the next quote's touch. A run must come to the same facts, in the same order.
 */
import { execute } from "@outcry/model/Account"
import type { AccountCommand, Circumstances } from "@outcry/model/AccountCommand"
import type { AccountEvent, OrderIntended } from "@outcry/model/AccountEvent"
import { initial } from "@outcry/model/AccountState"
import * as Amount from "@outcry/model/Amount"
import { idOf } from "@outcry/model/ClientOrderId"
import { notional, specOf as instrumentSpecOf } from "@outcry/model/Instrument"
import type { FeedPosition, Quote } from "@outcry/model/MarketData"
import { SeededRandom, seedFor } from "@outcry/model/SeededRandom"
import { StrategyRunner } from "@outcry/model/StrategyRunner"
import { btcUsdt } from "@outcry/testkit/Instruments"
import { expect, it } from "vitest"
import { BacktestRun } from "../src/BacktestRun.ts"
import { researchLimits, strategySpec } from "../src/BacktestSpec.ts"
import { tapeOf } from "../src/TapeBuilder.ts"
import { btc, type Context, scripted, start } from "./Fixtures.ts"

const strategy = scripted({
  onQuote: (_quote, ctx: Context) => {
    const draw = ctx.random()
    if (draw < 0.05) ctx.buy(btc, { quantity: 500 + Math.floor(ctx.random() * 500) })
    else if (draw < 0.1 && ctx.position(btc) > 0) ctx.sell(btc, { quantity: ctx.position(btc) })
    else if (draw < 0.12) ctx.buy(btc, { quantity: 1 })
  },
  onFill: (fill, ctx) => {
    if (fill.side === "buy" && ctx.random() < 0.2) ctx.sell(btc, { quantity: fill.lots })
  }
})

const quotes = (): ReadonlyArray<Quote> => {
  const random = new SeededRandom(11)
  let ticks = 100_000
  return Array.from({ length: 800 }, (_, at): Quote => {
    ticks += random.between(-20, 20)
    const time = start + at * 250_000
    const stamp = { instrument: btc, feedEpoch: 1, seq: at + 1, timeVenue: time, timeReceived: time }
    return { type: "quote", ...stamp, bidTicks: ticks, bidLots: 90_000, askTicks: ticks + 3, askLots: 90_000 }
  })
}

const byHand = (): ReadonlyArray<AccountEvent> => {
  const state = initial("backtest")
  const runner = new StrategyRunner(strategy, {}, { instruments: [btcUsdt], seed: seedFor(1, "scripted") })
  const facts: Array<AccountEvent> = []
  const waiting: Array<OrderIntended> = []
  const ids = idOf("backtest", "backtest")
  let quote: Quote | undefined
  let orders = 0
  let trades = 0

  const circumstances = (now: number): Circumstances => ({
    now,
    expiryUs: 86_400_000_000,
    mark: () => quote,
    idOf: ids,
    native: () => false
  })

  const submit = (cause: FeedPosition, now: number): void => {
    const asked = runner.intents().slice()
    runner.clearIntents()
    const intents = asked.map((intent) => {
      if (intent.kind !== "place" || intent.contingency !== undefined) throw new Error("Plain orders only")
      const { contingency: _, ...plain } = intent
      return { ...plain, clientOrderId: ids("scripted", intent.intentSeq, 1) }
    })
    const { feedEpoch, instrument, seq } = cause
    const position = { instrument, feedEpoch, seq }
    if (intents.length > 0)
      run({ type: "SubmitIntents", strategy: "scripted", cause: position, trace: undefined, intents }, now)
  }

  const hearFill = runner.fill.bind(runner)
  const heard: Array<readonly [AccountEvent, number]> = []
  const run = (command: AccountCommand, now: number): void => {
    const events = execute(state, command, circumstances(now))
    facts.push(...events)
    for (const [at, event] of events.entries()) heard.push([event, state.seq - events.length + at + 1])
    for (const event of events) if (event.type === "OrderIntended") waiting.push(event)
  }

  const hear = (now: number): void => {
    for (let next = heard.shift(); next !== undefined; next = heard.shift()) {
      const [event, seq] = next
      if (event.type === "OrderFilled") {
        const { instrument, liquidity, lots, priceTicks, side, timeVenue } = event
        const orderSeq = state.closed.get(event.clientOrderId)!.intentSeq
        const fill = { instrument, orderSeq, side, priceTicks, lots, liquidity, timeVenue }
        hearFill(fill, now)
      } else if (event.type === "IntentRefused")
        runner.orderEnded(
          { instrument: btc, orderSeq: event.intentSeq, status: "refused", filledLots: 0, reason: event.reason },
          now
        )
      submit({ instrument: "account:scripted", feedEpoch: 1, seq }, now)
    }
  }

  run({ type: "ListInstruments", specs: [instrumentSpecOf(btcUsdt)] }, 0)
  run({ type: "SetLimits", limits: { ...researchLimits, version: 1 } }, 0)
  run({ type: "AdoptBalances", balances: [{ asset: "USDT", amount: Amount.from("10000") }] }, 0)
  heard.length = 0
  runner.start(start)
  for (const event of quotes()) {
    const now = event.timeReceived
    for (const { clientOrderId, terms } of waiting.splice(0)) {
      const { lots, side } = terms
      const priceTicks = side === "buy" ? event.askTicks : event.bidTicks
      const order = { clientOrderId, venueOrderId: String(++orders), instrument: btc, timeVenue: now }
      run({ type: "ReportOrder", ...order, status: "open", terms, filledLots: 0 }, now)
      const fee = Amount.mulDiv(notional(btcUsdt, priceTicks, lots), 5n, 10_000n)
      const fill = { side, priceTicks, lots, fee, feeAsset: "USDT", liquidity: "taker" as const }
      run({ type: "ReportFill", ...order, venueTradeId: String(++trades), ...fill }, now)
    }
    quote = event
    hear(now)
    runner.handle(event)
    submit(event, now)
    hear(now)
  }
  return facts
}

it("gives the facts that runner and account give when they are driven by hand", () => {
  const run = new BacktestRun({
    tape: tapeOf(quotes()),
    instruments: [btcUsdt],
    strategies: [strategySpec(strategy)],
    accounts: [{ balances: { USDT: "10000" } }],
    fees: { kind: "basisPoints", makerBps: 0, takerBps: 5 },
    keepFacts: true
  })
  while (run.step(50));
  const expected = byHand()
  expect(expected.filter(({ type }) => type === "OrderFilled").length).toBeGreaterThan(30)
  expect(expected.filter(({ type }) => type === "IntentRefused").length).toBeGreaterThan(5)
  expect(run.facts()).toEqual(expected)
})

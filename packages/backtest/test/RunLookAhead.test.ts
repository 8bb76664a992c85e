import { describe, expect, it } from "vitest"
import { runBacktest } from "../src/Backtest.ts"
import type { Script } from "./Fixtures.ts"
import { barTape, btc, type Context, specOf, walkTape } from "./Fixtures.ts"

/** Every value that can be reached from one, by its own fields. */
const reachable = (from: unknown, seen: Set<unknown> = new Set()): Set<unknown> => {
  if (seen.has(from)) return seen
  seen.add(from)
  if (typeof from === "object" && from !== null) for (const value of Object.values(from)) reachable(value, seen)
  return seen
}

const hoard = (event: object, ctx: Context, found: Array<string>): void => {
  const held = [event, ctx, ctx.quote(btc), ctx.instrument(btc), ctx.openOrders(btc)]
  for (const value of reachable(held)) {
    if (ArrayBuffer.isView(value)) found.push("a column")
    // Every time that a strategy can read is one that has passed.
    if (typeof value === "number" && value > 1e15 && value > ctx.now) found.push(`${value} at ${ctx.now}`)
  }
}

describe("what comes later", () => {
  it("cannot be reached from anything that a handler is given", () => {
    const found: Array<string> = []
    let looks = 0
    const look = (event: object, ctx: Context): void => {
      looks += 1
      if (ctx.state.seen++ % 40 === 0) ctx.buy(btc, { quantity: 1000 })
      hoard(event, ctx, found)
    }
    const handlers: Script = { onQuote: look, onTrade: look, onFill: look, onOrder: look }
    runBacktest(specOf(walkTape(2, 600), handlers))
    expect(looks).toBeGreaterThan(200)
    expect(found).toEqual([])
  })

  it("gives nothing to one who asks for the low or the high of the bar that he sees", () => {
    const bars = Array.from({ length: 30 }, (_, at) => {
      const open = 100_000 + at * 100
      return [open, open + 3000, open - 3000, open + 100] as const
    })
    const result = runBacktest(
      specOf(
        barTape(bars),
        {
          onBar: (bar, ctx) => {
            if (ctx.position(btc) > 0)
              ctx.sell(btc, { quantity: ctx.position(btc), price: bar.highTicks, timeInForce: "IOC" })
            else ctx.buy(btc, { quantity: 1000, price: bar.lowTicks, timeInForce: "IOC" })
          }
        },
        { accounts: [{ balances: { USDT: "1000000" }, limits: { priceCollarBps: 5000 } }] }
      )
    )
    // Each open is far from the extremes of the bar before it: an order that has to fill at once finds nothing there.
    expect(result.orders).toHaveLength(30)
    expect(result.fills).toEqual([])
  })

  it("shows in a strategy that keeps events, and is said", () => {
    const keep = (more: Parameters<typeof specOf>[2]) => {
      const kept: Array<unknown> = []
      const result = runBacktest(
        specOf(
          walkTape(2, 100),
          {
            onQuote: (quote, ctx) => {
              Object.assign(ctx.state, { last: quote })
              kept.push(quote)
            }
          },
          more
        )
      )
      return { codes: result.warnings.map(({ code }) => code), objects: new Set(kept).size, count: kept.length }
    }
    expect(keep({})).toMatchObject({ codes: ["noTrades", "eventKept"], objects: 1 })
    const fresh = keep({ freshEvents: true })
    expect(fresh.codes).toEqual(["noTrades"])
    expect(fresh.objects).toBe(fresh.count)
  })
})

/** A strategy that asks for orders of every kind at random, from the generator its context gives; and a wild tape for it. */
import type { Side } from "@outcry/model/MarketData"
import { SeededRandom } from "@outcry/model/SeededRandom"
import { defineStrategy, type OrderRequest, type StrategyContext } from "@outcry/model/Strategy"
import { Schema } from "effect"
import type { MarketTape } from "../src/MarketTape.ts"
import { TapeBuilder } from "../src/TapeBuilder.ts"
import { btc, day, eth, second, start } from "./Fixtures.ts"

interface Memory {
  readonly heard: Array<string>
  held: Record<string, number>
}

type Context = StrategyContext<{ readonly chance: number }, Memory>

const between = (ctx: Context, least: number, most: number): number =>
  least + Math.floor(ctx.random() * (most - least + 1))

const requestOf = (ctx: Context, side: Side, ticks: number): OrderRequest => {
  const quantity = between(ctx, 300, 4000)
  const away = (side === "buy" ? -1 : 1) * between(ctx, 1, 60)
  switch (between(ctx, 0, 7)) {
    case 0:
    case 1:
      return { quantity }
    case 2:
      return { quantity, price: ticks + away }
    case 3:
      return { quantity, price: ticks - away, timeInForce: "IOC" }
    case 4:
      return { quantity, stop: ticks - away * 2 }
    case 5:
      return { quantity, trailBy: Math.abs(away) * 3, reduceOnly: ctx.position(btc) !== 0 }
    case 6:
      return { quantity, price: ticks + away, goodForMs: between(ctx, 500, 5000) }
    default:
      return { quantity, stopLoss: ticks + away * 4, takeProfit: ticks - away * 4 }
  }
}

const act = (id: string, ticks: number, ctx: Context): void => {
  if (ctx.random() > ctx.parameters.chance) return
  const open = ctx.openOrders(id)
  const order = open[between(ctx, 0, Math.max(0, open.length - 1))]
  const choice = ctx.random()
  if (order !== undefined && choice < 0.15) ctx.cancel(order.orderSeq)
  else if (order !== undefined && choice < 0.25 && order.priceTicks > 0)
    ctx.modify(order.orderSeq, { price: order.priceTicks + between(ctx, -9, 9) })
  else {
    const side = ctx.random() < 0.5 ? "buy" : "sell"
    ctx[side](id, requestOf(ctx, side, ticks))
  }
}

export const randomTrader = defineStrategy<{ readonly chance: number }, Memory>({
  name: "random-trader",
  version: 1,
  parameters: Schema.Struct({ chance: Schema.Number }),
  state: Schema.Struct({
    heard: Schema.mutable(Schema.Array(Schema.String)),
    held: Schema.Record(Schema.String, Schema.Number)
  }),
  feeds: () => [btc, eth].map((instrument) => ({ instrument, quotes: true, trades: true, barSeconds: 86_400 })),
  initial: () => ({ heard: [], held: {} }),
  onQuote: (quote, ctx) => act(quote.instrument, quote.askTicks, ctx),
  onTrade: (trade, ctx) => act(trade.instrument, trade.priceTicks, ctx),
  onBar: (bar, ctx) => act(bar.instrument, bar.closeTicks, ctx),
  onFill: (fill, ctx) => {
    const sign = fill.side === "buy" ? 1 : -1
    ctx.state.held[fill.instrument] = (ctx.state.held[fill.instrument] ?? 0) + sign * fill.lots
    ctx.state.heard.push(`fill ${fill.orderSeq} ${fill.lots} @ ${fill.priceTicks}`)
  },
  onOrder: (end, ctx) => {
    ctx.state.heard.push(`${end.status} ${end.orderSeq} ${end.filledLots} ${end.reason}`)
  }
})

/** Two instruments that walk at random: as quotes and trades, or as daily bars; with dividends and funding, and splits. */
export const wildTape = (seed: number, rows: number, kind: "quotes" | "bars", splits: boolean): MarketTape => {
  const random = new SeededRandom(seed)
  const builder = new TapeBuilder([btc, eth])
  const middle = new Map([
    [btc, 100_000],
    [eth, 50_000]
  ])
  let time = start
  for (let row = 0; row < rows; row++) {
    const id = random.chance(0.5) ? btc : eth
    time += kind === "bars" ? day : random.between(1, second)
    let ticks = Math.max(2000, middle.get(id)! + random.between(-30, 30))
    if (random.chance(0.01)) builder.dividend(id, time, random.between(1, 50) / 10)
    if (random.chance(0.01)) builder.funding(id, time, random.between(-9, 9) / 10_000)
    if (splits && random.chance(0.01)) {
      const ratio = random.pick([2, 3, 0.5])
      builder.split(id, time, ratio)
      ticks = Math.round(ticks / ratio)
    }
    middle.set(id, ticks)
    time += kind === "bars" ? day : 1
    if (kind === "bars") {
      const [a, b, c, d] = [0, 0, 0, 0].map(() => ticks + random.between(-40, 40)) as [number, number, number, number]
      builder.bar(id, time, day, [a, Math.max(a, b, c, d), Math.min(a, b, c, d), d], random.between(1000, 90_000), 1)
    } else if (random.chance(0.6))
      builder.quote(id, time, time, ticks - 5, random.between(100, 9000), ticks + 5, random.between(100, 9000))
    else {
      const aggressor = random.chance(0.5) ? ("buy" as const) : ("sell" as const)
      builder.trade(id, time, time, ticks + (aggressor === "buy" ? 5 : -5), random.between(100, 9000), aggressor, row)
    }
  }
  return builder.build()
}

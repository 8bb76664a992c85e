/**
 * Follows signals made elsewhere: a list of times and targets, brought to the market when each is due. What is found to be
 * old when it is first seen (the strategy was not running, the list came late) is not traded: its reason is gone.
 *
 *   npm start -- --strategy ./examples/12-signal-follower.ts --param 'signals=2026-11-28T09:30:00Z 1; 2026-11-28T16:00:00Z 0'
 */
import { quantityLotsOf } from "@outcry/model/Instrument"
import { signOf } from "@outcry/model/MarketData"
import * as Parameter from "@outcry/model/Parameter"
import { defineStrategy, type StrategyContext } from "@outcry/model/Strategy"
import { Effect, Schema } from "effect"

/** `+5s` counts from the strategy's first start. */
const pattern = /^(?:\+(\d+(?:\.\d+)?)s|(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z)) (-?\d+(?:\.\d+)?)$/

const read = (signals: string, startedUs: number) =>
  signals
    .split(";")
    .map((each) => pattern.exec(each.trim()))
    .map((match) => ({
      atUs: match?.[1] === undefined ? Date.parse(match?.[2] ?? "") * 1000 : startedUs + Number(match[1]) * 1_000_000,
      target: Number(match?.[3])
    }))
    .toSorted((a, b) => a.atUs - b.atUs)

const Signals = Schema.String.check(
  Schema.makeFilter((text) =>
    read(text, 0).every(({ atUs, target }) => Number.isFinite(atUs) && Number.isFinite(target))
      ? undefined
      : "Write `TIME TARGET; TIME TARGET; …`, a time as +5s or 2026-11-28T09:30:00Z, a target as 1, 0 or -1"
  )
)

const Parameters = Schema.Struct({
  instrument: Parameter.instrument("sim:ETH/USDT"),
  /** Held at a target of 1. */
  quantity: Parameter.decimal("0.1"),
  signals: Signals.pipe(Schema.withDecodingDefaultKey(Effect.succeed("+3s 1; +8s 0; +13s -1; +18s 0.5; +23s 0"))),
  staleSec: Parameter.number(10, { min: 0.1, max: 86_400 })
})

const State = Schema.Struct({ startedUs: Schema.Number, seen: Schema.Int })

const follow = (ctx: StrategyContext<typeof Parameters.Type, typeof State.Type>): void => {
  const { instrument, quantity, signals, staleSec } = ctx.parameters
  const list = read(signals, ctx.state.startedUs)
  const due = list.slice(ctx.state.seen).filter(({ atUs }) => atUs <= ctx.now)
  ctx.state = { ...ctx.state, seen: ctx.state.seen + due.length }
  const next = list[ctx.state.seen]
  if (next !== undefined) ctx.timer("next", (next.atUs - ctx.now) / 1000)
  const last = due.at(-1)
  if (last === undefined) return
  if (ctx.now - last.atUs > staleSec * 1_000_000) return ctx.signal("stale", last.target)
  ctx.signal("target", last.target)
  const lots = quantityLotsOf(ctx.instrument(instrument), quantity) ?? 0
  const coming = ctx
    .openOrders(instrument)
    .reduce((sum, order) => sum + signOf(order.side) * (order.lots - order.filledLots), 0)
  const missing = Math.round(last.target * lots) - ctx.position(instrument) - coming
  if (missing !== 0) ctx[missing > 0 ? "buy" : "sell"](instrument, { quantity: Math.abs(missing) })
}

export default defineStrategy({
  name: "signal-follower",
  version: 1,
  parameters: Parameters,
  state: State,
  feeds: ({ instrument }) => [{ instrument }],
  initial: () => ({ startedUs: 0, seen: 0 }),
  onStart: (ctx) => {
    if (ctx.state.startedUs === 0) ctx.state = { ...ctx.state, startedUs: ctx.now }
    follow(ctx)
  },
  onTimer: (_name, ctx) => follow(ctx)
})

/** The weight that we count for each call is the one that the venue counts for it, by its own headers. */
import { assert, it } from "@effect/vitest"
import { Effect, Layer, Stream } from "effect"
import { Execution } from "../src/Execution.ts"
import * as ExecutionPool from "../src/ExecutionPool.ts"
import { MarketData, type VenueUnreachable } from "../src/MarketData.ts"
import * as MarketDataPool from "../src/MarketDataPool.ts"
import type { RateGate } from "../src/RateGate.ts"
import type { VenueBreaker } from "../src/VenueBreaker.ts"
import { VenueGates } from "../src/VenueGates.ts"
import { account, start } from "./ExchangeProcess.ts"
import { instrument, nowUs, order, resting } from "./Harness.ts"

interface Counted {
  readonly ours: number
  readonly venues: number
  /** Of the venue's clock: its count begins anew with each. */
  readonly minute: string
}

const rates = (counted: Array<Counted>): RateGate => ({
  admit: ({ weight }) =>
    Effect.succeed({
      _tag: "Admitted",
      ended: (reply) =>
        Effect.sync(() => {
          const used = reply?.headers["x-mbx-used-weight-1m"]
          const minute = String(reply?.headers["date"]).slice(0, 22)
          if (used !== undefined) counted.push({ ours: weight, venues: Number(used), minute })
        })
    }),
  setLimits: () => undefined,
  setOffset: () => undefined,
  status: Effect.succeed({ blockedForUs: 0, budgets: [] })
})

const breaker: VenueBreaker = {
  guard: (_purpose, request) => request,
  isOpen: Effect.succeed(false),
  changes: Stream.never,
  probeWith: () => Effect.void
}

it.live("weighs every call as the venue does", () =>
  Effect.gen(function* () {
    const exchange = yield* Effect.acquireRelease(
      Effect.promise(() => start(["alpha"])),
      (each) => Effect.promise(() => each.stop())
    )
    const counted: Array<Counted> = []
    const gates = Layer.succeed(VenueGates, {
      gate: () => ({ rates: rates(counted), breaker })
    })
    const { address } = exchange
    const pools = Layer.merge(
      ExecutionPool.layer({ venues: [address], accounts: [account("alpha")] }),
      MarketDataPool.layer({ venues: [address] })
    ).pipe(Layer.provide(gates))
    yield* Effect.gen(function* () {
      const alpha = yield* (yield* Execution).session("alpha")
      const btc = yield* instrument(alpha)
      yield* alpha.events.pipe(
        Stream.takeUntil(({ _tag }) => _tag === "Connected"),
        Stream.runDrain
      )
      const market = yield* (yield* MarketData).session("sim")
      const calls: ReadonlyArray<Effect.Effect<unknown, VenueUnreachable>> = [
        alpha.place(order("weigh", btc, resting(5_000_000))),
        alpha.openOrders(),
        alpha.openOrders([btc]),
        alpha.balances,
        alpha.fillsSince({ instrument: btc, afterTradeId: "1", sinceUs: 0 }),
        alpha.lookup({ clientOrderId: "weighless", instrument: btc, timeIntent: nowUs() }),
        alpha.cancel({ clientOrderId: "weigh", instrument: btc }),
        market.instruments,
        market.subscribe(btc).pipe(
          Stream.takeUntil((chunk) => chunk.some(({ type }) => type === "delta")),
          Stream.runDrain
        )
      ]
      for (const call of calls) yield* call
    }).pipe(Effect.provide(pools), Effect.scoped)
    // Each reply says what was used in all of the minute; before the first of all, the exchange's start may count.
    const minutes = [...new Set(counted.map(({ minute }) => minute))]
    const pairs = minutes.flatMap((minute) => {
      const known = counted.filter((each) => each.minute === minute).toSorted((x, y) => x.venues - y.venues)
      const before = minute === minutes[0] ? known : [{ venues: 0 }, ...known]
      const each = minute === minutes[0] ? known.slice(1) : known
      return each.map(({ ours, venues }, index) => ({ ours, venues: venues - before[index]!.venues }))
    })
    const wrong = pairs.filter(({ ours, venues }) => ours !== venues)
    // The stream's own connection and subscription are counted between two of them.
    assert.isAtMost(wrong.length, 2, JSON.stringify(pairs))
    assert.isAbove(new Set(pairs.map(({ ours }) => ours)).size, 5)
  }).pipe(Effect.scoped)
)

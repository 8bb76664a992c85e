/** The verbs of the strategy's tests: nodes with strategies and accounts over one journal, and a market made by hand. */
import * as AccountActor from "@outcry/actor-account/Actor"
import { AccountHost } from "@outcry/actor-account/AccountHost"
import { Account } from "@outcry/actor-account/Protocol"
import type { Bar, MarketEvent } from "@outcry/model/MarketData"
import { defaults } from "@outcry/model/Limits"
import type { StrategyDefinition } from "@outcry/model/Strategy"
import { Journal } from "@outcry/store/Journal"
import { SpanRecorder } from "@outcry/telemetry/SpanRecorder"
import { until } from "@outcry/testkit/AccountHarness"
import { btcUsdt, ethUsdt } from "@outcry/testkit/Instruments"
import type { ScriptedVenue } from "@outcry/testkit/ScriptedVenue"
import { Clock, Context, Effect, Exit, Layer, Queue, Scope, Stream } from "effect"
import { TestRunner } from "effect/cluster"
import * as StrategyActor from "../src/Actor.ts"
import { Strategy } from "../src/Protocol.ts"
import { StrategyHost, UnknownInstrument } from "../src/StrategyHost.ts"

export const btc = btcUsdt.id
const now = (): number => Date.now() * 1000

/** A wall clock that the test sets back; the monotonic one goes on, as on a machine whose clock is set. */
export const clockBehind = (byMs: () => number): Clock.Clock => {
  const clock = Context.get(Context.empty(), Clock.Clock)
  const millis = (): number => clock.currentTimeMillisUnsafe() - byMs()
  const nanos = (): bigint => clock.currentTimeNanosUnsafe() - BigInt(byMs()) * 1_000_000n
  return {
    currentTimeMillisUnsafe: millis,
    currentTimeMillis: Effect.sync(millis),
    currentTimeNanosUnsafe: nanos,
    currentTimeNanos: Effect.sync(nanos),
    monotonicTimeNanosUnsafe: () => clock.monotonicTimeNanosUnsafe(),
    monotonicTimeNanos: clock.monotonicTimeNanos,
    sleep: (duration) => clock.sleep(duration)
  }
}

/** A feed of BTC in the hands of the test. */
export class Market {
  readonly bars: Array<Bar> = []
  private readonly listeners = new Set<Queue.Queue<ReadonlyArray<MarketEvent>>>()
  private seq = 0
  feedEpoch = 1

  private get stamp() {
    return { instrument: btc, feedEpoch: this.feedEpoch, seq: ++this.seq, timeVenue: now(), timeReceived: now() }
  }

  push(...events: ReadonlyArray<MarketEvent>): void {
    for (const listener of this.listeners) Queue.offerUnsafe(listener, events)
  }

  quote(bidTicks = 5_999_990): MarketEvent {
    return { type: "quote", ...this.stamp, bidTicks, bidLots: 1, askTicks: bidTicks + 10, askLots: 1 }
  }

  /** The bar of the n-th second, which recent bars then hold, too. */
  bar(n: number, closeTicks = 6_000_000): Bar {
    const prices = { openTicks: closeTicks, highTicks: closeTicks, lowTicks: closeTicks, closeTicks }
    const bar: Bar = {
      type: "bar",
      ...this.stamp,
      intervalUs: 1_000_000,
      timeOpen: n * 1_000_000,
      ...prices,
      lots: 1,
      trades: 1
    }
    this.bars.push(bar)
    return bar
  }

  gap(resumed: boolean): MarketEvent {
    return { type: "gap", ...this.stamp, reason: "sequence", resumed }
  }

  get readers(): number {
    return this.listeners.size
  }

  get events(): Stream.Stream<ReadonlyArray<MarketEvent>> {
    return Stream.unwrap(
      Effect.acquireRelease(
        Effect.tap(Queue.unbounded<ReadonlyArray<MarketEvent>>(), (listener) =>
          Effect.sync(() => this.listeners.add(listener))
        ),
        (listener) => Effect.sync(() => this.listeners.delete(listener))
      ).pipe(Effect.map((listener) => Stream.fromEffect(Queue.take(listener)).pipe(Stream.forever)))
    )
  }
}

export interface FloorOptions {
  readonly venue: ScriptedVenue
  readonly market: Market
  /** Definition and parameters by name; all trade on the account `account`. */
  readonly strategies: Readonly<Record<string, { readonly definition: object; readonly parameters?: unknown }>>
  readonly account: string
}

export const startNode = Effect.fnUntraced(function* (options: FloorOptions) {
  const journal = yield* Journal
  const { account, market, venue } = options
  const accountHost = AccountHost.of({
    node: "one",
    journalId: "0123456789abcdef",
    orderExpiryUs: 300_000,
    snapshotEvery: 1000,
    settings: () => ({
      venue: "sim",
      limits: { ...defaults, orderRateMax: 1000, intentAgeMsMax: 60_000 },
      instruments: [btc]
    }),
    mark: () => ({ bidTicks: 5_999_990, askTicks: 6_000_000, timeReceived: Number.MAX_SAFE_INTEGER })
  })
  const strategyHost = StrategyHost.of({
    node: "one",
    snapshotEveryUs: 200_000,
    settings: (name) => {
      const found = options.strategies[name]
      // As modules are loaded: their types are known to their schemas only.
      return (
        found && {
          definition: found.definition as StrategyDefinition<unknown, unknown>,
          parameters: found.parameters ?? {},
          account
        }
      )
    },
    instrument: (id) =>
      [btcUsdt, ethUsdt].filter((known) => known.id === id).length === 0
        ? Effect.fail(new UnknownInstrument(id, [btc]))
        : Effect.succeed(id === btc ? btcUsdt : ethUsdt),
    subscribe: (id) => (id === btc ? market.events : Stream.never),
    recentBars: (_id, _interval, count) => Effect.sync(() => market.bars.slice(-count)),
    recordTick: () => Effect.void
  })
  const scope = yield* Scope.fork(yield* Effect.scope)
  const services = yield* Layer.buildWithScope(
    Layer.mergeAll(AccountActor.layer, StrategyActor.layer).pipe(
      Layer.provide([
        Layer.succeed(AccountHost, accountHost),
        Layer.succeed(StrategyHost, strategyHost),
        venue.layer,
        Layer.succeed(Journal, journal),
        SpanRecorder.layerNoop
      ]),
      Layer.provideMerge(TestRunner.layer)
    ),
    scope
  )
  const strategy = yield* Strategy.client.pipe(Effect.provideContext(services))
  const accounts = yield* Account.client.pipe(Effect.provideContext(services))
  return { strategy, account: accounts(account), stop: Scope.close(scope, Exit.void) }
})
export type TestNode = Effect.Success<ReturnType<typeof startNode>>

/** Runs, and hears the market. */
export const untilRunning = (node: TestNode, name: string, market: Market, listeners = 1) =>
  Effect.tap(untilCondition(node, name, "running"), () =>
    until(
      `${listeners} listen`,
      Effect.sync(() => market.readers === listeners)
    )
  )

export const untilCondition = (node: TestNode, name: string, condition: string) =>
  until(
    `${name} is ${condition}`,
    Effect.map(node.strategy(name).Status(), (status) => (status.condition === condition ? status : undefined))
  )

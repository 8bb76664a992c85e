/** What a strategy needs from the node it runs on: its configuration and the market. It never sees a venue. */
import type { Instrument } from "@outcry/model/Instrument"
import type { Bar, FeedPosition, MarketEvent } from "@outcry/model/MarketData"
import type { StrategyDefinition } from "@outcry/model/Strategy"
import { Context, type Effect, type Stream } from "effect"

export interface StrategySettings {
  readonly definition: StrategyDefinition<unknown, unknown>
  /** Encoded; decoded with the definition's schema when the strategy starts. */
  readonly parameters: unknown
  readonly account: string
}

export class StrategyHost extends Context.Service<
  StrategyHost,
  {
    readonly node: string
    readonly settings: (strategy: string) => StrategySettings | undefined
    readonly instrument: (id: string) => Effect.Effect<Instrument, UnknownInstrument>
    readonly subscribe: (instrument: string) => Stream.Stream<ReadonlyArray<MarketEvent>>
    readonly recentBars: (instrument: string, intervalUs: number, count: number) => Effect.Effect<ReadonlyArray<Bar>>
    /** Tells the feed that an event was acted upon. */
    readonly recordCause: (cause: FeedPosition) => Effect.Effect<void>
  }
>()("@outcry/actor-strategy/StrategyHost") {}

export class UnknownInstrument extends Error {
  readonly _tag = "UnknownInstrument"
  constructor(instrument: string, known: ReadonlyArray<string>) {
    super(`The strategy declares ${instrument}, which this floor has no feed for. It has: ${known.join(", ")}.`)
  }
}

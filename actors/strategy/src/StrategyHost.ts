/** What a strategy needs from the node it runs on: its configuration and the market. It never sees a venue. */
import type { LockStep } from "@outcry/lockstep/LockStep"
import type { Instrument } from "@outcry/model/Instrument"
import type { Bar, FeedPosition, MarketEvent } from "@outcry/model/MarketData"
import type { TraceContext } from "@outcry/model/Order"
import type { StrategyDefinition } from "@outcry/model/Strategy"
import { Context, type Effect, type Stream } from "effect"

export interface StrategySettings {
  readonly definition: StrategyDefinition<unknown, unknown>
  /** Encoded; decoded with the definition's schema when the strategy starts. */
  readonly parameters: unknown
  readonly account: string
}

/** Where a lock lasts longer than the actor that set it. */
export interface StrategyLocks {
  /** Why the strategy is locked; undefined where it is not. */
  readonly find: (strategy: string) => Effect.Effect<string | undefined>
  readonly lock: (strategy: string, reason: string) => Effect.Effect<void>
  readonly unlock: (strategy: string) => Effect.Effect<void>
}

export class StrategyHost extends Context.Service<
  StrategyHost,
  {
    readonly node: string
    /** Absent: a lock ends with its actor. */
    readonly locks?: StrategyLocks
    /** Least time between two snapshots of a strategy, µs. */
    readonly snapshotEveryUs: number
    /** Absent in normal running. In lock-step timers and decisions go by market time. */
    readonly lockStep?: LockStep
    readonly settings: (strategy: string) => StrategySettings | undefined
    readonly instrument: (id: string) => Effect.Effect<Instrument, UnknownInstrument>
    readonly subscribe: (instrument: string) => Stream.Stream<ReadonlyArray<MarketEvent>>
    readonly recentBars: (instrument: string, intervalUs: number, count: number) => Effect.Effect<ReadonlyArray<Bar>>
    /** Tells the feed that a strategy acted on this event, and under which root its trace goes on. */
    readonly recordTick: (tick: FeedPosition, root: TraceContext) => Effect.Effect<void>
  }
>()("@outcry/actor-strategy/StrategyHost") {}

export class UnknownInstrument extends Error {
  readonly _tag = "UnknownInstrument"
  constructor(instrument: string, known: ReadonlyArray<string>) {
    super(`The strategy declares ${instrument}, which this floor has no feed for. It has: ${known.join(", ")}.`)
  }
}

/**
 * A strategy in a run: the live runner, the warm-up it needs, and what its account has to tell it. What it is told, it is
 * told in the order of facts; each may make it ask for more.
 */
import type { Bar, MarketEvent } from "@outcry/model/MarketData"
import type { Instrument } from "@outcry/model/Instrument"
import type { FeedDeclaration } from "@outcry/model/Strategy"
import { StrategyRunner } from "@outcry/model/StrategyRunner"
import { Schema } from "effect"
import { BacktestFault, type StrategySpec } from "./BacktestSpec.ts"
import { openOrderOf, type Told } from "./FactTeller.ts"
import type { RunAccount } from "./RunAccount.ts"

export interface Waiting {
  /** Sequence of the fact in its account. */
  readonly seq: number
  readonly told: Told
}

const decoded = (id: string, { definition, parameters = {} }: StrategySpec): unknown => {
  try {
    return Schema.decodeUnknownSync(definition.parameters)(parameters)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new BacktestFault({
      field: `parameters of ${id}`,
      reason,
      remedy: "Give what the strategy's schema asks for."
    })
  }
}

export class RunStrategy {
  readonly id: string
  readonly name: string
  readonly version: number
  readonly account: RunAccount
  readonly parameters: unknown
  readonly runner: StrategyRunner<unknown, unknown>
  readonly told: Array<Waiting> = []
  /** When its next timer is due; Infinity while it has none. */
  timerUs = Infinity
  intents = 0
  /** Bars it still needs before it may trade, by instrument. */
  private readonly warmUpLeft = new Map<string, number>()
  private warm = true

  constructor(
    id: string,
    spec: StrategySpec,
    account: RunAccount,
    instruments: ReadonlyArray<Instrument>,
    options: { readonly seed: number; readonly intentsMax: number }
  ) {
    this.id = id
    this.name = spec.definition.name
    this.version = spec.definition.version
    this.account = account
    this.parameters = decoded(id, spec)
    this.runner = new StrategyRunner(spec.definition, this.parameters, { instruments, ...options })
    for (const { barSeconds, instrument, warmupBars } of this.runner.feeds) {
      if (!instruments.some((each) => each.id === instrument))
        throw new BacktestFault({
          field: `feeds of ${id}`,
          reason: `${instrument} is not among the instruments of the run`,
          remedy: "Put its data on the tape, or give the strategy another instrument."
        })
      if (barSeconds !== undefined && warmupBars !== undefined) this.warmUpLeft.set(instrument, warmupBars)
    }
    this.look()
  }

  get feeds(): ReadonlyArray<FeedDeclaration> {
    return this.runner.feeds
  }

  /** Past bars, as they are refilled before a live run starts. */
  warmUp(bars: ReadonlyArray<Bar>): void {
    for (const bar of bars) this.count(bar)
    this.runner.warmUp(bars)
    this.look()
  }

  /** A market event; while bars are missing still, what it asks for is dropped. */
  handle(event: MarketEvent): void {
    if (this.warm) return this.runner.handle(event)
    this.runner.warmUp([event])
    // The bar that completes the warm-up is one of it: the next event is the first to trade on.
    this.count(event)
    this.look()
  }

  /** The account's lots have changed without a fill: a split. What it knows of them is said anew. */
  resize(instrument: string): void {
    const { state } = this.account
    const lots = state.strategies.get(this.id)?.positions.get(instrument)?.lots ?? 0
    const openOrders = Array.from(state.orders.values())
      .filter((order) => order.strategy === this.id && order.instrument === instrument)
      .map((order) => openOrderOf(state, order))
    this.runner.adopt({ intentSeq: 0, positions: [{ instrument, lots }], openOrders })
  }

  private count(event: MarketEvent): void {
    if (event.type !== "bar") return
    const left = this.warmUpLeft.get(event.instrument) ?? 0
    const feed = this.feeds.find(({ instrument }) => instrument === event.instrument)
    if (left > 0 && event.intervalUs === (feed?.barSeconds ?? 0) * 1_000_000)
      this.warmUpLeft.set(event.instrument, left - 1)
  }

  private look(): void {
    this.warm = Math.max(0, ...this.warmUpLeft.values()) === 0
  }
}

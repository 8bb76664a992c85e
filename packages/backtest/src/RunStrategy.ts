/**
 * A strategy in a run: the live runner, the warm-up it needs, and what its account has to tell it, by the live reader of
 * facts. What it is told, it is told in the order of facts; each may make it ask for more.
 */
import { encode } from "@outcry/model/AccountEventCodec"
import type { AccountEvent } from "@outcry/model/AccountEvent"
import { findOrder, instrumentAt } from "@outcry/model/AccountState"
import {
  type AccountKnowledge,
  FactReader,
  type Told,
  type ToldFact,
  type TrackedOrder
} from "@outcry/model/FactReader"
import type { Bar, MarketEvent } from "@outcry/model/MarketData"
import type { Instrument } from "@outcry/model/Instrument"
import type { FeedDeclaration } from "@outcry/model/Strategy"
import { StrategyRunner } from "@outcry/model/StrategyRunner"
import { Schema } from "effect"
import { BacktestFault, type StrategySpec } from "./BacktestSpec.ts"
import type { RunAccount } from "./RunAccount.ts"

export interface Waiting {
  /** Sequence of the fact in its account. */
  readonly seq: number
  readonly told: Told
}

/** Whom a fact concerns: who asked for the order that it is about. */
export const strategyOf = (state: RunAccount["state"], event: AccountEvent): string | undefined => {
  if (event.type === "OrderIntended" || event.type === "IntentRefused") return event.strategy
  return "clientOrderId" in event ? findOrder(state, event.clientOrderId)?.strategy : undefined
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
  private reader: FactReader

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
    this.reader = this.readerFrom({ seq: 0, intentSeq: 0, positions: [], orders: [] })
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

  /** Keeps what a fact of its account means to it, if anything. `at`: its place among those that came together. */
  hear(events: ReadonlyArray<AccountEvent>, at: number, seq: number): boolean {
    const following = (): ReadonlyArray<ToldFact> =>
      events.slice(at + 1).map((event, more) => this.factOf(event, seq + 1 + more))
    const told = this.reader.read(this.factOf(events[at]!, seq), following)
    if (told === undefined) return false
    this.told.push({ seq, told })
    return true
  }

  /** The account's lots have changed without a fill: a split. What it knows of them is said anew. */
  resize(instrument: string): void {
    const { state } = this.account
    const lots = state.strategies.get(this.id)?.positions.get(instrument)?.lots ?? 0
    const { knowledge } = this.reader
    const openOrders: Array<TrackedOrder> = []
    const orders = knowledge.orders.map((known) => {
      const order = known.instrument === instrument ? state.orders.get(known.clientOrderId) : undefined
      if (order === undefined) return known
      const { filledLots, replacedLots, status, terms } = order
      const sleeps = status === "held" || status === "triggered"
      const resized = {
        ...known,
        priceTicks: terms.priceTicks,
        // What its predecessor filled is counted in until it is released.
        lots: terms.lots - (sleeps ? replacedLots : 0),
        filledLots,
        ...(terms.triggerTicks === undefined ? {} : { triggerTicks: terms.triggerTicks })
      }
      openOrders.push(resized)
      return resized
    })
    const positions = knowledge.positions.map((each) => (each.instrument === instrument ? { instrument, lots } : each))
    this.reader = this.readerFrom({ ...knowledge, positions, orders })
    this.runner.adopt({ intentSeq: 0, positions: [{ instrument, lots }], openOrders })
  }

  private readerFrom(known: AccountKnowledge): FactReader {
    const { instruments } = this.account.state
    return new FactReader(this.id, known, (id) => instruments.get(id))
  }

  /** In the journal's form, which is what the reader reads. */
  private factOf(event: AccountEvent, seq: number): ToldFact {
    const { state } = this.account
    const payload = encode(event, (id, version) => instrumentAt(state, id, version))
    return { seq, type: event.type, payload }
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

/**
 * A back-test over recorded frames at full fidelity: the exchange's own order handling, the feed's own book, the live
 * strategy runner and account, without latency. It takes things in the order in which the leader of a floor in lock-step
 * does (ADR 0014), so that a floor over the same frames gives the same orders and fills at the same market times.
 *
 * Synchronous; recordings are in memory. One run each.
 */
import type { HeldRecording } from "@outcry/exchange-sim/HeldMarket"
import type { Limits } from "@outcry/model/Limits"
import type { MarketEvent } from "@outcry/model/MarketData"
import type { StrategyDefinition } from "@outcry/model/Strategy"
import type { BacktestFill, BacktestOrder } from "./BacktestResult.ts"
import { RecordedAccount } from "./RecordedAccount.ts"
import { ordersAndFillsOf, type RecordedFact } from "./RecordedFacts.ts"
import { RecordedFeed } from "./RecordedFeed.ts"
import { RecordedStrategy } from "./RecordedStrategy.ts"
import { RecordedVenue, type VenueOutput } from "./RecordedVenue.ts"

export interface RecordedRunOptions {
  readonly recordings: ReadonlyArray<HeldRecording>
  readonly accounts: ReadonlyArray<{
    readonly name: string
    /** Decimal, by asset. */
    readonly balances: Readonly<Record<string, string>>
    readonly limits: Limits
  }>
  readonly strategies: ReadonlyArray<{
    readonly name: string
    readonly definition: StrategyDefinition<unknown, unknown>
    /** Decoded. */
    readonly parameters: unknown
    readonly account: string
    /** Of `ctx.random`; the floor derives it from the name. */
    readonly seed: number
  }>
  /** Maker and taker commission in basis points; default 10, as the floor's exchange takes. */
  readonly feeBps?: number
  /** How long after its intent an order may still reach the venue, µs; default 2.5 s, as the floor's. */
  readonly orderExpiryUs?: number
}

export interface RecordedRunResult {
  /** First and last market time, epoch µs. */
  readonly from: number
  readonly to: number
  readonly orders: ReadonlyArray<BacktestOrder>
  readonly fills: ReadonlyArray<BacktestFill>
  /** SHA-256 (hex) over orders and fills of all accounts: equal runs hash equally. */
  readonly hash: string
  /** Market events that strategies were given. */
  readonly events: number
  /** By account, in the journal's form. */
  readonly facts: ReadonlyMap<string, ReadonlyArray<RecordedFact>>
}

const byName = (a: { readonly name: string }, b: { readonly name: string }): number =>
  a.name < b.name ? -1 : a.name === b.name ? 0 : 1

export class RecordedRun {
  readonly #options: RecordedRunOptions
  readonly #venue: RecordedVenue
  readonly #feeds: ReadonlyMap<string, RecordedFeed>
  readonly #accounts: ReadonlyMap<string, RecordedAccount>
  /** By name: their turns come in this order. */
  readonly #strategies: ReadonlyArray<{ readonly strategy: RecordedStrategy; readonly account: RecordedAccount }>
  readonly #accountsInTurn: ReadonlyArray<RecordedAccount>
  readonly #from: number

  /** Throws a RangeError where a strategy names an account or instrument that is not there. */
  constructor(options: RecordedRunOptions) {
    this.#options = options
    const { accounts, feeBps = 10, orderExpiryUs = 2_500_000, recordings } = options
    const venue = new RecordedVenue({ recordings, accounts, feeBps })
    this.#venue = venue
    this.#from = venue.timeUs
    const instruments = recordings.map(({ instrument }) => instrument)
    const feeds = new Map(
      instruments.map((instrument) => [
        instrument.id,
        new RecordedFeed(instrument, venue.snapshot(instrument), venue.timeUs)
      ])
    )
    this.#feeds = feeds
    const strategies: Array<{ readonly strategy: RecordedStrategy; readonly account: RecordedAccount }> = []
    const inTurn = accounts.toSorted(byName).map(({ balances, limits, name }) => {
      const told = (facts: ReadonlyArray<RecordedFact>): void => {
        for (const each of strategies) if (each.account.name === name) each.strategy.onFacts(facts, venue.timeUs)
      }
      const mark = (id: string) => feeds.get(id)?.quote
      return new RecordedAccount({ name, limits, balances, recordings, orderExpiryUs, mark, venue, told })
    })
    this.#accountsInTurn = inTurn
    this.#accounts = new Map(inTurn.map((account) => [account.name, account]))
    for (const settings of options.strategies.toSorted(byName)) {
      const account = this.#accounts.get(settings.account)
      if (account === undefined)
        throw new RangeError(`Strategy ${settings.name} names account ${settings.account}: list it among the accounts`)
      const strategy = new RecordedStrategy({ ...settings, instruments })
      const strange = strategy.feeds.find(({ instrument }) => !feeds.has(instrument))
      if (strange !== undefined)
        throw new RangeError(`Strategy ${settings.name} declares ${strange.instrument}: give its recording`)
      strategies.push({ strategy, account })
    }
    this.#strategies = strategies
  }

  /** Runs to the end of the recordings. Throws what a handler throws. */
  run(): RecordedRunResult {
    const venue = this.#venue
    for (const { strategy } of this.#strategies) strategy.start(venue.timeUs)
    for (const { strategy } of this.#strategies)
      for (const { instrument } of strategy.feeds)
        for (const event of this.#feeds.get(instrument)!.opening()) strategy.onMarket(event, venue.timeUs)
    let isNews = true
    for (;;) {
      if (this.#letIntentsGo()) continue
      const output = venue.take()
      if (output !== undefined) {
        this.#tell(output)
        isNews = true
        continue
      }
      if (this.#accountsInTurn.some((account) => account.letGo())) continue
      if (isNews) {
        isNews = false
        const watching = this.#accountsInTurn.filter(({ isWatching }) => isWatching)
        for (const account of watching) account.look()
        if (watching.length > 0) continue
      }
      if (this.#fireDue()) continue
      if (!venue.advance(this.#nextTimerUs() ?? Number.MAX_SAFE_INTEGER)) break
      isNews = true
    }
    return this.#result()
  }

  #letIntentsGo(): boolean {
    for (const { account, strategy } of this.#strategies) {
      const batch = strategy.outbox.shift()
      if (batch === undefined) continue
      account.submit(strategy.name, batch.cause, batch.intents, batch.decidedUs)
      return true
    }
    return false
  }

  #tell(output: VenueOutput): void {
    if (output.to === "account") return this.#accounts.get(output.account)?.hear(output.order, output.execution)
    const { timeUs } = this.#venue
    const { frame } = output
    const events: ReadonlyArray<MarketEvent> = this.#feeds.get(frame.instrument.id)!.take(frame, timeUs)
    for (const { strategy } of this.#strategies) {
      if (!strategy.feeds.some(({ instrument }) => instrument === frame.instrument.id)) continue
      for (const event of events) strategy.onMarket(event, timeUs)
    }
  }

  #nextTimerUs(): number | undefined {
    let next: number | undefined
    for (const { strategy } of this.#strategies) {
      const due = strategy.nextTimerUs()
      if (due !== undefined && (next === undefined || due < next)) next = due
    }
    return next
  }

  #fireDue(): boolean {
    const next = this.#nextTimerUs()
    if (next === undefined || next > this.#venue.timeUs) return false
    this.#strategies.find(({ strategy }) => strategy.nextTimerUs() === next)!.strategy.fireTimers(this.#venue.timeUs)
    return true
  }

  #result(): RecordedRunResult {
    const { timeUs } = this.#venue
    const instruments = this.#options.recordings.map(({ instrument }) => instrument)
    const facts = new Map(this.#accountsInTurn.map((account) => [account.name, account.facts]))
    const all = this.#accountsInTurn.flatMap((account) => account.facts)
    const events = this.#strategies.reduce((sum, { strategy }) => sum + strategy.events, 0)
    return { from: this.#from, to: timeUs, ...ordersAndFillsOf(all, instruments, timeUs), events, facts }
  }
}

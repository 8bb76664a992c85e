/**
 * An event-driven run that can be taken step by step: one loop over the rows of a tape, the live runner for each strategy,
 * the live account core for every check and fact, a simulated venue for each instrument. Synchronous and deterministic.
 *
 * For each row: what was due before it happens first (orders reach the venue, reports come back, timers fire); then the
 * venue moves and accounts look at what they hold; strategies hear what became of their orders, then the event itself.
 */
import { fundingModel, type FundingModel } from "@outcry/matching/models/FundingModel"
import { latencyModel } from "@outcry/matching/models/LatencyModel"
import { slippageModel } from "@outcry/matching/models/SlippageModel"
import type { AccountCommand } from "@outcry/model/AccountCommand"
import type { FeedPosition, MarketEvent } from "@outcry/model/MarketData"
import { named } from "@outcry/model/NamedIntents"
import { seedFor } from "@outcry/model/SeededRandom"
import { tell } from "@outcry/model/TellRunner"
import { Agenda } from "./Agenda.ts"
import type { BacktestResult } from "./BacktestResult.ts"
import { type BacktestSpec, StrategyFailed } from "./BacktestSpec.ts"
import type { RunFact } from "./CorporateAction.ts"
import { type MarketTape, tapeCodes } from "./MarketTape.ts"
import { Payments } from "./Payments.ts"
import { pastBars } from "./PastBars.ts"
import { resultOf } from "./RunResult.ts"
import type { RunAccount } from "./RunAccount.ts"
import { RunEquity } from "./RunEquity.ts"
import type { RunMarket } from "./RunMarket.ts"
import { accountsOf, instrumentsOf, marketsOf, strategiesOf } from "./RunParts.ts"
import { RunRecord } from "./RunRecord.ts"
import { type RunStrategy, strategyOf } from "./RunStrategy.ts"
import { RunWarnings } from "./RunWarnings.ts"
import { venueOf } from "./RunVenue.ts"
import type { SimulatedVenue } from "./SimulatedVenue.ts"
import { checkSpec } from "./SpecCheck.ts"
import { inventoryOf, rowAt } from "./TapeInventory.ts"
import { Triggers } from "./Triggers.ts"
import { VenueDesk } from "./VenueDesk.ts"

const minuteUs = 60_000_000
/** How often in a row a strategy may answer what it is told with another intent. */
const roundsMax = 1000

export class BacktestRun {
  readonly spec: BacktestSpec
  private readonly tape: MarketTape
  private readonly markets: ReadonlyArray<RunMarket>
  private readonly venues: ReadonlyArray<SimulatedVenue>
  private readonly accounts: ReadonlyArray<RunAccount>
  private readonly strategies: ReadonlyArray<RunStrategy>
  private readonly byId = new Map<string, RunStrategy>()
  /** Strategies that declare a feed of the instrument, by its place. */
  private readonly listeners: ReadonlyArray<ReadonlyArray<RunStrategy>>
  private readonly agenda = new Agenda()
  private readonly desk: VenueDesk
  private readonly record = new RunRecord()
  private readonly equity: RunEquity
  private readonly equityStart: number
  private readonly payments: Payments
  private readonly warnings = new RunWarnings()
  private readonly funding: FundingModel
  private readonly first: number
  private readonly end: number
  private readonly sampleUs: number
  private row: number
  private now: number
  private timersUs = Infinity
  private fundingUs: number
  private sampleDueUs = Infinity
  private started = false
  /** Whether some strategy has something to hear. */
  private tells = false
  /** The strategy whose code runs, and what it handles. */
  private active: RunStrategy | undefined
  private handling = ""
  private result: BacktestResult | undefined

  /** Throws BacktestFault, or InvalidModel, where the spec makes no sense. */
  constructor(spec: BacktestSpec) {
    checkSpec(spec)
    this.spec = spec
    const { seed = 1, tape } = spec
    this.tape = tape
    this.first = spec.from === undefined ? 0 : rowAt(tape, spec.from)
    this.end = spec.to === undefined ? tape.length : rowAt(tape, spec.to + 1)
    this.row = this.first
    this.now = tape.time[this.first] ?? 0
    const instruments = instrumentsOf(spec)
    this.markets = marketsOf(spec, instruments)
    this.accounts = accountsOf(spec, instruments, this.markets)
    this.desk = new VenueDesk({
      now: () => this.now,
      run: (account, command) => this.run(account, command),
      accounts: this.accounts,
      agenda: this.agenda,
      latency: latencyModel(spec.latency ?? { kind: "none" }, seed)
    })
    const triggers = new Triggers(this.accounts)
    this.venues = this.markets.map((market) => {
      const { id } = market.instrument
      const listener = this.desk.listener({
        watches: () => this.accounts.some(({ watches }) => watches),
        priced: (priceTicks) => {
          market.priced(priceTicks, priceTicks, this.now)
          this.look()
        },
        nextTrigger: (from, to) => triggers.next(id, from, to)
      })
      const slippage = slippageModel(spec.slippage ?? { kind: "none" }, seedFor(seed, id))
      const venue = venueOf(spec, market, slippage, listener)
      this.desk.open(id, venue)
      return venue
    })
    this.strategies = strategiesOf(spec, instruments, this.accounts)
    for (const strategy of this.strategies) this.byId.set(strategy.id, strategy)
    this.listeners = instruments.map(({ id }) =>
      this.strategies.filter(({ feeds }) => feeds.some(({ instrument }) => instrument === id))
    )
    this.funding = fundingModel(spec.funding ?? { kind: "recorded" })
    this.fundingUs = this.funding.nextUs(this.now)
    this.payments = new Payments(this.accounts, this.record, (account, command) => this.run(account, command))
    this.equity = new RunEquity(instruments[0]?.quote ?? "", this.accounts, this.markets)
    const hasBars = inventoryOf(tape).some(({ bars }) => bars > 0)
    this.sampleUs = spec.sampleUs ?? (hasBars ? 0 : minuteUs)
    this.equityStart = this.equity.now()
  }

  /** Rows done, and rows in all. */
  get progress(): { readonly done: number; readonly all: number } {
    return { done: this.row - this.first, all: this.end - this.first }
  }

  /** Facts of an account, in order: kept where the spec asks for it. */
  facts(account = this.accounts[0]!.id): ReadonlyArray<RunFact> {
    return this.accounts.find(({ id }) => id === account)?.facts ?? []
  }

  /** An account as it stands. */
  account(id = this.accounts[0]!.id): RunAccount | undefined {
    return this.accounts.find((account) => account.id === id)
  }

  /** Handles up to so many rows; false once none is left. Throws StrategyFailed where a strategy throws. */
  step(rows: number): boolean {
    try {
      if (!this.started) this.start()
      const end = Math.min(this.end, this.row + rows)
      while (this.row < end) {
        this.advance(this.row)
        this.row += 1
      }
    } catch (error) {
      throw this.failed(error)
    }
    return this.row < this.end
  }

  /** The result of what was handled so far; the run is over with it. */
  finish(): BacktestResult {
    if (this.result !== undefined) return this.result
    if (!this.started) this.step(0)
    const timeUs = this.row > this.first ? this.tape.time[this.row - 1]! : this.now
    this.equity.sample(timeUs)
    this.result = resultOf({
      spec: this.spec,
      tape: this.tape,
      from: this.tape.time[this.first] ?? 0,
      to: timeUs,
      rows: this.row - this.first,
      strategies: this.strategies,
      accounts: this.accounts,
      markets: this.markets,
      record: this.record,
      equity: this.equity,
      equityStart: this.equityStart,
      warnings: this.warnings
    })
    return this.result
  }

  private start(): void {
    this.started = true
    this.equity.sample(this.now)
    for (const strategy of this.strategies) {
      this.enter(strategy, "warm-up")
      strategy.warmUp(pastBars(this.tape, this.first, strategy.feeds))
      this.enter(strategy, "start")
      strategy.runner.start(this.now)
      this.flush(strategy, { instrument: `start:${strategy.id}`, feedEpoch: 1, seq: 1 })
    }
    this.tellAll()
  }

  private advance(row: number): void {
    const { tape } = this
    const time = tape.time[row]!
    if (this.agenda.nextUs <= time || this.timersUs <= time || this.fundingUs <= time) this.catchUp(time)
    if (this.sampleDueUs < time) this.sample(time)
    this.now = time
    const place = tape.instrument[row]!
    const market = this.markets[place]!
    const code = tape.code[row]!
    market.seq += 1
    if (code >= tapeCodes.split) return this.act(row, market)
    this.venues[place]!.advance(tape, row)
    market.take(tape, row)
    this.look()
    if (this.tells) this.tellAll()
    const listeners = this.listeners[place]!
    if (listeners.length > 0) {
      const event = market.event(tape, row)!
      for (let at = 0; at < listeners.length; at++) this.deliver(listeners[at]!, event)
      if (this.tells) this.tellAll()
    }
    if (code === tapeCodes.bar && this.sampleUs === 0) this.sampleDueUs = time
    else if (this.sampleDueUs === Infinity) this.sampleDueUs = this.nextSample(time)
    if (code === tapeCodes.gap) this.warnOfGap(row, market)
  }

  /** What is due by then, each at its own time, earliest first. */
  private catchUp(untilUs: number): void {
    for (;;) {
      const due = Math.min(this.agenda.nextUs, this.timersUs, this.fundingUs)
      if (due > untilUs) return
      this.now = Math.max(this.now, due)
      if (this.agenda.nextUs === due) this.agenda.actFirst()
      else if (this.timersUs === due) this.fireTimers(due)
      else {
        this.fundingUs = this.funding.nextUs(due)
        for (const market of this.markets) this.payments.funding(market, this.funding.rate, due)
      }
      if (this.tells) this.tellAll()
    }
  }

  private act(row: number, market: RunMarket): void {
    const { tape } = this
    const value = tape.a[row]!
    switch (tape.code[row]) {
      case tapeCodes.split:
        this.desk.split(market.instrument, value)
        this.payments.split(market, value, this.now)
        this.equity.forget()
        for (const strategy of this.strategies) strategy.resize(market.instrument.id)
        break
      case tapeCodes.dividend:
        this.payments.dividend(market, value, this.now)
        break
      case tapeCodes.funding:
        if (this.funding.recorded) this.payments.funding(market, value, this.now)
        break
      default:
    }
    if (this.tells) this.tellAll()
  }

  /** Accounts look at what they hold, where they hold something. */
  private look(): void {
    for (let at = 0; at < this.accounts.length; at++) {
      const account = this.accounts[at]!
      if (account.watches) this.run(account, { type: "Tick" })
    }
  }

  private deliver(strategy: RunStrategy, event: MarketEvent): void {
    this.active = strategy
    this.handling = event.type
    strategy.handle(event)
    this.settle(strategy, event)
  }

  private settle(strategy: RunStrategy, cause: FeedPosition): void {
    if (strategy.runner.intents().length > 0) this.flush(strategy, cause)
    const due = strategy.runner.nextTimerUs() ?? Infinity
    if (due !== strategy.timerUs) {
      strategy.timerUs = due
      this.timersUs = this.strategies.reduce((least, { timerUs }) => Math.min(least, timerUs), Infinity)
    }
    this.active = undefined
  }

  private fireTimers(due: number): void {
    for (const strategy of this.strategies) {
      if (strategy.timerUs > due) continue
      this.enter(strategy, "timer")
      strategy.runner.fireTimers(due)
      this.settle(strategy, { instrument: `timer:${strategy.id}`, feedEpoch: 1, seq: due })
    }
  }

  /** Hands what a strategy asked for to its account. */
  private flush(strategy: RunStrategy, cause: FeedPosition): void {
    const { account, id, runner } = strategy
    const asked = runner.intents()
    this.active = undefined
    if (asked.length === 0) return
    strategy.intents += asked.length
    const intents = named(account.state, id, asked, account.ids)
    runner.clearIntents()
    const { feedEpoch, instrument, seq } = cause
    const position = { instrument, feedEpoch, seq }
    this.run(account, { type: "SubmitIntents", strategy: id, cause: position, trace: undefined, intents })
  }

  /** A command, the facts that follow, and what they ask of the venue and mean to strategies. */
  private run(account: RunAccount, command: AccountCommand): void {
    const before = account.state.seq
    const events = account.run(command, this.now)
    for (let at = 0; at < events.length; at++) {
      const event = events[at]!
      this.record.take(account.state, event, this.now)
      const strategy = this.byId.get(strategyOf(account.state, event) ?? "")
      if (strategy?.hear(events, at, before + at + 1) === true) this.tells = true
    }
    for (let at = 0; at < events.length; at++) this.desk.follow(account, events[at]!)
  }

  /** Strategies hear what became of their orders, until none has anything more to hear. */
  private tellAll(): void {
    for (let round = 0; this.tells; round++) {
      this.tells = false
      for (const strategy of this.strategies) {
        const waiting = strategy.told.splice(0)
        for (const { seq, told } of waiting) {
          this.enter(strategy, told.kind === "end" || told.kind === "refused" ? "order" : told.kind)
          if (round > roundsMax) throw new Error("it answers whatever it is told with another intent, without end")
          tell(strategy.runner, told, 0, this.now)
          this.settle(strategy, { instrument: `account:${strategy.id}`, feedEpoch: 1, seq })
        }
      }
    }
  }

  private enter(strategy: RunStrategy, handling: string): void {
    this.active = strategy
    this.handling = handling
  }

  private nextSample(time: number): number {
    return this.sampleUs === 0 ? Infinity : (Math.floor(time / this.sampleUs) + 1) * this.sampleUs
  }

  /** At bars: as of their close. Else at each full interval that has passed, as of the last event before it. */
  private sample(time: number): void {
    if (this.sampleUs === 0) {
      this.equity.sample(this.sampleDueUs)
      this.sampleDueUs = Infinity
      return
    }
    this.equity.sample(this.sampleDueUs)
    const last = Math.floor((time - 1) / this.sampleUs) * this.sampleUs
    if (last > this.sampleDueUs) this.equity.sample(last)
    this.sampleDueUs = last + this.sampleUs
  }

  private warnOfGap(row: number, market: RunMarket): void {
    if (this.tape.b[row] === 1) return
    const detail = `the data of ${market.instrument.id} break at row ${row}: what was lost is not in the figures`
    this.warnings.add("gapInData", detail)
  }

  private failed(error: unknown): unknown {
    const { active, handling, now, row } = this
    if (active === undefined || error instanceof StrategyFailed) return error
    const reason = error instanceof Error ? error.message : String(error)
    return new StrategyFailed({ strategy: active.id, event: handling, row, timeUs: now, reason })
  }
}

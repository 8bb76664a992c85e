/** A strategy of a recorded run: the live runner and reader of facts, and what the live run does around them. */
import { FactReader } from "@outcry/model/FactReader"
import type { Instrument } from "@outcry/model/Instrument"
import type { FeedPosition, MarketEvent } from "@outcry/model/MarketData"
import type { RunnerIntent } from "@outcry/model/RunnerIntent"
import type { FeedDeclaration, StrategyDefinition } from "@outcry/model/Strategy"
import { StrategyRunner } from "@outcry/model/StrategyRunner"
import { tell } from "@outcry/model/TellRunner"
import { WarmUp } from "@outcry/model/WarmUp"
import type { RecordedFact } from "./RecordedFacts.ts"

export interface RecordedStrategyOptions {
  readonly name: string
  readonly definition: StrategyDefinition<unknown, unknown>
  /** Decoded. */
  readonly parameters: unknown
  readonly seed: number
  readonly instruments: ReadonlyArray<Instrument>
}

/** What one event led to. */
export interface RecordedBatch {
  readonly cause: FeedPosition
  readonly intents: ReadonlyArray<RunnerIntent>
  readonly decidedUs: number
}

export class RecordedStrategy {
  readonly name: string
  readonly outbox: Array<RecordedBatch> = []
  /** Market events handled. */
  events = 0
  readonly #runner: StrategyRunner<unknown, unknown>
  readonly #reader: FactReader
  readonly #warmUp: WarmUp
  #gaps = 0

  constructor({ definition, instruments, name, parameters, seed }: RecordedStrategyOptions) {
    this.name = name
    this.#runner = new StrategyRunner(definition, parameters, { instruments, seed })
    this.#reader = new FactReader(name, { seq: 0, intentSeq: 0, positions: [], orders: [] }, (id) =>
      instruments.find((instrument) => instrument.id === id)
    )
    this.#warmUp = new WarmUp(this.#runner.feeds, undefined)
  }

  get feeds(): ReadonlyArray<FeedDeclaration> {
    return this.#runner.feeds
  }

  start(now: number): void {
    this.#runner.start(now)
    this.#flush(this.#own("start", 1), now)
  }

  onMarket(event: MarketEvent, now: number): void {
    this.events += 1
    const isWarm = this.#warmUp.barsLeft === 0
    if (!this.#warmUp.isFresh(event)) return
    if (isWarm) this.#runner.handle(event)
    else this.#runner.warmUp([event])
    if (event.type === "gap") this.#gaps = Math.max(this.#gaps + 1, now)
    this.#flush(event.type === "gap" ? this.#own("gap", this.#gaps) : event, now)
  }

  onFacts(facts: ReadonlyArray<RecordedFact>, now: number): void {
    facts.forEach((fact, index) => {
      const told = this.#reader.read(fact, () => facts.slice(index + 1))
      if (told === undefined) return
      tell(this.#runner, told, 0, now)
      this.#flush(this.#own("account", fact.seq), now)
    })
  }

  nextTimerUs(): number | undefined {
    return this.#runner.nextTimerUs()
  }

  /** All that is due by then. */
  fireTimers(now: number): void {
    const due = this.#runner.nextTimerUs()
    if (due === undefined || due > now) return
    this.#runner.fireTimers(now)
    this.#flush(this.#own("timer", due), now)
  }

  #own(kind: string, seq: number): FeedPosition {
    return { instrument: `${kind}:${this.name}`, feedEpoch: 1, seq }
  }

  #flush(cause: FeedPosition, decidedUs: number): void {
    const intents = this.#runner.intents().slice()
    if (intents.length === 0) return
    this.#runner.clearIntents()
    const { feedEpoch, instrument, seq } = cause
    this.outbox.push({ cause: { instrument, feedEpoch, seq }, intents, decidedUs })
  }
}

/** A strategy on bars of the test's, its orders in the test's hands: what it asked for in words, fills and ends as told. */
import type { Instrument } from "@outcry/model/Instrument"
import type { Side } from "@outcry/model/MarketData"
import type { StrategyDefinition, StrategyFill } from "@outcry/model/Strategy"
import { StrategyRunner } from "@outcry/model/StrategyRunner"
import { Schema } from "effect"
import { secondUs, type TickBar } from "./RandomBars.ts"

export class Desk<P, S> {
  runner: StrategyRunner<P, S>
  /** Everything asked for since the last look: `buy 10`, `sell 10 @ 99`, `cancel 3`, exits with their trigger. */
  readonly asked: Array<string> = []
  private readonly definition: StrategyDefinition<P, S>
  private readonly parameters: P
  private readonly instrument: Instrument
  private readonly sides = new Map<number, { readonly side: Side; readonly lots: number }>()
  private row = 0

  constructor(definition: StrategyDefinition<P, S>, given: Readonly<Record<string, unknown>>, instrument: Instrument) {
    this.definition = definition
    this.parameters = Schema.decodeUnknownSync(definition.parameters, { onExcessProperty: "error" })(given)
    this.instrument = instrument
    this.runner = this.make()
    this.runner.start(0)
  }

  get state(): S {
    return this.runner.snapshot().state
  }

  /** A bar one second after the last; `warming` gives it as history. */
  bar(bar: TickBar, warming = false): void {
    this.row++
    const { id: instrument } = this.instrument
    const times = {
      timeOpen: this.row * secondUs,
      timeVenue: (this.row + 1) * secondUs,
      timeReceived: (this.row + 1) * secondUs
    }
    const event = {
      type: "bar" as const,
      instrument,
      feedEpoch: 1,
      seq: this.row,
      intervalUs: secondUs,
      trades: 1,
      ...times,
      ...bar
    }
    if (warming) this.runner.warmUp([event])
    else this.runner.handle(event)
    this.take()
  }

  /** A bar that opens, trades and closes at one price. */
  close(closeTicks: number, warming = false): void {
    this.bar({ openTicks: closeTicks, highTicks: closeTicks, lowTicks: closeTicks, closeTicks, lots: 1 }, warming)
  }

  /** What was asked for since the last call. */
  look(): ReadonlyArray<string> {
    return this.asked.splice(0)
  }

  fill(orderSeq: number, lots?: number): void {
    const order = this.sides.get(orderSeq)!
    const { id: instrument } = this.instrument
    const { side } = order
    const given = (): StrategyFill => ({
      instrument,
      orderSeq,
      side,
      lots: lots ?? order.lots,
      priceTicks: 1,
      liquidity: "taker",
      timeVenue: 0
    })
    this.runner.fill(given(), this.row * secondUs)
    this.take()
  }

  end(orderSeq: number, status: "canceled" | "refused" = "canceled"): void {
    const { id: instrument } = this.instrument
    this.runner.orderEnded({ instrument, orderSeq, status, filledLots: 0, reason: "" }, this.row * secondUs)
    this.take()
  }

  /** The run ends; another goes on from its snapshot as text. */
  restart(): void {
    const kept = this.runner.snapshot()
    const text = JSON.stringify(Schema.encodeUnknownSync(this.definition.state)(kept.state))
    const known = { intentSeq: this.runner.lastIntentSeq, positions: [], openOrders: [] }
    this.runner = this.make()
    this.runner.restore({ ...kept, state: Schema.decodeUnknownSync(this.definition.state)(JSON.parse(text)) })
    this.runner.adopt(known)
  }

  private make(): StrategyRunner<P, S> {
    return new StrategyRunner(this.definition, this.parameters, { instruments: [this.instrument], seed: 1 })
  }

  private take(): void {
    for (const intent of this.runner.intents()) {
      if (intent.kind !== "place") {
        this.asked.push(`${intent.kind} ${intent.orderSeq}`)
        continue
      }
      const { lots, priceTicks, reduceOnly, side, trailBps, triggerTicks } = intent.terms
      this.sides.set(intent.intentSeq, { side, lots })
      const words = [
        `${side} ${lots}`,
        ...(priceTicks === 0 ? [] : [`@ ${priceTicks}`]),
        ...(triggerTicks === undefined ? [] : [`stop ${triggerTicks}`]),
        ...(trailBps === undefined ? [] : [`trail ${trailBps}`]),
        ...(reduceOnly === true ? ["exit"] : []),
        ...(intent.contingency?.parent === undefined ? [] : [`of ${intent.contingency.parent}`])
      ]
      this.asked.push(words.join(" "))
    }
    this.runner.clearIntents()
  }
}

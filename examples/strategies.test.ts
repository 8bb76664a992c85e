/** What each example strategy asks for on a market made for it. Pure: the same runner that trades, without a floor. */
import { StrategyRunner } from "@outcry/model/StrategyRunner"
import type { StrategyDefinition, StrategyFill } from "@outcry/model/Strategy"
import { btcUsdt, ethUsdt } from "@outcry/testkit/Instruments"
import { Schema } from "effect"
import { describe, expect, it } from "vitest"
import movingAverageCross from "./01-moving-average-cross.ts"
import marketMaker from "./02-market-maker.ts"
import pairsSpread from "./03-pairs-spread.ts"

const second = 1_000_000
const [btc, eth] = [btcUsdt.id, ethUsdt.id]

/** A strategy on a market of the test's; its orders are filled at once unless the test holds them. */
class Stage<P, S> {
  readonly runner: StrategyRunner<P, S>
  /** Everything it asked for, as `buy 100 @ 5 post-only`, `cancel 3`. */
  readonly asked: Array<string> = []
  #now = 0
  #seq = 0

  constructor(definition: StrategyDefinition<P, S>, parameters: Readonly<Record<string, unknown>>) {
    const decoded = Schema.decodeUnknownSync(definition.parameters)(parameters)
    this.runner = new StrategyRunner(definition, decoded, { instruments: [btcUsdt, ethUsdt], seed: 1 })
    this.runner.start(this.#now)
  }

  /** A bar that closes there, a second later. */
  bar(instrument: string, closeTicks: number): void {
    this.#now += second / 2
    const prices = { openTicks: closeTicks, highTicks: closeTicks, lowTicks: closeTicks, closeTicks }
    const timeOpen = this.#now - second
    this.runner.handle({
      type: "bar",
      ...this.#at(instrument),
      intervalUs: second,
      timeOpen,
      ...prices,
      lots: 1,
      trades: 1
    })
    this.#take({ fill: true })
  }

  /** A whole book with that touch, `afterMs` later. */
  book(instrument: string, bidTicks: number, askTicks: number, afterMs: number): void {
    this.#now += afterMs * 1000
    this.runner.handle({
      type: "delta",
      ...this.#at(instrument),
      snapshot: true,
      bids: [bidTicks, 50],
      asks: [askTicks, 50]
    })
    this.#take({ fill: false })
  }

  /** A change of a level beside the touch. */
  change(instrument: string, afterMs: number): void {
    this.#now += afterMs * 1000
    this.runner.handle({ type: "delta", ...this.#at(instrument), snapshot: false, bids: [100, 1], asks: [] })
    this.#take({ fill: false })
  }

  gap(instrument: string): void {
    this.runner.handle({ type: "gap", ...this.#at(instrument), reason: "sequence", resumed: false })
    this.#take({ fill: false })
  }

  /** The venue confirms the end of an order. */
  ended(instrument: string, orderSeq: number): void {
    this.runner.orderEnded({ instrument, orderSeq, status: "canceled", filledLots: 0, reason: "" }, this.#now)
  }

  fill(instrument: string, orderSeq: number, side: "buy" | "sell", lots: number): void {
    const at = { instrument, priceTicks: 1, timeVenue: this.#now }
    const given = (): StrategyFill => ({ ...at, orderSeq, side, lots, liquidity: "maker" })
    this.runner.fill(given(), this.#now)
  }

  #at(instrument: string) {
    this.#seq += 1
    return { instrument, feedEpoch: 1, seq: this.#seq, timeVenue: this.#now, timeReceived: this.#now }
  }

  #take({ fill }: { readonly fill: boolean }): void {
    const intents = this.runner.intents().slice()
    this.runner.clearIntents()
    for (const intent of intents) {
      if (intent.kind !== "place") {
        this.asked.push(`${intent.kind} ${intent.orderSeq}`)
        continue
      }
      const { lots, postOnly, priceTicks, side, type } = intent.terms
      const price = type === "market" ? "" : ` @ ${priceTicks}`
      this.asked.push(`${side} ${lots} ${intent.instrument}${price}${postOnly ? " post-only" : ""}`)
      if (fill) this.fill(intent.instrument, intent.intentSeq, side, lots)
    }
  }
}

describe("the moving-average cross", () => {
  const make = () => new Stage(movingAverageCross, { fast: 2, slow: 4 })
  const prices = (stage: ReturnType<typeof make>, closes: ReadonlyArray<number>): void => {
    for (const close of closes) stage.bar(btc, close)
  }

  it("buys when the fast average is above the slow one, once, and sells what it holds when it falls below", () => {
    const stage = make()
    prices(stage, [100, 100, 100, 100, 110, 120, 130])
    expect(stage.asked).toEqual([`buy 1000 ${btc}`])
    prices(stage, [120, 100, 80, 60])
    expect(stage.asked).toEqual([`buy 1000 ${btc}`, `sell 1000 ${btc}`])
  })

  it("does nothing before the slow average has its bars, nor on a falling market without a position", () => {
    const early = make()
    prices(early, [100, 120, 140])
    expect(early.asked).toEqual([])
    const falling = make()
    prices(falling, [100, 90, 80, 70, 60, 50])
    expect(falling.asked).toEqual([])
  })
})

describe("the market maker", () => {
  const make = () => new Stage(marketMaker, { halfSpreadBps: 10, moveBps: 5, lookEveryMs: 500, inventoryMax: 2 })
  const first = [`buy 500 ${eth} @ 299700 post-only`, `sell 500 ${eth} @ 300300 post-only`]

  it("quotes both sides of the middle and leaves the quotes alone while the market stands", () => {
    const stage = make()
    for (let look = 0; look < 4; look++) stage.book(eth, 299_990, 300_010, 600)
    expect(stage.asked).toEqual(first)
  })

  it("cancels first and quotes anew only when both are gone, after the market has moved", () => {
    const stage = make()
    stage.book(eth, 299_990, 300_010, 600)
    stage.book(eth, 300_990, 301_010, 600)
    expect(stage.asked).toEqual([...first, "cancel 1", "cancel 2"])
    stage.ended(eth, 1)
    stage.book(eth, 300_990, 301_010, 600)
    expect(stage.asked).toHaveLength(4)
    stage.ended(eth, 2)
    stage.book(eth, 300_990, 301_010, 600)
    expect(stage.asked.slice(4)).toEqual([`buy 500 ${eth} @ 300699 post-only`, `sell 500 ${eth} @ 301301 post-only`])
  })

  it("looks no more often than it should", () => {
    const stage = make()
    stage.book(eth, 299_990, 300_010, 600)
    stage.book(eth, 310_000, 310_020, 100)
    expect(stage.asked).toEqual(first)
  })

  it("leans against what it holds and quotes one side only at its limit", () => {
    const stage = make()
    stage.book(eth, 299_990, 300_010, 600)
    stage.fill(eth, 1, "buy", 500)
    stage.book(eth, 299_990, 300_010, 600)
    stage.ended(eth, 2)
    stage.book(eth, 299_990, 300_010, 600)
    // Half of its limit held: both quotes lower by half of the half spread.
    expect(stage.asked.slice(3)).toEqual([`buy 500 ${eth} @ 299550 post-only`, `sell 500 ${eth} @ 300150 post-only`])
    stage.fill(eth, 4, "buy", 500)
    stage.book(eth, 299_990, 300_010, 600)
    stage.ended(eth, 5)
    stage.book(eth, 299_990, 300_010, 600)
    expect(stage.asked.at(-1)).toBe(`sell 500 ${eth} @ 300000 post-only`)
    expect(stage.asked.filter((each) => each.startsWith("buy"))).toHaveLength(2)
  })

  it("withdraws its quotes when the stream breaks, and quotes nothing until the book is whole again", () => {
    const stage = make()
    stage.book(eth, 299_990, 300_010, 600)
    stage.gap(eth)
    expect(stage.asked).toEqual([...first, "cancel 1", "cancel 2"])
    stage.ended(eth, 1)
    stage.ended(eth, 2)
    stage.change(eth, 600)
    expect(stage.asked).toHaveLength(4)
    stage.book(eth, 299_990, 300_010, 600)
    expect(stage.asked.slice(4)).toEqual(first)
  })
})

describe("the pairs spread", () => {
  const make = () => new Stage(pairsSpread, { window: 5, entry: 1.5, exit: 0.2 })
  const pair = (stage: ReturnType<typeof make>, first: number, second: number): void => {
    stage.bar(btc, first)
    stage.bar(eth, second)
  }
  const calm = (stage: ReturnType<typeof make>): void => {
    for (const wobble of [0, 10, -10, 10, -10, 10, -10, 0]) pair(stage, 6_000_000 + wobble, 300_000)
  }

  it("sells the dear leg and buys the cheap one, and closes both when the ratio is back", () => {
    const stage = make()
    calm(stage)
    expect(stage.asked).toEqual([])
    pair(stage, 6_003_000, 300_000)
    expect(stage.asked).toEqual([`sell 1000 ${btc}`, `buy 2300 ${eth}`])
    pair(stage, 6_000_000, 300_000)
    expect(stage.asked.slice(2)).toEqual([`buy 1000 ${btc}`, `sell 2300 ${eth}`])
  })

  it("does the opposite when the first leg is the cheap one", () => {
    const stage = make()
    calm(stage)
    pair(stage, 5_997_000, 300_000)
    expect(stage.asked).toEqual([`buy 1000 ${btc}`, `sell 2300 ${eth}`])
  })

  it("does not trade while both legs move together", () => {
    const stage = make()
    calm(stage)
    for (const scale of [1, 1.01, 1.02, 0.99]) pair(stage, 6_000_000 * scale, 300_000 * scale)
    expect(stage.asked).toEqual([])
  })
})

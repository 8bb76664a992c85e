/** Live, a signal names the targets that it names over history, and brings its position there. */
import * as Instrument from "@outcry/model/Instrument"
import { areDailyBarsMissing, dailyTicks, whySkipped } from "@outcry/testkit/DailyBars"
import { btcUsdt, btcUsdtSpec } from "@outcry/testkit/Instruments"
import { Schema } from "effect"
import { describe, expect, it } from "vitest"
import { liveSignal } from "../src/LiveSignal.ts"
import { defineSignal, type SignalDefinition } from "../src/Signal.ts"
import { SignalRun } from "../src/SignalRun.ts"
import { batchTargets } from "./BatchTargets.ts"
import { Desk } from "./Desk.ts"
import { columnsOf, randomBars, type TickBar } from "./RandomBars.ts"
import { cross, layered, trailing } from "./Signals.ts"

const spyUsd = Instrument.make({
  ...btcUsdtSpec,
  symbol: "SPY/USD",
  base: "SPY",
  quote: "USD",
  tickSize: "0.0001",
  lotSize: "1"
})

const liveTargets = <P>(
  signal: SignalDefinition<P>,
  given: Readonly<Record<string, unknown>>,
  bars: ReadonlyArray<TickBar>,
  instrument: Instrument.Instrument,
  restartEvery: number
): ReadonlyArray<number> => {
  const desk = new Desk(liveSignal(signal), { ...given, instrument: instrument.id, size: "1" }, instrument)
  return bars.map((bar, row) => {
    if (row % restartEvery === restartEvery - 1) desk.restart()
    desk.bar(bar, row < bars.length / 2)
    return desk.state.run.held
  })
}

/** Equal on every row, and worth comparing: the signal changes its mind more than a few times. */
const expectAgreement = <P>(
  signal: SignalDefinition<P>,
  given: Readonly<Record<string, unknown>>,
  bars: ReadonlyArray<TickBar>,
  instrument = btcUsdt,
  restartEvery = 37
): void => {
  const parameters = Schema.decodeUnknownSync(signal.parameters)({ ...given, instrument: instrument.id })
  const batch = batchTargets(signal, parameters, columnsOf(bars, instrument))
  const live = liveTargets(signal, given, bars, instrument, restartEvery)
  expect(live).toEqual(batch)
  expect(batch.filter((target, row) => target !== batch[row - 1]).length).toBeGreaterThan(5)
}

const seeds = Array.from({ length: 20 }, (_, seed) => seed + 1)

describe("the targets of a live signal", () => {
  it.each(seeds)("are those of the history at once, through restarts from snapshots (seed %i)", (seed) => {
    const bars = randomBars(seed, 500)
    expectAgreement(cross, { fast: 2 + (seed % 5), slow: 8 + seed }, bars)
    expectAgreement(layered, { period: 4 + seed }, bars)
    expectAgreement(trailing, {}, bars)
  })

  it.skipIf(areDailyBarsMissing)(`are those of the history at once on 22 years of SPY${whySkipped}`, () => {
    const bars = dailyTicks("spy")
    expect(bars.length).toBeGreaterThan(5000)
    expectAgreement(cross, { fast: 20, slow: 100 }, bars, spyUsd, 1000)
    expectAgreement(layered, { period: 14 }, bars, spyUsd, 1000)
    expectAgreement(trailing, {}, bars, spyUsd, 1000)
  })
})

/** A signal that does what the test says, close by close: the target is the close's distance from 1,000 ticks, in thousands. */
const told = defineSignal({
  name: "told",
  version: 1,
  parameters: cross.parameters,
  columns: () => ({}),
  reach: () => 0,
  rule: (place) => {
    const close = place("close")
    return ({ value }) => (value(close) * 100 - 1000) / 1000
  }
})

const desk = (given: Readonly<Record<string, unknown>> = {}, signal = told) =>
  new Desk(liveSignal(signal, { size: "0.001" }), given, btcUsdt)

describe("a live signal", () => {
  it("asks for the difference to its target at a close, and for nothing while it is there", () => {
    const stage = desk()
    stage.close(1000)
    expect(stage.look()).toEqual([])
    stage.close(1100)
    expect(stage.look()).toEqual(["buy 10"])
    stage.fill(1)
    stage.close(1100)
    expect(stage.look()).toEqual([])
    stage.close(950)
    expect(stage.look()).toEqual(["sell 15"])
    stage.fill(2)
    stage.close(1000)
    expect(stage.look()).toEqual(["buy 5"])
  })

  it("asks for nothing while it warms up, and takes the position it would have then", () => {
    const stage = desk()
    stage.close(1100, true)
    expect(stage.look()).toEqual([])
    stage.close(1100)
    expect(stage.look()).toEqual(["buy 10"])
  })

  it("cancels what is open first and asks for the difference only when it is gone", () => {
    const stage = desk()
    stage.close(1100)
    stage.close(1200)
    expect(stage.look()).toEqual(["buy 10", "cancel 1"])
    stage.fill(1, 4)
    expect(stage.look()).toEqual([])
    stage.end(1)
    expect(stage.look()).toEqual(["buy 16"])
  })

  it("counts a fill that beats the cancel", () => {
    const stage = desk()
    stage.close(1100)
    stage.close(1200)
    stage.look()
    stage.fill(1)
    expect(stage.look()).toEqual(["buy 10"])
  })

  it("tries a refused order again at the next close, not before", () => {
    const stage = desk()
    stage.close(1100)
    stage.end(1, "refused")
    expect(stage.look()).toEqual(["buy 10"])
    stage.close(1100)
    expect(stage.look()).toEqual(["buy 10"])
  })

  it("waits with limit orders so many ticks from the close, where it is told to", () => {
    const stage = desk({ limitOffsetTicks: 3 })
    stage.close(1100)
    stage.fill(1)
    stage.close(900)
    expect(stage.look()).toEqual(["buy 10 @ 1097", "sell 20 @ 903"])
  })

  it("refuses a size that is no whole number of lots, with the remedy", () => {
    expect(() => desk({ size: "0.000001" })).toThrow(
      /told: size 0.000001 is no whole number of lots.*multiple of 0.00001/
    )
    expect(() => desk({ size: "0" })).toThrow(/size 0 is no whole number of lots/)
  })

  it("keeps the checks of the signal's parameters", () => {
    expect(() => desk({ fast: 9, slow: 8 })).toThrow(/fast must be below slow/)
    expect(() => desk({ nonsense: 1 })).toThrow(/nonsense/)
  })

  it("declares warm-up bars until the slowest column has a value as far back as the rule looks", () => {
    const parameters = Schema.decodeUnknownSync(liveSignal(layered).parameters)({ period: 10 })
    // RSI 10 bars, then a WMA of 5 over it: 14; 7 rows back.
    expect(liveSignal(layered).feeds(parameters)).toEqual([
      { instrument: "sim:BTC/USDT", barSeconds: 1, warmupBars: 21 }
    ])
  })
})

describe("a protected signal", () => {
  const guarded = (protection: object) => desk({}, { ...told, protection: () => protection })

  it("gives what it opens its exits", () => {
    const stage = guarded({ stopLoss: 5, takeProfit: 10 })
    stage.close(1100)
    expect(stage.look()).toEqual(["buy 10", "sell 10 @ 1210 exit of 1", "sell 10 stop 1045 exit of 1"])
    stage.fill(1)
    stage.close(1100)
    expect(stage.look()).toEqual([])
  })

  it("stays out after an exit until the rule's target changes", () => {
    const stage = guarded({ stopLoss: 5 })
    stage.close(1100)
    stage.fill(1)
    stage.look()
    stage.fill(2)
    stage.close(1100)
    stage.restart()
    stage.close(1100)
    expect(stage.look()).toEqual([])
    stage.runner.adopt({ intentSeq: 0, positions: [{ instrument: btcUsdt.id, lots: 0 }], openOrders: [] })
    stage.close(900)
    expect(stage.look()).toEqual(["sell 10", "buy 10 stop 945 exit of 3"])
  })

  it("closes by one order and opens by another when it turns, so that exits fit what was opened", () => {
    const stage = guarded({ trailing: 2.5 })
    stage.close(1100)
    stage.fill(1)
    stage.look()
    stage.close(900)
    expect(stage.look()).toEqual(["cancel 2"])
    stage.end(2)
    expect(stage.look()).toEqual(["sell 10", "sell 10", "buy 10 trail 250 exit of 5"])
  })

  it("guards what is held already when it asks for the rest", () => {
    const stage = guarded({ stopLoss: 5, takeProfit: 10 })
    stage.close(1100)
    stage.fill(1, 4)
    stage.look()
    stage.close(1100)
    expect(stage.look()).toEqual(["cancel 1", "cancel 2", "cancel 3"])
    for (const orderSeq of [1, 2, 3]) stage.end(orderSeq)
    expect(stage.look()).toEqual([
      "sell 4 stop 1045 exit",
      "sell 4 @ 1210 exit",
      "buy 6",
      "sell 6 @ 1210 exit of 9",
      "sell 6 stop 1045 exit of 9"
    ])
  })

  it("refuses exits that make no sense", () => {
    expect(() => guarded({ stopLoss: 5, trailing: 5 })).toThrow(/protection has stopLoss and trailing. Give one/)
    expect(() => guarded({ trailing: 0.005 })).toThrow(/steps of a hundredth/)
    expect(() => guarded({ stopLoss: 0 })).toThrow(/protection.stopLoss is 0/)
  })
})

describe("a signal that cannot run", () => {
  const parameters = Schema.decodeUnknownSync(cross.parameters)({})
  const withColumns = (columns: object) => () =>
    SignalRun.of({ ...cross, columns: () => columns } as typeof cross, parameters)

  it.each([
    [{ a: { indicator: "smaa" } }, /columns.a.indicator is "smaa", which is unknown. .*sma/],
    [{ a: { indicator: "sma", given: { period: 0 } } }, /columns.a.given.period is refused. .*1 to 10000; got 0/],
    [{ a: { indicator: "sma", of: ["b"] } }, /columns.a.of\[0\] names "b", which is neither/],
    [{ a: { indicator: "sma", of: ["open", "close"] } }, /columns.a.of names 2 sources where sma takes 1. Give value/],
    [{ a: { indicator: "macd", output: "line" } }, /columns.a.output is "line".*Choose from macd, signal, histogram/],
    [{ a: { indicator: "correl" } }, /columns.a.of is needed/],
    [{ close: { indicator: "sma" } }, /columns.close has the name of a bar field/],
    [
      { a: { indicator: "sma", of: ["b"] }, b: { indicator: "sma", of: ["a"] } },
      /columns.b.of closes a circle: a → b → a/
    ],
    [{}, /rule names "fast"/]
  ])("names the field, what is wrong and what to do: %j", (columns, says) => {
    expect(withColumns(columns)).toThrow(says)
  })

  it("is told how to look further back, and that it cannot look ahead", () => {
    const looking = (ago: number) => {
      const run = SignalRun.of(
        {
          ...cross,
          rule:
            () =>
            ({ value }) =>
              value(0, ago)
        },
        parameters
      )
      return () => run.step(1, 1, 1, 1, 1, 1)
    }
    expect(looking(1)).not.toThrow()
    expect(looking(2)).toThrow(/asked for the row 2 ago, and 1 are kept: declare `reach: \(\) => 2`/)
    expect(looking(-1)).toThrow(/the row -1 ago: give a whole number from 0; later rows are unknown/)
    expect(looking(0.5)).toThrow(/whole number/)
  })

  it("refuses a target beyond the whole", () => {
    const run = SignalRun.of({ ...cross, rule: () => () => 1.5 }, parameters)
    expect(() => run.step(1, 1, 1, 1, 1, 1)).toThrow(/asked for 1.5: a target is a number from -1 to 1/)
  })

  it("refuses a snapshot that was kept with other indicators, and one that was tampered with", () => {
    const run = SignalRun.of(cross, parameters)
    const kept = Schema.encodeSync(SignalRun.schema)(run)
    const restored = Schema.decodeSync(SignalRun.schema)(kept)
    expect(() => restored.resume(cross, { ...parameters, fast: 4 })).toThrow(
      /state was kept with other indicators.*Raise/
    )
    const torn = { ...kept, indicators: kept.indicators.map((each) => ({ ...each, given: { period: 50 } })) }
    expect(() => Schema.decodeSync(SignalRun.schema)(torn)).toThrow(/another indicator or of other parameters/)
    expect(() => Schema.decodeSync(SignalRun.schema)({ ...kept, ring: [] })).toThrow(/rows kept are not as many/)
  })

  it("cannot run live without an instrument and bars", () => {
    expect(() => liveSignal({ ...told, parameters: Schema.Struct({}) } as never)).toThrow(
      /parameters.instrument is missing/
    )
  })
})

/** What each algorithm trades on a market made for it, and that no crash makes it trade a lot more. */
import type { StrategyDefinition } from "@outcry/model/Strategy"
import { Schema } from "effect"
import { describe, expect, it } from "vitest"
import iceberg from "../src/Iceberg.ts"
import type { ParentState } from "../src/ParentOrder.ts"
import pov from "../src/PercentOfVolume.ts"
import twap from "../src/Twap.ts"
import vwap, { volumeBy } from "../src/Vwap.ts"
import { Stage, type StageOptions, startUs } from "./Stage.ts"

const order = { instrument: "sim:BTC/USDT", side: "buy", quantity: "0.1", durationSec: 60, sliceSec: 5, randomise: 0 }
const lots = 10_000

const make = <P>(definition: StrategyDefinition<P, ParentState>, over: object, options: Partial<StageOptions> = {}) =>
  new Stage(definition, { ...order, ...over }, { seed: 1, depth: 4000, ...options })

const forSeeds = (count: number, check: (seed: number) => void): void => {
  for (let seed = 1; seed <= count; seed++) {
    try {
      check(seed)
    } catch (error) {
      throw new Error(`seed ${seed}: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
    }
  }
}

describe("TWAP", () => {
  it("trades equal parts in equal times, by crossing", () => {
    const stage = make(twap, { style: "cross" })
    for (const [seconds, part] of [
      [15, 3],
      [15, 6],
      [15, 9]
    ] as const) {
      stage.run(seconds - 0.5)
      expect(Math.abs(stage.position - (lots * part) / 12)).toBeLessThanOrEqual(1)
      stage.run(0.5)
    }
    stage.runToEnd(60)
    expect(stage.position).toBe(lots)
    expect(stage.state.done).toBe("filled")
  })

  it("rests at the best price of its side, follows it, and crosses with the rest at the end", () => {
    const stage = make(twap, {}, { depth: 50 })
    stage.run(59)
    expect(stage.asked.every((asked) => asked.endsWith("GTC"))).toBe(true)
    expect(stage.fills.length).toBeGreaterThan(0)
    expect(stage.fills.every(({ liquidity }) => liquidity === "maker")).toBe(true)
    expect(stage.position).toBeLessThan(lots)
    const deep = make(twap, {})
    deep.runToEnd(120)
    expect(deep.position).toBe(lots)
  })

  it("leaves the rest where it is told to, and says so", () => {
    const stage = make(twap, { atEnd: "cancel" }, { depth: 50 })
    stage.runToEnd(120)
    expect(stage.state.done).toBe("incomplete")
    expect(stage.position).toBeLessThan(lots)
    expect(stage.open).toEqual([])
    expect(stage.asked.every((asked) => asked.endsWith("GTC"))).toBe(true)
  })

  it("never pays more than its limit and its cap, and ends incomplete rather", () => {
    for (const over of [{ limitPrice: "60001.00" }, { capBps: 1 }]) {
      const stage = make(twap, { ...over, style: "cross", graceSec: 5 }, { middle: (us) => 6_000_000 + us / 20_000 })
      stage.runToEnd(120)
      expect(stage.position).toBeGreaterThan(0)
      expect(stage.position).toBeLessThan(lots)
      expect(stage.state.done).toBe("incomplete")
      const dearest = "capBps" in over ? 6_000_600 + 12 : 6_000_100
      for (const { priceTicks } of stage.fills) expect(priceTicks).toBeLessThanOrEqual(dearest)
    }
  })

  it("sells as it buys", () => {
    const stage = make(twap, { side: "sell" })
    stage.runToEnd(120)
    expect(stage.position).toBe(-lots)
  })

  it("begins when it is told to", () => {
    const stage = make(twap, { style: "cross", startUs: startUs + 30_000_000 })
    stage.run(29.9)
    expect(stage.asked).toEqual([])
    stage.runToEnd(120)
    expect(stage.position).toBe(lots)
    expect(stage.now - startUs).toBeGreaterThanOrEqual(85_000_000)
  })

  it("varies its slices at random, and the whole not", () => {
    const sizes = (seed: number) => {
      const stage = make(twap, { style: "cross", randomise: 0.5 }, { seed })
      stage.runToEnd(120)
      expect(stage.position).toBe(lots)
      return stage.asked.map((asked) => asked.split(" ")[1])
    }
    expect(new Set(sizes(1)).size).toBeGreaterThan(5)
    expect(sizes(1)).toEqual(sizes(1))
    expect(sizes(1)).not.toEqual(sizes(2))
  })

  it("takes a rest too small for an order along with the last child", () => {
    // 0.00109 BTC in twelve parts of about 5.45 USDT, of which 5 are the least.
    const stage = make(twap, { quantity: "0.00109", style: "cross" })
    stage.runToEnd(120)
    expect(stage.position).toBe(109)
    expect(stage.state.done).toBe("filled")
  })

  it("tells its progress and its end", () => {
    const stage = make(twap, { style: "cross" })
    stage.run(31)
    expect(stage.runner.signals.get("progress")?.last).toBeGreaterThan(0.4)
    stage.runToEnd(60)
    expect(stage.runner.signals.get("progress")?.last).toBe(1)
    expect(stage.runner.signals.get("done")).toEqual({ count: 1, last: 1 })
    const asked = stage.asked.length
    stage.run(20)
    expect(stage.asked).toHaveLength(asked)
  })

  it("takes back what rests while it knows no price, and waits", () => {
    const stage = make(twap, {}, { depth: 50 })
    stage.run(12)
    stage.gap()
    expect(stage.open).toEqual([])
  })
})

describe("VWAP", () => {
  it("follows its profile", () => {
    expect([0, 0.25, 0.5, 0.75, 1].map((elapsed) => volumeBy([3, 1], elapsed))).toEqual([0, 0.375, 0.75, 0.875, 1])
    const stage = make(vwap, { style: "cross", profile: [3, 1] })
    stage.run(29.5)
    expect(Math.abs(stage.position - lots * 0.75)).toBeLessThanOrEqual(1)
    stage.runToEnd(60)
    expect(stage.position).toBe(lots)
  })
})

describe("percentage of volume", () => {
  it("keeps to its share of what the market trades", () => {
    const stage = make(pov, { style: "cross", participation: 20, quantity: "1", atEnd: "cancel", sliceSec: 1 })
    stage.runToEnd(120)
    const traded = stage.market.reduce((sum, event) => sum + (event.type === "trade" ? event.lots : 0), 0)
    expect(stage.position / traded).toBeGreaterThan(0.17)
    expect(stage.position / traded).toBeLessThanOrEqual(0.2)
    expect(stage.state.done).toBe("incomplete")
  })
})

describe("iceberg", () => {
  it("never shows more than its display, and trades all", () => {
    const stage = make(iceberg, { display: "0.005", limitPrice: "60001.00", durationSec: 600 })
    stage.runToEnd(700)
    expect(stage.shownMax).toBeLessThanOrEqual(500)
    expect(stage.position).toBe(lots)
    expect(new Set(stage.asked.map((asked) => asked.split(" ")[3]))).toEqual(new Set(["6000100"]))
  })

  const sizes = (stage: { readonly asked: ReadonlyArray<string> }): ReadonlyArray<number> =>
    stage.asked.map((asked) => Number(asked.split(" ")[1]))

  it("shows the least that can be ordered where its display is worth less, and does not wait for the end", () => {
    // 0.00008 BTC are worth 4.80 USDT, of which 5 are the least; at 60 000 that is 0.00009 BTC.
    const stage = make(iceberg, { quantity: "0.00198", display: "0.00008", durationSec: 600, sliceSec: 1 })
    stage.run(590)
    expect(stage.position).toBeGreaterThan(100)
    stage.runToEnd(120)
    expect(stage.position).toBe(198)
    expect(Math.max(...sizes(stage))).toBeLessThanOrEqual(10)
  })

  it("stays orderable though its sizes vary at random", () => {
    const stage = make(iceberg, { quantity: "0.01", display: "0.00009", randomise: 1, durationSec: 600, sliceSec: 1 })
    stage.run(300)
    expect(stage.fills.length).toBeGreaterThan(20)
    expect(stage.shownMax).toBeLessThanOrEqual(10)
  })

  it("is orderable at the price it rests at, which is less than the market's", () => {
    const sold = { side: "sell", quantity: "0.001", display: "0.00012", limitPrice: "50000", randomise: 1 }
    const stage = make(iceberg, { ...sold, durationSec: 600, sliceSec: 1 })
    stage.run(590)
    expect(stage.position).toBe(-100)
  })

  it("crosses at the end in orders no larger than its display", () => {
    const stage = make(iceberg, { display: "0.005", durationSec: 10 }, { depth: 20 })
    stage.run(10)
    const before = stage.asked.length
    const deep = make(iceberg, { display: "0.005", durationSec: 10, graceSec: 120 })
    deep.runToEnd(200)
    expect(deep.position).toBe(lots)
    expect(Math.max(...sizes(deep))).toBeLessThanOrEqual(500)
    stage.runToEnd(120)
    const crossing = stage.asked.slice(before).filter((asked) => asked.endsWith("IOC"))
    expect(crossing.length).toBeGreaterThan(1)
    expect(Math.max(...sizes(stage))).toBeLessThanOrEqual(500)
  })

  it("leaves no rest that is too small for an order of its own", () => {
    // 0.00104 BTC in parts of 0.0005 leave 0.00004.
    const stage = make(iceberg, { quantity: "0.00104", display: "0.0005", durationSec: 600, sliceSec: 1 })
    stage.runToEnd(700)
    expect(stage.position).toBe(104)
    expect(Math.max(...sizes(stage))).toBeLessThanOrEqual(50)
  })

  it("rests at the best price of its side, not at the bound that its cap is", () => {
    const stage = make(iceberg, { display: "0.02", capBps: 50, durationSec: 60, atEnd: "cancel" })
    stage.run(59)
    expect(stage.asked.length).toBeGreaterThan(0)
    for (const asked of stage.asked) expect(Number(asked.split(" ")[3])).toBeLessThan(6_000_100)
    expect(stage.fills.every(({ liquidity }) => liquidity === "maker")).toBe(true)
  })
})

describe("a crash", () => {
  const algorithms = [
    { name: "twap", make: (options: StageOptions, over: object) => new Stage(twap, { ...order, ...over }, options) },
    {
      name: "vwap",
      make: (options: StageOptions, over: object) => new Stage(vwap, { ...order, profile: [2, 1, 3], ...over }, options)
    },
    {
      name: "pov",
      make: (options: StageOptions, over: object) => new Stage(pov, { ...order, participation: 30, ...over }, options)
    },
    {
      name: "iceberg",
      make: (options: StageOptions, over: object) => new Stage(iceberg, { ...order, display: "0.02", ...over }, options)
    }
  ]

  for (const { make: start, name } of algorithms)
    it(`at any time never makes ${name} trade more than its quantity, and it still trades all of it`, () => {
      let crashes = 0
      forSeeds(60, (seed) => {
        const side = seed % 2 === 0 ? "buy" : "sell"
        const style = seed % 3 === 0 ? "cross" : "passive"
        const options = { seed, depth: 4000, crashes: 0.05, refusals: 0.1 }
        const stage = start(options, { side, style, randomise: 0.5 })
        const most = (): void => {
          const open = stage.open.reduce((sum, each) => sum + each.lots - each.filledLots, 0)
          expect(Math.abs(stage.position) + open).toBeLessThanOrEqual(lots)
        }
        stage.runToEnd(4000, most)
        expect(Math.abs(stage.position)).toBe(lots)
        expect(stage.state.done).toBe("filled")
        crashes += stage.crashes
      })
      expect(crashes).toBeGreaterThan(100)
    })

  it("after each single event of a run leaves the whole to be traded, once", () => {
    for (let at = 1; at <= 230; at++) {
      const stage = make(
        twap,
        { durationSec: 20, sliceSec: 2, style: at % 2 === 0 ? "cross" : "passive" },
        { seed: at }
      )
      stage.run(at / 10)
      stage.crash()
      stage.runToEnd(120)
      expect(stage.position, `crash after ${at} steps`).toBe(lots)
    }
  })

  it("after the end does not begin the order again, with or without its snapshot", () => {
    const stage = make(twap, { style: "cross" })
    stage.runToEnd(120)
    const asked = stage.asked.length
    for (let again = 0; again < 10; again++) {
      stage.crash()
      stage.run(90)
    }
    expect(stage.asked).toHaveLength(asked)
    expect(stage.position).toBe(lots)
  })
})

describe("parameters", () => {
  const refusal = (definition: { readonly parameters: Schema.Codec<unknown, unknown> }, over: object): string => {
    try {
      Schema.decodeUnknownSync(definition.parameters)({ ...order, ...over })
      return "accepted"
    } catch (error) {
      return error instanceof Error ? error.message : String(error)
    }
  }

  it("are refused by name", () => {
    expect(refusal(twap, { side: "long" })).toMatch(/side/)
    expect(refusal(twap, { side: undefined })).toMatch(/side/)
    expect(refusal(twap, { quantity: "0" })).toMatch(/a positive decimal[^]*quantity/)
    expect(refusal(twap, { quantity: "-1" })).toMatch(/quantity/)
    expect(refusal(twap, { instrument: "BTC" })).toMatch(/an instrument such as sim:BTC\/USDT[^]*instrument/)
    expect(refusal(twap, { durationSec: 0 })).toMatch(/durationSec/)
    expect(refusal(twap, { limitPrice: "abc" })).toMatch(/limitPrice/)
    expect(refusal(twap, { style: "fast" })).toMatch(/style/)
    expect(refusal(vwap, {})).toMatch(/profile/)
    expect(refusal(vwap, { profile: [0, 0] })).toMatch(/at least one weight above 0/)
    expect(refusal(vwap, { profile: [1, -1] })).toMatch(/profile/)
    expect(refusal(pov, { participation: 0 })).toMatch(/participation/)
    expect(refusal(iceberg, {})).toMatch(/display/)
    expect(refusal(twap, {})).toBe("accepted")
  })

  it("that do not fit the instrument stop the strategy with the reason", () => {
    expect(() => make(twap, { quantity: "0.000001" })).toThrow(
      /twap: quantity 0\.000001 of sim:BTC\/USDT .* lots of 0\.00001/
    )
    expect(() => make(twap, { limitPrice: "1.001" })).toThrow(/limitPrice 1\.001 .* ticks of 0\.01/)
    expect(() => make(iceberg, { display: "0.000001" })).toThrow(/display 0\.000001/)
    expect(() => make(iceberg, { display: "0.00008", limitPrice: "60000" })).toThrow(
      /iceberg: display 0\.00008 of sim:BTC\/USDT at limitPrice 60000 is below the least that can be ordered, 5 USDT/
    )
    expect(() => make(twap, { quantity: "0.00008", limitPrice: "60000" })).toThrow(/quantity 0\.00008 .* 5 USDT/)
    // What is sold may bring more than its limit.
    expect(() => make(twap, { quantity: "0.00009", side: "sell", limitPrice: "50000" })).not.toThrow()
  })
})

/** What the registry promises: names, ranges, refusals that name the field, and warm-ups that hold for any parameters. */
import { SeededRandom } from "@outcry/model/SeededRandom"
import { describe, expect, it } from "vitest"
import type { Indicator } from "../src/Indicator.ts"
import { type Given, ParameterRefused } from "../src/Parameter.ts"
import { IndicatorUnknown, indicatorNamed, indicators, kernelOf } from "../src/Registry.ts"
import { columnsOf, randomBars } from "./RandomBars.ts"

const refusal = (make: () => unknown): ParameterRefused => {
  try {
    make()
  } catch (error) {
    if (error instanceof ParameterRefused) return error
    throw error
  }
  throw new Error("nothing was refused")
}

const named = indicators.map((indicator): [string, Indicator] => [indicator.name, indicator])

/** Sound parameters at random, or undefined when they contradict one another. */
const drawn = (indicator: Indicator, random: SeededRandom): Given | undefined => {
  const given = Object.fromEntries(
    Object.entries(indicator.parameters).map(([field, parameter]) => {
      if (parameter.kind === "choice") return [field, parameter.choices[random.bits() % parameter.choices.length]!]
      if (parameter.kind === "integer") return [field, Math.min(parameter.max, parameter.min + (random.bits() % 25))]
      return [field, parameter.byDefault]
    })
  )
  try {
    indicator.make(given)
    return given
  } catch {
    return undefined
  }
}

describe("the registry", () => {
  it("names at least 60 indicators, each once, with everything a form needs", () => {
    expect(indicators.length).toBeGreaterThanOrEqual(60)
    expect(new Set(indicators.map(({ name }) => name)).size).toBe(indicators.length)
    for (const { inputs, name, outputs, parameters, title, unit } of indicators) {
      expect(name).toMatch(/^[a-z][a-z0-9]*$/)
      expect([title, unit, ...Object.values(parameters).map(({ meaning }) => meaning)]).not.toContain("")
      expect(inputs.length).toBeGreaterThan(0)
      expect(new Set(outputs).size).toBe(outputs.length)
    }
  })

  it("has everything that research is promised", () => {
    const averages = "sma ema wma dema tema hma kama zlema vwma"
    const oscillators = "rsi stoch stochrsi cci roc willr macd ppo trix"
    const trend = "adx plusdi minusdi aroon ichimoku sar supertrend bbands keltner donchian atr natr"
    const volume = "obv ad adosc cmf mfi vwap"
    const rest = "logreturn rocp volatility pivots doji hammer engulfing morningstar"
    for (const name of [averages, oscillators, trend, volume, rest].join(" ").split(" "))
      expect(indicatorNamed(name).name).toBe(name)
    expect(indicatorNamed("bbands").outputs).toEqual(["upper", "middle", "lower", "width", "percentB"])
    expect(indicatorNamed("pivots").outputs).toEqual(["pivot", "r1", "r2", "r3", "s1", "s2", "s3"])
    expect(indicators.filter(({ unit }) => unit.startsWith("100, 80")).length).toBeGreaterThanOrEqual(16)
  })

  it("says which indicators there are when it does not know one", () => {
    expect(() => indicatorNamed("stock")).toThrow(IndicatorUnknown)
    expect(() => indicatorNamed("ema2")).toThrow('There is no indicator "ema2"; choose from ema')
  })

  it("makes kernels that take the inputs and give the outputs it lists", () => {
    for (const indicator of indicators) {
      const kernel = kernelOf(indicator.name)
      expect([kernel.inputs, kernel.outputs]).toEqual([indicator.inputs.length, indicator.outputs.length])
    }
  })
})

describe.each(named)("%s", (_, indicator) => {
  const fields = Object.entries(indicator.parameters)

  it("refuses each parameter out of its range, and names it", () => {
    for (const [field, parameter] of fields) {
      const wrong: ReadonlyArray<number | string> =
        parameter.kind === "choice"
          ? ["nothing", 1]
          : [parameter.min - 1, parameter.max + 1, Number.NaN, "7", ...(parameter.kind === "integer" ? [2.5] : [])]
      for (const value of wrong) {
        const refused = refusal(() => indicator.make({ [field]: value }))
        expect([refused.indicator, refused.field]).toEqual([indicator.name, field])
        expect(refused.message).toContain(`"${field}" must be`)
        expect(refusal(() => indicator.warmup({ [field]: value })).field).toBe(field)
      }
    }
    expect(refusal(() => indicator.make({ perriod: 3 })).field).toBe("perriod")
  })

  it("warms up in as many bars as it says, whatever the parameters", () => {
    const random = new SeededRandom(3)
    let tried = 0
    for (let draw = 0; draw < 12; draw++) {
      const given = drawn(indicator, random)
      if (given === undefined) continue
      const warmup = indicator.warmup(given)
      const bars = randomBars(100 + draw, warmup + 40)
      const outputs = indicator.make(given).batch(columnsOf(indicator, bars))
      const leads = outputs.map((each) => each.findIndex((value) => !Number.isNaN(value)))
      expect(Math.max(...leads), JSON.stringify(given)).toBe(warmup)
      tried++
    }
    expect(tried).toBeGreaterThan(2)
  })
})

describe("parameters that contradict one another", () => {
  it.each(["macd", "apo", "ppo", "adosc"])("%s refuses a fast average that is not faster", (name) => {
    expect(refusal(() => kernelOf(name, { fast: 20, slow: 20 })).message).toBe(
      `${name}: "slow" must be above fast; got 20`
    )
  })
})

describe("a kernel", () => {
  it("refuses columns that are missing or differ in length", () => {
    const column = new Float64Array(3)
    expect(() => kernelOf("atr").batch([column])).toThrow("Give 3 input columns in the indicator's order; got 1")
    expect(() => kernelOf("atr").batch([column, column, new Float64Array(2)])).toThrow(
      "Columns differ in length: 3 and 2"
    )
    expect(() => kernelOf("sma").batch([column], [])).toThrow("Give 1 output columns")
  })

  it("refuses the snapshot of other parameters", () => {
    expect(() => kernelOf("sma", { period: 5 }).restore(kernelOf("sma", { period: 6 }).snapshot())).toThrow("snapshot")
    expect(() => kernelOf("macd").restore(kernelOf("ema").snapshot())).toThrow("snapshot")
  })
})

/** Declared signals: what is read comes back, what is wrong is named with its line, and what runs is what was meant. */
import { btcUsdt } from "@outcry/testkit/Instruments"
import { Schema } from "effect"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { contentHash } from "../src/Declaration.ts"
import { declarationDiff } from "../src/DeclarationDiff.ts"
import { parseDeclaration, toJson, toYaml } from "../src/DeclarationDocument.ts"
import { documentJsonSchema } from "../src/DeclarationSchema.ts"
import { declaredSignal, declaredStrategy } from "../src/DeclaredSignal.ts"
import { InvalidDeclaration } from "../src/InvalidDeclaration.ts"
import { batchTargets } from "./BatchTargets.ts"
import { Desk } from "./Desk.ts"
import { columnsOf, randomBars } from "./RandomBars.ts"

const example = readFileSync(join(import.meta.dirname, "../../../examples/declared/channel-reversal.yaml"), "utf8")

const faults = (text: string): ReadonlyArray<string> => {
  try {
    parseDeclaration(text)
  } catch (error) {
    if (error instanceof InvalidDeclaration) return error.message.split("\n")
    throw error
  }
  throw new Error("it was not refused")
}

/** The example with one text in place of another. */
const changed = (from: string, to: string): string => {
  expect(example).toContain(from)
  return example.replace(from, to)
}

const lineOf = (text: string): number => example.slice(0, example.indexOf(text)).split("\n").length

describe("a declaration", () => {
  it("comes back from its canonical YAML and JSON, and keeps its hash", () => {
    const declaration = parseDeclaration(example)
    expect(parseDeclaration(toYaml(declaration))).toEqual(declaration)
    expect(parseDeclaration(toJson(declaration))).toEqual(declaration)
    expect(toYaml(parseDeclaration(toJson(declaration)))).toBe(toYaml(declaration))
    expect(contentHash(parseDeclaration(toJson(declaration)))).toBe(contentHash(declaration))
  })

  it("has one hash in whatever order, spacing and spelling it is written, and another for another content", () => {
    const hash = contentHash(parseDeclaration(example))
    expect(hash).toMatch(/^[0-9a-f]{64}$/)
    const rule = "close < lower and rsi < $oversold"
    for (const same of [
      changed(rule, "close  <  lower\n      and rsi < $oversold"),
      changed("type: integer, default: 8, min: 2", "min: 2, type: integer, default: 8"),
      changed('size: "0.01"', "size: 0.01")
    ])
      expect(contentHash(parseDeclaration(same))).toBe(hash)
    for (const other of [changed("default: 8", "default: 9"), changed(rule, "close < lower")])
      expect(contentHash(parseDeclaration(other))).not.toBe(hash)
  })

  it("tells in words what changed from version to version", () => {
    const before = parseDeclaration(example)
    const after = parseDeclaration(
      example
        .replace("version: 1", "version: 2")
        .replace("default: 8", "default: 20")
        .replace("rsi < $oversold", "rsi < 30")
        .replace("  rsi: {", "  slow: { indicator: sma }\n  rsi: {")
        .replace("parameters: { period: $period } }", "parameters: { period: 14 } }")
        .replace("stopLoss: $stop", "takeProfit: 3")
    )
    expect(declarationDiff(before, after)).toEqual([
      "version: 1 → 2",
      "parameter period, default: 8 → 20",
      'indicator rsi, parameter period: "$period" → 14',
      'indicator slow added: {"indicator":"sma"}',
      'long rule, enter: "close < lower and rsi < $oversold" → "close < lower and rsi < 30"',
      'exit stop-loss removed: "$stop"',
      "exit take-profit added: 3"
    ])
    expect(declarationDiff(before, before)).toEqual([])
  })

  it("is described by the published JSON Schema", () => {
    const published: unknown = JSON.parse(readFileSync(join(import.meta.dirname, "../signal.schema.json"), "utf8"))
    expect(documentJsonSchema(), "write documentJsonSchema() to signal.schema.json").toEqual(published)
  })
})

type Case = readonly [from: string, to: string, ...Array<readonly [path: string, says: string]>]

describe("what is wrong with a declaration is told with its path, its line and a remedy", () => {
  it.each(
    (
      [
        ["version: 1", "version: 1.5", ["version", "is 1.5. Give"]],
        [
          "name: channel",
          "nam: channel",
          ["nam", "is no field of a signal. Use one of format, name, version"],
          ["name", "is missing"]
        ],
        ["barSeconds: 1", "barSeconds: 0", ["barSeconds", "is 0. Give a whole number from 1 to 86400"]],
        [
          "instrument: sim:BTC/USDT",
          "instrument: BTC",
          ["instrument", 'is "BTC". Give an instrument such as sim:BTC/USDT']
        ],
        ["type: integer", "type: int", ["parameters.period.type", 'is "int". Give integer or number']],
        [
          "default: 8",
          "default: 1000",
          ["parameters.period.default", "is 1000, outside of its range. Give a number from 2 to 500"]
        ],
        ["default: 8", "default: 8.5", ["parameters.period.default", "is 8.5. An integer's are whole numbers"]],
        ["min: 2, max: 500", "min: 501, max: 500", ["parameters.period.min", "is above max"]],
        [
          "  stop: {",
          "  size: {",
          ["parameters.size", "is a parameter that every signal has"],
          ["exits.stopLoss", 'names "$stop", which is no parameter. Use one of $period, $width, $oversold, $size']
        ],
        ["  stop: {", "  1st: {", ["parameters.1st", "is no field of a signal. Use a name of letters"]],
        [
          "  rsi: {",
          "  held: {",
          ["indicators.held", "is a word of the language"],
          ["rules.long.enter", 'there is no "rsi", at character 19'],
          ["rules.short.enter", 'there is no "rsi"']
        ],
        [
          "indicator: rsi",
          "indicator: rsii",
          ["indicators.rsi.indicator", 'is "rsii", which is unknown. There is no indicator "rsii"; choose from rsi']
        ],
        [
          "{ indicator: rsi, parameters: { period: $period } }",
          "{ indicator: rsi, parameters: { length: 3 } }",
          ["indicators.rsi.parameters.length", 'is refused. rsi: "length" is not one of its parameters (period)']
        ],
        [
          "deviations: $width }, output: lower",
          "deviations: 0 }, output: lower",
          ["indicators.lower.parameters.deviations", "is refused. bbands"]
        ],
        [
          "{ period: $period } }",
          "{ period: $perod } }",
          ["indicators.rsi.parameters.period", 'names "$perod", which is no parameter. Use one of $period']
        ],
        [
          "output: lower",
          "output: bottom",
          ["indicators.lower.output", 'is "bottom", which bbands does not give. Choose from upper, middle, lower']
        ],
        [
          "output: lower",
          "of: [open, close], output: lower",
          ["indicators.lower.of", "names 2 sources where bbands takes 1"]
        ],
        ["output: lower", "of: [opn], output: lower", ["indicators.lower.of[0]", 'names "opn", which is neither']],
        ["output: lower", "of: lower, output: lower", ["indicators.lower.of", "closes a circle: lower → lower"]],
        [
          "enter: close < lower and rsi < $oversold",
          "enter: close < lowr",
          ["rules.long.enter", 'there is no "lowr", at character 9 of "close < lowr". Use one of upper']
        ],
        ["    enter: close < lower and rsi < $oversold\n", "", ["rules.long.enter", "is missing"]],
        [
          "exit: close >= middle",
          "exit: close[-1] >= middle",
          ["rules.long.exit", "the rows ago are no whole number of bars"]
        ],
        ["exit: close >= middle", "exit: 3", ["rules.long.exit", "is 3. Give text"]],
        ["stopLoss: $stop", "stopLoss: -1", ["exits.stopLoss", "is -1. Give per cent above 0"]],
        ["stopLoss: $stop", "stopLoss: 120", ["exits.stopLoss", "is 120. Give per cent above 0, of losses below 100"]],
        ["stopLoss: $stop", "stopLoss: 1\n  trailing: 2", ["exits", "has stopLoss and trailing. Give one"]],
        [
          "stopLoss: $stop",
          "stoploss: 1",
          ["exits.stoploss", "is no field of a signal. Use one of stopLoss, takeProfit, trailing"]
        ]
      ] satisfies ReadonlyArray<Case>
    ).map(([from, to, ...expected]) => ({ from, to, expected }))
  )("$from → $to", ({ expected, from, to }) => {
    const found = faults(changed(from, to))
    expect(found).toHaveLength(expected.length)
    for (const [path, says] of expected) {
      const line = found.find((each) => each.startsWith(`${path} (line `))
      expect(line, found.join("\n")).toContain(says)
    }
  })

  it("on the line where it stands", () => {
    expect(faults(changed("deviations: $width }, output: lower", "deviations: $w }, output: lower"))[0]).toMatch(
      new RegExp(`^indicators.lower.parameters.deviations \\(line ${lineOf("  lower: {")}\\): `)
    )
    expect(faults(changed("exit: close <= middle", "exit: close <= mid"))[0]).toMatch(
      new RegExp(`^rules.short.exit \\(line ${lineOf("exit: close <= middle")}\\): `)
    )
    expect(faults(toJson(parseDeclaration(example)).replace('"version": 1', '"version": 0'))[0]).toMatch(
      /^version \(line 4\): /
    )
  })

  it.each([
    ["a: [1", /The document \(line 1\): it is no YAML or JSON/],
    ["{", /no YAML or JSON/],
    ["", /The document.*is null/],
    ["just words", /is "just words"/],
    ["name: a\nname: b", /line 2\): it is no YAML or JSON.*Keep one of them/],
    ["--- 1\n--- 2", /Keep one document a file/],
    ["a: &x 1\nb: *x", /line 2\): aliases and tags have no place here/],
    ["a: !!js/function 1", /no YAML or JSON|aliases and tags/],
    ["a: !mine 1", /no YAML or JSON|aliases and tags/],
    ["[".repeat(5000), /nested too deep/],
    ["- ".repeat(30_000), /nested too deep|no YAML/],
    ["x".repeat(70_000), /has 70000 characters.*At most 65536/],
    ["__proto__: { a: 1 }", /is no field of a signal/]
  ])("when it is no document at all: %.30s", (text, says) => {
    expect(faults(text).join("\n")).toMatch(says)
  })
})

const minimal = (rules: string, more = ""): string => `
format: outcry-signal/1
name: minimal
version: 1
instrument: sim:BTC/USDT
barSeconds: 1
size: "0.0001"
rules: ${rules}
${more}`

/** Targets over closes in ticks of 0.01. */
const targets = (text: string, closes: ReadonlyArray<number>): ReadonlyArray<number> => {
  const signal = declaredSignal(parseDeclaration(text))
  const bars = closes.map((closeTicks) => ({
    openTicks: closeTicks,
    highTicks: closeTicks,
    lowTicks: closeTicks,
    closeTicks,
    lots: 1
  }))
  return batchTargets(signal, Schema.decodeUnknownSync(signal.parameters)({}), columnsOf(bars, btcUsdt))
}

describe("a declared signal", () => {
  it("enters, exits and turns as its rules say", () => {
    const text = minimal("{ long: { enter: close > 10, exit: close < 9 }, short: { enter: close < 5 } }")
    expect(targets(text, [900, 1001, 950, 890, 800, 499, 450, 800, 1001, 400])).toEqual([
      0, 1, 1, 0, 0, -1, -1, -1, 1, -1
    ])
  })

  it("enters nothing where both sides would be entered, and nothing on what is unknown", () => {
    expect(targets(minimal("{ long: { enter: close > 1 }, short: { enter: close > 2 } }"), [50, 150, 250])).toEqual([
      0, 1, 1
    ])
    expect(targets(minimal("{ long: { enter: 'not close[2] > 100' } }"), [100, 100, 100])).toEqual([0, 0, 1])
  })

  it("leaves by time", () => {
    const text = minimal("{ long: { enter: close crosses above 1, exit: heldRows >= 3 } }")
    expect(targets(text, [50, 150, 150, 150, 150, 150])).toEqual([0, 1, 1, 1, 0, 0])
  })

  it("leaves at the close that reaches an exit in per cent, and enters again only after its condition has ended", () => {
    const stop = minimal("{ long: { enter: close > 1 } }", "exits: { stopLoss: 10 }")
    expect(targets(stop, [1000, 901, 900, 950, 90, 1000])).toEqual([1, 1, 0, 0, 0, 1])
    const profit = minimal("{ short: { enter: close > 1 } }", "exits: { takeProfit: 10 }")
    expect(targets(profit, [1000, 901, 900, 800])).toEqual([-1, -1, 0, 0])
    const trail = minimal("{ long: { enter: close > 1 } }", "exits: { trailing: 10 }")
    expect(targets(trail, [1000, 2000, 1801, 1800])).toEqual([1, 1, 1, 0])
    const short = minimal("{ short: { enter: close < 100 } }", "exits: { trailing: 10 }")
    expect(targets(short, [1000, 500, 549, 550])).toEqual([-1, -1, -1, 0])
  })

  it.each([1, 2, 3, 4, 5])("names the same targets live and over history (seed %i)", (seed) => {
    const declaration = parseDeclaration(changed("stopLoss: $stop", "trailing: $stop"))
    const signal = declaredSignal(declaration)
    const bars = randomBars(seed, 600)
    const given = { period: 5 + seed, stop: 0.5 }
    const batch = batchTargets(signal, Schema.decodeUnknownSync(signal.parameters)(given), columnsOf(bars, btcUsdt))
    const desk = new Desk(declaredStrategy(declaration), given, btcUsdt)
    const live = bars.map((bar, row) => {
      if (row % 41 === 40) desk.restart()
      desk.bar(bar, true)
      return desk.state.run.held
    })
    expect(live).toEqual(batch)
    expect(new Set(batch)).toEqual(new Set([0, 1, -1]))
  })

  it("keeps the memory of its rule itself where whoever runs it does not", () => {
    const signal = declaredSignal(
      parseDeclaration(minimal("{ long: { enter: close > 1 } }", "exits: { trailing: 10 }"))
    )
    const rule = signal.rule((name) => (name === "close" ? 0 : -1), Schema.decodeUnknownSync(signal.parameters)({}))
    let held = 0
    const seen = [10, 20, 18.01, 18].map((close) => {
      held = rule({ value: () => close, held, heldRows: 1, now: 0 })
      return held
    })
    expect(seen).toEqual([1, 1, 1, 0])
  })

  it("places its exits live, from the close it entered on", () => {
    const text = minimal("{ long: { enter: close > 1 } }", "exits: { stopLoss: 10, takeProfit: 20 }")
    const desk = new Desk(declaredStrategy(parseDeclaration(text)), {}, btcUsdt)
    desk.close(1000)
    expect(desk.look()).toEqual(["buy 10", "sell 10 @ 1200 exit of 1", "sell 10 stop 900 exit of 1"])
  })

  it("takes its parameters as any strategy does", () => {
    const strategy = declaredStrategy(parseDeclaration(example))
    const decode = Schema.decodeUnknownSync(strategy.parameters, { onExcessProperty: "error" })
    expect(decode({ period: 30, limitOffsetTicks: 2 })).toEqual({
      instrument: "sim:BTC/USDT",
      barSeconds: 1,
      size: "0.01",
      period: 30,
      width: 1,
      oversold: 45,
      stop: 1.5,
      limitOffsetTicks: 2
    })
    expect(() => decode({ period: 1 })).toThrow(/between 2 and 500/)
    expect(strategy.feeds(decode({ period: 30 }))).toEqual([
      { instrument: "sim:BTC/USDT", barSeconds: 1, warmupBars: 30 }
    ])
  })
})

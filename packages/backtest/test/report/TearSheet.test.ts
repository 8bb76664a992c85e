import { describe, expect, it } from "vitest"
import type { BacktestResult } from "../../src/BacktestResult.ts"
import { tearSheet, type TearSheetInput } from "../../src/report/TearSheet.ts"
import { oneDay, portfolio, sampleBenchmark, sampleMetrics, tenYears, withoutTrades } from "./SampleRun.ts"

const input = (result: BacktestResult, more: Partial<TearSheetInput> = {}): TearSheetInput => ({
  result,
  metrics: sampleMetrics(result),
  ...more
})

/** What a reader sees, without style, script and data. */
const seen = (html: string): string => html.replace(/<(style|script)\b[^]*?<\/\1>/g, "")
const words = (html: string): string => seen(html).replace(/<[^>]*>/g, " ")
const dataOf = (
  html: string
): {
  charts: Record<string, unknown>
  tables: Record<string, { columns: ReadonlyArray<{ key: string; values: ReadonlyArray<number> }> }>
} => JSON.parse(/<script type="application\/json" id="data">([^]*?)<\/script>/.exec(html)![1]!)

const voids = new Set(["meta", "input", "br"])

/** Tags that were opened and not closed in order; empty for a sound page. */
const unbalanced = (html: string): ReadonlyArray<string> => {
  const open: Array<string> = []
  for (const [, closing, name, end] of html.matchAll(/<(\/?)([a-z][a-z0-9]*)((?:"[^"]*"|[^">])*)>/g)) {
    if (closing === "/") {
      if (open.at(-1) !== name) return [...open, `/${name}`]
      open.pop()
    } else if (!voids.has(name!) && !end!.endsWith("/")) open.push(name!)
  }
  return open
}

const samples = [
  ["ten years of days", tenYears(), true],
  ["a run without trades", withoutTrades(), false],
  ["a day of seconds", oneDay(), false],
  ["a vectorised portfolio", portfolio(), true],
  ["a single point", { ...tenYears(0), curve: { timeUs: [0], equity: [5], exposure: [0] } }, false],
  ["an empty curve", { ...tenYears(0), curve: { timeUs: [], equity: [], exposure: [] }, strategies: [] }, false],
  [
    "equity below nothing",
    { ...tenYears(0), curve: { timeUs: [0, 9e10, 18e10], equity: [5, -5, 1], exposure: [0, 1, Number.NaN] } },
    true
  ]
] as const

describe.each(samples)("a tear sheet of %s", (_, result, compared) => {
  const html = tearSheet(input(result, compared ? { benchmark: sampleBenchmark(result) } : {}))

  it("shows no NaN, undefined or infinity", () => {
    expect(words(html).match(/NaN|undefined|Infinity|\[object|null/g)).toBeNull()
    expect(seen(html).match(/NaN|undefined|Infinity/g)).toBeNull()
  })

  it("is a sound page", () => {
    expect(html.startsWith("<!doctype html>")).toBe(true)
    expect(unbalanced(seen(html))).toEqual([])
    expect(Object.keys(dataOf(html))).toContain("charts")
  })

  it("asks for nothing outside itself", () => {
    expect(html.match(/<[^>]*\s(?:src\s*=|href\s*=\s*"[^#])|url\(|@import|https?:/g)).toBeNull()
    expect(html.includes("default-src &#39;none&#39;")).toBe(true)
  })

  it("has data for each of its charts", () => {
    const ids = [...html.matchAll(/data-chart="([^"]*)"/g)].map((match) => match[1]!)
    expect(new Set(ids)).toEqual(new Set(Object.keys(dataOf(html).charts)))
  })

  it("gives each dash a reason", () => {
    for (const [cell] of seen(html).matchAll(/<(?:td|span)[^>]*>—/g)) expect(cell).toMatch(/title="[^"]{10,}"/)
  })
})

const many = tenYears(65_000)

describe("a tear sheet", () => {
  it("runs nothing that a name, a parameter or a warning smuggles in", () => {
    const evil = `</script><script>alert("1")</script><img src=x onerror='alert(2)'>`
    const result: BacktestResult = {
      ...tenYears(40),
      strategies: [{ id: evil, name: evil, version: 1, parameters: { [evil]: evil } }],
      instruments: [evil],
      asset: evil,
      hash: evil,
      trades: tenYears(40).trades.map((trade) => ({ ...trade, instrument: evil, strategy: evil })),
      warnings: [{ code: evil, detail: evil, count: 1 }],
      assumptions: { [evil]: { [evil]: evil } },
      funnel: { ...tenYears(40).funnel, refusals: { [evil]: 3 } }
    }
    const html = tearSheet(
      input(result, {
        benchmark: { ...sampleBenchmark(result), name: evil },
        facts: [[evil, evil]],
        metrics: [{ key: "x", title: evil, value: undefined, unit: "ratio", definition: evil, why: evil }],
        tables: [{ title: evil, note: evil, columns: [{ title: evil }], rows: [[evil]] }]
      })
    )
    expect(html.match(/<script\b/g)).toHaveLength(2)
    expect(html.match(/<img|<\/script><script>alert/g)).toBeNull()
    expect(words(html)).toContain("&lt;script&gt;")
    expect(unbalanced(seen(html))).toEqual([])
  })

  it("shows the prices of a cheap instrument beside those of a dear one, in full", () => {
    const run = tenYears(400)
    const last = { ...run.trades.at(-1)!, instrument: "sim:SHIB/USDT", priceEntry: 0.00001234, priceExit: 0.00001301 }
    const text = words(tearSheet(input({ ...run, trades: [last, ...run.trades.slice(0, -1)] })))
    expect(text).toMatch(/sim:SHIB\/USDT\s+\w+\s+[\d.,]+\s+0\.00001234\s+0\.00001301/)
    expect(text).toMatch(/\s\d{2},\d{3}\.\d{2}\s/)
  })

  it("holds fifty thousand round trips in five megabytes, every one of them", () => {
    const html = tearSheet(input({ ...many, trades: many.trades.slice(0, 50_000) }))
    expect(Buffer.byteLength(html)).toBeLessThan(5_000_000)
    expect(dataOf(html).tables["trades"]!.columns.map(({ values }) => values.length)).toEqual(
      new Array(12).fill(50_000)
    )
    expect(seen(html).match(/<tr>/g)!.length).toBeLessThan(200)
  })

  it("says which round trips it leaves out when there are still more", () => {
    const html = tearSheet(input(many))
    expect(Buffer.byteLength(html)).toBeLessThan(5_000_000)
    const kept = dataOf(html).tables["trades"]!.columns[0]!.values.length
    expect(kept).toBeGreaterThan(40_000)
    expect(words(html)).toContain(`The first ${kept.toLocaleString("en-US")} of 65,000 round trips`)
  })

  it("stays small whatever a run brings with it", () => {
    const long = "x".repeat(10_000)
    const result: BacktestResult = {
      ...tenYears(300),
      strategies: Array.from({ length: 2000 }, (_, at) => ({
        id: `s${at}`,
        name: `s${at}`,
        version: 1,
        parameters: Object.fromEntries(Array.from({ length: 30 }, (_, key) => [`p${key}`, key])) as unknown
      })),
      instruments: Array.from({ length: 5000 }, (_, at) => `sim:A${at}/USDT`),
      warnings: Array.from({ length: 5000 }, (_, at) => ({
        code: "gapInData",
        detail: `No bars on day ${at}.`,
        count: 1
      })),
      assumptions: { note: long, list: Array.from({ length: 5000 }, (_, at) => ({ at })) }
    }
    const rows = Array.from({ length: 20_000 }, (_, at) => [`run ${at}`, at])
    const tables = [{ title: "Ranks", columns: [{ title: "Run" }, { title: "Score", unit: "ratio" as const }], rows }]
    const html = tearSheet(input(result, { tables }))
    expect(Buffer.byteLength(html)).toBeLessThan(1_000_000)
    expect(words(html)).toContain("and 4970 more")
    expect(words(html)).toContain("The first 500 of 20000 rows.")
  })

  it("is usually far smaller", () => {
    expect(Buffer.byteLength(tearSheet(input(tenYears())))).toBeLessThan(500_000)
    expect(Buffer.byteLength(tearSheet(input(oneDay())))).toBeLessThan(500_000)
  })

  it("names first what blocked a run without trades, and what to do", () => {
    const text = words(tearSheet(input(withoutTrades())))
    expect(text).toContain("Why it did not trade: notional below min")
    expect(text).toContain("Raise the size or the starting equity")
    expect(text.indexOf("Why it did not trade")).toBeLessThan(text.indexOf("Net profit"))
    expect(words(tearSheet(input(tenYears())))).not.toContain("Why it did not trade")
  })

  it("shows warnings before figures, and what its kind assumes", () => {
    const result = tenYears()
    const text = words(tearSheet(input(result)))
    expect(text.indexOf("gapInData")).toBeGreaterThan(0)
    expect(text.indexOf("gapInData")).toBeLessThan(text.indexOf("Net profit"))
    expect(text).toContain("traded at the next event")
    expect(words(tearSheet(input({ ...result, kind: "vectorised" })))).toContain(
      "confirm a finding with an event-driven run"
    )
    expect(text).toMatch(/fees · maker\s+2 bps/)
  })

  it("says why a figure is missing", () => {
    const html = tearSheet(input(tenYears()))
    expect(html).toMatch(/title="No benchmark was given or it does not vary\.">—/)
  })

  it("shows tables it is given, with a dash for what they lack", () => {
    const text = words(
      tearSheet(
        input(tenYears(), {
          tables: [
            {
              title: "Walk-forward",
              columns: [{ title: "Window" }, { title: "Return", unit: "change" }],
              rows: [
                ["2019", 0.125],
                ["2020", undefined]
              ]
            }
          ]
        })
      )
    )
    expect(text).toMatch(/Walk-forward\s+Window\s+Return\s+2019\s+\+12\.50%\s+2020\s+—/)
  })

  it("is the same page for the same run", () => {
    expect(tearSheet(input(tenYears()))).toBe(tearSheet(input(tenYears())))
  })
})

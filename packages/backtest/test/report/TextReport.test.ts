import { describe, expect, it } from "vitest"
import type { RunSummary } from "../../src/BacktestResult.ts"
import { compareRuns } from "../../src/report/Comparison.ts"
import { comparisonText, resultText, studyText } from "../../src/report/TextReport.ts"
import { textTable } from "../../src/report/TextTable.ts"
import { sampleMetrics, tenYears, withoutTrades } from "./SampleRun.ts"

const plain = { colour: false }
const escape = "\u001b"

describe("a table", () => {
  it("aligns numbers to the right and leaves no trailing spaces", () => {
    const text = textTable(
      [{ title: "name" }, { title: "count", right: true }, { title: "" }],
      [
        [{ text: "a" }, { text: "1" }, { text: "" }],
        [{ text: "longer" }, { text: "12345" }, { text: "note" }]
      ],
      plain
    )
    expect(text.split("\n")).toEqual(["name    count", "a           1", "longer  12345  note"])
  })

  it("is as wide with colours as without", () => {
    const rows = [
      [
        { text: "a", tone: "good" as const },
        { text: "−1", tone: "bad" as const }
      ]
    ]
    const columns = [{ title: "x" }, { title: "value", right: true }]
    const coloured = textTable(columns, rows, { colour: true })
    expect(coloured).toContain(`${escape}[32ma`)
    expect(coloured.replaceAll(new RegExp(`${escape}\\[\\d+m`, "g"), "")).toBe(textTable(columns, rows, plain))
  })

  it("lets no name move the cursor", () => {
    expect(textTable([{ title: "" }], [[{ text: `${escape}[2Jx\n` }]], plain)).toBe("·[2Jx·")
  })
})

describe("a run as text", () => {
  it("has its figures, stages and warnings, and colours only when asked", () => {
    const run = tenYears()
    const text = resultText(run, sampleMetrics(run), plain)
    expect(text).not.toContain(escape)
    expect(text).not.toMatch(/NaN|undefined|Infinity/)
    expect(text).toMatch(/Sharpe ratio\s+\d\.\d\d/)
    expect(text).toMatch(/refused: price collar\s+12/)
    expect(text).toContain("! gapInData × 3  No bars")
    expect(text).not.toContain("Why it did not trade")
    expect(resultText(run, sampleMetrics(run), { colour: true })).toContain(`${escape}[1mmomentum`)
    expect(
      Math.max(
        ...text
          .split("\n")
          .filter((line) => !line.startsWith("!"))
          .map((line) => line.length)
      )
    ).toBeLessThan(120)
  })

  it("ends with what blocked it where it did not trade", () => {
    const run = withoutTrades()
    const lines = resultText(run, sampleMetrics(run), plain).trimEnd().split("\n")
    expect(lines.at(-2)).toBe(
      "Why it did not trade: notional below min. 198 of 214 intents were refused by the check NotionalBelowMin, and none became an order."
    )
    expect(lines.at(-1)).toContain("Raise the size")
    expect(lines.some((line) => /notional below min\s+198\s+← blocks/.test(line))).toBe(true)
  })
})

it("shows a comparison with the best marked and the first difference", () => {
  const [one, other] = [tenYears(30), tenYears(31)]
  const text = comparisonText(
    compareRuns([
      { result: one, metrics: sampleMetrics(one) },
      { result: other, metrics: sampleMetrics(other) }
    ]),
    plain
  )
  expect(text).toMatch(/Profit factor\s+(?:\* \S+\s+\S+|\S+\s+\* \S+)/)
  expect(text).toMatch(/A and B: orders \d+ in both/)
  expect(text).toMatch(/First difference of decisions: number \d+, differing in/)
  expect(text).not.toMatch(/NaN|undefined|Infinity/)
})

describe("a study as text", () => {
  const runs: ReadonlyArray<RunSummary> = Array.from({ length: 25 }, (_, at) => ({
    index: 100 - at,
    parameters: { fast: at + 2, mode: "long" },
    metrics: at === 3 ? {} : { sharpe: 2 - at / 10 },
    trades: 40 + at,
    warnings: at === 1 ? [{ code: "tooFewBars", detail: "", count: 1 }] : []
  }))
  const text = studyText(runs, { colour: false, metrics: [{ key: "sharpe", title: "Sharpe ratio", unit: "ratio" }] })

  it("ranks in the order given, says what is left out and what is missing", () => {
    const lines = text.trimEnd().split("\n")
    expect(lines[0]).toMatch(/^rank\s+run\s+fast\s+mode\s+Sharpe ratio\s+trades$/)
    expect(lines[1]).toMatch(/^\s+1\s+100\s+2\s+long\s+2\.00\s+40$/)
    expect(lines[2]).toContain("! tooFewBars")
    expect(lines[4]).toMatch(/long\s+—\s+43$/)
    expect(lines.at(-1)).toBe("5 more")
    expect(lines).toHaveLength(22)
  })
})

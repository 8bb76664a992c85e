import { Result } from "effect"
import { describe, expect, it } from "vitest"
import { curveCsv, fillsCsv, ordersCsv, readCsv, tradesCsv } from "../../src/report/Csv.ts"
import { parseResult, resultJson } from "../../src/report/Json.ts"
import { oneDay, tenYears, withoutTrades } from "./SampleRun.ts"

const odd = `a "quoted", name\r\nwith a line`

describe("CSV", () => {
  const sample = tenYears(25)
  const run = {
    ...sample,
    orders: sample.orders.map((order) => ({ ...order, strategy: odd, reason: "" })),
    fills: sample.fills.map((fill) => ({ ...fill, instrument: odd })),
    trades: sample.trades.map((trade) => ({ ...trade, strategy: odd }))
  }
  const columns = run.curve.timeUs.map((timeUs, at) => ({
    timeUs,
    equity: run.curve.equity[at],
    exposure: run.curve.exposure[at]
  }))

  it.each([
    ["orders", ordersCsv(run), run.orders],
    ["fills", fillsCsv(run), run.fills],
    ["round trips", tradesCsv(run), run.trades],
    ["the curve", curveCsv(run), columns]
  ])("of %s reads back as it was", (_, csv, rows) => {
    const [head, ...records] = readCsv(csv)
    expect(records).toHaveLength(rows.length)
    expect(head!.toSorted()).toEqual(Object.keys(rows[0]!).toSorted())
    records.forEach((record, at) => {
      const row = rows[at] as unknown as Readonly<Record<string, unknown>>
      expect(record).toEqual(head!.map((key) => String(row[key])))
      // Numbers are written in full.
      head!.forEach((key, place) => typeof row[key] === "number" && expect(Number(record[place])).toBe(row[key]))
    })
  })

  it("ends its lines as RFC 4180 has it, and has a head where there are no rows", () => {
    expect(fillsCsv(withoutTrades())).toMatch(/^strategy,.*liquidity\r\n$/)
    expect(tradesCsv(run)).toContain(`"a ""quoted"", name\r\nwith a line"`)
  })

  it("is read as others write it", () => {
    expect(readCsv('a,b\n1,\n"x\ny",""""')).toEqual([
      ["a", "b"],
      ["1", ""],
      ["x\ny", '"']
    ])
    expect(readCsv("")).toEqual([])
  })
})

describe("JSON", () => {
  it.each([
    ["ten years", tenYears(60)],
    ["a day", oneDay()],
    ["no trades", withoutTrades()]
  ])("of %s reads back as it was", (_, run) => {
    expect(Result.getOrThrow(parseResult(resultJson(run)))).toEqual(run)
  })

  const run = tenYears(2)
  const changed = (change: object): string => JSON.stringify({ ...run, ...change })
  it.each([
    ["no JSON", "{", "$", /no JSON/],
    ["another version", changed({ version: 2 }), "version", /1/],
    ["a missing hash", changed({ hash: undefined }), "hash", /[Mm]issing/],
    ["a side of an order", changed({ orders: [{ ...run.orders[0], side: "hold" }] }), "orders.0.side", /buy/],
    ["a number that is none", changed({ equityEnd: "100" }), "equityEnd", /number/],
    ["a lost number", changed({ trades: [{ ...run.trades[1], profit: null }] }), "trades.0.profit", /number/],
    [
      "columns of unequal length",
      changed({ curve: { timeUs: [1, 2], equity: [1], exposure: [1, 2] } }),
      "curve",
      /equal length/
    ],
    [
      "times that fall",
      changed({ curve: { timeUs: [2, 1], equity: [1, 1], exposure: [1, 2] } }),
      "curve",
      /never fall/
    ],
    ["a list", "[]", "$", /object/]
  ])("that is no result is named: %s", (_, text, field, reason) => {
    const found = parseResult(text)
    if (Result.isSuccess(found)) throw new Error("it was taken for a result")
    expect(found.failure._tag).toBe("InvalidResultFile")
    expect(found.failure.field).toBe(field)
    expect(found.failure.reason).toMatch(reason)
    expect(found.failure.message).toContain("format version 1")
  })
})

import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import * as AcceptLog from "../src/AcceptLog.ts"

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "accept-log-"))
})
afterAll(() => rmSync(folder, { recursive: true }))

const entry: AcceptLog.LogEntry = {
  type: "cancel",
  timeMs: 5,
  account: "alpha",
  symbol: "BTCUSDT",
  clientOrderId: "id",
  venueOrderId: "1",
  side: "buy",
  price: "1.00",
  quantity: "2",
  cumulative: "0"
}

describe("the accept log", () => {
  it("has each line in the file when append returns, and goes on counting after a restart", () => {
    const file = join(folder, "plain.jsonl")
    for (const fsync of [false, true]) {
      const log = AcceptLog.open(file, { nowMs: 1, fsync })
      const before = readFileSync(file, "utf8").split("\n").length
      log.append(entry)
      expect(readFileSync(file, "utf8").split("\n").length).toBe(before + 1)
      log.close()
    }
    const lines = AcceptLog.read(file)
    expect(lines.map(({ seq, type }) => [seq, type])).toEqual([
      [1, "start"],
      [2, "cancel"],
      [3, "start"],
      [4, "cancel"]
    ])
    expect(lines[1]).toEqual({ seq: 2, ...entry })
  })

  it.each([
    ["a line that is not JSON", "{\n", /Line 2 .* cannot be read/],
    ["a line of another kind", '{"seq":2,"type":"wish"}\n', /Line 2/],
    ["a missing line", `${JSON.stringify({ seq: 3, ...entry })}\n`, /sequence 3 where 2 belongs/],
    ["a cut line", '{"seq":2', /cut off/]
  ])("refuses to go on after %s", (name, damage, message) => {
    const file = join(folder, `${name.replaceAll(" ", "-")}.jsonl`)
    AcceptLog.open(file, { nowMs: 1, fsync: false }).close()
    appendFileSync(file, damage)
    expect(() => AcceptLog.open(file, { nowMs: 2, fsync: false })).toThrow(message)
  })

  it("reads past a last line that was being written when the exchange died", () => {
    const file = join(folder, "torn.jsonl")
    writeFileSync(file, `${JSON.stringify({ seq: 1, ...entry })}\n{"seq":2,"ty`)
    expect(AcceptLog.read(file).length).toBe(1)
  })
})

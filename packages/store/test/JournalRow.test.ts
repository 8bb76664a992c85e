import { assert, describe, it } from "@effect/vitest"
import { canonicalJson, rowChecksum } from "../src/JournalRow.ts"
import { event } from "./TestDatabase.ts"

describe("canonical JSON", () => {
  it("is the same whatever the order of keys, at any depth", () => {
    const one = { b: { y: 1, x: [{ q: 1, p: 2 }] }, a: "t", 10: 1, 9: 2, gone: undefined }
    const two = { 9: 2, 10: 1, a: "t", b: { x: [{ p: 2, q: 1 }], y: 1 } }
    assert.strictEqual(canonicalJson(one), canonicalJson(two))
    assert.throws(() => canonicalJson(JSON.parse('{"b":1,"__proto__":1,"a":2}')), TypeError)
    assert.strictEqual(canonicalJson(one), '{"9":2,"10":1,"a":"t","b":{"x":[{"p":2,"q":1}],"y":1}}')
  })

  it("refuses what JSON would change in silence", () => {
    for (const value of [Number.NaN, Infinity, 1n, new Date(0), [undefined], () => 1, { deep: [{ a: Number.NaN }] }]) {
      assert.throws(() => canonicalJson(value), TypeError)
    }
  })
})

describe("a row's checksum", () => {
  it("changes with every field", () => {
    const row = event(1)
    const changed = [
      { seq: 2 },
      { commandId: "x" },
      { commandPart: 1 },
      { type: "X" },
      { version: 2 },
      { timeUs: 1 },
      { opening: true },
      { clientOrderId: "c" },
      { fillKey: "f" }
    ].map((over) => rowChecksum("e", 1, { ...row, ...over }, "{}"))
    const sums = [
      rowChecksum("e", 1, row, "{}"),
      rowChecksum("f", 1, row, "{}"),
      rowChecksum("e", 2, row, "{}"),
      rowChecksum("e", 1, row, "[]"),
      ...changed
    ]
    assert.strictEqual(new Set(sums).size, sums.length)
  })
})

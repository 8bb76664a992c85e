/** What declared conditions mean, and how those that mean nothing are refused. */
import { SeededRandom } from "@outcry/model/SeededRandom"
import { describe, expect, it } from "vitest"
import { checkCondition, compileExpression, type Names, reachOf } from "../src/Expression.ts"
import { ExpressionFault, parseExpression } from "../src/ExpressionSyntax.ts"
import type { SignalRow } from "../src/Signal.ts"

const names: Names = { values: ["fast", "slow", "gap", "close"], parameters: { level: {}, back: { rowsMax: 5 } } }
const parameters = { level: 30, back: 2 }

/** Values by row, the last one present. */
const table: Readonly<Record<string, ReadonlyArray<number>>> = {
  fast: [1, 2, 3, 10],
  slow: [4, 4, 4, 4],
  gap: [1, 2, 3, Number.NaN],
  close: [28, 29, 31, 31]
}

const row: SignalRow = {
  value: (place, ago = 0) => table[names.values[place]!]!.at(-1 - ago) ?? Number.NaN,
  held: -1,
  heldRows: 7,
  now: 0
}

const answer = (text: string): number => {
  const expression = parseExpression(text)
  checkCondition(expression, names)
  return compileExpression(expression, (name) => names.values.indexOf(name), parameters)(row, 0)
}

const fault = (text: string): ExpressionFault => {
  try {
    answer(text)
  } catch (error) {
    if (error instanceof ExpressionFault) return error
    throw error
  }
  throw new Error(`${text} was not refused`)
}

describe("a condition", () => {
  it.each([
    ["fast > slow", 1],
    ["fast < slow", 0],
    ["fast[1] < slow and fast[3] == 1", 1],
    ["fast crosses above slow", 1],
    ["fast crosses below slow", 0],
    ["slow crosses below fast", 1],
    ["(fast crosses above slow)[1]", 0],
    ["close crosses above $level", 0],
    ["(close crosses above $level)[1]", 1],
    ["close[$back] < $level", 1],
    ["(fast - slow)[1] == -1", 1],
    ["fast[1][1] == 2", 1],
    ["1 + 2 * 3 == 7", 1],
    ["(1 + 2) * 3 == 9", 1],
    ["8 - 4 - 2 == 2 and 8 / 4 / 2 == 1", 1],
    ["-fast + 11 == 1", 1],
    ["2 * -fast == -20", 1],
    ["1.5e2 == 150", 1],
    ["not fast > slow", 0],
    ["not fast > slow or slow == 4", 1],
    ["fast < slow or fast > slow and slow == 4", 1],
    ["(fast < slow or fast > slow) and slow == 5", 0],
    ["fast != slow", 1],
    ["fast >= 10 and fast <= 10", 1],
    ["held < 0 and heldRows >= 7", 1]
  ])("%s is %d", (text, expected) => {
    expect(answer(text)).toBe(expected)
  })

  it.each([
    ["gap > 1", Number.NaN],
    ["not gap > 1", Number.NaN],
    ["gap != 1", Number.NaN],
    ["gap > 1 and fast < slow", 0],
    ["fast < slow and gap > 1", 0],
    ["gap > 1 and fast > slow", Number.NaN],
    ["fast > slow and gap > 1", Number.NaN],
    ["gap > 1 or fast > slow", 1],
    ["fast > slow or gap > 1", 1],
    ["gap > 1 or fast < slow", Number.NaN],
    ["gap crosses above slow", Number.NaN],
    ["fast[4] > 0", Number.NaN]
  ])("%s is %d where a value is missing", (text, expected) => {
    expect(answer(text)).toBe(expected)
  })

  it("knows how far back it looks", () => {
    const reach = (text: string) => reachOf(parseExpression(text), parameters)
    expect(reach("fast > slow")).toBe(0)
    expect(reach("fast crosses above slow[3]")).toBe(4)
    expect(reach("(fast crosses above slow)[$back] or fast[1] > 0")).toBe(3)
  })
})

describe("what means nothing is refused with its place and a remedy", () => {
  it.each([
    ["", 0, /value is missing before the end/],
    ["fast >", 6, /value is missing before the end/],
    ["fast > > slow", 7, /missing before ">"/],
    ["fast", 0, /number stands where a condition/],
    ["fast and slow > 1", 0, /number stands where a condition.*rsi > 50/],
    ["(fast > 1) + 1 > 0", 6, /condition stands where a number/],
    ["not fast", 4, /number stands where a condition/],
    ["fastt > 1", 0, /no "fastt".*fast, slow, gap, close, held, heldRows/],
    ["level > 1", 0, /Write \$level/],
    ["close > $lvl", 8, /no parameter "\$lvl".*\$level, \$back/],
    ["fast < slow < gap", 12, /do not chain.*a < b and b < c/],
    ["fast = 1", 5, /"=" is no operator.*Write `==`/],
    ["fast > 1 && slow > 1", 9, /Write `and`/],
    ["fast > 1 || slow > 1", 9, /Write `or`/],
    ["macd.signal > 1", 4, /one output/],
    ["max(fast, slow) > 1", 8, /no functions/],
    ["fast > 1 slow", 9, /"slow" is not expected/],
    ["(fast > 1", 9, /"\)" is missing/],
    ["fast[1 > 1", 10, /"\]" is missing/],
    ["fast[-1] > 1", 5, /no whole number of bars.*later rows are unknown/],
    ["fast[0.5] > 1", 5, /no whole number/],
    ["fast[1001] > 1", 5, /0 to 1000/],
    ["fast[slow] > 1", 5, /no whole number/],
    ["fast[$level] > 1", 5, /may be no whole number/],
    ["held[1] > 0", 0, /present row only/],
    ["held crosses above 0", 0, /present row only/],
    ["fast crosses slow", 13, /followed by "slow"/],
    ["and > 1", 0, /missing before "and"/],
    ["fast > 1; process.exit()", 8, /";" means nothing here/],
    ["`fast`", 0, /means nothing here/]
  ])("%s", (text, at, says) => {
    const found = fault(text)
    expect(found.message).toMatch(says)
    expect(found.at).toBe(at)
  })

  it("whatever its size", () => {
    expect(fault(`${"(".repeat(50)}fast > 1${")".repeat(50)}`).problem).toMatch(/nested more than 40/)
    expect(fault(`fast > ${"-".repeat(100)}1`).problem).toMatch(/nested more than 40/)
    expect(fault(Array.from({ length: 150 }, () => "fast>1").join(" or ")).problem).toMatch(/more than 400 words/)
    expect(fault(`fast > ${"1".repeat(3000)}`).problem).toMatch(/longer than 2000/)
  })

  it("never by anything but a fault: random words are refused or have an answer", () => {
    const words = [
      "fast",
      "slow",
      "$level",
      "$back",
      "1",
      "(",
      ")",
      "[",
      "]",
      "and",
      "or",
      "not",
      ">",
      "==",
      "crosses",
      "above",
      "-",
      "*",
      "held"
    ]
    const random = new SeededRandom(5)
    let answered = 0
    for (let round = 0; round < 20_000; round++) {
      const text = Array.from({ length: random.between(1, 9) }, () => random.pick(words)).join(" ")
      try {
        const value = answer(text)
        expect([0, 1, Number.NaN]).toContain(value)
        answered++
      } catch (error) {
        if (!(error instanceof ExpressionFault)) throw new Error(`${text}: ${String(error)}`, { cause: error })
      }
    }
    expect(answered).toBeGreaterThan(20)
  })
})

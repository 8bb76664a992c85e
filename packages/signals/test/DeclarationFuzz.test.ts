/** Documents damaged at random are refused with faults, or mean something that survives writing and reading. */
import { SeededRandom } from "@outcry/model/SeededRandom"
import { Schema } from "effect"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { expect, it } from "vitest"
import { contentHash, type Declaration } from "../src/Declaration.ts"
import { parseDeclaration, toJson, toYaml } from "../src/DeclarationDocument.ts"
import { declarationDiff } from "../src/DeclarationDiff.ts"
import { declaredStrategy } from "../src/DeclaredSignal.ts"
import { InvalidDeclaration } from "../src/InvalidDeclaration.ts"

const example = readFileSync(join(import.meta.dirname, "../../../examples/declared/channel-reversal.yaml"), "utf8")

const pieces = [
  "{",
  "}",
  "[",
  "]",
  ":",
  ",",
  "#",
  "&",
  "*",
  "!",
  "|",
  ">",
  "'",
  '"',
  "%",
  "@",
  "`",
  "$",
  "-",
  "\n",
  "\t",
  " ",
  "0",
  "null",
  "true",
  "1e999",
  ".nan",
  "$period",
  "constructor",
  "__proto__: 1",
  "<<: { a: 1 }",
  "  rsi: { indicator: rsi }\n",
  "close[1]",
  "held",
  "'#!\"\\u0000'"
]

/** A few cuts, insertions, doublings and exchanges of lines. */
const damaged = (random: SeededRandom): string => {
  let text = example
  for (let count = random.between(1, 4); count > 0; count--) {
    const at = random.between(0, text.length - 1)
    const kind = random.between(0, 3)
    if (kind === 0) text = text.slice(0, at) + text.slice(at + random.between(1, 12))
    else if (kind === 1) text = text.slice(0, at) + random.pick(pieces) + text.slice(at)
    else {
      const lines = text.split("\n")
      const line = random.between(0, lines.length - 1)
      if (kind === 2) lines.splice(line, 0, random.pick(lines))
      else lines.splice(line, 1)
      text = lines.join("\n")
    }
  }
  return text
}

const read = (text: string): Declaration | ReadonlyArray<string> => {
  try {
    return parseDeclaration(text)
  } catch (error) {
    if (error instanceof InvalidDeclaration) return error.message.split("\n")
    throw new Error(`not a fault but ${String(error)} on:\n${text}`, { cause: error })
  }
}

const isFaults = (result: Declaration | ReadonlyArray<string>): result is ReadonlyArray<string> => Array.isArray(result)

it.each([1, 2, 3, 4])(
  "every damaged document is refused in words or comes back from what is written (seed %i)",
  (seed) => {
    const random = new SeededRandom(seed)
    let [refused, kept] = [0, 0]
    for (let round = 0; round < 100; round++) {
      const text = damaged(random)
      const result = read(text)
      if (isFaults(result)) {
        refused++
        // Path, then a colon, the problem, and a remedy that is a sentence.
        for (const fault of result) expect(fault, text).toMatch(/^\S.*: .+\. .*\S[.)`]?$/s)
        continue
      }
      kept++
      for (const written of [toYaml(result), toJson(result)]) {
        const again = parseDeclaration(written)
        expect(again, text).toEqual(result)
        expect(contentHash(again)).toBe(contentHash(result))
        expect(declarationDiff(result, again)).toEqual([])
      }
      const strategy = declaredStrategy(result)
      const parameters = Schema.decodeUnknownSync(strategy.parameters)({})
      expect(strategy.feeds(parameters)).toHaveLength(1)
      expect(() => strategy.initial(parameters)).not.toThrow()
    }
    expect(refused).toBeGreaterThan(30)
    expect(kept).toBeGreaterThan(10)
  }
)

/** Whatever a client sends is a request or an error frame: nothing it can write throws. */
import { methods } from "@outcry/client/Wire"
import { expect, it } from "vitest"
import { parseRequest } from "../src/gateway/RequestText.ts"

/** Numbers from 0 to below `n`, the same for the same seed. */
const dice = (seed: number) => {
  let state = seed
  return (n: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * n)
  }
}

const keys = [
  "id",
  "method",
  "params",
  "channel",
  "afterSeq",
  "token",
  "toString",
  "valueOf",
  "toJSON",
  "__proto__",
  "length"
]
const leaves = [null, true, 0, -1, 1.5, 1e300, "", "\ud800", "auth", "orders.alpha", ...methods]

const textOf = (roll: (n: number) => number, depth: number): string => {
  const kind = roll(depth === 0 ? 1 : 3)
  if (kind === 0) return JSON.stringify(leaves[roll(leaves.length)])
  const members = Array.from({ length: roll(4) }, () => textOf(roll, depth - 1))
  if (kind === 1) return `[${members.join(",")}]`
  return `{${members.map((member) => `${JSON.stringify(keys[roll(keys.length)])}:${member}`).join(",")}}`
}

/** Beginnings that lead past the first checks. */
const framed = (roll: (n: number) => number): string => {
  const value = () => textOf(roll, 4)
  const known = () => JSON.stringify(methods[roll(methods.length)])
  switch (roll(5)) {
    case 0:
      return value()
    case 1:
      return `{"id":${value()},"method":${value()}}`
    case 2:
      return `{"id":1,"method":${known()},"params":${value()}}`
    case 3:
      return `{"method":${known()},"params":{"channel":${value()},"afterSeq":${value()},"token":${value()}}}`
    default: {
      const text = value()
      return text.slice(0, roll(text.length + 1))
    }
  }
}

it("answers 20,000 frames of chance without throwing, each with what can be sent", () => {
  const roll = dice(7)
  const seen = new Set<string>()
  for (let n = 0; n < 20_000; n++) {
    const text = framed(roll)
    try {
      const answer = parseRequest(text)
      seen.add("error" in answer ? answer.error.code : answer.method)
      JSON.stringify(answer)
    } catch (cause) {
      throw new Error(`frame ${n} of seed 7: ${text}`, { cause })
    }
  }
  expect([...seen]).toEqual(expect.arrayContaining(["bad_json", "bad_request", "unknown_method", "ping", "list"]))
})

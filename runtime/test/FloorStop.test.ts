/** The last status of a floor that comes to rest, over a supervisor that plays a script. */
import { AccountStatus } from "@outcry/actor-account/Protocol"
import { Effect } from "effect"
import { expect, it } from "vitest"
import { bringToRest } from "../src/floor/FloorStop.ts"
import type { FloorStatus } from "../src/gateway/FloorStatus.ts"

const at = (seq: number, stateHash: string): FloorStatus => ({
  node: "node-1",
  timeMs: 0,
  feeds: [],
  strategies: [],
  missing: [],
  accounts: [
    new AccountStatus({
      account: "alpha",
      venue: "sim",
      node: "node-1",
      epoch: 1,
      seq,
      condition: "ready",
      tradingState: "active",
      balances: [],
      positions: [],
      fees: [],
      openOrders: [],
      strategies: [],
      unknownOrders: 0,
      differences: 0,
      stateHash
    })
  ]
})

it("has the accounts hashed only once nothing moves any more, and takes that status where nothing moved since", async () => {
  const plain = [1, 2, 3, 3, 4, 4]
  const hashed = [4, 4]
  const asked: Array<string> = []
  const next = (kind: string, from: Array<number>) =>
    Effect.sync(() => {
      asked.push(kind)
      return at(from.length > 1 ? from.shift()! : from[0]!, kind === "hashed" ? "a-hash" : "")
    })
  const rest = await Effect.runPromise(
    bringToRest({
      status: next("plain", plain),
      hashedStatus: next("hashed", hashed),
      windDown: Effect.void
    })
  )
  expect(rest.settled).toBe(true)
  expect(rest.status?.accounts).toMatchObject([{ seq: 4, stateHash: "a-hash" }])
  expect(asked).toEqual(["plain", "plain", "plain", "plain", "hashed", "plain", "plain", "hashed"])
})

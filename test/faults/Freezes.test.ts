import { freezeRun } from "@outcry/runtime/chaos/FreezeRun"
import { expect, it } from "vitest"
import { testFloor } from "./TestFloor.ts"

const floor = testFloor({ nodes: 2, accounts: 4, seed: 5, shardLockExpirationMs: 3_000 })

it(
  "lets nothing of a zombie through: no append and no order after its successor is there",
  { timeout: 180_000 },
  async () => {
    const { freezes, outcome, violations } = await floor.run((harness) => freezeRun(harness, 2, () => undefined))
    expect(freezes.length).toBe(2)
    for (const freeze of freezes) {
      expect(freeze.accountsOnIt.length).toBeGreaterThan(0)
      expect(freeze.acceptMs.length).toBe(freeze.accountsOnIt.length)
      expect([freeze.zombieAppends, freeze.zombieOrders]).toEqual([0, 0])
    }
    expect(violations).toEqual([])
    expect(outcome.verdict.ordersJoined).toBeGreaterThan(30)
  }
)

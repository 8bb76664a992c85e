/** Signals, coded and declared, and the strategies beside them on a real floor: each trades, none is lost or misfilled. */
import { Report } from "@outcry/runtime/report/Report"
import { LiveFloor } from "@outcry/testkit/LiveFloor"
import { Outcry } from "@outcry/testkit/Outcry"
import { Schema } from "effect"
import { join } from "node:path"
import { afterEach, beforeEach, expect, it } from "vitest"

let outcry: Outcry
beforeEach(() => {
  outcry = new Outcry()
})
afterEach(() => outcry.close())

const files = [
  "06-rsi-reversal.ts",
  "07-bollinger-breakout.ts",
  "08-macd-trend.ts",
  "09-grid.ts",
  "10-dca.ts",
  "11-portfolio-rebalancer.ts",
  "12-signal-follower.ts",
  "declared/channel-reversal.yaml"
]

it("trades with each on the agents, and to the exchange's last lot", { timeout: 180_000 }, async () => {
  const strategies = files.flatMap((file) => ["--strategy", join(import.meta.dirname, file)])
  const floor = await LiveFloor.start(outcry, ["--nodes", "1", "--only", ...strategies])
  await floor.waitFor(
    "a fill of every strategy",
    (status) => status.strategies.length === files.length && status.strategies.every(({ fills }) => fills > 0)
  )
  const { code, stderr } = await floor.stop()
  expect(code, stderr).toBe(0)
  const report = Schema.decodeUnknownSync(Report)(floor.report())
  expect(report.strategies).toHaveLength(files.length)
  for (const { fills, name } of report.strategies) expect(fills, name).toBeGreaterThan(0)
  const { invariantViolations, ordersDuplicated, ordersLost, ordersMisfilled } = report
  expect({ invariantViolations, ordersDuplicated, ordersLost, ordersMisfilled }).toEqual({
    invariantViolations: [],
    ordersDuplicated: 0,
    ordersLost: 0,
    ordersMisfilled: 0
  })
  expect(report.fills).toBe(floor.loggedFills().length)
})

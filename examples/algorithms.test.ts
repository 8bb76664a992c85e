/** Parent orders on a floor: the example and one that is named, traded to the last lot, and a mistake that is named too. */
import { LiveFloor } from "@outcry/testkit/LiveFloor"
import { Outcry } from "@outcry/testkit/Outcry"
import { join } from "node:path"
import { afterEach, beforeEach, expect, it } from "vitest"

let outcry: Outcry
beforeEach(() => {
  outcry = new Outcry()
})
afterEach(() => outcry.close())

const example = join(import.meta.dirname, "05-twap.ts")
const order = {
  instrument: "sim:ETH/USDT",
  side: "sell",
  quantity: "0.5",
  durationSec: 6,
  sliceSec: 1,
  style: "cross"
}

const bought = (floor: LiveFloor, base: string): number =>
  floor
    .loggedFills()
    .filter(({ symbol }) => symbol.startsWith(base))
    .reduce((sum, { quantity, side }) => sum + (side === "buy" ? 1 : -1) * Number(quantity), 0)

it("trades a parent order by its example and one by name, each to its quantity", { timeout: 120_000 }, async () => {
  const floor = await LiveFloor.start(outcry, [
    "--nodes",
    "1",
    "--only",
    "--strategy",
    example,
    "--param",
    "buy-in-parts.durationSec=6",
    "--param",
    "buy-in-parts.sliceSec=1",
    "--strategy",
    `algorithm:twap@sell-eth:${JSON.stringify(order)}`
  ])
  await floor.waitFor("both parent orders to be filled", () => {
    const [btc, eth] = [bought(floor, "BTC"), bought(floor, "ETH")]
    return btc >= 0.02 - 1e-9 && eth <= -0.5 + 1e-9
  })
  const { code, stderr } = await floor.stop()
  expect(code, stderr).toBe(0)
  expect(bought(floor, "BTC")).toBeCloseTo(0.02, 9)
  expect(bought(floor, "ETH")).toBeCloseTo(-0.5, 9)
})

it("trades a parent order once though its node dies in the middle of it", { timeout: 180_000 }, async () => {
  const strategy = `algorithm:twap@sell-eth:${JSON.stringify({ ...order, durationSec: 10 })}`
  const floor = await LiveFloor.start(outcry, ["--nodes", "2", "--only", "--strategy", strategy])
  const { strategies } = await floor.waitFor(
    "a part of the order",
    (status) => status.strategies.some(({ strategy }) => strategy === "sell-eth") && bought(floor, "ETH") <= -0.1
  )
  const { node } = strategies.find((each) => each.strategy === "sell-eth")!
  process.kill(outcry.child(node), "SIGKILL")
  await floor.waitFor("the whole order", () => bought(floor, "ETH") <= -0.5 + 1e-9)
  // Somebody who forgot what was traded would go on now.
  const { timeMs } = floor.loggedFills().at(-1)!
  await floor.waitFor("a second of rest", (status) => status.strategies.length > 0 && Date.now() - timeMs > 5000)
  expect(bought(floor, "ETH")).toBeCloseTo(-0.5, 9)
  await floor.stop()
})

it("names the algorithms where there is none of that name", async () => {
  const { code, stderr } = await outcry.run(["start", "--for", "1s", "--strategy", "algorithm:trap"])
  expect(code).not.toBe(0)
  expect(stderr).toMatch(/no algorithm "trap"[^]*algorithm:twap, algorithm:vwap, algorithm:pov, algorithm:iceberg/)
})

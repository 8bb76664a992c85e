import { btcUsdt as btc } from "@outcry/testkit/Instruments"
import { describe, expect, it } from "vitest"
import { Driver, type DriverOptions } from "../src/Driver.ts"
import type { Market } from "../src/Market.ts"

/** A market that only notes the times it is advanced to, and is over at `endUs`. */
const marketOf = (startUs: number, endUs: number): { readonly market: Market; readonly reachedUs: () => number } => {
  let reachedUs = startUs
  const market: Market = {
    instrument: btc,
    startUs,
    submit: () => {},
    cancel: () => false,
    reduce: () => false,
    rehearse: () => ({ lots: 0, tickLots: 0 }),
    depth: () => ({ bids: [], asks: [] }),
    top: () => ({ bidTicks: 0, bidLots: 0, askTicks: 0, askLots: 0 }),
    prepare: (timeUs) => Promise.resolve(timeUs),
    advanceTo: (timeUs) => {
      reachedUs = timeUs
    },
    nextEventUs: () => undefined,
    ended: () => reachedUs >= endUs,
    closed: () => false,
    hash: () => ""
  }
  return { market, reachedUs: () => reachedUs }
}

const drive = async (options: Partial<DriverOptions>, endUs = Number.POSITIVE_INFINITY, startUs = 5_000_000) => {
  const clock = { nowMs: 1_000_000, looks: 0 }
  const { market, reachedUs } = marketOf(startUs, endUs)
  const steps: Array<number> = []
  const counts = { ended: 0 }
  const driver = new Driver({
    markets: [market],
    speed: 1,
    warmUpUs: 0,
    live: false,
    nowMs: () => {
      clock.looks += 1
      return clock.nowMs
    },
    onStep: (timeUs) => steps.push(timeUs),
    onEnded: () => (counts.ended += 1),
    onFailure: (error) => {
      throw error
    },
    ...options
  })
  await driver.start()
  return { clock, counts, driver, reachedUs, steps }
}

describe("Driver", () => {
  it("goes on at the clock's pace when a recording at full speed is over", async () => {
    const { clock, counts, driver, reachedUs, steps } = await drive({ speed: "max" }, 7_000_000)
    await expect.poll(() => counts.ended).toBe(1)
    const endedUs = reachedUs()
    const stepsThen = steps.length
    clock.nowMs += 450
    await expect.poll(reachedUs).toBe(endedUs + 450_000)
    expect([counts.ended, steps.length > stepsThen]).toEqual([1, true])
    driver.stop()
  })

  it("keeps a live market's time at the clock's own", async () => {
    const { clock, driver, reachedUs } = await drive({ live: true }, undefined, 999_500_000)
    expect([reachedUs(), driver.venueMsOf(reachedUs())]).toEqual([1_000_000_000, 1_000_000])
    clock.nowMs += 37
    await expect.poll(reachedUs).toBe(1_000_037_000)
    driver.stop()
  })

  it("goes on when the clock is set back, so that a live book does not grow old unnoticed", async () => {
    const { clock, driver, reachedUs } = await drive({ live: true }, undefined, 999_500_000)
    clock.nowMs -= 3_600_000
    const { looks } = clock
    await expect.poll(() => clock.looks).toBeGreaterThan(looks)
    clock.nowMs += 20
    await expect.poll(reachedUs).toBe(1_000_020_000)
    expect(driver.venueMsOf(reachedUs())).toBe(clock.nowMs)
    driver.stop()
  })
})

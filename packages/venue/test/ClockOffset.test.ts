import { describe, expect, it } from "vitest"
import { ClockOffset, unknownErrorUs } from "../src/ClockOffset.ts"

const venueAheadUs = 1_270_000
const now = (monotonicUs: number, wallJumpUs = 0) => ({
  monotonicUs,
  epochUs: 5_000_000_000 + monotonicUs + wallJumpUs
})

/** A round trip whose way there and back took so long; the venue's clock is cut to milliseconds, as Binance's. */
const sample = (offset: ClockOffset, sentUs: number, thereUs: number, backUs: number) => {
  const venueUs = 5_000_000_000 + sentUs + thereUs + venueAheadUs
  offset.add(sentUs, sentUs + thereUs + backUs, Math.floor(venueUs / 1_000) * 1_000, 1_000)
}

describe("ClockOffset", () => {
  it("knows nothing before the first sample, and says so", () => {
    expect(new ClockOffset().estimate(now(0))).toEqual({ offsetUs: 0, errorUs: unknownErrorUs })
  })

  it("stays within its bound of the truth for any mix of fast, slow and lopsided round trips", () => {
    for (let seed = 1; seed <= 500; seed++) {
      const offset = new ClockOffset()
      let at = seed * 7_919
      for (let count = 0; count < 24; count++) {
        const there = ((seed * 31 + count * 17) % 97) * 1_000
        const back = ((seed * 13 + count * 29) % 89) * 1_000
        sample(offset, at, there, back)
        at += 5_000_000
        const { errorUs, offsetUs } = offset.estimate(now(at))
        expect(Math.abs(offsetUs - venueAheadUs), `seed ${seed}`).toBeLessThanOrEqual(errorUs)
      }
    }
  })

  it("prefers the fastest round trip", () => {
    const offset = new ClockOffset()
    sample(offset, 0, 200_000, 0)
    sample(offset, 1_000_000, 500, 500)
    sample(offset, 2_000_000, 0, 300_000)
    const { errorUs, offsetUs } = offset.estimate(now(3_000_000))
    expect(errorUs).toBeLessThan(2_000)
    expect(Math.abs(offsetUs - venueAheadUs)).toBeLessThanOrEqual(errorUs)
  })

  it("follows a jump of our wall clock at once", () => {
    const offset = new ClockOffset()
    sample(offset, 0, 500, 500)
    const before = offset.estimate(now(1_000_000))
    const after = offset.estimate(now(1_000_000, 30_000_000))
    expect(after.offsetUs - before.offsetUs).toBe(-30_000_000)
  })

  it("forgets what a sample contradicts: the venue's clock was set in between", () => {
    const offset = new ClockOffset()
    for (let at = 0; at < 5_000_000; at += 1_000_000) sample(offset, at, 500, 500)
    // A slower round trip, whose bound is wider, and still cannot be squared with the others.
    offset.add(6_000_000, 6_040_000, 5_000_000_000 + 6_020_000 + venueAheadUs + 30_000_000, 1_000)
    const { errorUs, offsetUs } = offset.estimate(now(7_000_000))
    expect(Math.abs(offsetUs - venueAheadUs - 30_000_000)).toBeLessThanOrEqual(errorUs)
  })

  it("keeps what a slow sample agrees with", () => {
    const offset = new ClockOffset()
    sample(offset, 0, 500, 500)
    sample(offset, 1_000_000, 400_000, 0)
    expect(offset.estimate(now(2_000_000)).errorUs).toBeLessThan(2_000)
  })

  it("believes only what comes after a doubt", () => {
    const offset = new ClockOffset()
    sample(offset, 0, 500, 500)
    offset.doubt()
    expect(offset.isKnown).toBe(true)
    sample(offset, 1_000_000, 50_000, 0)
    expect(offset.estimate(now(1_100_000)).errorUs).toBeGreaterThan(20_000)
  })
})

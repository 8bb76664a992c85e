import { btcUsdt } from "@outcry/testkit/Instruments"
import { SeededRandom } from "../src/SeededRandom.ts"
import { describe, expect, it } from "vitest"
import * as Amount from "../src/Amount.ts"
import { notional } from "../src/Instrument.ts"
import * as Position from "../src/Position.ts"

type Fill = readonly [side: "buy" | "sell", ticks: number, lots: number]

const after = (fills: ReadonlyArray<Fill>): Position.Position => {
  const position = Position.empty()
  for (const [side, ticks, lots] of fills) Position.applyFill(position, btcUsdt, side, ticks, lots)
  return position
}

/** Average cost with whole fractions: cost = numerator ÷ denominator, never rounded. In units of one tick × one lot. */
const reference = (
  fills: ReadonlyArray<Fill>
): { readonly lots: bigint; readonly cost: [bigint, bigint]; readonly realised: [bigint, bigint] } => {
  let lots = 0n
  let [cost, realised]: [[bigint, bigint], [bigint, bigint]] = [
    [0n, 1n],
    [0n, 1n]
  ]
  const plus = ([a, b]: [bigint, bigint], [c, d]: [bigint, bigint]): [bigint, bigint] => {
    const [top, bottom] = [a * d + c * b, b * d]
    let [x, y] = [top < 0n ? -top : top, bottom]
    while (y !== 0n) [x, y] = [y, x % y]
    return x === 0n ? [0n, 1n] : [top / x, bottom / x]
  }
  for (const [side, ticks, filled] of fills) {
    // One lot at a time: each either opens at its price or closes at the average.
    const [sign, price] = [side === "buy" ? 1n : -1n, BigInt(ticks)]
    for (let i = 0; i < filled; i++) {
      if (lots * sign >= 0n) cost = plus(cost, [sign * price, 1n])
      else {
        const share: [bigint, bigint] = [cost[0], cost[1] * (lots < 0n ? -lots : lots)]
        realised = plus(realised, plus([-sign * price, 1n], [-share[0], share[1]]))
        cost = plus(cost, [-share[0], share[1]])
      }
      lots += sign
    }
  }
  return { lots, cost, realised }
}

describe("a position by average cost", () => {
  it("opens, adds, closes in part, flips and ends flat", () => {
    expect(
      after([
        ["buy", 100, 10],
        ["buy", 200, 10]
      ])
    ).toMatchObject({ lots: 20, cost: notional(btcUsdt, 150, 20), realised: 0n })
    expect(
      after([
        ["buy", 100, 10],
        ["sell", 130, 4]
      ])
    ).toMatchObject({
      lots: 6,
      cost: notional(btcUsdt, 100, 6),
      realised: notional(btcUsdt, 30, 4)
    })
    expect(
      after([
        ["buy", 100, 10],
        ["sell", 90, 15]
      ])
    ).toMatchObject({
      lots: -5,
      cost: -notional(btcUsdt, 90, 5),
      realised: -notional(btcUsdt, 10, 10)
    })
    expect(
      after([
        ["sell", 100, 7],
        ["buy", 80, 7]
      ])
    ).toEqual({ lots: 0, cost: 0n, realised: notional(btcUsdt, 20, 7), fills: 2 })
  })

  it("is worth its mark less its cost", () => {
    expect(Position.unrealised(after([["buy", 100, 10]]), btcUsdt, 104)).toBe(notional(btcUsdt, 4, 10))
    expect(Position.unrealised(after([["sell", 100, 10]]), btcUsdt, 104)).toBe(-notional(btcUsdt, 4, 10))
  })

  it("has one average price, whichever way it is held", () => {
    for (const side of ["buy", "sell"] as const) {
      expect(Position.averageTicks(after([[side, 100, 10]]), btcUsdt), side).toBe(100)
      const mixed = after([
        [side, 100, 3],
        [side, 101, 1]
      ])
      expect(Position.averageTicks(mixed, btcUsdt), side).toBe(100)
    }
    expect(Position.averageTicks(Position.empty(), btcUsdt)).toBe(0)
  })

  it("agrees with exact fractions to half a unit for every rounding, and its cash flow is exact", () => {
    for (let seed = 1; seed <= 150; seed++) {
      const random = new SeededRandom(seed)
      const fills = Array.from({ length: 20 }, (): Fill => [
        random.chance(0.5) ? "buy" : "sell",
        random.between(1, 10_000_000),
        random.between(1, 9)
      ])
      const [position, exact] = [after(fills), reference(fills)]
      expect(BigInt(position.lots), `seed ${seed}`).toBe(exact.lots)
      const off = (amount: bigint, [top, bottom]: readonly [bigint, bigint]): bigint =>
        Amount.abs(amount * bottom - top * btcUsdt.tickLot) / bottom
      expect(off(position.cost, exact.cost) <= 20n, `seed ${seed}: cost`).toBe(true)
      expect(off(position.realised, exact.realised) <= 20n, `seed ${seed}: realised`).toBe(true)
      const flow = fills.reduce(
        (sum, [side, ticks, lots]) => sum + (side === "buy" ? -1n : 1n) * notional(btcUsdt, ticks, lots),
        0n
      )
      expect(position.realised - position.cost, `seed ${seed}: cash`).toBe(flow)
    }
  })
})

import { SeededRandom } from "../src/SeededRandom.ts"
import { describe, expect, it } from "vitest"
import * as Amount from "../src/Amount.ts"

const randomAmount = (random: SeededRandom): bigint => {
  let amount = 0n
  for (let words = random.between(1, 4); words > 0; words--) amount = (amount << 32n) | BigInt(random.bits())
  return random.chance(0.5) ? -amount : amount
}

describe("an amount", () => {
  it("is what the decimal says, to the last of twelve places", () => {
    expect(Amount.parse("0.000000000001")).toBe(1n)
    expect(Amount.parse("-12.50")).toBe(-12_500_000_000_000n)
    expect(Amount.parse("007")).toBe(7_000_000_000_000n)
    expect(Amount.parse("1.0000000000000000")).toBe(1_000_000_000_000n)
    expect(Amount.parse("-0")).toBe(0n)
  })

  it("is refused where the text is no plain decimal or finer than twelve places", () => {
    for (const text of ["", "-", "1.", ".5", "1e3", "+1", "1,5", " 1", "1 ", "0x1", "NaN", "Infinity", "--1", "1.2.3"])
      expect(Amount.parse(text), `"${text}"`).toBeUndefined()
    expect(Amount.parse("0.0000000000001")).toBeUndefined()
    expect(() => Amount.from("1e3")).toThrow('"1e3" is not a decimal')
  })

  it("comes back from its text, whatever the amount and the places asked for", () => {
    const random = new SeededRandom(1)
    for (let i = 0; i < 5000; i++) {
      const amount = randomAmount(random)
      const places = random.between(0, 14)
      const text = Amount.format(amount, places)
      expect(Amount.parse(text), text).toBe(amount)
      expect((text.split(".")[1] ?? "").length).toBeGreaterThanOrEqual(places)
    }
  })

  it("is formatted without needless zeros and with the places asked for", () => {
    expect(Amount.format(0n)).toBe("0")
    expect(Amount.format(-1n)).toBe("-0.000000000001")
    expect(Amount.format(1_500_000_000_000n)).toBe("1.5")
    expect(Amount.format(1_500_000_000_000n, 2)).toBe("1.50")
    expect(Amount.format(1_000_000_000_000n, 2)).toBe("1.00")
  })

  it("divides half to even, on both sides of zero", () => {
    const halves: ReadonlyArray<readonly [bigint, bigint]> = [
      [1n, 0n],
      [3n, 2n],
      [5n, 2n],
      [7n, 4n],
      [-1n, 0n],
      [-3n, -2n],
      [-5n, -2n],
      [-7n, -4n]
    ]
    for (const [amount, half] of halves) expect(Amount.mulDiv(amount, 1n, 2n), `${amount}/2`).toBe(half)
    expect(Amount.mulDiv(2n, 1n, 3n)).toBe(1n)
    expect(Amount.mulDiv(-2n, 1n, 3n)).toBe(-1n)
    expect(Amount.mulDiv(1n, 1n, 3n)).toBe(0n)
  })

  it("is divided to the nearest, never more than half a unit away", () => {
    const random = new SeededRandom(2)
    for (let i = 0; i < 5000; i++) {
      const [amount, numerator] = [randomAmount(random), randomAmount(random)]
      const denominator = Amount.abs(randomAmount(random)) + 1n
      const error = 2n * Amount.abs(Amount.mulDiv(amount, numerator, denominator) * denominator - amount * numerator)
      expect(error <= denominator, `${amount} × ${numerator} ÷ ${denominator}`).toBe(true)
    }
  })
})

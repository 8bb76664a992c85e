/** Cash and quantity are conserved by the books, whatever happens; each seed is compared with a slow reference. */
import { describe, expect, it } from "vitest"
import { performance } from "node:perf_hooks"
import { type Books, emptyBooks, post } from "../../src/accounting/Books.ts"
import { costFifo, openLots } from "../../src/accounting/PositionBooks.ts"
import { type Entry, statementOf } from "../../src/accounting/Statement.ts"
import { fillKey } from "../../src/AccountEvent.ts"
import { bustOf, expectedOf, filled, intended, journal, second, startUs } from "./BooksFlow.ts"
import { btcUsdtSpec } from "@outcry/testkit/Instruments"

const forSeeds = (count: number, check: (seed: number) => void): void => {
  for (let seed = 1; seed <= count; seed++) {
    try {
      check(seed)
    } catch (error) {
      throw new Error(`seed ${seed}: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
    }
  }
}

const booksOf = (entries: ReadonlyArray<Entry>): Books => {
  const books = emptyBooks("alpha")
  for (const { event } of entries) post(books, event)
  return books
}

const withoutZeros = (sums: ReadonlyMap<string, bigint>): ReadonlyMap<string, bigint> =>
  new Map(
    Array.from(sums)
      .filter(([, amount]) => amount !== 0n)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
  )

describe("the books", () => {
  it("hold the balances, quantities, costs, fees and FIFO results that single lots add up to", () => {
    forSeeds(40, (seed) => {
      const entries = journal(seed, 150)
      const books = booksOf(entries)
      const { balances, positions } = expectedOf(entries)
      expect(withoutZeros(books.balances)).toEqual(withoutZeros(balances))
      for (const [owner, { positions: kept }] of books.owners)
        for (const [id, position] of kept) {
          const expected = positions.get(`${owner} ${id}`)!
          expect(position.quantity).toBe(expected.quantity)
          expect(position.realisedFifo).toBe(expected.realisedFifo)
          expect(Number(position.cost) / 1e12).toBeCloseTo(expected.cost / 1e12, 5)
          expect(withoutZeros(position.fees)).toEqual(withoutZeros(expected.fees))
        }
    })
  })

  it("conserve cash by both methods, and quantity through lots and disposals", () => {
    forSeeds(40, (seed) => {
      const entries = journal(seed, 150)
      const books = booksOf(entries)
      const { positions } = expectedOf(entries)
      for (const [owner, { positions: kept }] of books.owners)
        for (const [id, position] of kept) {
          const { cash } = positions.get(`${owner} ${id}`)!
          expect(position.realised - position.cost).toBe(cash)
          expect(position.realisedFifo - costFifo(position)).toBe(cash)
          const sign = position.quantity < 0n ? -1n : 1n
          let [open, disposed, bought, sold, fees] = [0n, 0n, 0n, 0n, 0n]
          for (const lot of openLots(position)) {
            open += lot.quantity
            fees += lot.fee
          }
          for (const disposal of position.disposals) {
            disposed += disposal.quantity
            fees += disposal.openFee.amount + disposal.closeFee.amount
          }
          for (const { quantity, side } of position.fills) {
            if (side === "buy") bought += quantity
            else sold += quantity
          }
          expect(sign * open).toBe(position.quantity)
          // What was opened was disposed of or is open still: every fill's quantity is one or the other.
          expect(2n * disposed + open).toBe(bought + sold)
          expect(fees).toBe(position.fills.reduce((sum, { fee }) => sum + fee, 0n))
        }
    })
  })

  it("give each strategy its own, which add up to the account's quantities, cash and fees", () => {
    forSeeds(40, (seed) => {
      const books = booksOf(journal(seed, 150))
      const account = books.owners.get("")!
      for (const [id, position] of account.positions) {
        let [quantity, cash] = [0n, 0n]
        for (const [owner, { positions }] of books.owners) {
          const share = positions.get(id)
          if (owner === "" || share === undefined) continue
          quantity += share.quantity
          cash += share.realised - share.cost
        }
        expect(quantity).toBe(position.quantity)
        expect(cash).toBe(position.realised - position.cost)
      }
      const fees = new Map<string, bigint>()
      for (const [owner, { fees: paid }] of books.owners)
        if (owner !== "") for (const [asset, amount] of paid) fees.set(asset, (fees.get(asset) ?? 0n) + amount)
      expect(withoutZeros(fees)).toEqual(withoutZeros(account.fees))
    })
  })

  it("take a busted fill out as if it had never been, in the middle of what later fills closed too", () => {
    forSeeds(40, (seed) => {
      const entries = journal(seed, 120)
      const busted = new Set(entries.flatMap(({ event }) => (event.type === "FillBusted" ? [fillKey(event)] : [])))
      const never = entries.filter(
        ({ event }) => !((event.type === "OrderFilled" || event.type === "FillBusted") && busted.has(fillKey(event)))
      )
      expect(busted.size).toBeGreaterThan(0)
      const [reversed, clean] = [booksOf(entries), booksOf(never)]
      expect(withoutZeros(reversed.balances)).toEqual(withoutZeros(clean.balances))
      for (const [owner, { fees, positions }] of reversed.owners) {
        expect(withoutZeros(fees)).toEqual(withoutZeros(clean.owners.get(owner)!.fees))
        for (const [id, position] of positions) {
          const other = clean.owners.get(owner)!.positions.get(id)
          if (position.fills.length === 0) expect(other).toBeUndefined()
          else {
            expect(openLots(position)).toEqual(openLots(other!))
            expect({ ...position, lots: [], head: 0 }).toEqual({ ...other, lots: [], head: 0 })
          }
        }
      }
    })
  })

  it("close every day on what the next one opens with, and on the sum of its movements", () => {
    forSeeds(40, (seed) => {
      const entries = journal(seed, 150)
      const dayUs = 600 * second
      let last = new Map<string, bigint>()
      const end = entries.at(-1)!.timeUs
      for (let fromUs = startUs; fromUs <= end; fromUs += dayUs) {
        const statement = statementOf("alpha", entries, { fromUs, untilUs: fromUs + dayUs }, undefined)
        for (const { asset, closing, movements, opening } of statement.lines) {
          expect(opening).toBe(last.get(asset) ?? 0n)
          expect([...movements.values()].reduce((sum, amount) => sum + amount, opening)).toBe(closing)
        }
        last = new Map(statement.lines.map(({ asset, closing }) => [asset, closing]))
      }
      expect(withoutZeros(last)).toEqual(withoutZeros(expectedOf(entries).balances))
    })
  })

  it("refuse to bust what was never booked", () => {
    const books = booksOf([{ timeUs: startUs, event: { type: "InstrumentListed", spec: btcUsdtSpec } }])
    expect(() => post(books, bustOf(filled()))).toThrow(/sim:BTC\/USDT#1\/buy is busted and was never booked/)
  })

  it("book a hundred thousand fills", () => {
    const books = booksOf([
      { timeUs: startUs, event: { type: "InstrumentListed", spec: btcUsdtSpec } },
      { timeUs: startUs, event: intended("o1", "maker") }
    ])
    const fills = Array.from({ length: 100_000 }, (_, index) =>
      filled({
        venueTradeId: String(index),
        side: (index * 7919) % 13 < 6 ? "buy" : "sell",
        priceTicks: 6_000_000 + ((index * 31) % 1000),
        lots: 1 + ((index * 17) % 40),
        fee: 1000n
      })
    )
    const began = performance.now()
    for (const fill of fills) post(books, fill)
    const tookMs = performance.now() - began
    process.stdout.write(`100,000 fills booked twice over in ${tookMs.toFixed(0)} ms\n`)
    expect(books.owners.get("")!.positions.get("sim:BTC/USDT")!.fills).toHaveLength(100_000)
    expect(books.owners.get("maker")!.positions.get("sim:BTC/USDT")!.quantity).toBe(
      books.owners.get("")!.positions.get("sim:BTC/USDT")!.quantity
    )
  })
})

/**
 * Bench `matching`: commands a second of the order book in exchange-core's mix, on a book of 1,000 orders as in its own
 * tests, beside the naive book in the same run (fewer of the same commands: it is slower by orders of magnitude), and, with
 * `--peer`, beside exchange-core's book on the same machine.
 */
import { NaiveBook } from "@outcry/matching/NaiveBook"
import { OrderBook } from "@outcry/matching/OrderBook"
import { type Bench, type BenchRow, compared, grown, median, nanosecondsEach, rowOf } from "./Bench.ts"
import { fill, matchingFlow, type MatchingFlow, work } from "./MatchingFlow.ts"
import { peerRates } from "./MatchingPeer.ts"

const runs = 9
const resting = 1_000
const commands = 1_000_000
const naiveCommands = 1_000
const unit = "operations/s"
const goal = 5_000_000

const standing = (flow: MatchingFlow): OrderBook => {
  const book = new OrderBook({ maxOrders: flow.resting.length + commands })
  fill(book, flow)
  return book
}

/** Every event reaches a listener: a book that tells nobody is of no use. */
const worked = (flow: MatchingFlow, start: () => void): number => {
  const book = standing(flow)
  let lots = 0
  start()
  const count = work(book, flow, commands, (event) => {
    if (event.type === "match") lots += event.lots
  })
  if (lots === 0 || book.hash() !== flow.hash) throw new Error("The book is not what its commands make of it")
  return count
}

const flowEnd = (flow: MatchingFlow): number => {
  const book = standing(flow)
  work(book, flow, commands, () => undefined)
  return book.size()
}

const row = (yardstick: string, ours: ReadonlyArray<number>, theirs: ReadonlyArray<number>, least: number): BenchRow =>
  rowOf({
    case: `commands on a book of ${resting.toLocaleString("en")} orders`,
    unit,
    yardstick,
    ours,
    theirs,
    goal: `>= ${Math.round(least).toLocaleString("en")} ${unit}`,
    met: (value) => value >= least
  })

/** `peer`: also beside exchange-core. */
export const matchingBench = (peer: boolean): Bench => ({
  name: "matching",
  run: () => {
    const flow = matchingFlow(1, resting, commands)
    const rates = compared(
      runs,
      (start) => worked(flow, start),
      (start) => {
        const book = new NaiveBook({ maxOrders: resting * 4 })
        fill(book, flow)
        start()
        return work(book, flow, naiveCommands, () => undefined)
      }
    )
    const rows = [row("naive book", rates.ours, rates.yardstick, goal)]
    if (peer) {
      const theirs = peerRates(flow, runs)
      // A move to its own price loses the place in the queue there and not here: the books differ by a few orders.
      const ours = flowEnd(flow)
      if (Math.abs(theirs.orders - ours) > ours / 20)
        throw new Error(`The peer ends with ${theirs.orders} orders, our book with ${ours}: they did not do the same`)
      rows.push(row("exchange-core 0.5.3, its book", rates.ours, theirs.rates, median(theirs.rates)))
    }
    const points = [100, 1_000, 10_000, 100_000].map((n) => {
      const larger = matchingFlow(2, n, commands / 2)
      return { n, value: nanosecondsEach(3, (start) => worked(larger, start)) }
    })
    return Promise.resolve({ rows, growth: grown("ns a command by resting orders", points) })
  }
})

/** Runs of bench `event`: ours, and the pure loop over the same columns that nothing can beat. */
import { BacktestRun } from "@outcry/backtest/BacktestRun"
import type { BacktestResult } from "@outcry/backtest/BacktestResult"
import { type MarketTape, tapeCodes } from "@outcry/backtest/MarketTape"
import type { Instrument } from "@outcry/model/Instrument"
import { crosses, fastLength, slowLength } from "./EventStrategy.ts"

/** Strategies in turn over the instruments; taker and maker fees, all checks on. */
export const runOver = (tape: MarketTape, listed: ReadonlyArray<Instrument>, strategies: number): BacktestResult => {
  const run = new BacktestRun({
    tape,
    instruments: listed,
    strategies: crosses(
      listed.map(({ id }) => id),
      strategies
    ),
    accounts: [{ balances: { USDT: "100000000" } }],
    fees: { kind: "basisPoints", makerBps: 1, takerBps: 5 }
  })
  while (run.step(1_000_000));
  const result = run.finish()
  if (result.funnel.fills === 0) throw new Error("The strategies never traded: nothing was measured")
  return result
}

/** Reads what an engine must read, and works out the same averages: no strategy, order or account. */
export const pureLoop = (tape: MarketTape): number => {
  const fast = new Float64Array(tape.instruments.length)
  const slow = new Float64Array(tape.instruments.length)
  let crossings = 0
  for (let row = 0; row < tape.length; row++) {
    if (tape.code[row] !== tapeCodes.quote || tape.time[row]! < tape.timeVenue[row]!) continue
    const at = tape.instrument[row]!
    const middle = (tape.a[row]! + tape.c[row]! + (tape.b[row]! > 0 ? 0 : 1) + (tape.d[row]! > 0 ? 0 : 1)) / 2
    if (fast[at] === 0) fast[at] = slow[at] = middle
    const before = fast[at]! > slow[at]!
    fast[at]! += (2 / (fastLength + 1)) * (middle - fast[at]!)
    slow[at]! += (2 / (slowLength + 1)) * (middle - slow[at]!)
    if (fast[at]! > slow[at]! !== before) crossings += 1
  }
  if (crossings === 0) throw new Error("The averages never crossed: nothing was measured")
  return tape.length
}

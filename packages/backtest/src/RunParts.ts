/** The parts of a run, made from its spec: instruments in the tape's order, their markets, accounts and strategies. */
import type { Instrument } from "@outcry/model/Instrument"
import { seedFor } from "@outcry/model/SeededRandom"
import type { BacktestSpec } from "./BacktestSpec.ts"
import { RunAccount } from "./RunAccount.ts"
import { RunMarket } from "./RunMarket.ts"
import { RunStrategy } from "./RunStrategy.ts"
import { strategyIds } from "./SpecCheck.ts"
import { inventoryOf } from "./TapeInventory.ts"

const intentsMaxDefault = 1000

export const instrumentsOf = ({ instruments, tape }: BacktestSpec): ReadonlyArray<Instrument> =>
  tape.instruments.map((id) => instruments.find((each) => each.id === id)!)

export const marketsOf = (spec: BacktestSpec, instruments: ReadonlyArray<Instrument>): ReadonlyArray<RunMarket> => {
  const inventory = inventoryOf(spec.tape)
  return instruments.map((instrument, at) => new RunMarket(at, instrument, inventory[at]!, spec.freshEvents === true))
}

export const accountsOf = (
  spec: BacktestSpec,
  instruments: ReadonlyArray<Instrument>,
  markets: ReadonlyArray<RunMarket>
): ReadonlyArray<RunAccount> => {
  const marks = new Map(markets.map(({ instrument, mark }) => [instrument.id, mark]))
  return spec.accounts.map(
    (account, place) =>
      new RunAccount({
        place,
        spec: account,
        instruments,
        fees: spec.fees ?? { kind: "none" },
        mark: (id) => {
          const mark = marks.get(id)
          // Before a first price there is none.
          return mark === undefined || mark.timeReceived === 0 ? undefined : mark
        },
        keepFacts: spec.keepFacts === true
      })
  )
}

export const strategiesOf = (
  spec: BacktestSpec,
  instruments: ReadonlyArray<Instrument>,
  accounts: ReadonlyArray<RunAccount>
): ReadonlyArray<RunStrategy> => {
  const { intentsMax = intentsMaxDefault, seed = 1 } = spec
  const ids = strategyIds(spec)
  return spec.strategies.map((strategy, at) => {
    const id = ids[at]!
    const account = accounts.find((each) => each.id === strategy.account) ?? accounts[0]!
    return new RunStrategy(id, strategy, account, instruments, { seed: seedFor(seed, id), intentsMax })
  })
}

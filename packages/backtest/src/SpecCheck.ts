/** Whether what a run was asked for makes sense, before anything runs. */
import { BacktestFault, type BacktestSpec } from "./BacktestSpec.ts"

const require = (holds: boolean, field: string, reason: string, remedy: string): void => {
  if (!holds) throw new BacktestFault({ field, reason, remedy })
}

const unique = (field: string, ids: ReadonlyArray<string>): void => {
  const twice = ids.find((id, at) => ids.indexOf(id) !== at)
  require(twice === undefined, field, `${twice} is there twice`, "Give each an id of its own.")
}

export const strategyIds = ({ strategies }: BacktestSpec): ReadonlyArray<string> =>
  strategies.map(({ definition, id }) => id ?? definition.name)

/** Throws BacktestFault on the first thing that is wrong. */
export const checkSpec = (spec: BacktestSpec): void => {
  const { accounts, from = -Infinity, instruments, intentsMax, levelsMax, sampleUs, seed, tape, to = Infinity } = spec
  require(spec.strategies.length > 0, "strategies", "there is none", "Give a strategy at least.")
  require(accounts.length > 0, "accounts", "there is none", "Give an account with balances.")
  unique("strategies", strategyIds(spec))
  unique(
    "accounts",
    accounts.map(({ id }) => id ?? "backtest")
  )
  unique(
    "instruments",
    instruments.map(({ id }) => id)
  )
  for (const { account, definition, id = definition.name } of spec.strategies)
    require(account === undefined ||
      accounts.some(
        (each) => (each.id ?? "backtest") === account
      ), "strategies", `${id} trades on account "${account}", which is not there`, "Name one of the accounts, or leave it out for the first.")
  for (const id of tape.instruments)
    require(instruments.some(
      (instrument) => instrument.id === id
    ), "instruments", `${id} is on the tape and not among them`, "Give the definition of every instrument on the tape.")
  const quotes = new Set(instruments.filter(({ id }) => tape.instruments.includes(id)).map(({ quote }) => quote))
  require(quotes.size <=
    1, "instruments", `they are quoted in ${[...quotes].join(" and ")}`, "Equity is counted in one asset: run each by itself.")
  require(from <= to, "from", `${from} is after to, ${to}`, "Give a range that holds something.")
  const positive = (field: string, value: number | undefined, whole: boolean): void =>
    require(value === undefined ||
      (value > 0 &&
        (Number.isFinite(value) || !whole) &&
        (!whole ||
          Number.isSafeInteger(
            value
          ))), field, `${value} is no positive ${whole ? "whole number" : "number"}`, "Leave it out for the default.")
  positive("sampleUs", sampleUs, true)
  positive("levelsMax", levelsMax, true)
  positive("intentsMax", intentsMax, true)
  positive("volumeShareMax", spec.volumeShareMax, false)
  require(seed === undefined ||
    Number.isSafeInteger(seed), "seed", `${seed} is no whole number`, "Give a whole number.")
}

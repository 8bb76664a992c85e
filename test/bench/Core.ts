/**
 * Bench `core`: how fast an account decides and evolves, and how fast a journal replays: in memory, and from a real
 * Postgres through the journal's own read path and the stored form.
 *
 * The yardstick is the pure loop of CorePureLoop: the same orders booked by hand with the same exact amounts, without
 * checks, facts, transition table, dedupe or bounded memory. What separates us from it is what those cost.
 */
import { execute } from "@outcry/model/Account"
import type { AccountEvent } from "@outcry/model/AccountEvent"
import { type AccountState, evolve, initial } from "@outcry/model/AccountState"
import { type Bench, type BenchGrowth, type BenchRow, compared, grown, nanosecondsEach, rowOf } from "./Bench.ts"
import { cycles, funded, runAll } from "./CoreFlow.ts"
import { pureCommands, pureEvents } from "./CorePureLoop.ts"
import { replayFromPostgres } from "./CoreReplay.ts"

const runs = 9
const cyclesPerRun = 30_000

const row = (
  name: string,
  unit: string,
  yardstick: string,
  rates: { readonly ours: ReadonlyArray<number>; readonly yardstick: ReadonlyArray<number> },
  goal: number
): BenchRow =>
  rowOf({
    case: name,
    unit,
    yardstick,
    ours: rates.ours,
    theirs: rates.yardstick,
    goal: `>= ${goal.toLocaleString("en")} ${unit}`,
    met: (value) => value >= goal
  })

const commandsRow = (): BenchRow => {
  const flow = cycles(cyclesPerRun, 3)
  const rates = compared(
    runs,
    (start) => {
      const { state } = funded()
      start()
      runAll(state, flow)
      return flow.commands.length
    },
    (start) => {
      start()
      return pureCommands(flow)
    }
  )
  return row("submit, accept, fill", "commands/s", "pure loop over the same commands", rates, 1_000_000)
}

const journalOf = (count: number): ReadonlyArray<AccountEvent> => {
  const { events, state } = funded()
  runAll(state, cycles(count, 3), events)
  return events
}

const replayRow = (events: ReadonlyArray<AccountEvent>): BenchRow => {
  const rates = compared(
    runs,
    () => {
      const state = initial("bench")
      for (const event of events) evolve(state, event)
      return state.seq
    },
    () => pureEvents(events)
  )
  return row("replay in memory", "events/s", "pure loop over the same events", rates, 1_000_000)
}

/** An account with that many orders resting, none of which the measured flow touches. */
const resting = (open: number): AccountState => {
  const { state } = funded()
  const { circumstances, commands } = cycles(open, 1, "resting")
  for (let at = 0; at < commands.length; at += 3) {
    execute(state, commands[at]!, circumstances)
    execute(state, commands[at + 1]!, circumstances)
  }
  return state
}

const costOver = (
  name: string,
  sizes: ReadonlyArray<number>,
  prepare: (n: number) => { readonly state: () => AccountState; readonly strategies: number }
): ReadonlyArray<BenchGrowth> =>
  grown(
    name,
    sizes.map((n) => {
      const { state, strategies } = prepare(n)
      const flow = cycles(10_000, strategies)
      const value = nanosecondsEach(5, (start) => {
        const account = state()
        start()
        runAll(account, flow)
        return flow.commands.length
      })
      return { n, value }
    })
  )

export const coreBench: Bench = {
  name: "core",
  run: async () => {
    const events = journalOf(cyclesPerRun)
    const rows = [commandsRow(), replayRow(events)]
    const growth = [
      ...costOver("ns per command over open orders", [10, 100, 1000], (n) => ({
        state: () => resting(n),
        strategies: 3
      })),
      ...costOver("ns per command over strategies", [1, 10, 100, 1000], (n) => ({
        state: () => funded().state,
        strategies: n
      }))
    ]
    const stored = await replayFromPostgres(events)
    rows.push(row("replay from Postgres", "events/s", "the same rows read by plain SQL, JSON parsed", stored, 100_000))
    return { rows, growth }
  }
}

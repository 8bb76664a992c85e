/** The floor of a parity test: `outcry start` in lock-step over recordings, and its journal read when it has ended. */
import { factsOf } from "@outcry/runtime/report/JournalFacts"
import { openFloorData } from "@outcry/runtime/floor/FloorData"
import type { RecordedFact } from "@outcry/backtest/RecordedFacts"
import { Outcry, type Result } from "@outcry/testkit/Outcry"
import { Effect, Option, Stream } from "effect"

/** What a stop in order does beside the strategies: it cancels what is open, as an operator would. */
const isOfTheStop = ({ payload, type }: RecordedFact): boolean =>
  type === "CancelRequested" && (payload as Readonly<Record<string, unknown>>)["by"] === "operator"

export interface Replayed {
  readonly ended: Result
  /** Of the account, up to the stop. */
  readonly facts: ReadonlyArray<RecordedFact>
}

const journalOf = (data: string, account: string): Promise<ReadonlyArray<RecordedFact>> =>
  Effect.gen(function* () {
    const { database } = yield* openFloorData({ data: Option.some(data), database: Option.none() })
    const rows = yield* Effect.provideContext(Stream.runCollect(factsOf(account)), database)
    return rows.map(({ payload, seq, timeUs, type }): RecordedFact => ({ seq, type, timeUs, payload }))
  }).pipe(Effect.scoped, Effect.runPromise)

/** Runs to the end of the recordings: one strategy of the module for each set of parameters, all on one account. */
export const replayOnFloor = async (
  recordings: ReadonlyArray<string>,
  module: string,
  parameters: ReadonlyArray<unknown>
): Promise<Replayed> => {
  const outcry = new Outcry()
  try {
    const strategies = parameters.flatMap((each) => ["--strategy", `${module}:${JSON.stringify(each)}`])
    const args = ["start", "--replay", recordings.join(","), "--lockstep", "--only", ...strategies, "--port", "0"]
    outcry.seedDatabase()
    const ended = await outcry.run(args)
    const facts = ended.code === 0 ? await journalOf(outcry.data, "paper-1") : []
    const stop = facts.findIndex(isOfTheStop)
    return { ended, facts: stop < 0 ? facts : facts.slice(0, stop) }
  } finally {
    await outcry.close()
  }
}

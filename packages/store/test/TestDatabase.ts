/** What the tests of the journal and its neighbours share on a real Postgres. */
import { migratedDatabase } from "@outcry/testkit/TestJournal"
import { Effect, Layer } from "effect"
import { Database } from "../src/Database.ts"
import { Journal, type JournalOptions } from "../src/Journal.ts"
import type { JournalRow } from "../src/JournalRow.ts"

export const journalDatabase = (options: JournalOptions = {}) =>
  Journal.layer(options).pipe(Layer.provideMerge(migratedDatabase))

/** One session of its own, where BEGIN and COMMIT can be sent by hand. */
export const session = Effect.flatMap(Database, (database) => database.pool({ size: 1, purpose: "session" }))

/** Looks again and again until the answer is true; the test's own time-out ends it otherwise. */
export const until = <E, R>(look: Effect.Effect<boolean, E, R>): Effect.Effect<void, E, R> =>
  Effect.flatMap(look, (seen) => (seen ? Effect.void : Effect.andThen(Effect.sleep(5), until(look))))

/** An event with everything but its number filled in. */
export const event = (seq: number, over: Partial<JournalRow> = {}): JournalRow => ({
  seq,
  commandId: `command-${seq}`,
  commandPart: 0,
  type: "Noted",
  version: 1,
  timeUs: 1_795_217_412_123_456,
  opening: false,
  clientOrderId: null,
  fillKey: null,
  payload: { note: `n${seq}`, nested: { z: 1, a: [1.5, null, "ü"] } },
  ...over
})

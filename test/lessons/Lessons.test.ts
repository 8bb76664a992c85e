/**
 * What other engines paid for, and where in this folder it is told. Each lesson is the beginning of a test's name, or of
 * the name of a group of them.
 *
 * - `Orders` an account beside a venue by script: what is sent once, and what never
 * - `Reconciliation` the same, started again: what a view of the venue is taken for
 * - `Protection` getting out of a position, by script and in the pure model
 * - `Numbers` decimals and ids, in the pure model
 * - `Venue` an account at the real exchange through ccxt, with its faults
 * - `Streams` connections, request weight and market data of the real exchange
 */
import { readFileSync, readdirSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"

const lessons: ReadonlyArray<readonly [lesson: string, ...places: ReadonlyArray<string>]> = [
  ["start-up reconciliation dropped a working order", "Reconciliation"],
  ["partial fills counted twice", "Venue"],
  ["an inferred fill before the real one", "Reconciliation"],
  ["dedupe key marked before apply, fill lost", "Orders"],
  ["a retry fired after Accepted", "Orders"],
  ["reconciliation that differs between runs", "Reconciliation"],
  ["replay revived superseded orders", "Orders"],
  ["time-out taken for failure, order doubled", "Venue"],
  ["untracked orders filled later", "Orders"],
  ["endless cancel of a missing order", "Orders"],
  ["no recovery after a WebSocket drop", "Venue"],
  ["orders sent after stop", "Orders"],
  ["the stop filled but its look-up said 404", "Protection"],
  ["a rejected stop left the position bare", "Protection"],
  ["dust below min notional blocked the exit", "Protection"],
  ["venue maintenance crashed the bot", "Venue"],
  ["IP ban from uncounted weight", "Streams"],
  ["frozen watch streams", "Streams"],
  ["leaking, orphaned clients", "Streams"],
  ["coalesced book updates", "Streams"],
  ["clock drift refused by the venue", "Venue"],
  ["a broker's restart reused ids", "Numbers"],
  ["a healthy-looking stream with missing fill frames", "Venue"],
  ["an API failure read as 'flat' and bought again", "Reconciliation", "Venue"],
  ["0.29 / 0.01 in floats lost a lot step", "Numbers"],
  ["a manual order stopped the engine", "Venue"]
]

const names = readdirSync(import.meta.dirname).flatMap((file) => /^(.+)\.test\.ts$/.exec(file)?.[1] ?? [])
const textOf = (name: string): string => readFileSync(join(import.meta.dirname, `${name}.test.ts`), "utf8")

describe("the lessons", () => {
  it.each(lessons)("%s", (lesson, ...places) => {
    const told = names.filter(
      (name) => name !== "Lessons" && ['"', "`"].some((quote) => textOf(name).includes(`${quote}${lesson}`))
    )
    expect(told).toEqual(places)
  })
})

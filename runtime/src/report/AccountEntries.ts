/** An account's journal as decoded facts with their times, for whoever reckons over it; refuses a damaged one. */
import type { AccountEvent } from "@outcry/model/AccountEvent"
import * as AccountEventCodec from "@outcry/model/AccountEventCodec"
import type { Entry } from "@outcry/model/accounting/Statement"
import { convert, type Rate, rateOf, ratesOf } from "@outcry/model/accounting/Rates"
import type { PriceSource } from "@outcry/model/accounting/ProfitAndLoss"
import { type AccountState, versionKey } from "@outcry/model/AccountState"
import * as Instrument from "@outcry/model/Instrument"
import { Effect, Stream } from "effect"
import { reasonOf, userError } from "../cli/UserError.ts"
import { type InspectedRow, rowsOf } from "./StoredJournal.ts"

/** Reads one row after the other; throws where one is damaged, missing or unreadable. */
export class EntryReader {
  readonly #versions = new Map<string, Instrument.Instrument>()
  #seq = 0

  read({ row, sound }: InspectedRow): Entry {
    if (row.seq !== this.#seq + 1) throw new Error(`row ${this.#seq + 1} is missing`)
    if (!sound) throw new Error(`row ${row.seq} does not have its own checksum`)
    this.#seq = row.seq
    const event = AccountEventCodec.decode(row.type, row.version, row.payload, (id, version) =>
      this.#versions.get(versionKey(id, version))
    )
    if (event.type === "InstrumentListed") {
      const instrument = Instrument.make(event.spec)
      this.#versions.set(versionKey(instrument.id, instrument.version), instrument)
    }
    return { timeUs: row.timeUs, event }
  }
}

/** Fails with JournalDamaged. */
export const entriesOf = Effect.fnUntraced(function* (account: string) {
  const reader = new EntryReader()
  const entries: Array<Entry> = []
  yield* rowsOf(account).pipe(
    Stream.runForEach((row) =>
      Effect.try({
        try: () => void entries.push(reader.read(row)),
        catch: (error) =>
          userError(
            "JournalDamaged",
            `The journal of ${account} is damaged: ${reasonOf(error)}.`,
            `\`outcry verify ${account}\` says what to do.`
          )
      })
    )
  )
  return entries
})

interface Seen {
  readonly timeUs: number
  readonly rate: Rate
}

const marksIn = (event: AccountEvent) => ("mark" in event && event.mark !== undefined ? event.mark : undefined)

/** The prices that the account's own decisions were made on: of each market the latest at a time, or the first after it. */
export const pricesIn = (entries: ReadonlyArray<Entry>, instruments: AccountState["instruments"]): PriceSource => {
  const seen = new Map<string, Array<Seen>>()
  for (const { event, timeUs } of entries) {
    const mark = marksIn(event)
    if (mark === undefined || !("instrument" in event)) continue
    const instrument = instruments.get(event.instrument)
    const rate = instrument === undefined ? undefined : rateOf(instrument, mark)
    if (rate === undefined) continue
    const known = seen.get(event.instrument) ?? []
    seen.set(event.instrument, known)
    known.push({ timeUs, rate })
  }
  return (amount, from, to, timeUs) => {
    const rates = Array.from(seen.values(), (all) => (all.findLast((each) => each.timeUs <= timeUs) ?? all[0]!).rate)
    return convert(ratesOf(rates), amount, from, to)
  }
}

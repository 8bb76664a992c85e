/**
 * The record of a floor as the verdict needs it, kept beside the floor and never taken from it: each account replayed row
 * by row from its journal, and what every account holds by the exchange's own log. It is read on in slices, from one
 * moment at which nothing is open to the next.
 */
import { LogLine } from "@outcry/exchange-sim/AcceptLog"
import type { JournalOrderFact } from "@outcry/exchange-sim/Checker"
import { decode } from "@outcry/model/AccountEventCodec"
import { type AccountState, evolve, initial, versionKey } from "@outcry/model/AccountState"
import * as Amount from "@outcry/model/Amount"
import { baseAmount } from "@outcry/model/Instrument"
import type { StoredRow } from "@outcry/store/JournalRow"
import { Effect, Schema } from "effect"
import { closeSync, openSync, readSync } from "node:fs"
import type { Harness } from "./Harness.ts"

export interface Slice {
  readonly rows: ReadonlyMap<string, ReadonlyArray<StoredRow>>
  /** The rows of orders intended in this slice. */
  readonly journal: ReadonlyArray<JournalOrderFact>
  readonly log: ReadonlyArray<LogLine>
}

const chunkBytes = 1 << 16

/** Reads a growing file of lines; a line that is still being written waits for the next time. */
const tailOf = (file: string) => {
  let offset = 0
  const decodeLine = Schema.decodeUnknownSync(Schema.fromJsonString(LogLine))
  return (): ReadonlyArray<LogLine> => {
    const descriptor = openSync(file, "r")
    const chunks: Array<Buffer> = []
    try {
      for (let at = offset; ;) {
        const chunk = Buffer.alloc(chunkBytes)
        const read = readSync(descriptor, chunk, 0, chunkBytes, at)
        if (read === 0) break
        at += read
        chunks.push(chunk.subarray(0, read))
      }
    } finally {
      closeSync(descriptor)
    }
    const bytes = Buffer.concat(chunks)
    const whole = bytes.subarray(0, bytes.lastIndexOf(10) + 1)
    offset += whole.length
    return whole
      .toString("utf8")
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => decodeLine(line))
  }
}

export const orderIdOf = ({ payload }: StoredRow): string => {
  const id = typeof payload === "object" && payload !== null && "clientOrderId" in payload ? payload.clientOrderId : ""
  return typeof id === "string" ? id : ""
}

const wireSymbol = (instrument: string): string => instrument.slice(instrument.indexOf(":") + 1).replace("/", "")

export const openBook = (harness: Harness) => {
  const states = new Map<string, AccountState>(harness.accounts.map((account) => [account, initial(account)]))
  /** `account symbol` → signed quantity by the exchange's log. */
  const held = new Map<string, Amount.Amount>()
  /** Orders of earlier slices: a late word of them does not make them orders of this one. */
  const earlier = new Set<string>()
  const tail = tailOf(harness.exchange.logFile)

  const book = (line: LogLine): void => {
    if (line.type !== "fill") return
    const key = `${line.account} ${line.symbol}`
    const quantity = Amount.from(line.quantity)
    held.set(key, (held.get(key) ?? 0n) + (line.side === "buy" ? quantity : -quantity))
  }

  /** Reads on to now. */
  const advance = Effect.gen(function* () {
    const rows = new Map<string, ReadonlyArray<StoredRow>>()
    const journal: Array<JournalOrderFact> = []
    const intended = new Set<string>()
    for (const account of harness.accounts) {
      const state = states.get(account)!
      const fresh = yield* harness.observer.rows(account, state.seq + 1)
      for (const row of fresh) {
        evolve(
          state,
          decode(row.type, row.version, row.payload, (id, version) => state.versions.get(versionKey(id, version)))
        )
        const id = orderIdOf(row)
        if (row.type === "OrderIntended") intended.add(id)
        if (id !== "" && !earlier.has(id))
          journal.push({
            entityId: account,
            seq: row.seq,
            type: row.type,
            payload: row.payload as JournalOrderFact["payload"]
          })
      }
      rows.set(account, fresh)
    }
    const log = yield* Effect.sync(tail)
    for (const line of log) book(line)
    const mine = log.filter((line) => line.type === "start" || !earlier.has(line.clientOrderId))
    for (const id of intended) earlier.add(id)
    const slice: Slice = { rows, journal, log: mine }
    return slice
  })

  /** Where the journal's net positions and the exchange's fills differ, in words. */
  const positionsApart = (account: string): ReadonlyArray<string> => {
    const state = states.get(account)!
    const apart: Array<string> = []
    for (const [id, instrument] of state.instruments) {
      const ours = baseAmount(instrument, state.positions.get(id)?.lots ?? 0)
      const theirs = held.get(`${account} ${wireSymbol(id)}`) ?? 0n
      if (ours !== theirs)
        apart.push(
          `${account} holds ${Amount.format(ours)} of ${id} by its journal, ${Amount.format(theirs)} by the fills of the exchange`
        )
    }
    return apart
  }

  return { advance, positionsApart, stateOf: (account: string): AccountState => states.get(account)! }
}
export type FloorBook = ReturnType<typeof openBook>

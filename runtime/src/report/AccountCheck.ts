/**
 * Whether an account's journal is sound and leads to what is believed of it: no row damaged or missing, each readable,
 * the replayed state without a broken invariant and equal by hash to the live account's and to the snapshot's. Pure.
 */
import { invariants } from "@outcry/model/Account"
import * as AccountEventCodec from "@outcry/model/AccountEventCodec"
import { stateHash } from "@outcry/model/AccountHash"
import * as AccountSnapshot from "@outcry/model/AccountSnapshot"
import { type AccountState, evolve, initial, versionKey } from "@outcry/model/AccountState"
import { reasonOf } from "../cli/UserError.ts"
import type { InspectedRow, InspectedSnapshot } from "./StoredJournal.ts"

/** Something that is not as it must be, and what to do. */
export interface Damage {
  /** Row of the journal; 0 where no single row is at fault. */
  readonly seq: number
  readonly what: string
  readonly remedy: string
}

/** A hash that was compared with the replay's at the same row. */
export interface Compared {
  readonly seq: number
  readonly same: boolean
}

export interface CheckedAccount {
  readonly account: string
  readonly rows: number
  readonly lastSeq: number
  /** Of the replayed state; of the part before the damage where there is some. */
  readonly hash: string
  /** Null where no account is running, or it could not be compared. */
  readonly live: Compared | null
  readonly snapshot: Compared | null
  readonly sound: boolean
  readonly damage: ReadonlyArray<Damage>
}

const restore = (account: string, seq: number): string =>
  `Do not trade ${account}. Restore the database from a backup that holds row ${seq}, then start the floor: the account is reconciled with its venue before it trades.`

/** What one snapshot is compared with, and a live account where there is one. */
export interface Expectations {
  readonly snapshot: InspectedSnapshot | undefined
  readonly live: { readonly seq: number; readonly hash: string } | undefined
}

export class AccountCheck {
  readonly #state: AccountState
  readonly #snapshot: InspectedSnapshot | undefined
  readonly #damage: Array<Damage> = []
  readonly #hashes = new Map<number, string>()
  readonly #wanted = new Set<number>()
  #rows = 0
  #lastSeq = 0
  #replayable = true

  constructor(account: string, { live, snapshot }: Expectations) {
    this.#state = initial(account)
    this.#snapshot = snapshot
    for (const each of [snapshot, live]) if (each !== undefined) this.#wanted.add(each.seq)
    if (this.#wanted.has(0)) this.#hashes.set(0, stateHash(this.#state))
  }

  get lastSeq(): number {
    return this.#lastSeq
  }

  add({ row, sound }: InspectedRow): void {
    const { account } = this.#state
    const due = this.#lastSeq + 1
    this.#rows += 1
    this.#lastSeq = row.seq
    if (row.seq !== due) {
      const missing = row.seq === due + 1 ? `row ${due} is missing` : `rows ${due} to ${row.seq - 1} are missing`
      this.#found(due, missing, restore(account, due))
    }
    if (!sound)
      this.#found(row.seq, `row ${row.seq} (${row.type}) does not have its own checksum`, restore(account, row.seq))
    if (this.#replayable) this.#replay(row)
  }

  #replay({ payload, seq, type, version }: InspectedRow["row"]): void {
    const state = this.#state
    try {
      const event = AccountEventCodec.decode(type, version, payload, (id, at) => state.versions.get(versionKey(id, at)))
      evolve(state, event)
    } catch (error) {
      const reason = reasonOf(error)
      const unreadable = error instanceof AccountEventCodec.UnreadableEvent
      this.#found(
        seq,
        `row ${seq} (${type}, version ${version}) cannot be ${unreadable ? "read" : "applied"}: ${reason}`,
        unreadable
          ? "If a later release wrote it, run that release; otherwise restore the database from a backup that holds this row."
          : restore(state.account, seq)
      )
      return
    }
    if (this.#wanted.has(seq)) this.#hashes.set(seq, stateHash(state))
  }

  #found(seq: number, what: string, remedy: string): void {
    this.#replayable = false
    this.#damage.push({ seq, what, remedy })
  }

  #compareSnapshot(): Compared | null {
    const snapshot = this.#snapshot
    if (snapshot === undefined || (snapshot.sound && snapshot.version !== AccountSnapshot.version)) return null
    const replayed = this.#hashes.get(snapshot.seq)
    const remedy = this.#replayable
      ? "The journal is sound: the account replays it from its first row and writes a new snapshot; nothing is lost."
      : "Mend the journal first; the snapshot is then made anew."
    const wrong = (what: string): Compared => {
      this.#damage.push({ seq: snapshot.seq, what, remedy })
      return { seq: snapshot.seq, same: false }
    }
    if (!snapshot.sound) return wrong(`the snapshot at row ${snapshot.seq} does not have its own checksum`)
    if (snapshot.seq > this.#lastSeq)
      return wrong(`the snapshot is of row ${snapshot.seq} and the journal ends at ${this.#lastSeq}`)
    if (replayed === undefined) return null
    const held = stateHash(AccountSnapshot.decode(JSON.stringify(snapshot.state)))
    return replayed === snapshot.hash && held === snapshot.hash
      ? { seq: snapshot.seq, same: true }
      : wrong(`the snapshot at row ${snapshot.seq} differs from the replayed state`)
  }

  #compareLive(live: Expectations["live"]): Compared | null {
    if (live === undefined) return null
    const replayed = this.#hashes.get(live.seq)
    if (replayed === live.hash) return { seq: live.seq, same: true }
    if (replayed === undefined && !this.#replayable) return null
    this.#damage.push({
      seq: live.seq,
      what:
        replayed === undefined
          ? `the live account stands at row ${live.seq} and the journal ends at ${this.#lastSeq}`
          : `the live account differs from the replayed state at row ${live.seq}`,
      remedy: `Halt the account (\`outcry account halt ${this.#state.account}\`), restart its node, so that it starts from its journal, and report it.`
    })
    return { seq: live.seq, same: false }
  }

  end(live: Expectations["live"]): CheckedAccount {
    const snapshot = this.#compareSnapshot()
    const compared = this.#compareLive(live)
    if (this.#replayable)
      for (const text of invariants(this.#state))
        this.#damage.push({
          seq: 0,
          what: `its state breaks an invariant: ${text}`,
          remedy: `Halt the account (\`outcry account halt ${this.#state.account}\`) and report it with its journal.`
        })
    return {
      account: this.#state.account,
      rows: this.#rows,
      lastSeq: this.#lastSeq,
      hash: stateHash(this.#state),
      live: compared,
      snapshot,
      sound: this.#damage.length === 0,
      damage: this.#damage
    }
  }
}

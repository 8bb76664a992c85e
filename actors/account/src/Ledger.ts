/**
 * The account's state and its journal as one: claim, replay, decide, append. State is ahead of the journal only between
 * deciding and the commit; if the commit is refused or unclear the ledger is lost and must be recovered anew.
 */
import { execute } from "@outcry/model/Account"
import type { AccountCommand, Circumstances } from "@outcry/model/AccountCommand"
import { type AccountEvent, fillKey, isOpening, type OrderFilled, tradeKey } from "@outcry/model/AccountEvent"
import { decode, encode, versions } from "@outcry/model/AccountEventCodec"
import { stateHash } from "@outcry/model/AccountHash"
import * as AccountSnapshot from "@outcry/model/AccountSnapshot"
import { type AccountState, evolve, findOrder, initial, versionKey } from "@outcry/model/AccountState"
import type { Order } from "@outcry/model/Order"
import { planted } from "@outcry/model/Planted"
import { type Claim, Journal, type Snapshot } from "@outcry/store/Journal"
import { type AppendError, CorruptJournal, type Fenced, type JournalUnavailable } from "@outcry/store/JournalError"
import type { JournalRow, StoredRow } from "@outcry/store/JournalRow"
import { Effect, Option, Stream } from "effect"
import type { Fact } from "./Protocol.ts"

export const entityIdOf = (account: string): string => `Account/${account}`

export interface Decided {
  readonly events: ReadonlyArray<AccountEvent>
  readonly rows: ReadonlyArray<JournalRow>
}

export const factOf = (row: JournalRow): Fact => ({
  seq: row.seq,
  type: row.type,
  version: row.version,
  timeUs: row.timeUs,
  payload: row.payload as Fact["payload"]
})

/** A stored row is damaged, missing or not for this program: nothing but mending the journal helps. */
export class JournalDamaged extends Error {
  readonly _tag = "JournalDamaged"
  readonly reason: string
  readonly remedy: string
  constructor(entityId: string, reason: string) {
    super(reason)
    this.reason = reason
    this.remedy =
      `Restore that row of ${entityId} from a backup of the database and see with "outcry verify" that the journal is ` +
      "whole; the account then comes up by itself. If a later release wrote it, run that one"
  }
}

/** Rebuilds an account from its snapshot and journal. Fails on a corrupt row, dies on one this program cannot read. */
export const replay = Effect.fn("Account.replay")(function* (account: string) {
  const journal = yield* Journal
  const entityId = entityIdOf(account)
  const stored = yield* journal.loadSnapshot(entityId).pipe(
    // A damaged snapshot costs time only: the journal holds everything.
    Effect.catchTag("CorruptSnapshot", (error) => Effect.as(Effect.logWarning(error.message), Option.none<Snapshot>()))
  )
  const found = Option.getOrUndefined(stored)
  const kept =
    found?.version === AccountSnapshot.version ? AccountSnapshot.decode(JSON.stringify(found.state)) : undefined
  const isSound = kept !== undefined && stateHash(kept) === found?.hash
  if (kept !== undefined && !isSound)
    yield* Effect.logWarning(`the snapshot of ${entityId} does not have its own hash: its whole journal is replayed`)
  const state = kept !== undefined && isSound ? kept : initial(account)
  yield* journal.read(entityId, state.seq + 1).pipe(
    Stream.runForEach((row) =>
      Effect.sync(() => {
        evolve(
          state,
          decode(row.type, row.version, row.payload, (id, version) => state.versions.get(versionKey(id, version)))
        )
      })
    )
  )
  const last = yield* journal.lastSeq(entityId)
  if (last < state.seq)
    return yield* new CorruptJournal({
      entityId,
      seq: last + 1,
      reason: `the row is missing, and all after it up to ${state.seq}, which its snapshot counts`
    })
  return state
})

/** The same for its owner: whatever cannot be read will not be readable the next time either. */
const replayOwned = (account: string) => {
  const damaged = (reason: string) => new JournalDamaged(entityIdOf(account), reason)
  return replay(account).pipe(
    Effect.catchTag("CorruptJournal", (error) => Effect.fail(damaged(error.message))),
    Effect.catchDefect((defect) => Effect.fail(damaged(defect instanceof Error ? defect.message : String(defect))))
  )
}

export class Ledger {
  readonly state: AccountState
  readonly epoch: number
  /** The trading state that binds every append, as far as this owner knows; it outranks what the journal says. */
  bindingState: AccountState["tradingState"]
  /** Sequence of the last committed row. */
  committed: number
  private readonly journal: Journal["Service"]
  private readonly entityId: string
  private readonly snapshotEvery: number
  private readonly lost = new Map<string, number>()
  private commands = 0
  private snapshotAt: number

  private constructor(journal: Journal["Service"], state: AccountState, claim: Claim, snapshotEvery: number) {
    this.journal = journal
    this.snapshotEvery = snapshotEvery
    this.state = state
    this.epoch = claim.epoch
    this.bindingState = claim.tradingState
    this.committed = state.seq
    this.snapshotAt = state.seq
    this.entityId = entityIdOf(state.account)
  }

  /** Facts between two snapshots: `snapshotEvery`. Becomes the owner, then replays: in this order, or a zombie's last append could be missed. */
  static readonly recover = Effect.fn("Account.recover")(function* (account: string, snapshotEvery: number = 1000) {
    const journal = yield* Journal
    const claim = yield* journal.claim(entityIdOf(account), "account")
    const state = yield* replayOwned(account)
    return new Ledger(journal, state, claim, snapshotEvery)
  })

  /** Of an order whose fate is not known: since when, epoch µs. Of one that was so before this life: since its intent. */
  unknownSince(order: Order): number {
    return this.lost.get(order.clientOrderId) ?? order.timeIntent
  }

  /** Decides a command on the present state and applies what follows; the rows are still to be appended. */
  decide(command: AccountCommand, circumstances: Circumstances): Decided {
    const firstSeq = this.state.seq + 1
    const events = execute(this.state, command, circumstances)
    if (events.length === 0) return { events, rows: [] }
    for (const event of events) this.note(event, circumstances.now)
    const commandId = this.commandId(command, events[0]!)
    const rows = events.map((event, index): JournalRow => ({
      seq: firstSeq + index,
      commandId,
      commandPart: index,
      type: event.type,
      version: versions[event.type],
      timeUs: circumstances.now,
      opening: isOpening(event),
      clientOrderId: event.type === "OrderIntended" ? event.clientOrderId : null,
      fillKey: event.type === "OrderFilled" && !planted("fillCountedTwice") ? fillKey(event) : null,
      payload: encode(event, (id, version) => this.state.versions.get(versionKey(id, version)))
    }))
    return { events, rows }
  }

  /** Commits rows that `decide` made, in order. */
  append(rows: ReadonlyArray<JournalRow>): Effect.Effect<void, AppendError> {
    if (rows.length === 0) return Effect.void
    const request = { entityId: this.entityId, epoch: this.epoch, firstSeq: rows[0]!.seq, events: rows }
    return Effect.tap(this.journal.append(request), () =>
      Effect.sync(() => {
        this.committed = rows.at(-1)!.seq
      })
    )
  }

  /** Stored facts after a sequence, up to what is committed now. */
  stored(afterSeq: number): Stream.Stream<Fact, unknown> {
    return this.journal.read(this.entityId, afterSeq + 1).pipe(Stream.map(factOf))
  }

  /** What the journal says of intents that were decided before, by their number. */
  readonly recorded = Effect.fnUntraced(function* (this: Ledger, strategy: string, intentSeqs: ReadonlyArray<number>) {
    const found = new Map<number, ReadonlyArray<AccountEvent>>()
    // Most were sent in the same batch the first time, too: its first number finds them all.
    for (const intentSeq of intentSeqs) {
      if (found.has(intentSeq)) continue
      for (const row of yield* this.journal.findCommand(this.entityId, batchId(strategy, intentSeq))) {
        const event = this.eventOf(row)
        if (!("intentSeq" in event) || event.strategy !== strategy) continue
        found.set(event.intentSeq, [...(found.get(event.intentSeq) ?? []), event])
      }
    }
    return found
  })

  /** The executions of an order that are booked, with the time of their booking. All of the journal is read for them. */
  fillsOf(clientOrderId: string) {
    return this.journal.read(this.entityId).pipe(
      Stream.filter((row) => row.type === "OrderFilled" || row.type === "FillBusted"),
      Stream.runFold(
        () => new Map<string, { readonly event: OrderFilled; readonly bookedUs: number }>(),
        (fills, row) => {
          const event = this.eventOf(row)
          if (!("clientOrderId" in event) || event.clientOrderId !== clientOrderId) return fills
          if (event.type === "OrderFilled") fills.set(tradeKey(event), { event, bookedUs: row.timeUs })
          else if (event.type === "FillBusted") fills.delete(tradeKey(event))
          return fills
        }
      )
    )
  }

  /** Whether the journal has had no other owner since. */
  get isHeld(): Effect.Effect<boolean, JournalUnavailable> {
    return Effect.map(this.journal.heldEpoch(this.entityId), (epoch) => epoch === this.epoch)
  }

  /** Saves a snapshot when enough was added since the last. Failing to is no harm, unless another owner is why. */
  get snapshot(): Effect.Effect<void, Fenced> {
    return Effect.suspend(() => {
      if (this.committed - this.snapshotAt < this.snapshotEvery || this.committed !== this.state.seq) return Effect.void
      this.snapshotAt = this.committed
      const text = AccountSnapshot.encode(this.state)
      const snapshot = {
        seq: this.committed,
        version: AccountSnapshot.version,
        state: JSON.parse(text) as unknown,
        hash: stateHash(this.state)
      }
      return this.journal
        .saveSnapshot(this.entityId, this.epoch, snapshot)
        .pipe(
          Effect.catch((error) =>
            error._tag === "Fenced"
              ? Effect.fail(error)
              : Effect.logWarning(`snapshot of ${this.entityId} not saved: ${error.message}`)
          )
        )
    })
  }

  /**
   * Makes what was decided of the trading state binding for every append, whoever the owner is. What the account has come
   * to by itself takes the place of "active" only: a halt may have been written past it.
   */
  readonly bindTradingState = Effect.fnUntraced(function* (this: Ledger, by: "operator" | "account") {
    const { tradingState } = this.state
    const isFree = by === "operator" || (yield* this.journal.tradingState(this.entityId)) === "active"
    if (isFree) yield* this.journal.setTradingState(this.entityId, tradingState)
    this.bindingState = tradingState
  })

  private commandId(command: AccountCommand, first: AccountEvent): string {
    // Of the first fact, since intents before it may be repeats that were decided under an id of their own.
    if (command.type === "SubmitIntents" && "intentSeq" in first && first.strategy === command.strategy)
      return batchId(command.strategy, first.intentSeq)
    this.commands += 1
    return `${this.epoch}.${this.commands}`
  }

  private eventOf(row: StoredRow): AccountEvent {
    return decode(row.type, row.version, row.payload, (id, version) => this.state.versions.get(versionKey(id, version)))
  }

  private note(event: AccountEvent, now: number): void {
    if (!("clientOrderId" in event)) return
    if (event.type === "OrderUnknown") this.lost.set(event.clientOrderId, now)
    else if (this.lost.size > 0 && findOrder(this.state, event.clientOrderId)?.status !== "unknown")
      this.lost.delete(event.clientOrderId)
  }
}

const batchId = (strategy: string, intentSeq: number): string => `${strategy}/${intentSeq}`

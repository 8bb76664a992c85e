/**
 * The database of a simulated world: journals with their fence, snapshots, and the shard locks and runners of the cluster.
 * Each operation is one atomic statement at the moment it arrives. `SimulatedJournal` and `SimulatedRunners` reach it
 * over the network, so that a statement may be worked though its answer never comes, and come after its sender is dead.
 */
import type { Claim, Snapshot, TradingState } from "@outcry/store/Journal"
import { type AppendRequest, prepareAppend } from "@outcry/store/JournalBatch"
import { Conflict, DuplicateCommand, Fenced, Halted } from "@outcry/store/JournalError"
import type { JournalRow, StoredRow } from "@outcry/store/JournalRow"
import { planted } from "@outcry/model/Planted"
import type { World } from "./World.ts"

export type Refused = Fenced | Halted | DuplicateCommand | Conflict

/** Its payload is kept as text, as a database would hand it out anew each time. */
interface KeptRow {
  readonly row: StoredRow
  readonly text: string
}

interface Entity {
  epoch: number
  tradingState: TradingState
  readonly rows: Array<KeptRow>
  readonly commands: Set<string>
  readonly intents: Set<string>
  readonly fills: Set<string>
  snapshot: { readonly value: Snapshot; readonly text: string } | undefined
  /** Who claimed each epoch, from 1. */
  readonly owners: Array<string>
}

interface Session {
  usedUs: number
  readonly shards: Set<string>
}

export class Database {
  readonly world: World
  /** False while the server is down: nobody connects, and what is on its way to it is lost. */
  isUp = true
  /** What the database saw that must never be; the owners do not know of these. */
  readonly breaches: Array<string> = []
  private readonly entities = new Map<string, Entity>()
  private readonly sessions = new Map<string, Session>()
  private readonly lockExpiryUs: number

  constructor(world: World, lockExpiryUs: number) {
    this.world = world
    this.lockExpiryUs = lockExpiryUs
  }

  private entity(entityId: string): Entity {
    const known = this.entities.get(entityId)
    if (known !== undefined) return known
    const made: Entity = {
      epoch: 0,
      tradingState: "active",
      rows: [],
      commands: new Set(),
      intents: new Set(),
      fills: new Set(),
      snapshot: undefined,
      owners: []
    }
    this.entities.set(entityId, made)
    return made
  }

  claim(entityId: string, owner: string): Claim {
    const entity = this.entity(entityId)
    entity.epoch += 1
    entity.owners.push(owner)
    this.world.note("database", `${owner} claims ${entityId} as ${entity.epoch}`)
    return { epoch: entity.epoch, tradingState: entity.tradingState }
  }

  heldEpoch(entityId: string): number {
    return this.entity(entityId).epoch
  }

  /** All rows or none, under the epoch in force, as the journal's statement does it. */
  append(request: AppendRequest, owner: string): Refused | undefined {
    const { entityId, epoch, events, firstSeq } = request
    const entity = this.entity(entityId)
    const prepared = prepareAppend(request)
    const conflict = (reason: Conflict["reason"], detail: string) =>
      new Conflict({ entityId, firstSeq, reason, detail })
    if (typeof prepared === "string") return conflict("invalid", prepared)
    const last = entity.rows.length
    if (entity.epoch !== epoch && !planted("noEpochCheck")) {
      this.world.note("database", `${owner} is refused as ${epoch}`)
      if (planted("secondRowOfRefusedAppend")) this.tear(entity, request, owner)
      return new Fenced({ entityId, epoch, heldEpoch: entity.epoch === 0 ? null : entity.epoch })
    }
    if (firstSeq !== last + 1) return conflict("position", `the journal ends at ${last}`)
    if (prepared.opening && entity.tradingState === "halted") return new Halted({ entityId })
    const broken = brokenKey(entity, events)
    if (broken !== undefined)
      return broken.key === "command"
        ? new DuplicateCommand({ entityId, commandId: broken.value })
        : conflict(broken.key, `${broken.value} is in the journal already`)
    for (const event of events) this.put(entity, entityId, event, epoch, owner)
    this.world.note("database", `${owner} commits ${entityId} ${firstSeq} ${events.map(({ type }) => type).join()}`)
    return undefined
  }

  private put(entity: Entity, entityId: string, event: JournalRow, epoch: number, owner: string): void {
    const claimed = entity.owners[epoch - 1]
    if (epoch !== entity.epoch || claimed !== owner)
      this.breaches.push(
        `${owner} appended ${entityId} ${event.seq} as ${epoch}, which was fenced off by ${entity.epoch}`
      )
    entity.commands.add(`${event.commandId} ${event.commandPart}`)
    if (event.type === "OrderIntended" && event.clientOrderId !== null) entity.intents.add(event.clientOrderId)
    if (event.fillKey !== null) entity.fills.add(event.fillKey)
    entity.rows.push({ row: { ...event, payload: null, epoch }, text: JSON.stringify(event.payload) })
  }

  /** What a bare ON CONFLICT DO NOTHING would do: rows whose own key is free get in. */
  private tear(entity: Entity, request: AppendRequest, owner: string): void {
    for (const event of request.events)
      if (event.seq === entity.rows.length + 1 && brokenKey(entity, [event]) === undefined)
        this.put(entity, request.entityId, event, request.epoch, owner)
  }

  replay(entityId: string, fromSeq: number, owner: string): ReadonlyArray<StoredRow> {
    this.world.note("database", `${owner} reads ${entityId} from ${fromSeq}`)
    return this.rows(entityId, fromSeq)
  }

  rows(entityId: string, fromSeq: number): ReadonlyArray<StoredRow> {
    return this.entity(entityId)
      .rows.slice(fromSeq - 1)
      .map(stored)
  }

  rowsOf(entityId: string, commandId: string): ReadonlyArray<StoredRow> {
    return this.entity(entityId)
      .rows.filter(({ row }) => row.commandId === commandId)
      .map(stored)
  }

  lastSeq(entityId: string): number {
    return this.entity(entityId).rows.length
  }

  setTradingState(entityId: string, state: TradingState): void {
    this.entity(entityId).tradingState = state
  }

  tradingState(entityId: string): TradingState {
    return this.entity(entityId).tradingState
  }

  saveSnapshot(entityId: string, epoch: number, value: Snapshot): Fenced | Conflict | undefined {
    const entity = this.entity(entityId)
    if (entity.epoch !== epoch) return new Fenced({ entityId, epoch, heldEpoch: entity.epoch })
    if (value.seq > entity.rows.length)
      return new Conflict({
        entityId,
        firstSeq: value.seq,
        reason: "position",
        detail: `the snapshot is ahead of the journal, which ends at ${entity.rows.length}`
      })
    if ((entity.snapshot?.value.seq ?? 0) <= value.seq) entity.snapshot = { value, text: JSON.stringify(value.state) }
    return undefined
  }

  snapshot(entityId: string): Snapshot | undefined {
    const { snapshot } = this.entity(entityId)
    return snapshot === undefined ? undefined : { ...snapshot.value, state: JSON.parse(snapshot.text) as unknown }
  }

  /** Every row of every entity, for the verdict. */
  *journal(): Generator<readonly [entityId: string, row: StoredRow]> {
    for (const entityId of this.entities.keys()) for (const row of this.rows(entityId, 1)) yield [entityId, row]
  }

  /** Locks belong to a session; it ends with its connection, and when it was idle for the expiry of locks. */
  openSession(process: string): void {
    this.sessions.set(process, { usedUs: this.world.nowUs, shards: new Set() })
  }

  endSession(process: string): void {
    this.sessions.delete(process)
  }

  /** The locks held after trying to take these; undefined where the session has ended. */
  lock(process: string, wanted: Iterable<string>, mayTake: boolean): ReadonlyArray<string> | undefined {
    const session = this.session(process)
    if (session === undefined) return undefined
    session.usedUs = this.world.nowUs
    const held: Array<string> = []
    for (const shard of wanted) {
      if (!session.shards.has(shard)) {
        if (!mayTake || this.holderOf(shard) !== undefined) continue
        session.shards.add(shard)
        this.world.note("database", `${process} locks ${shard}`)
      }
      held.push(shard)
    }
    return held
  }

  /** No shards named: all of them. False where the session has ended. */
  unlock(process: string, shard: string | undefined): boolean {
    const session = this.session(process)
    if (session === undefined) return false
    session.usedUs = this.world.nowUs
    if (shard === undefined) session.shards.clear()
    else session.shards.delete(shard)
    return true
  }

  private session(process: string): Session | undefined {
    const session = this.sessions.get(process)
    if (session === undefined) return undefined
    if (this.world.nowUs - session.usedUs <= this.lockExpiryUs) return session
    this.sessions.delete(process)
    return undefined
  }

  private holderOf(shard: string): string | undefined {
    for (const process of Array.from(this.sessions.keys()))
      if (this.session(process)?.shards.has(shard) === true) return process
    return undefined
  }
}

const stored = ({ row, text }: KeptRow): StoredRow => ({ ...row, payload: JSON.parse(text) as unknown })

interface BrokenKey {
  readonly key: "command" | "clientOrderId" | "fill"
  readonly value: string
}

const brokenKey = (entity: Entity, events: ReadonlyArray<JournalRow>): BrokenKey | undefined => {
  const intents = new Set<string>()
  const fills = new Set<string>()
  for (const { clientOrderId, commandId, commandPart, fillKey, type } of events) {
    if (entity.commands.has(`${commandId} ${commandPart}`)) return { key: "command", value: commandId }
    if (type === "OrderIntended" && clientOrderId !== null) {
      if (entity.intents.has(clientOrderId) || intents.has(clientOrderId))
        return { key: "clientOrderId", value: clientOrderId }
      intents.add(clientOrderId)
    }
    if (fillKey !== null) {
      if (entity.fills.has(fillKey) || fills.has(fillKey)) return { key: "fill", value: fillKey }
      fills.add(fillKey)
    }
  }
  return undefined
}

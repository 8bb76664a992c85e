/**
 * The dossier of one order, or of an intent that was refused: what it was decided on, each check, the decision made again
 * from the journal, and every fact of its life. Pure; made by reading its account's journal once, row by row.
 */
import type { AccountEvent, IntentRefused, OrderIntended } from "@outcry/model/AccountEvent"
import * as AccountEventCodec from "@outcry/model/AccountEventCodec"
import { stateHash } from "@outcry/model/AccountHash"
import { type AccountState, evolve, findOrder, initial, instrumentAt, versionKey } from "@outcry/model/AccountState"
import type { Instrument } from "@outcry/model/Instrument"
import type { Limits } from "@outcry/model/Limits"
import { isFrozen } from "@outcry/model/OrderDecision"
import type { Order } from "@outcry/model/Order"
import { checks, type Stage } from "@outcry/model/PreTrade"
import { redecide } from "@outcry/model/Redecide"
import { canonicalJson } from "@outcry/store/JournalRow"
import { factText, markText, termsText } from "./FactText.ts"

/** The row that a dossier is about. */
export interface Subject {
  readonly account: string
  readonly seq: number
  /** Of the order; of a refused intent the id that its order would have had. */
  readonly clientOrderId: string
}

type Decided = OrderIntended | IntentRefused

export interface CheckVerdict {
  readonly check: string
  readonly verdict: "passed" | "stopped" | "not reached"
  /** What was wrong, in figures. */
  readonly detail: string
}

export interface Decision {
  readonly seq: number
  readonly timeUs: number
  readonly cause: { readonly instrument: string; readonly feedEpoch: number; readonly seq: number }
  /** From the strategy's decision to the account's; undefined where the strategy's is not known. */
  readonly waitedUs: number | undefined
  readonly mark: string
  /** Undefined where there was none. */
  readonly markAgeMs: number | undefined
  readonly otherMarks: Readonly<Record<string, string>>
  readonly limits: Limits
  readonly tradingState: string
  readonly stateHash: string
  readonly checks: ReadonlyArray<CheckVerdict>
  /** Whether the same comes out when it is decided again on that state. */
  readonly same: boolean
  /** What comes out instead, where it is not the same. */
  readonly instead: string
}

export interface LifeFact {
  readonly seq: number
  readonly timeUs: number
  readonly type: string
  readonly text: string
}

export interface Relative {
  readonly clientOrderId: string
  readonly relation: string
  readonly status: string
}

export interface Dossier {
  readonly account: string
  readonly clientOrderId: string
  readonly venueOrderId: string
  readonly strategy: string
  readonly intentSeq: number
  readonly attempt: number
  /** The order in one line; empty for what has no terms. */
  readonly terms: string
  /** `refused` for an intent that never was an order. */
  readonly status: string
  readonly reason: string
  /** Undefined for an order that was found at the venue. */
  readonly decision: Decision | undefined
  readonly life: ReadonlyArray<LifeFact>
  readonly relatives: ReadonlyArray<Relative>
}

export interface StoredFact {
  readonly seq: number
  readonly timeUs: number
  readonly type: string
  readonly version: number
  readonly payload: unknown
}

const isDecided = (event: AccountEvent): event is Decided =>
  event.type === "OrderIntended" || event.type === "IntentRefused"

const stageOf = (event: Decided): Stage => {
  if (event.type === "OrderIntended") return event.placement === "held" ? "hold" : "place"
  return event.emulated === true || event.contingency?.parent !== undefined || event.contingency?.after !== undefined
    ? "hold"
    : "place"
}

/** The checks as they turn out on the state before the row. */
const verdicts = (state: AccountState, event: Decided, rowTimeUs: number): ReadonlyArray<CheckVerdict> => {
  const instrument = state.instruments.get(event.instrument)
  const { terms } = event
  const stage = stageOf(event)
  const now = event.type === "OrderIntended" ? event.timeIntent : (event.timeRefused ?? rowTimeUs)
  // What was refused before any check was made stops them all.
  let stopped = event.type === "IntentRefused" && !checks.some(({ reason }) => reason === event.reason)
  return checks
    .filter(({ at }) => at === undefined || at.includes(stage))
    .map(({ find, reason }): CheckVerdict => {
      if (stopped || instrument === undefined || terms === undefined)
        return { check: reason, verdict: "not reached", detail: "" }
      const detail = find({
        state,
        instrument,
        terms,
        stage,
        contingency: event.contingency,
        mark: event.mark,
        markOf: (id) => event.otherMarks.find((mark) => mark.instrument === id),
        now,
        frozen: (id) => isFrozen(state, id)
      })
      stopped = detail !== undefined
      return detail === undefined
        ? { check: reason, verdict: "passed", detail: "" }
        : { check: reason, verdict: "stopped", detail }
    })
}

export class DossierFold {
  readonly #subject: Subject
  readonly #state: AccountState
  readonly #life: Array<LifeFact> = []
  /** Relations by client order id, in the order they came to light. */
  readonly #relations = new Map<string, string>()
  #decided: Decided | undefined
  #decision: Decision | undefined
  #instrument: Instrument | undefined

  constructor(subject: Subject) {
    this.#subject = subject
    this.#state = initial(subject.account)
  }

  get instruments(): AccountState["instruments"] {
    return this.#state.instruments
  }

  /** Takes the rows one after the other; throws where one cannot be read. */
  add(row: StoredFact): void {
    const state = this.#state
    const event = AccountEventCodec.decode(row.type, row.version, row.payload, (id, version) =>
      state.versions.get(versionKey(id, version))
    )
    if (row.seq === this.#subject.seq && isDecided(event)) this.#decide(event, row)
    evolve(state, event)
    if (event.type === "OrderIntended") this.#relate(event)
    if ("clientOrderId" in event && event.clientOrderId === this.#subject.clientOrderId) this.#live(event, row)
  }

  #decide(event: Decided, row: StoredFact): void {
    const state = this.#state
    const before = stateHash(state)
    const again = redecide(state, event, row.timeUs)
    const same = again !== undefined && this.#stored(again) === this.#stored(event)
    const known = state.instruments.get(event.instrument)
    this.#decided = event
    this.#instrument = known
    const shown = (mark: { readonly bidTicks: number; readonly askTicks: number }, of: Instrument | undefined) =>
      of === undefined || mark.bidTicks === 0 ? "" : markText(of, { ...mark, timeReceived: 0 })
    this.#decision = {
      seq: row.seq,
      timeUs: row.timeUs,
      cause: event.cause,
      waitedUs: event.timeDecided > 0 ? row.timeUs - event.timeDecided : undefined,
      mark: event.mark === undefined ? "" : shown(event.mark, known),
      markAgeMs:
        event.mark === undefined || event.mark.timeReceived === 0
          ? undefined
          : (row.timeUs - event.mark.timeReceived) / 1_000,
      otherMarks: Object.fromEntries(
        event.otherMarks.map((mark) => [mark.instrument, shown(mark, state.instruments.get(mark.instrument))])
      ),
      limits: state.limits,
      tradingState: state.tradingState,
      stateHash: before,
      checks: verdicts(state, event, row.timeUs),
      same,
      instead: same ? "" : this.#instead(again)
    }
  }

  #stored(event: AccountEvent): string {
    const payload = AccountEventCodec.encode(event, (id, version) => this.#state.versions.get(versionKey(id, version)))
    return `${event.type} ${canonicalJson(payload)}`
  }

  #instead(again: AccountEvent | undefined): string {
    if (again === undefined) return "it would not be refused"
    if (again.type === "IntentRefused") return `it would be refused: ${again.reason}, ${again.detail}`
    return `it would be decided as ${this.#stored(again)}`
  }

  /** Orders whose fate is bound to this one's, whichever of the two came first. */
  #relate(event: OrderIntended): void {
    const mine = this.#subject.clientOrderId
    if (event.clientOrderId === mine) {
      const { contingency } = event
      if (contingency?.parent !== undefined) this.#relations.set(contingency.parent, "parent: it waits for this one")
      for (const id of contingency?.after ?? []) this.#relations.set(id, "it waits for the end of this one")
      if (contingency?.group !== undefined)
        for (const order of this.#state.orders.values())
          if (order.clientOrderId !== mine && order.contingency?.group === contingency.group)
            this.#relations.set(order.clientOrderId, `one of the same group ${contingency.group}`)
    }
    const subject = findOrder(this.#state, mine)
    if (subject === undefined || event.clientOrderId === mine) return
    const relation = this.#relationOf(subject, event)
    if (relation !== undefined) this.#relations.set(event.clientOrderId, relation)
  }

  #relationOf(subject: Order, { attempt, contingency, intentSeq, strategy }: OrderIntended): string | undefined {
    if (strategy === subject.strategy && intentSeq === subject.intentSeq) return `attempt ${attempt} of the same intent`
    if (contingency?.parent === subject.clientOrderId) return "child: it waits for this order"
    if (contingency?.after?.includes(subject.clientOrderId) === true) return "it waits for the end of this order"
    const group = subject.contingency?.group
    return group !== undefined && contingency?.group === group ? `one of the same group ${group}` : undefined
  }

  #live(event: AccountEvent, row: StoredFact): void {
    const order = findOrder(this.#state, this.#subject.clientOrderId)
    const instrument =
      order === undefined ? this.#instrument : instrumentAt(this.#state, order.instrument, order.instrumentVersion)
    const text = instrument === undefined ? "" : factText(instrument, event)
    this.#life.push({ seq: row.seq, timeUs: row.timeUs, type: event.type, text })
  }

  end(): Dossier {
    const { account, clientOrderId } = this.#subject
    const order = findOrder(this.#state, clientOrderId)
    const decided = this.#decided
    const refusal = decided?.type === "IntentRefused" ? decided : undefined
    const terms = refusal === undefined ? order?.terms : refusal.terms
    const instrument =
      order === undefined || refusal !== undefined
        ? this.#instrument
        : instrumentAt(this.#state, order.instrument, order.instrumentVersion)
    return {
      account,
      clientOrderId,
      venueOrderId: refusal === undefined ? (order?.venueOrderId ?? "") : "",
      strategy: decided?.strategy ?? order?.strategy ?? "",
      intentSeq: decided?.intentSeq ?? order?.intentSeq ?? 0,
      attempt: refusal === undefined ? (order?.attempt ?? 1) : 1,
      terms: terms === undefined || instrument === undefined ? "" : termsText(instrument, terms),
      status: refusal === undefined ? this.#statusOf(order) : "refused",
      reason: refusal === undefined ? (order?.reason ?? "") : `${refusal.reason}: ${refusal.detail}`,
      decision: this.#decision,
      life: refusal === undefined ? this.#life : this.#life.filter(({ seq }) => seq === this.#subject.seq),
      relatives: Array.from(this.#relations, ([id, relation]) => ({
        clientOrderId: id,
        relation,
        status: this.#statusOf(findOrder(this.#state, id))
      }))
    }
  }

  /** An order that ended long ago is no longer in the state; its facts say how. */
  #statusOf(order: Order | undefined): string {
    return order?.status ?? "ended"
  }
}

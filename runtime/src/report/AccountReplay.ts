/**
 * An account's journal folded once more, by the account's own code: the state it leads to, what became of every order,
 * how long orders took, and what must hold of it all and does not.
 *
 * Pure. The live account's hash at the same sequence is compared by the report; a fact that cannot be read or applied
 * ends the fold and is itself a violation.
 */
import { invariants } from "@outcry/model/Account"
import type { AccountEvent } from "@outcry/model/AccountEvent"
import * as AccountEventCodec from "@outcry/model/AccountEventCodec"
import { stateHash } from "@outcry/model/AccountHash"
import { type AccountState, evolve, findOrder, initial, versionKey } from "@outcry/model/AccountState"
import { reasonOf } from "../cli/UserError.ts"
import type { JournalFact } from "./JournalFacts.ts"

/** What became of one order. */
export interface OrderOutcome {
  readonly clientOrderId: string
  readonly strategy: string
  readonly instrument: string
  readonly timeIntent: number
  /** Row time of the acceptance, epoch µs; undefined where none was seen. */
  timeAccepted: number | undefined
  status: string
  reason: string
  /** What happened to it at some time, whatever it is now. */
  readonly was: Set<Episode>
}

/** Episodes of an order's life that its final state does not tell. */
export type Episode = "unknown" | "held" | "triggered" | "resolved" | "provisional" | "busted" | "resubmitted"

const episodes: Partial<Record<AccountEvent["type"], Episode>> = {
  OrderUnknown: "unknown",
  OrderTriggered: "triggered",
  OrderResolved: "resolved",
  FillInferred: "provisional",
  FillBusted: "busted"
}

export interface AccountReplay {
  readonly account: string
  readonly state: AccountState
  /** Hash of the state at the row that was asked for; undefined where the journal does not reach it. */
  readonly hash: string | undefined
  readonly orders: ReadonlyMap<string, OrderOutcome>
  readonly refused: ReadonlyMap<string, number>
  readonly fillsByStrategy: ReadonlyMap<string, number>
  readonly fills: number
  /** Sequence and id of the last fill, for `trace --last-filled`. */
  readonly lastFilled: string
  readonly violations: ReadonlyArray<string>
}

export class AccountFold {
  readonly #state: AccountState
  readonly #orders = new Map<string, OrderOutcome>()
  readonly #refused = new Map<string, number>()
  readonly #fillsByStrategy = new Map<string, number>()
  readonly #violations: Array<string> = []
  #fills = 0
  #lastFilled = ""
  #broken = false

  readonly #hashAtSeq: number | undefined
  #hash: string | undefined

  /** `hashAtSeq` is the row at which the live account's hash was taken; undefined where there is none to compare. */
  constructor(account: string, hashAtSeq: number | undefined) {
    this.#state = initial(account)
    this.#hashAtSeq = hashAtSeq
  }

  add(fact: JournalFact): void {
    if (this.#broken) return
    const state = this.#state
    try {
      if (fact.seq !== state.seq + 1) throw new Error(`row ${fact.seq} follows row ${state.seq}`)
      const event = AccountEventCodec.decode(fact.type, fact.version, fact.payload, (id, version) =>
        state.versions.get(versionKey(id, version))
      )
      evolve(state, event)
      if (state.seq === this.#hashAtSeq) this.#hash = stateHash(state)
      if (event.type === "OrderIntended") {
        const { clientOrderId, instrument, strategy, timeIntent } = event
        this.#orders.set(clientOrderId, {
          clientOrderId,
          strategy,
          instrument,
          timeIntent,
          timeAccepted: undefined,
          status: event.placement === "held" ? "held" : "intended",
          reason: "",
          was: new Set([
            ...(event.placement === "held" ? (["held"] as const) : []),
            ...(event.attempt > 1 ? (["resubmitted"] as const) : [])
          ])
        })
      } else if (event.type === "IntentRefused") {
        this.#refused.set(event.reason, (this.#refused.get(event.reason) ?? 0) + 1)
        return
      }
      if ("clientOrderId" in event) this.#follow(event.clientOrderId, event.type, fact.timeUs)
    } catch (error) {
      this.#broken = true
      this.#violations.push(
        `${state.account}: journal row ${fact.seq} (${fact.type}) cannot be replayed: ${reasonOf(error)}`
      )
    }
  }

  #follow(clientOrderId: string, type: AccountEvent["type"], timeUs: number): void {
    const order = findOrder(this.#state, clientOrderId)
    if (order === undefined) return
    if (type === "OrderFilled") {
      this.#fills += 1
      this.#lastFilled = clientOrderId
      this.#fillsByStrategy.set(order.strategy, (this.#fillsByStrategy.get(order.strategy) ?? 0) + 1)
    }
    const outcome = this.#orders.get(clientOrderId)
    if (outcome === undefined) return
    outcome.status = order.status
    outcome.reason = order.reason
    const episode = episodes[type]
    if (episode !== undefined) outcome.was.add(episode)
    if (type === "OrderAccepted") outcome.timeAccepted ??= timeUs
  }

  end(): AccountReplay {
    const state = this.#state
    return {
      account: state.account,
      state,
      hash: this.#hash,
      orders: this.#orders,
      refused: this.#refused,
      fillsByStrategy: this.#fillsByStrategy,
      fills: this.#fills,
      lastFilled: this.#lastFilled,
      violations: [...this.#violations, ...invariants(state).map((text) => `${state.account}: ${text}`)]
    }
  }
}

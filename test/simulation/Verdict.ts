/**
 * Whether a simulated run kept every promise. The checker of the exchange joins what the venue accepted with the journal;
 * the rest is judged from the database, from what the strategies were told and from the accounts' own state at rest.
 */
import type { AccountStatus } from "@outcry/actor-account/Protocol"
import { entityIdOf } from "@outcry/actor-account/Ledger"
import { check, type JournalOrderFact } from "@outcry/exchange-sim/Checker"
import { invariants } from "@outcry/model/Account"
import { decode } from "@outcry/model/AccountEventCodec"
import { stateHash } from "@outcry/model/AccountHash"
import { type AccountState, evolve, initial, versionKey } from "@outcry/model/AccountState"
import { prefix } from "@outcry/model/ClientOrderId"
import type { Database } from "@outcry/testkit/sim/Database"
import type { SimulatedVenue } from "@outcry/testkit/sim/Venue"
import type { Acknowledged } from "./Load.ts"

export interface Violation {
  readonly invariant: string
  readonly detail: string
}

export interface Evidence {
  readonly database: Database
  readonly venue: SimulatedVenue
  readonly accounts: ReadonlyArray<string>
  readonly acknowledged: ReadonlyArray<Acknowledged>
  /** How each account stood at rest; absent where it never came to rest. */
  readonly atRest: ReadonlyMap<string, AccountStatus>
}

const replayed = (database: Database, account: string): AccountState => {
  const state = initial(account)
  for (const row of database.rows(entityIdOf(account), 1))
    evolve(
      state,
      decode(row.type, row.version, row.payload, (id, version) => state.versions.get(versionKey(id, version)))
    )
  return state
}

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

export const judge = (evidence: Evidence): ReadonlyArray<Violation> => {
  const { accounts, acknowledged, atRest, database, venue } = evidence
  const violations: Array<Violation> = []
  const say = (invariant: string, detail: string): void => {
    violations.push({ invariant, detail })
  }
  const facts: Array<JournalOrderFact & { readonly timeUs: number }> = []
  for (const [entityId, { payload, seq, timeUs, type }] of database.journal())
    if (typeof payload === "object" && payload !== null)
      facts.push({ entityId, seq, type, timeUs, payload: { ...payload } })

  const verdict = check({ acceptLog: venue.exchange.log, journal: facts, prefix })
  for (const { clientOrderId, reason } of verdict.ordersLost) say("I1 lost", `${clientOrderId}: ${reason}`)
  for (const { clientOrderId, reason } of verdict.ordersDuplicated) say("I2 doubled", `${clientOrderId}: ${reason}`)
  for (const { clientOrderId, reason } of verdict.misfilled) say("I3 fills", `${clientOrderId}: ${reason}`)
  /** What became of each intent at the gate, by account, strategy and number: empty where it passed. */
  const decided = new Map<string, string>()
  const given = new Set<string>()
  for (const { entityId, payload, type } of facts) {
    const intent = `${entityId} ${String(payload["strategy"])} ${String(payload["intentSeq"])}`
    if (type === "OrderIntended" || type === "CancelRequested") decided.set(intent, "")
    if (type === "IntentRefused" && !decided.has(intent)) decided.set(intent, String(payload["reason"]))
    const id = String(payload["clientOrderId"])
    if (type === "OrderNotPlaced" || type === "OrderRejected") given.add(`${type} ${id}`)
    if (type === "OrderAccepted" || type === "OrderFilled")
      for (const end of ["OrderNotPlaced", "OrderRejected"])
        if (given.has(`${end} ${id}`)) say("I8 guessed", `${id} was journalled as ${end} and then as ${type}`)
  }
  for (const { account, intentSeq, refused, strategy } of acknowledged) {
    const intent = `${entityIdOf(account)} ${strategy} ${intentSeq}`
    const stands = decided.get(intent)
    if (stands === undefined) say("I1 lost", `${intent} was answered "${refused}" and is not in the journal`)
    else if (stands !== refused) say("I1 lost", `${intent} was answered "${refused}" and stands as "${stands}"`)
  }
  for (const breach of database.breaches) say("I5 owners", breach)

  for (const account of accounts) {
    const live = atRest.get(account)
    if (live === undefined) {
      say("I7 progress", `${account} did not come to rest`)
      continue
    }
    try {
      const state = replayed(database, account)
      if (state.seq !== live.seq || stateHash(state) !== live.stateHash)
        say(
          "I4 replay",
          `${account}: replay of ${state.seq} is ${stateHash(state)}, live at ${live.seq} ${live.stateHash}`
        )
      for (const order of state.orders.values())
        say("I8 unsettled", `${order.clientOrderId} is ${order.status} at rest`)
      for (const order of venue.exchange.openOrders(account))
        say("I8 unsettled", `${order.clientOrderId} is open at the venue at rest`)
      for (const broken of invariants(state)) say("model", `${account}: ${broken}`)
      for (const { asset, free, locked } of venue.exchange.balances(account)) {
        const ours = state.balances.get(asset)?.total ?? 0n
        if (ours !== free + locked) say("I3 balances", `${account}: ${asset} is ${ours}, at the venue ${free + locked}`)
      }
    } catch (error) {
      say("I4 replay", `${account} cannot be replayed: ${textOf(error)}`)
    }
  }
  return violations
}

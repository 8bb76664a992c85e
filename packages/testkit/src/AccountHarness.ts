/**
 * The verbs of the account's tests: nodes that own accounts, strategies that submit, venues, and waiting. Several nodes
 * over one journal, each sure to own every account, are what a split cluster looks like to the database.
 */
import type { Mark } from "@outcry/model/AccountEvent"
import { stateHash } from "@outcry/model/AccountHash"
import { defaults, type Limits } from "@outcry/model/Limits"
import type { OrderTerms } from "@outcry/model/Order"
import { Journal } from "@outcry/store/Journal"
import { WireLog } from "@outcry/store/WireLog"
import { SpanRecorder } from "@outcry/telemetry/SpanRecorder"
import { ScriptedVenue } from "./ScriptedVenue.ts"
import { Execution } from "@outcry/venue/Execution"
import { Clock, Effect, Exit, Layer, Option, Scope, Stream } from "effect"
import { TestRunner } from "effect/cluster"
import { SqlClient } from "effect/sql"
import * as AccountActor from "@outcry/actor-account/Actor"
import { AccountHost } from "@outcry/actor-account/AccountHost"
import { entityIdOf, replay } from "@outcry/actor-account/Ledger"
import { Account } from "@outcry/actor-account/Protocol"

export const btc = "sim:BTC/USDT"
export const eth = "sim:ETH/USDT"
export const nowUs = Effect.map(Clock.currentTimeNanos, (nanos) => Number(nanos / 1000n))

/** The venues of accounts by name; one is made the first time an account is asked for. */
export class Venues {
  private readonly scripted = new Map<string, ScriptedVenue>()

  of(account: string): ScriptedVenue {
    const known = this.scripted.get(account)
    if (known !== undefined) return known
    const made = new ScriptedVenue()
    this.scripted.set(account, made)
    return made
  }

  get layer(): Layer.Layer<Execution> {
    return Layer.succeed(Execution, Execution.of({ session: (account) => Effect.succeed(this.of(account).session) }))
  }
}

/** Quotes in the hands of a test; they never age. */
export class Prices {
  private readonly marks = new Map<string, Mark>()

  set(instrument: string, bidTicks: number, askTicks: number = bidTicks + 10): void {
    this.marks.set(instrument, { bidTicks, askTicks, timeReceived: Number.MAX_SAFE_INTEGER })
  }

  readonly mark = (instrument: string): Mark | undefined => this.marks.get(instrument) ?? freshMark(instrument)
}

export interface NodeOptions {
  readonly damagedRetryMs?: number
  readonly orderExpiryUs?: number
  readonly snapshotEvery?: number
  readonly limits?: Partial<Limits>
  readonly mark?: (instrument: string) => Mark | undefined
}

/** A quote that never ages: 60,000 for BTC, 3,000 for ETH. */
const freshMark = (instrument: string): Mark =>
  instrument === btc
    ? { bidTicks: 5_999_990, askTicks: 6_000_000, timeReceived: Number.MAX_SAFE_INTEGER }
    : { bidTicks: 299_999, askTicks: 300_000, timeReceived: Number.MAX_SAFE_INTEGER }

/** Starts a node in a scope of its own; `stop` closes it, which interrupts whatever its accounts were doing. */
export const startNode = Effect.fnUntraced(function* (name: string, options: NodeOptions = {}) {
  const execution = yield* Execution
  const journal = yield* Journal
  const wireLog = yield* Effect.serviceOption(WireLog)
  const host = Layer.succeed(
    AccountHost,
    AccountHost.of({
      node: name,
      journalId: "0123456789abcdef",
      orderExpiryUs: options.orderExpiryUs ?? 300_000,
      snapshotEvery: options.snapshotEvery ?? 1000,
      ...(options.damagedRetryMs === undefined ? {} : { damagedRetryMs: options.damagedRetryMs }),
      settings: () => ({ venue: "sim", limits: { ...defaults, ...options.limits }, instruments: [btc, eth] }),
      mark: options.mark ?? freshMark
    })
  )
  const scope = yield* Scope.fork(yield* Effect.scope)
  const services = yield* Layer.buildWithScope(
    AccountActor.layer.pipe(
      Layer.provide([
        host,
        SpanRecorder.layerNoop,
        Layer.succeed(Execution, execution),
        Layer.succeed(Journal, journal),
        ...Option.match(wireLog, { onNone: () => [], onSome: (log) => [Layer.succeed(WireLog, log)] })
      ]),
      Layer.provideMerge(TestRunner.layer)
    ),
    scope
  )
  const client = yield* Account.client.pipe(Effect.provideContext(services))
  return { client, stop: Scope.close(scope, Exit.void) }
})
export type TestNode = Effect.Success<ReturnType<typeof startNode>>

/** A strategy's run at an account: joins, and numbers its intents and causes. */
export const join = Effect.fnUntraced(function* (node: TestNode, account: string, strategy = "s", epoch = 1) {
  const client = node.client(account)
  const joined = yield* until(
    `run ${epoch} joins ${account}`,
    client.Join({ strategy, epoch }).pipe(
      Effect.catchTag("NotReady", () => Effect.undefined),
      Effect.catchTag("Busy", () => Effect.undefined)
    )
  )
  let intentSeq = joined.intentSeq
  let cause = epoch * 1_000_000
  const submit = Effect.fnUntraced(function* (
    intents: ReadonlyArray<Asked>,
    over: { readonly causeSeq?: number; readonly firstSeq?: number; readonly timeDecided?: number } = {}
  ) {
    if (over.firstSeq !== undefined) intentSeq = over.firstSeq - 1
    return yield* client.Submit({
      strategy,
      epoch,
      cause: { instrument: btc, feedEpoch: 1, seq: over.causeSeq ?? ++cause },
      timeDecided: over.timeDecided ?? (yield* nowUs),
      trace: null,
      intents: intents.map((intent) => {
        const numbered = { intentSeq: ++intentSeq }
        if ("cancel" in intent) return { ...numbered, kind: "cancel" as const, orderSeq: intent.cancel }
        if ("modify" in intent) {
          const { modify: orderSeq, ...changed } = intent
          return { ...numbered, kind: "modify" as const, orderSeq, ...changed }
        }
        const { on: instrument = btc, place: terms, ...rest } = intent
        return { ...numbered, kind: "place" as const, instrument, terms, ...rest }
      })
    })
  })
  /** Intents that must all pass; gives their numbers and client ids. */
  const passed = Effect.fnUntraced(function* (intents: ReadonlyArray<Asked>) {
    const decisions = yield* submit(intents)
    return decisions.map((decision) => {
      if (decision.refused !== "") throw new Error(`refused: ${JSON.stringify(decision)}`)
      return { orderSeq: decision.intentSeq, id: decision.clientOrderId }
    })
  })
  /** Places one order that must pass; gives its number and client id. */
  const place = Effect.fnUntraced(function* (terms: OrderTerms = resting(), on: string = btc) {
    return (yield* passed([{ place: terms, on }]))[0]!
  })
  return {
    joined,
    submit,
    passed,
    place,
    strategy,
    get nextSeq() {
      return intentSeq + 1
    }
  }
})
type OnWire = Parameters<ReturnType<TestNode["client"]>["Submit"]>[0]["intents"][number]
type PlaceOnWire = Extract<OnWire, { readonly kind: "place" }>

/** What a test asks for, without its number. */
export type Asked =
  | {
      readonly place: OrderTerms
      readonly on?: string
      readonly contingency?: NonNullable<PlaceOnWire["contingency"]>
      readonly resubmitUntilUs?: number
    }
  | { readonly cancel: number }
  | { readonly modify: number; readonly priceTicks?: number; readonly triggerTicks?: number; readonly lots?: number }

/** A bid that rests below the market. */
export const resting = (over: Partial<OrderTerms> = {}): OrderTerms => ({
  side: "buy",
  type: "limit",
  priceTicks: 5_990_000,
  lots: 1000,
  timeInForce: "GTC",
  postOnly: false,
  ...over
})

/** Looks again and again until there is an answer; tells what it waited for when it gives up. */
export const until = <A, E, R>(
  what: string,
  look: Effect.Effect<A | undefined | false, E, R>
): Effect.Effect<A, E, R> =>
  Effect.gen(function* () {
    for (;;) {
      const answer = yield* look
      if (answer !== undefined && answer !== false) return answer
      yield* Effect.sleep("5 millis")
    }
  }).pipe(
    Effect.timeoutOrElse({
      duration: "60 seconds",
      orElse: () => Effect.die(new Error(`waited in vain until ${what}`))
    })
  )

/** Stored facts of an account, in order. */
export const factsOf = Effect.fnUntraced(function* (account: string) {
  const rows = yield* Stream.runCollect((yield* Journal).read(entityIdOf(account)))
  return rows.map((row) => ({ ...row, payload: row.payload as Readonly<Record<string, unknown>> }))
})

/** Types of the facts about one order. */
export const lifeOf = (account: string, clientOrderId: string) =>
  Effect.map(factsOf(account), (rows) =>
    rows.filter((row) => row.payload["clientOrderId"] === clientOrderId).map((row) => row.type)
  )

export const untilFact = (account: string, type: string, clientOrderId?: string) =>
  until(
    `${account} journals ${type}${clientOrderId === undefined ? "" : ` of ${clientOrderId}`}`,
    Effect.map(factsOf(account), (rows) =>
      rows.find(
        (row) => row.type === type && (clientOrderId === undefined || row.payload["clientOrderId"] === clientOrderId)
      )
    )
  )

export const statusOf = (node: TestNode, account: string) => node.client(account).Status({ hashed: true })

export const ready = (node: TestNode, account: string) =>
  until(
    `${account} is ready`,
    Effect.map(statusOf(node, account), (status) => (status.condition === "ready" ? status : undefined))
  )

/** The hash of the state that the next owner would begin with. */
export const hashOfReplay = (account: string) => Effect.map(replay(account), stateHash)

export const dropSnapshot = (account: string) =>
  Effect.flatMap(SqlClient.SqlClient, (sql) => sql`DELETE FROM snapshot WHERE entity_id = ${entityIdOf(account)}`)

/** The hash of a full replay, held against what the live actor says of itself once they stand at the same fact. */
export const replayIsLive = Effect.fnUntraced(function* (node: TestNode, account: string) {
  return yield* until(
    `the replay of ${account} equals its live state`,
    Effect.gen(function* () {
      const state = yield* replay(account)
      const live = yield* statusOf(node, account)
      if (state.seq !== live.seq) return undefined
      if (stateHash(state) !== live.stateHash) throw new Error(`replay and live differ at ${state.seq}`)
      return state
    })
  )
})

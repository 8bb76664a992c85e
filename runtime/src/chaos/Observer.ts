/**
 * Looks at the floor from outside: a member of the cluster that hosts nothing, and a reader of the journal. It asks
 * actors what any caller could, and reads what is committed, never what a node says of itself alone.
 */
import { entityIdOf } from "@outcry/actor-account/Ledger"
import { Account, type AccountStatus } from "@outcry/actor-account/Protocol"
import { Strategy, type StrategyStatus } from "@outcry/actor-strategy/Protocol"
import { decode } from "@outcry/model/AccountEventCodec"
import { type AccountState, evolve, initial, versionKey } from "@outcry/model/AccountState"
import * as ClusterNetwork from "../cluster/ClusterNetwork.ts"
import { Database } from "@outcry/store/Database"
import { Journal } from "@outcry/store/Journal"
import type { CorruptJournal, JournalUnavailable } from "@outcry/store/JournalError"
import type { StoredRow } from "@outcry/store/JournalRow"
import { layerMigrations } from "@outcry/store/Migrations"
import { Context, Effect, Layer, Redacted, Schedule, Stream } from "effect"
import { defaults } from "../FloorConfig.ts"

type JournalFailure = CorruptJournal | JournalUnavailable

export interface Observer {
  /** Its status; undefined while nobody answers within a moment. */
  readonly status: (account: string) => Effect.Effect<AccountStatus | undefined>
  /**
   * Sends the account a command that it refuses, and so commits a fact: undefined once it did, else why not. Names an
   * instrument that does not exist, so that it neither waits for prices nor trades. `patienceMs` is how long it waits for
   * the answer; little patience times a takeover more exactly, since a probe on its way to a dead node is lost.
   */
  readonly probe: (account: string, patienceMs?: number) => Effect.Effect<string | undefined>
  /** What its strategy says of itself; undefined while nobody answers. */
  readonly strategy: (name: string) => Effect.Effect<StrategyStatus | undefined>
  readonly cancelAll: (account: string) => Effect.Effect<void>
  /** Whether the strategy said that it did. */
  readonly control: (strategy: string, action: "pause" | "resume") => Effect.Effect<boolean>
  readonly rows: (account: string, fromSeq?: number) => Effect.Effect<ReadonlyArray<StoredRow>, JournalFailure>
  readonly lastSeq: (account: string) => Effect.Effect<number, JournalUnavailable>
  /** The account's state by its journal alone, from the first row to `seq`, without any snapshot. */
  readonly replay: (account: string, seq: number) => Effect.Effect<AccountState, JournalFailure>
}

const nowUs = (): number => Date.now() * 1000
const databaseTries = 75
const answerMs = 1_000
/** A probe that is lost on its way to a dead node is sent again this soon: it bounds how exactly a takeover is timed. */
const probeMs = 300

const layer = (databaseUrl: string) => {
  const database = Database.layer({ url: Redacted.make(databaseUrl), applicationName: "fault run", poolSize: 4 })
  return Journal.layer({ lanes: 1 }).pipe(
    Layer.provideMerge(ClusterNetwork.layerClient({ shards: defaults.shards, refreshMs: 100 })),
    Layer.provideMerge(layerMigrations.pipe(Layer.provideMerge(database)))
  )
}

/** Also makes the database's tables; the scope ends it. */
export const startObserver = Effect.fnUntraced(function* (databaseUrl: string) {
  const services = yield* Layer.build(layer(databaseUrl))
  const journal = Context.get(services, Journal)
  const accounts = yield* Account.client.pipe(Effect.provide(services))
  const strategies = yield* Strategy.client.pipe(Effect.provide(services))
  let probes = 0

  /** A database that was just restarted is asked again for a while. */
  const patiently = <A, E extends JournalFailure>(asked: Effect.Effect<A, E>) =>
    Effect.retry(asked, {
      while: ({ _tag }) => _tag === "JournalUnavailable",
      schedule: Schedule.spaced("200 millis"),
      times: databaseTries
    })

  const rows = (account: string, fromSeq = 1) =>
    Effect.map(patiently(Stream.runCollect(journal.read(entityIdOf(account), fromSeq))), (read) => Array.from(read))

  const observer: Observer = {
    status: (account) =>
      accounts(account)
        .Status({ hashed: true })
        .pipe(
          Effect.timeout(answerMs),
          Effect.catchCause(() => Effect.undefined)
        ),
    probe: (account, patienceMs = probeMs) =>
      Effect.suspend(() => {
        // A number of its own each time: an answer means a new fact, not an old one told again.
        probes += 1
        const intent = {
          kind: "place",
          intentSeq: probes,
          instrument: "probe:NONE/NONE",
          terms: { side: "buy", type: "market", priceTicks: 0, lots: 1, timeInForce: "IOC", postOnly: false }
        } as const
        const submit = accounts(account).Submit({
          strategy: "probe",
          epoch: 1,
          cause: { instrument: "probe:NONE/NONE", feedEpoch: 1, seq: probes },
          timeDecided: nowUs(),
          trace: null,
          intents: [intent]
        })
        const joined = accounts(account).Join({ strategy: "probe", epoch: 1 })
        return submit.pipe(
          // An account that moved does not know its strategies yet, and says so.
          Effect.catchTag("NotJoined", () => Effect.andThen(joined, submit)),
          Effect.timeout(patienceMs),
          Effect.match({
            onFailure: (error) => error.message,
            onSuccess: ([decision]) =>
              decision?.refused === "UnknownInstrument" ? undefined : `it answered ${JSON.stringify(decision)}`
          }),
          Effect.catchCause((cause) => Effect.succeed(String(cause)))
        )
      }),
    strategy: (name) =>
      strategies(name)
        .Status()
        .pipe(
          Effect.timeout(answerMs),
          Effect.catchCause(() => Effect.undefined)
        ),
    cancelAll: (account) =>
      accounts(account).Cancel({ clientOrderIds: "all" }).pipe(Effect.timeout(answerMs), Effect.ignoreCause),
    control: (strategy, action) =>
      strategies(strategy)
        .Control({ action })
        .pipe(
          Effect.timeout(answerMs),
          Effect.as(true),
          Effect.catchCause(() => Effect.succeed(false))
        ),
    rows,
    lastSeq: (account) => patiently(journal.lastSeq(entityIdOf(account))),
    replay: (account, seq) =>
      Effect.map(rows(account), (all) => {
        const state = initial(account)
        for (const row of all) {
          if (row.seq > seq) break
          evolve(
            state,
            decode(row.type, row.version, row.payload, (id, version) => state.versions.get(versionKey(id, version)))
          )
        }
        return state
      })
  }
  return observer
})

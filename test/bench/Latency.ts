/**
 * Bench `latency`: from a tick to the intent it caused, on the feed's node and on another one; from the intent to its
 * commit and to the wire; from a fill's arrival to its being applied; while ticks come in at 1k, 10k and 50k a second.
 *
 * Real: the cluster of two processes, feed, hub, strategy runner, account actor, journal and Postgres. By script: the
 * venue's two ends. Yardsticks: the raw step in the same run, a loop turn of the runner alone and a bare commit.
 */
import * as AccountActor from "@outcry/actor-account/Actor"
import { AccountHost } from "@outcry/actor-account/AccountHost"
import { Account } from "@outcry/actor-account/Protocol"
import { Feed } from "@outcry/actor-feed/Protocol"
import { FeedHub } from "@outcry/actor-feed/FeedHub"
import { defaults } from "@outcry/model/Limits"
import * as ClusterNetwork from "@outcry/runtime/cluster/ClusterNetwork"
import * as PromptScheduler from "@outcry/runtime/cluster/PromptScheduler"
import { freePorts } from "@outcry/runtime/floor/FreePort"
import { Database } from "@outcry/store/Database"
import { embeddedPostgres } from "@outcry/store/EmbeddedPostgres"
import { Journal } from "@outcry/store/Journal"
import { layerMigrations } from "@outcry/store/Migrations"
import { SpanRecorder } from "@outcry/telemetry/SpanRecorder"
import { btcUsdt } from "@outcry/testkit/Instruments"
import { ScriptedVenue } from "@outcry/testkit/ScriptedVenue"
import { Effect, Layer, Queue, Redacted, References, Scheduler, Stream } from "effect"
import { EntityId, Sharding } from "effect/cluster"
import { spawn } from "node:child_process"
import { chmodSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { type Bench, type BenchGrowth, type BenchRow, grown } from "./Bench.ts"
import {
  decideOn,
  feeds,
  instruments,
  Metronome,
  monotonicUs,
  type Percentiles,
  percentiles,
  ratesPerSecond,
  secondsEach,
  shards
} from "./LatencyFeed.ts"

const ordersEach = 200

interface Measured {
  readonly here: Percentiles
  readonly there: Percentiles
  readonly commit: Percentiles
  readonly wire: Percentiles
  readonly fill: Percentiles
  readonly rawCommit: Percentiles
}

const row = (
  name: string,
  value: number,
  spread: readonly [number, number],
  yardstick: readonly [string, number],
  goalUs: number | undefined
): BenchRow => ({
  case: name,
  value,
  unit: "us",
  spread,
  yardstick: yardstick[0],
  yardstickValue: yardstick[1],
  ratio: yardstick[1] / value,
  goal: goalUs === undefined ? "none stated" : `<= ${Math.round(goalUs)} us`,
  met: goalUs === undefined || value <= goalUs
})

const otherProcess = Effect.fnUntraced(function* (url: string, port: number) {
  const program = fileURLToPath(new URL("./LatencyNode.ts", import.meta.url))
  const answers = yield* Queue.unbounded<Percentiles>()
  const child = yield* Effect.acquireRelease(
    Effect.sync(() => spawn(process.execPath, [program, url, String(port)], { stdio: ["pipe", "pipe", "inherit"] })),
    (process_) =>
      Effect.callback<void>((resume) => {
        if (process_.exitCode !== null) return resume(Effect.void)
        process_.once("exit", () => resume(Effect.void))
        process_.stdin.end()
      })
  )
  createInterface({ input: child.stdout }).on("line", (line) =>
    Queue.offerUnsafe(answers, JSON.parse(line) as Percentiles)
  )
  yield* Queue.take(answers)
  const send = (value: unknown): void => void child.stdin.write(`${JSON.stringify(value)}\n`)
  return {
    listen: (instrument: string, epochUs: number) => Effect.sync(() => send({ instrument, epochUs })),
    read: Effect.suspend(() => {
      send({ read: true })
      return Queue.take(answers)
    })
  }
})

/** The instrument whose feed lives in this process, once both own shards. */
const hereOwned = Effect.gen(function* () {
  const sharding = yield* Sharding.Sharding
  for (;;) {
    const owned: Array<string> = []
    for (const { id } of instruments) {
      const shard = yield* Feed.getShardId(EntityId.make(id))
      if (sharding.hasShardId(shard)) owned.push(id)
    }
    if (owned.length > 0 && owned.length < instruments.length) return owned[0]!
    yield* Effect.sleep("50 millis")
  }
})

/** An account of this process over its own venue. */
const accountLayer = (venue: ScriptedVenue) =>
  AccountActor.layer.pipe(
    Layer.provide([
      Layer.succeed(
        AccountHost,
        AccountHost.of({
          node: "one",
          journalId: "0123456789abcdef",
          orderExpiryUs: 2_500_000,
          snapshotEvery: 1_000_000,
          settings: () => ({
            venue: "sim",
            limits: { ...defaults, orderRateMax: 100_000, openOrdersMax: 100_000, markAgeMsMax: 1_000_000 },
            instruments: [btcUsdt.id]
          }),
          mark: () => ({ bidTicks: 5_999_990, askTicks: 6_000_000, timeReceived: Number.MAX_SAFE_INTEGER })
        })
      ),
      venue.layer,
      SpanRecorder.layerNoop
    ])
  )

/** Orders one after the other: submit, commit, wire, fill; each with its own moment. */
const orders = Effect.fnUntraced(function* (venue: ScriptedVenue) {
  const sharding = yield* Sharding.Sharding
  let account = ""
  for (let index = 0; account === ""; index++) {
    const id = `latency-${index}`
    if (sharding.hasShardId(yield* Account.getShardId(EntityId.make(id)))) account = id
  }
  const client = (yield* Account.client)(account)
  const joined = yield* client
    .Join({ strategy: "s", epoch: 1 })
    .pipe(Effect.retry({ while: (error) => error._tag !== "Superseded", schedule: undefined, times: 10_000 }))
  const placedUs = new Map<string, number>()
  const appliedUs = new Map<string, () => void>()
  venue.onPlace = (request) =>
    Effect.sync(() => {
      placedUs.set(request.clientOrderId, monotonicUs())
      return venue.accept(request)
    })
  yield* client.Watch({ afterSeq: joined.seq }).pipe(
    Stream.runForEach((facts) =>
      Effect.sync(() => {
        for (const { payload, type } of facts) {
          if (type !== "OrderFilled" || typeof payload !== "object" || payload === null) continue
          if (!("clientOrderId" in payload) || typeof payload.clientOrderId !== "string") continue
          appliedUs.get(payload.clientOrderId)?.()
        }
      })
    ),
    Effect.ignoreCause,
    Effect.forkScoped
  )
  let { intentSeq } = joined
  return Effect.fnUntraced(function* () {
    const times = { commit: new Array<number>(), wire: new Array<number>(), fill: new Array<number>() }
    for (let count = 0; count < ordersEach; count++) {
      intentSeq += 1
      const begin = monotonicUs()
      const [decision] = yield* client.Submit({
        strategy: "s",
        epoch: 1,
        cause: { instrument: btcUsdt.id, feedEpoch: 1, seq: intentSeq },
        timeDecided: Date.now() * 1000,
        trace: null,
        intents: [
          {
            kind: "place",
            intentSeq,
            instrument: btcUsdt.id,
            terms: {
              side: count % 2 === 0 ? "buy" : "sell",
              type: "limit",
              priceTicks: 5_999_990,
              lots: 100,
              timeInForce: "GTC",
              postOnly: false
            }
          }
        ]
      })
      times.commit.push(monotonicUs() - begin)
      const id = decision?.clientOrderId ?? ""
      if (decision?.refused !== "") return yield* Effect.die(new Error(`refused: ${JSON.stringify(decision)}`))
      while (!placedUs.has(id)) yield* Effect.yieldNow
      times.wire.push(placedUs.get(id)! - begin)
      const fill = venue.fill(id, 100)
      const took = yield* Effect.callback<number>((resume) => {
        const pushed = monotonicUs()
        appliedUs.set(id, () => resume(Effect.succeed(monotonicUs() - pushed)))
        venue.push({ _tag: "Filled", fill: { ...fill, clientOrderId: id } })
      })
      times.fill.push(took)
      appliedUs.delete(id)
      yield* Effect.sleep("3 millis")
    }
    return { commit: percentiles(times.commit), wire: percentiles(times.wire), fill: percentiles(times.fill) }
  })
})

/** One row, one commit, over a connection of its own. */
const rawCommits = Effect.gen(function* () {
  const database = yield* Database
  const sql = yield* database.pool({ size: 1, purpose: "bench" })
  yield* sql.unsafe("CREATE TABLE IF NOT EXISTS bench_raw (id bigserial PRIMARY KEY, payload jsonb NOT NULL)")
  const payload = JSON.stringify({ instrument: btcUsdt.id, price: "59999.90", quantity: "0.00100", strategy: "s" })
  const commit = Effect.gen(function* () {
    const times: Array<number> = []
    for (let count = 0; count < ordersEach; count++) {
      const begin = monotonicUs()
      yield* sql.unsafe("INSERT INTO bench_raw (payload) VALUES ($1::text::jsonb)", [payload])
      times.push(monotonicUs() - begin)
      yield* Effect.sleep("3 millis")
    }
    return percentiles(times)
  })
  return { commit }
})

const measure = Effect.fnUntraced(function* (url: string, port: number, metronome: Metronome, venue: ScriptedVenue) {
  const other = yield* otherProcess(url, port)
  const hub = yield* FeedHub
  const instrument = yield* hereOwned
  const { epochUs } = metronome
  yield* Effect.acquireRelease(
    Effect.sync(() => metronome.start()),
    (stop) => Effect.sync(stop)
  )
  let times: Array<number> = []
  yield* Effect.forkScoped(decideOn(hub, instrument, epochUs, (us) => void times.push(us)))
  yield* other.listen(instrument, epochUs)
  const trade = yield* orders(venue)
  const raw = yield* rawCommits
  metronome.perSecond = 1_000
  yield* Effect.sleep("1 second")
  yield* trade()
  const measured = new Map<number, Measured>()
  for (const rate of ratesPerSecond) {
    metronome.perSecond = rate
    yield* Effect.sleep("500 millis")
    times = []
    yield* other.read
    yield* Effect.sleep(secondsEach * 1000)
    const here = percentiles(times)
    const there = yield* other.read
    const rawCommit = yield* raw.commit
    const { commit, fill, wire } = yield* trade()
    measured.set(rate, { here, there, commit, wire, fill, rawCommit })
  }
  return measured
})

const rowsOf = (measured: ReadonlyMap<number, Measured>): ReadonlyArray<BenchRow> =>
  Array.from(measured).flatMap(([rate, { commit, fill, here, rawCommit, there, wire }]) => {
    const at = `${rate.toLocaleString("en")} ticks/s`
    const raw = [`one bare commit, p50 of ${rawCommit.count}`, rawCommit.p50] as const
    const turn = ["the same on the feed's node, p50", here.p50] as const
    return [
      row(`tick -> intent, feed's node, p50, ${at}`, here.p50, [here.p50, here.p99], raw, 50),
      row(`tick -> intent, feed's node, p99, ${at}`, here.p99, [here.p50, here.p99], raw, 1000),
      row(`tick -> intent, other node, p50, ${at}`, there.p50, [there.p50, there.p99], turn, 2000),
      row(`tick -> intent, other node, p99, ${at}`, there.p99, [there.p50, there.p99], turn, undefined),
      row(`intent -> durable, p50, ${at}`, commit.p50, [commit.p50, commit.p99], raw, rawCommit.p50 + 1000),
      row(`intent -> wire, p50, ${at}`, wire.p50, [wire.p50, wire.p99], raw, rawCommit.p50 + 1000),
      row(`fill's arrival -> applied and told, p50, ${at}`, fill.p50, [fill.p50, fill.p99], raw, undefined)
    ]
  })

const growthOf = (measured: ReadonlyMap<number, Measured>): ReadonlyArray<BenchGrowth> => {
  const points = (value: (each: Measured) => number) => Array.from(measured, ([n, each]) => ({ n, value: value(each) }))
  return [
    ...grown(
      "tick -> intent, feed's node, p50 us over ticks/s",
      points(({ here }) => here.p50)
    ),
    ...grown(
      "tick -> intent, other node, p50 us over ticks/s",
      points(({ there }) => there.p50)
    ),
    ...grown(
      "intent -> wire, p50 us over ticks/s",
      points(({ wire }) => wire.p50)
    )
  ]
}

const program = Effect.gen(function* () {
  const directory = yield* Effect.acquireRelease(
    Effect.sync(() => {
      const made = mkdtempSync(join(tmpdir(), "outcry-latency-"))
      // As root, the server's own user has to get in.
      chmodSync(made, 0o755)
      return made
    }),
    (made) => Effect.sync(() => rmSync(made, { recursive: true, force: true }))
  )
  const server = yield* embeddedPostgres({ dataDir: directory })
  const [mine, theirs] = yield* freePorts(2)
  const metronome = new Metronome(Date.now() * 1000 - monotonicUs())
  const venue = new ScriptedVenue()
  const node = { host: "127.0.0.1", port: mine!, shards, shardLockExpirationMs: 10_000 }
  const here = Layer.merge(feeds("one", metronome), accountLayer(venue)).pipe(
    Layer.provideMerge(ClusterNetwork.layer(node)),
    Layer.provideMerge(Journal.layer()),
    Layer.provideMerge(layerMigrations),
    Layer.provideMerge(Database.layer({ url: server.url, applicationName: "bench latency" }))
  )
  return yield* Effect.provide(measure(Redacted.value(server.url), theirs!, metronome, venue), here)
}).pipe(
  Effect.scoped,
  Effect.map((measured) => ({ rows: rowsOf(measured), growth: growthOf(measured) })),
  Effect.provideService(References.MinimumLogLevel, "None"),
  Effect.provideService(Scheduler.Scheduler, PromptScheduler.make())
)

export const latencyBench: Bench = { name: "latency", run: () => Effect.runPromise(program) }

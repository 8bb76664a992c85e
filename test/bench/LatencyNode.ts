/**
 * The other process of bench `latency`: a node that hosts no feed it listens to. On each line `{"epochUs", "instrument"}` it
 * begins to decide on that feed; on each line `{"read": true}` it tells the times since the last and begins anew.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { FeedHub } from "@outcry/actor-feed/FeedHub"
import * as ClusterNetwork from "@outcry/runtime/cluster/ClusterNetwork"
import * as PromptScheduler from "@outcry/runtime/cluster/PromptScheduler"
import { Database } from "@outcry/store/Database"
import { Effect, Layer, Queue, Redacted, References, Scheduler } from "effect"
import { createInterface } from "node:readline"
import { decideOn, feeds, Metronome, percentiles, shards } from "./LatencyFeed.ts"

const [url, port] = process.argv.slice(2)

const cluster = ClusterNetwork.layer({ host: "127.0.0.1", port: Number(port), shards, shardLockExpirationMs: 10_000 })

const say = (value: unknown): void => void process.stdout.write(`${JSON.stringify(value)}\n`)

interface Order {
  readonly epochUs?: number
  readonly instrument?: string
}

const program = Effect.gen(function* () {
  const hub = yield* FeedHub
  const lines = yield* Queue.unbounded<Order | undefined>()
  const input = createInterface({ input: process.stdin })
  input.on("line", (line) => Queue.offerUnsafe(lines, JSON.parse(line) as Order))
  input.once("close", () => Queue.offerUnsafe(lines, undefined))
  let times: Array<number> = []
  say({ ready: true })
  for (;;) {
    const order = yield* Queue.take(lines)
    if (order === undefined) return
    if (order.instrument === undefined) {
      say(percentiles(times))
      times = []
    } else yield* Effect.forkScoped(decideOn(hub, order.instrument, order.epochUs ?? 0, (us) => void times.push(us)))
  }
}).pipe(
  Effect.scoped,
  Effect.provide(
    feeds("other", new Metronome(0)).pipe(
      Layer.provideMerge(cluster),
      Layer.provideMerge(Database.layer({ url: Redacted.make(url ?? ""), applicationName: "bench latency" }))
    )
  ),
  Effect.andThen(Effect.sync(() => process.exit(0)))
)

NodeRuntime.runMain(
  program.pipe(
    Effect.provideService(References.MinimumLogLevel, "None"),
    Effect.provideService(Scheduler.Scheduler, PromptScheduler.make())
  )
)

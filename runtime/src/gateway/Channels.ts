/**
 * The channels of a floor by their addresses. What a channel needs is started when its first subscriber comes and lives
 * as long as the gateway: one stream per feed and account and node, however many clients there are.
 */
import { FeedHub } from "@outcry/actor-feed/FeedHub"
import { Strategy } from "@outcry/actor-strategy/Protocol"
import { MarketData } from "@outcry/venue/MarketData"
import { Clock, Context, Duration, Effect, Layer, Result, Schema, Scope } from "effect"
import type { Sharding } from "effect/cluster"
import { reasonOf } from "../cli/UserError.ts"
import type { FloorConfig } from "../FloorConfig.ts"
import { type AccountTopics, makeAccountTopics } from "./AccountMirror.ts"
import { askTimeoutMs } from "./FloorStatus.ts"
import { makePriceTopic } from "./PriceTopic.ts"
import { type Topic, TopicHub } from "./Topic.ts"

/** The channel exists, but what feeds it cannot be reached yet. */
export class ChannelUnavailable extends Schema.TaggedError<ChannelUnavailable>()("ChannelUnavailable", {
  channel: Schema.String,
  reason: Schema.String
}) {
  override get message() {
    return `${this.channel} is not available yet: ${this.reason}. Subscribe again in a moment.`
  }
}

/** How often strategies are asked for their state while somebody listens. */
const strategiesEveryMs = 1_000

const accountKinds = ["orders", "fills", "positions"] as const

type Needs = FeedHub | MarketData | Sharding.Sharding

export class Channels extends Context.Service<
  Channels,
  {
    readonly list: ReadonlyArray<string>
    /** Undefined where there is no such channel. */
    readonly open: (address: string) => Effect.Effect<Topic, ChannelUnavailable> | undefined
    /** This node's copy of an account, followed from then on; undefined where there is no such account. */
    readonly account: (name: string) => Effect.Effect<AccountTopics> | undefined
  }
>()("@outcry/runtime/gateway/Channels") {
  static readonly layer = (floor: FloorConfig): Layer.Layer<Channels, never, Needs> =>
    Layer.effect(Channels, make(floor))
}

/** Sizes of an instrument as its venue publishes them. */
const publishedInstrument = Effect.fnUntraced(function* (id: string, channel: string) {
  const data = yield* MarketData
  const unavailable = (error: Error) => new ChannelUnavailable({ channel, reason: error.message })
  const session = yield* Effect.mapError(data.session(id.slice(0, id.indexOf(":"))), unavailable)
  const all = yield* Effect.mapError(session.instruments, unavailable)
  const found = all.find((instrument) => instrument.id === id)
  if (found === undefined) return yield* new ChannelUnavailable({ channel, reason: `its venue does not list ${id}` })
  return found
})

/**
 * Every message holds all strategies that answered, and in `missing` those that did not, as the status of the floor does:
 * a message may replace the one before it.
 */
const makeStrategiesTopic = Effect.fnUntraced(function* (floor: FloorConfig) {
  const client = yield* Strategy.client
  const encode = Schema.encodeSync(Schema.toCodecJson(Strategy.protocol.requests.get("Status")!.successSchema))
  let seq = 0
  let ts = 0
  let data: Schema.Json = { strategies: [], missing: [] }
  let shown = JSON.stringify(data)
  const topic = new TopicHub({ snapshot: () => ({ seq, ts, data }), conflated: true, keep: 0 })
  const ask = (id: string) =>
    client(id)
      .Status()
      .pipe(
        Effect.timeout(askTimeoutMs),
        Effect.map(encode),
        Effect.catchDefect((defect) => Effect.fail({ message: reasonOf(defect) })),
        Effect.mapError(({ message }) => ({ kind: "strategy", id, reason: message })),
        Effect.result
      )
  yield* Effect.gen(function* () {
    const answers = yield* Effect.forEach(floor.strategies, ({ name }) => ask(name), { concurrency: 16 })
    const strategies = answers.flatMap((answer) => (Result.isSuccess(answer) ? [answer.success] : []))
    const missing = answers.flatMap((answer) => (Result.isFailure(answer) ? [answer.failure] : []))
    const text = JSON.stringify({ strategies, missing })
    if (text === shown) return
    shown = text
    data = { strategies, missing }
    seq += 1
    ts = (yield* Clock.currentTimeMillis) * 1_000
    topic.publish({ type: "delta", seq, ts, data })
  }).pipe(Effect.andThen(Effect.sleep(strategiesEveryMs)), Effect.forever, Effect.forkScoped)
  return topic
})

const make = Effect.fnUntraced(function* (floor: FloorConfig) {
  const hub = yield* FeedHub
  const scope = yield* Effect.scope
  const services = yield* Effect.context<Needs>()
  const marks = (instrument: string) => hub.quote(instrument)

  /** Made once, by the first who asks; a failure is forgotten. */
  const once = <A, E>(effect: Effect.Effect<A, E, Needs | Scope.Scope>) =>
    Effect.map(
      Effect.cachedInvalidateWithTTL(
        effect.pipe(Effect.provideService(Scope.Scope, scope), Effect.provideContext(services)),
        Duration.infinity
      ),
      ([made, forget]) => Effect.tapError(made, () => forget)
    )

  const topics = new Map<string, Effect.Effect<Topic, ChannelUnavailable>>()
  for (const id of floor.instruments) {
    const address = `prices.${id.replace(":", ".")}`
    const price = Effect.flatMap(publishedInstrument(id, address), makePriceTopic)
    topics.set(address, yield* once(price))
  }
  const accounts = new Map<string, Effect.Effect<AccountTopics>>()
  for (const { name } of floor.accounts) {
    const mirror = yield* once(makeAccountTopics(name, marks))
    accounts.set(name, mirror)
    for (const kind of accountKinds)
      topics.set(
        `${kind}.${name}`,
        Effect.map(mirror, (account: AccountTopics) => account[kind])
      )
  }
  topics.set("strategies", yield* once(makeStrategiesTopic(floor)))
  return Channels.of({
    list: [...topics.keys()],
    open: (address) => topics.get(address),
    account: (name) => accounts.get(name)
  })
})

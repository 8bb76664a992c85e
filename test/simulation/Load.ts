/**
 * What strategies and an operator do to the accounts of a simulated floor: seeded batches of intents of every kind, sent as
 * a real strategy's outbox does, again and again until there is an answer, and what was answered.
 */
import { type Intent as IntentOnWire, NotJoined, Superseded, type Terms } from "@outcry/actor-account/Protocol"
import type { Mark } from "@outcry/model/AccountEvent"
import type { SeededRandom } from "@outcry/model/SeededRandom"
import type { Machine } from "@outcry/testkit/sim/Machine"
import { Effect, Exit } from "effect"
import type { AccountClient } from "./SimulatedNode.ts"

/** An intent that its strategy was told the decision of. */
export interface Acknowledged {
  readonly account: string
  readonly strategy: string
  readonly intentSeq: number
  readonly clientOrderId: string
  readonly kind: IntentOf["kind"]
  readonly refused: string
}

type IntentOf = typeof IntentOnWire.Type
type TermsOf = typeof Terms.Type

export interface LoadOptions {
  readonly machine: Machine
  readonly client: (account: string) => AccountClient
  readonly instruments: ReadonlyArray<string>
  readonly quote: (instrument: string) => Mark | undefined
  readonly isOver: () => boolean
  /** Whether a strategy or an operator still waits for an answer. */
  readonly isDriven: () => boolean
  readonly acknowledged: Array<Acknowledged>
}

const replyWithin = 2_500
const triesMax = 60
/** An account is at rest when nothing was open or journalled for this long. */
const quietMsMin = 900
const lookEveryMs = 450

const between = (random: SeededRandom, least: number, most: number) => Effect.sleep(random.between(least, most))

interface Answer<A> {
  readonly value: A
}

/** Waits for the answer to a call; undefined where there was none, or a failure that passes. */
const answered = <A, E>(call: Effect.Effect<A, E>): Effect.Effect<Answer<A> | "stale" | undefined> =>
  call.pipe(
    Effect.timeout(replyWithin),
    Effect.exit,
    Effect.map((exit) => {
      if (Exit.isSuccess(exit)) return { value: exit.value }
      const failed: unknown = exit.cause.reasons.find((reason) => reason._tag === "Fail")?.error
      return failed instanceof NotJoined || failed instanceof Superseded ? ("stale" as const) : undefined
    })
  )

class Writer {
  private readonly random: SeededRandom
  private readonly options: LoadOptions
  /** Numbers of orders that may still be open. */
  private orders: Array<number> = []
  private readonly size: number

  constructor(random: SeededRandom, options: LoadOptions) {
    this.random = random
    this.options = options
    this.size = random.pick([1, 1, 2])
  }

  joined(openSeqs: ReadonlyArray<number>): void {
    this.orders = [...openSeqs]
  }

  /** The next batch, numbered from there. */
  batch(after: number): ReadonlyArray<IntentOf> {
    const { options, random } = this
    const instrument = random.pick(options.instruments)
    const mark = options.quote(instrument)
    if (mark === undefined) return []
    const intents: Array<IntentOf> = []
    let seq = after
    for (let count = random.between(1, this.size); count > 0; count--) {
      const chance = random.fraction()
      if (chance < 0.16 && this.orders.length > 0)
        intents.push({ kind: "cancel", intentSeq: ++seq, orderSeq: random.pick(this.orders) })
      else if (chance < 0.26 && this.orders.length > 0)
        intents.push({
          kind: "modify",
          intentSeq: ++seq,
          orderSeq: random.pick(this.orders),
          priceTicks: mark.bidTicks - random.between(0, 400)
        })
      else if (chance < 0.36)
        for (const intent of this.bracket(instrument, mark, seq)) intents.push({ ...intent, intentSeq: ++seq })
      else {
        const retried = random.chance(0.2) ? { resubmitUntilUs: options.machine.clockUs + 8_000_000 } : {}
        intents.push({ kind: "place", intentSeq: ++seq, instrument, terms: this.terms(mark), ...retried })
      }
    }
    for (const intent of intents) if (intent.kind !== "cancel") this.orders.push(intent.intentSeq)
    this.orders = this.orders.slice(-12)
    return intents
  }

  private terms(mark: Mark): TermsOf {
    const { random } = this
    const side = random.pick(["buy", "sell"] as const)
    // Large ones are filled bit by bit.
    const lots = random.chance(0.3) ? random.between(5_000, 40_000) : random.between(200, 3_000)
    const base = { side, lots, priceTicks: 0, timeInForce: "GTC", postOnly: false } as const
    const near = side === "buy" ? mark.askTicks : mark.bidTicks
    const away = (ticks: number) => (side === "buy" ? near - ticks : near + ticks)
    const chance = random.fraction()
    if (chance < 0.25) return { ...base, type: "market", timeInForce: "IOC" }
    if (chance < 0.45) return { ...base, type: "limit", priceTicks: away(-random.between(0, 300)) }
    if (chance < 0.7) return { ...base, type: "limit", priceTicks: away(random.between(100, 40_000)) }
    if (chance < 0.76) return { ...base, type: "limit", priceTicks: away(random.between(0, 200)), postOnly: true }
    if (chance < 0.8)
      return {
        ...base,
        type: "limit",
        priceTicks: away(20_000),
        timeInForce: "GTD",
        expiresUs: this.options.machine.clockUs + random.between(300_000, 2_500_000)
      }
    if (chance < 0.88) return { ...base, type: "stop", triggerTicks: away(-random.between(-50, 600)) }
    if (chance < 0.94) return { ...base, type: "takeProfit", triggerTicks: away(random.between(-50, 600)) }
    return { ...base, type: "trailingStop", trailTicks: random.between(50, 2_000) }
  }

  /** An entry with a stop and a target that end one another. */
  private bracket(instrument: string, mark: Mark, after: number): ReadonlyArray<IntentOf> {
    const { random } = this
    const lots = random.between(500, 2_000)
    const parent = after + 1
    const group = `g${parent}`
    const exit = { side: "sell", lots, timeInForce: "GTC", postOnly: false, reduceOnly: true } as const
    const entry: TermsOf = random.chance(0.5)
      ? { side: "buy", type: "market", priceTicks: 0, lots, timeInForce: "IOC", postOnly: false }
      : { side: "buy", type: "limit", priceTicks: mark.askTicks + 100, lots, timeInForce: "GTC", postOnly: false }
    const stop: TermsOf = {
      ...exit,
      type: "stop",
      priceTicks: 0,
      triggerTicks: mark.bidTicks - random.between(50, 2_000)
    }
    const target: TermsOf = { ...exit, type: "limit", priceTicks: mark.askTicks + random.between(200, 2_000) }
    const contingency = { parent, group }
    return [
      { kind: "place", intentSeq: 0, instrument, terms: entry },
      { kind: "place", intentSeq: 0, instrument, terms: stop, contingency },
      { kind: "place", intentSeq: 0, instrument, terms: target, contingency }
    ]
  }
}

/** A strategy of that name at an account: joins, submits, joins anew when it was replaced, until the load is over. */
export const drive = Effect.fnUntraced(function* (
  account: string,
  strategy: string,
  random: SeededRandom,
  options: LoadOptions
) {
  const { acknowledged, machine } = options
  const client = options.client(account)
  const writer = new Writer(random, options)
  const causes = new Map<string, number>()
  const feed = options.instruments[0]!
  const pauseMs = random.pick([60, 150, 300])
  for (let epoch = 1; !options.isOver(); epoch++) {
    const answer = yield* answered(client.Join({ strategy, epoch }))
    if (answer === undefined || answer === "stale") {
      yield* between(random, 50, 300)
      continue
    }
    const joined = answer.value
    let last = joined.intentSeq
    writer.joined(joined.openOrders.map(({ intentSeq }) => intentSeq))
    for (const { instrument, seq } of joined.causes) causes.set(instrument, Math.max(seq, causes.get(instrument) ?? 0))
    for (let isJoined = true; isJoined && !options.isOver();) {
      yield* between(random, 1, pauseMs)
      const intents = writer.batch(last)
      if (intents.length === 0) continue
      const seq = (causes.get(feed) ?? 0) + 1
      causes.set(feed, seq)
      const cause = { instrument: feed, feedEpoch: 1, seq }
      const batch = { strategy, epoch, cause, timeDecided: machine.clockUs, trace: null, intents }
      for (let tries = 0; ; tries++) {
        const answer = yield* answered(client.Submit(batch))
        if (answer === "stale" || tries >= triesMax) {
          isJoined = false
          break
        }
        if (answer === undefined) {
          yield* between(random, 20, 200)
          continue
        }
        const decisions = answer.value
        last = intents.at(-1)!.intentSeq
        for (const [index, { clientOrderId, intentSeq, refused }] of decisions.entries())
          acknowledged.push({ account, strategy, intentSeq, clientOrderId, refused, kind: intents[index]!.kind })
        machine.world.note(
          machine.name,
          `${strategy} is told ${last} ${decisions.map(({ refused }) => refused).join()}`
        )
        break
      }
    }
  }
})

/** Now and then somebody steps in by hand. */
export const operate = Effect.fnUntraced(function* (account: string, random: SeededRandom, options: LoadOptions) {
  const client = options.client(account)
  const by = "operator"
  const reason = "drill"
  for (let actions = random.pick([0, 0, 1, 2]); actions > 0 && !options.isOver(); actions--) {
    yield* between(random, 300, 2_500)
    const kind = random.pick(["cancel", "close", "halt", "reduce"] as const)
    if (kind === "cancel") yield* answered(client.Cancel({ clientOrderIds: "all" }))
    else if (kind === "close") yield* answered(client.ClosePositions({ instruments: "all", by, reason }))
    else {
      yield* answered(client.SetTradingState({ state: kind === "halt" ? "halted" : "reducing", by, reason }))
      yield* between(random, 100, 800)
      yield* answered(client.SetTradingState({ state: "active", by, reason }))
    }
  }
})

/** After the faults: trading again, nothing open any more, and a new order taken. Ends when all of that is so. */
export const settle = Effect.fnUntraced(function* (account: string, options: LoadOptions) {
  const client = options.client(account)
  const { acknowledged, machine } = options
  const again = <A, E>(call: Effect.Effect<A, E>): Effect.Effect<A> =>
    Effect.flatMap(answered(call), (answer) =>
      answer === undefined || answer === "stale"
        ? Effect.andThen(Effect.sleep(100), again(call))
        : Effect.succeed(answer.value)
    )
  while (options.isDriven()) yield* Effect.sleep(20)
  const activate = again(client.SetTradingState({ state: "active", by: "operator", reason: "the drill is over" }))
  yield* activate
  machine.world.note(machine.name, `${account} accepts commands again`)
  const strategy = "probe"
  const instrument = options.instruments[0]!
  for (let epoch = 1; ; epoch++) {
    const joined = yield* answered(client.Join({ strategy, epoch }))
    const mark = options.quote(instrument)
    if (joined === undefined || joined === "stale" || mark === undefined) {
      yield* Effect.sleep(100)
      continue
    }
    const intentSeq = joined.value.intentSeq + 1
    const priceTicks = mark.bidTicks - 20_000
    const terms = { side: "buy", type: "limit", priceTicks, lots: 500, timeInForce: "GTC", postOnly: false } as const
    const decisions = yield* answered(
      client.Submit({
        strategy,
        epoch,
        cause: { instrument, feedEpoch: 2, seq: intentSeq },
        timeDecided: machine.clockUs,
        trace: null,
        intents: [{ kind: "place", intentSeq, instrument, terms }]
      })
    )
    if (decisions === undefined || decisions === "stale") continue
    const { clientOrderId, refused } = decisions.value[0]!
    acknowledged.push({ account, strategy, intentSeq, clientOrderId, refused, kind: "place" })
    if (refused === "") break
    // An order whose fate is still open freezes the instrument; that ends, too. A lost protection is for somebody to see.
    if (refused.startsWith("Trading")) yield* activate
    machine.world.note(machine.name, `${account} refuses the probe: ${refused}`)
    yield* Effect.sleep(250)
  }
  machine.world.note(machine.name, `${account} trades again`)
  let status = yield* again(client.Status({}))
  for (let quietMs = 0; quietMs < quietMsMin;) {
    if (status.openOrders.length > 0) yield* again(client.Cancel({ clientOrderIds: "all" }))
    // A position that lost its stop is guarded anew, again and again, until it is closed.
    if (status.positions.some(({ quantity }) => Number(quantity) !== 0))
      yield* again(client.ClosePositions({ instruments: "all", by: "operator", reason: "the drill is over" }))
    yield* Effect.sleep(lookEveryMs)
    const before = status.seq
    status = yield* again(client.Status({ hashed: quietMs + lookEveryMs >= quietMsMin }))
    const isAtRest = status.condition === "ready" && status.openOrders.length === 0 && status.seq === before
    quietMs = isAtRest ? quietMs + lookEveryMs : 0
  }
  return status
})

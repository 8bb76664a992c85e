/**
 * The real exchange as a process, behind the real ccxt and beside a real journal: what the lessons about venues are told
 * on. Each account is one test's own; faults are everybody's, so every test ends its own.
 */
import type { OrderTerms } from "@outcry/model/Order"
import { type NodeOptions, nowUs, resting, startNode } from "@outcry/testkit/AccountHarness"
import { credentials, startExchange } from "@outcry/testkit/ExchangeProcess"
import * as TestJournal from "@outcry/testkit/TestJournal"
import { Execution } from "@outcry/venue/Execution"
import * as ExecutionPool from "@outcry/venue/ExecutionPool"
import * as MarketDataPool from "@outcry/venue/MarketDataPool"
import { RateLeases } from "@outcry/venue/RateLeases"
import type { VenueAddress } from "@outcry/venue/VenueAddress"
import { VenueGates } from "@outcry/venue/VenueGates"
import { Context, Effect, Layer } from "effect"

export class Exchange extends Context.Service<Exchange, Effect.Success<ReturnType<typeof startExchange>>>()(
  "test/Exchange"
) {}

export const exchange = (names: ReadonlyArray<string>, args: ReadonlyArray<string> = []) =>
  Layer.effect(Exchange, startExchange(names, args))

/** What a node has of venues, quick to notice faults; with gates of its own. */
export const pools = (address: VenueAddress, names: ReadonlyArray<string>) =>
  Layer.merge(
    ExecutionPool.layer({
      venues: [address],
      accounts: names.map(credentials),
      session: {
        replyMs: 1_000,
        userStream: { handshakeMs: 1_000, silenceMs: 3_000, reportMs: 600_000, lagMost: 8_192 }
      }
    }),
    MarketDataPool.layer({ venues: [address], session: { freshnessMs: 400, silenceMs: 300, lingerMs: 500 } })
  ).pipe(Layer.provideMerge(VenueGates.layer({ venues: [address] })), Layer.provide(RateLeases.layerMemory))

/** Journal, exchange and the pools of one node. */
export const layer = (names: ReadonlyArray<string>) =>
  Layer.mergeAll(
    TestJournal.layer,
    Layer.unwrap(Effect.map(Exchange, ({ address }) => pools(address, names))).pipe(Layer.provideMerge(exchange(names)))
  )

/** The exchange's best prices now, in ticks. */
export const touch = Effect.fnUntraced(function* () {
  const { address } = yield* Exchange
  return yield* Effect.promise(async () => {
    const reply = await fetch(`${address.restUrl}/api/v3/ticker/bookTicker?symbol=BTCUSDT`)
    const { askPrice, bidPrice } = (await reply.json()) as { readonly bidPrice: string; readonly askPrice: string }
    return { bid: Math.round(Number(bidPrice) * 100), ask: Math.round(Number(askPrice) * 100) }
  })
})

/** A node that decides on the exchange's present prices; a bid that rests, and an order that trades at once. */
export const start = Effect.fnUntraced(function* (name: string, options: NodeOptions = {}) {
  const { ask, bid } = yield* touch()
  const mark = { bidTicks: bid, askTicks: ask, timeReceived: Number.MAX_SAFE_INTEGER }
  const node = yield* startNode(name, { orderExpiryUs: 1_000_000, mark: () => mark, ...options })
  return {
    node,
    bid: resting({ priceTicks: Math.floor(bid * 0.97) }),
    take: resting({ type: "market", priceTicks: 0 })
  }
})

/** The same account from another place: what its owner does by hand on the venue's screen. */
export const byHand = Effect.fnUntraced(function* (name: string) {
  const { address } = yield* Exchange
  const services = yield* Layer.build(pools(address, [name]))
  const session = yield* Context.get(services, Execution).session(name)
  const listed = yield* session.instruments
  if (listed._tag !== "Ok") return yield* Effect.die(new Error(listed.reason))
  const instrument = listed.value.find(({ symbol }) => symbol === "BTC/USDT")!
  return {
    place: Effect.fnUntraced(function* (clientOrderId: string, terms: OrderTerms) {
      const timeIntent = yield* nowUs
      return yield* session.place({
        clientOrderId,
        instrument,
        terms,
        timeIntent,
        deadlineUs: timeIntent + 2_000_000
      })
    }),
    cancel: (clientOrderId: string) => session.cancel({ clientOrderId, instrument })
  }
})

/** Faults that end with the test, however it ends. */
export const during = Effect.fnUntraced(function* (rules: ReadonlyArray<Record<string, unknown>>) {
  const { faults } = yield* Exchange
  yield* Effect.acquireRelease(faults(rules), () => faults([]))
})

/** How often the fault for requests of this path has struck. */
export const struck = Effect.fnUntraced(function* (path: string) {
  const { address } = yield* Exchange
  return yield* Effect.promise(async () => {
    const reply = await fetch(`${address.restUrl}/sim/faults`)
    const { rules } = (await reply.json()) as {
      readonly rules: ReadonlyArray<{ readonly path?: string; readonly struck: number }>
    }
    return rules.find((rule) => rule.path === path)?.struck ?? 0
  })
})

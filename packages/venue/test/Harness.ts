/** The verbs of the venue's tests: sessions over an exchange, orders, and waiting for what must come. */
import type { Instrument } from "@outcry/model/Instrument"
import type { OrderTerms } from "@outcry/model/Order"
import { Effect, Layer, type Scope, Stream } from "effect"
import { Execution, type ExecutionEvent, type ExecutionSession, type PlaceOrder, type Read } from "../src/Execution.ts"
import * as ExecutionPool from "../src/ExecutionPool.ts"
import { MarketData, type VenueEvent } from "../src/MarketData.ts"
import * as MarketDataPool from "../src/MarketDataPool.ts"
import { RateLeases } from "../src/RateLeases.ts"
import type { VenueAddress } from "../src/VenueAddress.ts"
import { VenueGates } from "../src/VenueGates.ts"
import { account, type ExchangeProcess } from "./ExchangeProcess.ts"

/** Gates of a node of its own. */
const gates = (address: VenueAddress) =>
  VenueGates.layer({ venues: [address] }).pipe(Layer.provide(RateLeases.layerMemory))

/** Quick enough for faults to be noticed within a test. */
const executions = (address: VenueAddress) =>
  ExecutionPool.layer({
    venues: [address],
    accounts: [account("alpha"), account("beta")],
    session: { replyMs: 2_000, userStream: { handshakeMs: 2_000, silenceMs: 600, reportMs: 2_000, lagMost: 8_192 } }
  })

export const sessionsAt = (address: VenueAddress): Layer.Layer<Execution> =>
  executions(address).pipe(Layer.provide(gates(address)))

export const marketDataAt = (address: VenueAddress, lingerMs = 30_000): Layer.Layer<MarketData> =>
  MarketDataPool.layer({ venues: [address], session: { freshnessMs: 100, silenceMs: 5_000, lingerMs } }).pipe(
    Layer.provide(gates(address))
  )

export const layer = ({ address }: ExchangeProcess): Layer.Layer<Execution | MarketData | VenueGates> =>
  Layer.merge(
    executions(address),
    MarketDataPool.layer({
      venues: [address],
      session: { freshnessMs: 400, silenceMs: 300, lingerMs: 1_000 }
    })
  ).pipe(Layer.provideMerge(gates(address)))

export const session = Effect.fnUntraced(function* (name: string) {
  return yield* (yield* Execution).session(name)
})

export const ok = <A>(read: Read<A>): A => {
  if (read._tag === "Ok") return read.value
  throw new Error(read.reason)
}

export const instrument = Effect.fnUntraced(function* (of: ExecutionSession, symbol = "BTC/USDT") {
  const found = ok(yield* of.instruments).find((each) => each.symbol === symbol)
  if (found === undefined) throw new Error(`the exchange lists no ${symbol}`)
  return found
})

export const nowUs = (): number => Date.now() * 1_000

/** A bid far below the market, which rests. */
export const resting = (priceTicks: number): OrderTerms => ({
  side: "buy",
  type: "limit",
  priceTicks,
  lots: 1_000,
  timeInForce: "GTC",
  postOnly: true
})

export const market = (side: "buy" | "sell", lots: number): OrderTerms => ({
  side,
  type: "market",
  priceTicks: 0,
  lots,
  timeInForce: "GTC",
  postOnly: false
})

export const order = (clientOrderId: string, of: Instrument, terms: OrderTerms, validUs = 2_500_000): PlaceOrder => {
  const timeIntent = nowUs()
  return { clientOrderId, instrument: of, terms, timeIntent, deadlineUs: timeIntent + validUs }
}

/** Collects a stream in the background; `until` waits for an event that came or comes. */
export interface Watch<A> {
  readonly events: ReadonlyArray<A>
  readonly until: (what: string, holds: (events: ReadonlyArray<A>) => boolean) => Effect.Effect<void>
}

const patienceMs = 15_000

const watch = <A>(stream: Stream.Stream<ReadonlyArray<A>>): Effect.Effect<Watch<A>, never, Scope.Scope> =>
  Effect.gen(function* () {
    const events: Array<A> = []
    const waiting = new Set<() => void>()
    yield* stream.pipe(
      Stream.runForEach((chunk) =>
        Effect.sync(() => {
          events.push(...chunk)
          for (const look of waiting) look()
        })
      ),
      Effect.forkScoped({ startImmediately: true })
    )
    const until: Watch<A>["until"] = (what, holds) =>
      Effect.callback<void>((resume) => {
        const look = (): void => {
          if (!holds(events)) return
          waiting.delete(look)
          resume(Effect.void)
        }
        waiting.add(look)
        look()
        return Effect.sync(() => waiting.delete(look))
      }).pipe(
        Effect.timeoutOrElse({
          duration: patienceMs,
          orElse: () =>
            Effect.die(new Error(`waited for ${what}; came: ${JSON.stringify(events.slice(-8)).slice(0, 900)}`))
        })
      )
    return { events, until }
  })

export const watchReports = (of: ExecutionSession): Effect.Effect<Watch<ExecutionEvent>, never, Scope.Scope> =>
  watch(of.events.pipe(Stream.map((event) => [event])))

export const watchMarket = Effect.fnUntraced(function* (of: Instrument) {
  const venue = yield* (yield* MarketData).session(of.venue)
  return yield* watch<VenueEvent>(venue.subscribe(of))
})

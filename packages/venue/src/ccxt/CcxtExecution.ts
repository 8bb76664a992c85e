/** An account's session at a venue of Binance's spot protocol: requests through ccxt, reports from the user stream. */
import { priceText } from "@outcry/model/Instrument"
import { Effect, type Scope } from "effect"
import type { ExecutionSession, VenueAccount } from "../Execution.ts"
import { wireSymbol } from "../binance/MarketFrame.ts"
import { isNativeHere } from "../binance/OrderRules.ts"
import type { VenueAddress } from "../VenueAddress.ts"
import type { ReadClock, VenueClock } from "../VenueClock.ts"
import type { VenueGate } from "../VenueGates.ts"
import * as AccountReads from "./AccountReads.ts"
import * as BinanceClient from "./BinanceClient.ts"
import { binanceConfig, withTransport } from "./BinanceConfig.ts"
import * as OrderLookup from "./OrderLookup.ts"
import * as OrderRequests from "./OrderRequests.ts"
import * as Transport from "./Transport.ts"
import * as UserStream from "./UserStream.ts"
import { probe, venueOf } from "./VenueCall.ts"
import type { RoundedExecution } from "./VenueReport.ts"

export interface CcxtExecutionOptions {
  /** How long a reply is waited for before the outcome is unknown; longer than requests are valid at the venue. */
  readonly replyMs: number
  readonly userStream: UserStream.UserStreamOptions
}

export const defaultOptions: CcxtExecutionOptions = { replyMs: 4_000, userStream: UserStream.defaultOptions }

/** ccxt over our transport, closed with the scope. */
export const client = (
  address: VenueAddress,
  keys: { readonly apiKey: string; readonly secret: string },
  replyMs: number,
  read: ReadClock
) =>
  Effect.gen(function* () {
    const transport = yield* Effect.acquireRelease(
      Effect.sync(() => Transport.make({ restUrl: address.restUrl, read })),
      (each) => Effect.sync(each.close)
    )
    const config = binanceConfig({ venue: address, replyMs, apiKey: keys.apiKey, secret: keys.secret })
    return { transport, client: yield* BinanceClient.make(withTransport(config, transport)) }
  })

/** Never fails: where the venue is down, requests say so and the user stream keeps trying. */
export const make = (
  address: VenueAddress,
  account: VenueAccount,
  clock: VenueClock,
  gate: VenueGate,
  options: CcxtExecutionOptions = defaultOptions
): Effect.Effect<ExecutionSession, never, Scope.Scope> =>
  Effect.gen(function* () {
    const made = yield* client(address, account, options.replyMs, clock.read)
    const runFork = Effect.runForkWith(yield* Effect.context<never>())
    const rounded = ({ instrument, price, priceTicks, venueTradeId }: RoundedExecution): void => {
      const text = `Trade ${venueTradeId} in ${instrument.id} at ${price} lies between two ticks of ${instrument.tickSize}: it is booked at ${priceText(instrument, priceTicks)}. The venue has changed the tick.`
      runFork(Effect.logWarning(text, { venue: address.id, account: account.account }))
    }
    const venue = venueOf(address.id, clock, account, { ...made, gate, rounded })
    yield* gate.breaker.probeWith(Effect.suspend(() => probe(venue)))
    yield* clock.ready
    const { events, expect } = yield* UserStream.make(venue, address, account, options.userStream)
    return {
      native: (instrument, terms) => isNativeHere(terms, venue.rules.get(wireSymbol(instrument))),
      place: Effect.fn("Venue.place")(function* (request) {
        const sentUs = clock.read().monotonicUs
        const outcome = yield* OrderRequests.place(venue, request)
        if (outcome._tag === "Accepted") expect(request.clientOrderId, sentUs)
        return outcome
      }),
      cancel: Effect.fn("Venue.cancel")(function* (request) {
        const sentUs = clock.read().monotonicUs
        const outcome = yield* OrderRequests.cancel(venue, request)
        if (outcome._tag === "Canceled") expect(request.clientOrderId, sentUs)
        return outcome
      }),
      lookup: Effect.fn("Venue.lookup")(function* (request) {
        return yield* OrderLookup.lookup(venue, request)
      }),
      openOrders: (asked) => AccountReads.openOrders(venue, asked),
      fillsSince: (request) => AccountReads.fillsSince(venue, request),
      balances: AccountReads.balances(venue),
      instruments: AccountReads.instruments(venue),
      events,
      clockOffset: clock.estimate
    }
  })

/** An account's session at a venue of Binance's spot protocol: requests through ccxt, reports from the user stream. */
import { Effect, type Scope } from "effect"
import type { ExecutionSession, VenueAccount } from "../Execution.ts"
import type { VenueAddress } from "../VenueAddress.ts"
import type { VenueClock } from "../VenueClock.ts"
import * as AccountReads from "./AccountReads.ts"
import * as BinanceClient from "./BinanceClient.ts"
import { binanceConfig, withTransport } from "./BinanceConfig.ts"
import * as OrderLookup from "./OrderLookup.ts"
import * as OrderRequests from "./OrderRequests.ts"
import * as Transport from "./Transport.ts"
import * as UserStream from "./UserStream.ts"
import { venueOf } from "./VenueCall.ts"

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
  monotonicUs: () => number
) =>
  Effect.gen(function* () {
    const transport = yield* Effect.acquireRelease(
      Effect.sync(() => Transport.make({ restUrl: address.restUrl, monotonicUs })),
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
  options: CcxtExecutionOptions = defaultOptions
): Effect.Effect<ExecutionSession, never, Scope.Scope> =>
  Effect.gen(function* () {
    const made = yield* client(address, account, options.replyMs, () => clock.read().monotonicUs)
    const venue = venueOf(address.id, clock, made)
    yield* clock.ready
    const events = yield* UserStream.make(venue, address, account, options.userStream)
    return {
      place: Effect.fn("Venue.place")(function* (request) {
        return yield* OrderRequests.place(venue, request)
      }),
      cancel: Effect.fn("Venue.cancel")(function* (request) {
        return yield* OrderRequests.cancel(venue, request)
      }),
      lookup: Effect.fn("Venue.lookup")(function* (request) {
        return yield* OrderLookup.lookup(venue, request)
      }),
      openOrders: AccountReads.openOrders(venue),
      fillsSince: (request) => AccountReads.fillsSince(venue, request),
      balances: AccountReads.balances(venue),
      instruments: AccountReads.instruments(venue),
      events,
      clockOffset: clock.estimate
    }
  })

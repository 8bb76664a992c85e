/** What an account can be asked: open orders, fills, balances, and the venue's instruments. Nothing is retried. */
import type { Instrument } from "@outcry/model/Instrument"
import { Effect, Option, Schema } from "effect"
import * as ExchangeInfo from "../binance/ExchangeInfo.ts"
import { wireSymbol } from "../binance/MarketFrame.ts"
import type { Read, VenueBalance, VenueFill, VenueOrder } from "../Execution.ts"
import * as VenueCall from "./VenueCall.ts"
import { accountTrade, type FindInstrument, MalformedReport, orderReply } from "./VenueReport.ts"

/** Binance gives at most a thousand trades or orders a page. */
export const pageSize = 1_000
const dayUs = 86_400_000_000

const Balances = Schema.Struct({
  balances: Schema.Array(Schema.Struct({ asset: Schema.String, free: Schema.String, locked: Schema.String }))
})
const decodeBalances = Schema.decodeUnknownOption(Balances)

const unreadable = (error: MalformedReport): Read<never> => ({ _tag: "Unreachable", reason: error.message })

/** All of a list, or the first that cannot be read: a part would look like the whole. */
export const readAll = <A>(
  list: ReadonlyArray<{ readonly info: unknown }>,
  read: (input: unknown, find: FindInstrument) => A | MalformedReport,
  find: FindInstrument
): Read<ReadonlyArray<A>> => {
  const values: Array<A> = []
  for (const each of list) {
    const value = read(each.info, find)
    if (value instanceof MalformedReport) return unreadable(value)
    values.push(value)
  }
  return { _tag: "Ok", value: values }
}

const load = (venue: VenueCall.Venue): Effect.Effect<Read<ReadonlyArray<Instrument>>> =>
  // Suspended: the session is made once, and each load has a deadline of its own.
  Effect.suspend(() => VenueCall.call(venue, VenueCall.validNow(venue), (client) => client.loadMarkets(true))).pipe(
    Effect.map((answer) => {
      if (answer._tag !== "Answered") return VenueCall.toRead(answer)
      venue.prepared = true
      const found = ExchangeInfo.instrumentsOf(
        venue.id,
        Object.values(answer.value).map((market) => market.info)
      )
      for (const instrument of found) {
        const symbol = wireSymbol(instrument)
        if (!venue.instruments.has(symbol)) venue.instruments.set(symbol, instrument)
      }
      return { _tag: "Ok", value: found }
    })
  )

/** Reads the venue's instruments anew and keeps them for reading reports. */
export const instruments = (venue: VenueCall.Venue): Effect.Effect<Read<ReadonlyArray<Instrument>>> =>
  venue.loading.withPermits(1)(load(venue))

/** ccxt needs the markets once before it places or reads; a session may begin while the venue is down. */
export const prepared = (venue: VenueCall.Venue): Effect.Effect<Read<void>> =>
  Effect.suspend((): Effect.Effect<Read<void>> => {
    const ready: Read<void> = { _tag: "Ok", value: undefined }
    if (venue.prepared) return Effect.succeed(ready)
    const once = Effect.suspend(() =>
      venue.prepared ? Effect.succeed(ready) : Effect.map(load(venue), (read) => (read._tag === "Ok" ? ready : read))
    )
    return venue.loading.withPermits(1)(once)
  })

const preparedRead = <A>(venue: VenueCall.Venue, read: Effect.Effect<Read<A>>): Effect.Effect<Read<A>> =>
  Effect.flatMap(prepared(venue), (ready) => (ready._tag === "Ok" ? read : Effect.succeed(ready)))

export const openOrders = (venue: VenueCall.Venue): Effect.Effect<Read<ReadonlyArray<VenueOrder>>> =>
  preparedRead(
    venue,
    Effect.gen(function* () {
      const answer = yield* VenueCall.call(venue, VenueCall.validNow(venue), (client, stamp) =>
        client.fetchOpenOrders(undefined, undefined, undefined, stamp)
      )
      if (answer._tag !== "Answered") return VenueCall.toRead(answer)
      const read = readAll(answer.value, orderReply, VenueCall.finder(venue))
      return read._tag === "Ok" ? { _tag: "Ok" as const, value: read.value.map(({ order }) => order) } : read
    })
  )

export const balances = (venue: VenueCall.Venue): Effect.Effect<Read<ReadonlyArray<VenueBalance>>> =>
  preparedRead(
    venue,
    Effect.gen(function* () {
      const answer = yield* VenueCall.call(venue, VenueCall.validNow(venue), (client, stamp) =>
        client.fetchBalance(stamp)
      )
      if (answer._tag !== "Answered") return VenueCall.toRead(answer)
      const decoded = decodeBalances(answer.value.info)
      return Option.isSome(decoded)
        ? { _tag: "Ok" as const, value: decoded.value.balances }
        : { _tag: "Unreachable" as const, reason: "the venue's balances cannot be read" }
    })
  )

type TradeFilter = Readonly<Record<string, string | number>>

/** One page of our executions in an instrument, oldest first. */
export const fillsPage = (
  venue: VenueCall.Venue,
  instrument: Instrument,
  filter: TradeFilter
): Effect.Effect<Read<ReadonlyArray<VenueFill>>> =>
  Effect.gen(function* () {
    VenueCall.know(venue, instrument)
    const answer = yield* VenueCall.call(venue, VenueCall.validNow(venue), (client, stamp) =>
      client.fetchMyTrades(instrument.symbol, undefined, pageSize, { ...filter, ...stamp })
    )
    if (answer._tag !== "Answered") return VenueCall.toRead(answer)
    const read = readAll(answer.value, accountTrade, VenueCall.finder(venue))
    if (read._tag === "Unreachable") return read
    return {
      _tag: "Ok" as const,
      value: read.value.toSorted((a, b) => Number(a.venueTradeId) - Number(b.venueTradeId))
    }
  })

const fillsFromId = (venue: VenueCall.Venue, instrument: Instrument, first: bigint) =>
  Effect.gen(function* () {
    const fills: Array<VenueFill> = []
    for (let fromId = first; ;) {
      const page = yield* fillsPage(venue, instrument, { fromId: fromId.toString() })
      if (page._tag === "Unreachable") return page
      fills.push(...page.value)
      const last = page.value.at(-1)
      if (last === undefined || page.value.length < pageSize) return { _tag: "Ok" as const, value: fills }
      fromId = BigInt(last.venueTradeId) + 1n
    }
  })

/**
 * All fills after a trade id. Without one, all since a time: Binance searches by time in windows of at most a day, so
 * the first is found day by day, and from there it goes on by id.
 */
export const fillsSince = (
  venue: VenueCall.Venue,
  request: { readonly instrument: Instrument; readonly afterTradeId: string; readonly sinceUs: number }
): Effect.Effect<Read<ReadonlyArray<VenueFill>>> =>
  preparedRead(
    venue,
    Effect.gen(function* () {
      const { afterTradeId, instrument, sinceUs } = request
      if (/^\d+$/.test(afterTradeId)) return yield* fillsFromId(venue, instrument, BigInt(afterTradeId) + 1n)
      if (sinceUs <= 0) return yield* fillsFromId(venue, instrument, 0n)
      const { errorUs, offsetUs } = yield* venue.clock.estimate
      for (let fromUs = sinceUs + offsetUs - errorUs; ; fromUs += dayUs) {
        const nowUs = venue.clock.read().epochUs + offsetUs + errorUs
        const startTime = Math.max(0, Math.floor(fromUs / 1_000))
        // The end is a millisecond short of a day, since the venue counts both ends.
        const page = yield* fillsPage(venue, instrument, { startTime, endTime: startTime + dayUs / 1_000 - 1 })
        if (page._tag === "Unreachable") return page
        const first = page.value[0]
        if (first !== undefined) return yield* fillsFromId(venue, instrument, BigInt(first.venueTradeId))
        if (fromUs + dayUs > nowUs) return { _tag: "Ok" as const, value: [] }
      }
    })
  )

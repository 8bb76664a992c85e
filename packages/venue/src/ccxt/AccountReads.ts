/**
 * What an account can be asked: open orders, fills, balances, and the venue's instruments. Asked again by the policy for
 * reads. A list is believed only where the reply is one: an error that parses must not read as "nothing there".
 */
import type { Instrument } from "@outcry/model/Instrument"
import { Effect, Option, Schema } from "effect"
import * as ExchangeInfo from "../binance/ExchangeInfo.ts"
import { wireSymbol } from "../binance/MarketFrame.ts"
import { isClosed, rulesOf } from "../binance/OrderRules.ts"
import { limitsOf, weights } from "../binance/SpotLimits.ts"
import type { Read, VenueBalance, VenueFill, VenueOrder } from "../Execution.ts"
import type { Purpose } from "../RateLimit.ts"
import * as VenueCall from "./VenueCall.ts"
import { accountTrade, type Known, MalformedReport, orderIds, orderReply } from "./VenueReport.ts"

/** Binance gives at most a thousand trades or orders a page. */
export const pageSize = 1_000
const dayUs = 86_400_000_000

const Balances = Schema.Struct({
  balances: Schema.Array(Schema.Struct({ asset: Schema.String, free: Schema.String, locked: Schema.String }))
})
const decodeBalances = Schema.decodeUnknownOption(Balances)

const unreadable = (error: MalformedReport): Read<never> => ({ _tag: "Unreachable", reason: error.message })

const json = (body: string): unknown => {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}

/** All of a list, or why not: a part would look like the whole. What is not asked about need not be readable. */
export const readAll = <A>(
  answer: VenueCall.Answer<ReadonlyArray<{ readonly info: unknown }>>,
  read: (input: unknown, known: Known) => A | MalformedReport,
  known: Known,
  isAskedAbout: (input: unknown) => boolean = () => true
): Read<ReadonlyArray<A>> => {
  if (answer._tag !== "Answered") return VenueCall.toRead(answer)
  const raw = json(answer.body)
  if (!Array.isArray(raw) || raw.length !== answer.value.length)
    return { _tag: "Unreachable", reason: "the venue's reply is not the list that was asked for" }
  const values: Array<A> = []
  for (const each of answer.value) {
    if (!isAskedAbout(each.info)) continue
    const value = read(each.info, known)
    if (value instanceof MalformedReport) return unreadable(value)
    values.push(value)
  }
  return { _tag: "Ok", value: values }
}

const load = (venue: VenueCall.Venue, purpose: Purpose): Effect.Effect<Read<ReadonlyArray<Instrument>>> =>
  VenueCall.ask(venue, { purpose, weight: weights.exchangeInfo, isPublic: true }, (client) =>
    client.loadMarkets(true)
  ).pipe(
    Effect.map((answer) => {
      if (answer._tag !== "Answered") return VenueCall.toRead(answer)
      const symbols = Object.values(answer.value).map((market) => market.info)
      if (symbols.length === 0) return { _tag: "Unreachable", reason: "the venue names no symbols" }
      if (isClosed(symbols)) return { _tag: "Unreachable", reason: "the venue is in maintenance: it trades no symbol" }
      venue.prepared = true
      const limits = limitsOf(json(answer.body))
      if (limits !== undefined) venue.gate.rates.setLimits(limits)
      for (const symbol of symbols) {
        const rules = rulesOf(symbol)
        if (Option.isSome(rules)) venue.rules.set(rules.value.symbol, rules.value)
      }
      const found = ExchangeInfo.instrumentsOf(venue.id, symbols)
      for (const instrument of found) {
        const symbol = wireSymbol(instrument)
        if (!venue.instruments.has(symbol)) venue.instruments.set(symbol, instrument)
      }
      return { _tag: "Ok", value: found }
    })
  )

/** Reads the venue's instruments anew and keeps them for reading reports. */
export const instruments = (venue: VenueCall.Venue): Effect.Effect<Read<ReadonlyArray<Instrument>>> =>
  venue.loading.withPermits(1)(load(venue, "read"))

/** ccxt needs the markets once before it places or reads; a session may begin while the venue is down. */
export const prepared = (venue: VenueCall.Venue, purpose: Purpose): Effect.Effect<Read<void>> =>
  Effect.suspend((): Effect.Effect<Read<void>> => {
    const ready: Read<void> = { _tag: "Ok", value: undefined }
    if (venue.prepared) return Effect.succeed(ready)
    const once = Effect.suspend(() =>
      venue.prepared
        ? Effect.succeed(ready)
        : // Asked for on the way to an order, it takes none of the key's orders.
          Effect.map(load(venue, purpose === "place" ? "read" : purpose), (read) => (read._tag === "Ok" ? ready : read))
    )
    return venue.loading.withPermits(1)(once)
  })

const decodeSymbol = Schema.decodeUnknownOption(Schema.Struct({ symbol: Schema.String }))

/** An order of one of these symbols, or of none that can be read. */
const isOfAny =
  (symbols: ReadonlySet<string>) =>
  (order: unknown): boolean => {
    const decoded = decodeSymbol(order)
    return Option.isNone(decoded) || symbols.has(decoded.value.symbol)
  }

const preparedRead = <A>(venue: VenueCall.Venue, read: Effect.Effect<Read<A>>): Effect.Effect<Read<A>> =>
  Effect.flatMap(prepared(venue, "read"), (ready) => (ready._tag === "Ok" ? read : Effect.succeed(ready)))

const openOrdersOf = (
  venue: VenueCall.Venue,
  symbol: string | undefined,
  isAskedAbout?: (order: unknown) => boolean
): Effect.Effect<Read<ReadonlyArray<VenueOrder>>> => {
  const weight = symbol === undefined ? weights.openOrdersOfAll : weights.openOrders
  return Effect.map(
    VenueCall.ask(venue, { purpose: "read", weight }, (client, stamp) =>
      client.fetchOpenOrders(symbol, undefined, undefined, stamp)
    ),
    (answer) => {
      const read = readAll(answer, orderReply, VenueCall.known(venue), isAskedAbout)
      return read._tag === "Ok" ? { _tag: "Ok", value: read.value.map(({ order }) => order) } : read
    }
  )
}

/** All or nothing: one list that is missing makes the whole unreachable. */
export const openOrders = (
  venue: VenueCall.Venue,
  instruments: ReadonlyArray<Instrument> = []
): Effect.Effect<Read<ReadonlyArray<VenueOrder>>> => {
  const symbols = instruments.map(({ symbol }) => symbol)
  const isAskedAbout = symbols.length === 0 ? undefined : isOfAny(new Set(instruments.map(wireSymbol)))
  const isCheaper = symbols.length > 0 && symbols.length * weights.openOrders < weights.openOrdersOfAll
  return preparedRead(
    venue,
    Effect.gen(function* () {
      for (const instrument of instruments) VenueCall.know(venue, instrument)
      const orders: Array<VenueOrder> = []
      for (const symbol of isCheaper ? symbols : [undefined]) {
        const read = yield* openOrdersOf(venue, symbol, isAskedAbout)
        if (read._tag !== "Ok") return read
        orders.push(...read.value)
      }
      return { _tag: "Ok" as const, value: orders }
    })
  )
}

export const balances = (venue: VenueCall.Venue): Effect.Effect<Read<ReadonlyArray<VenueBalance>>> =>
  preparedRead(
    venue,
    Effect.gen(function* () {
      const answer = yield* VenueCall.ask(venue, { purpose: "read", weight: weights.account }, (client, stamp) =>
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
  filter: TradeFilter,
  purpose: Purpose
): Effect.Effect<Read<ReadonlyArray<VenueFill>>> =>
  Effect.gen(function* () {
    VenueCall.know(venue, instrument)
    const weight = "orderId" in filter ? weights.myTradesOfOrder : weights.myTrades
    const answer = yield* VenueCall.ask(venue, { purpose, weight }, (client, stamp) =>
      client.fetchMyTrades(instrument.symbol, undefined, pageSize, { ...filter, ...stamp })
    )
    const read = readAll(answer, accountTrade, VenueCall.known(venue))
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
      const page = yield* fillsPage(venue, instrument, { fromId: fromId.toString() }, "read")
      if (page._tag === "Unreachable") return page
      fills.push(...page.value)
      const last = page.value.at(-1)
      if (last === undefined || page.value.length < pageSize) return { _tag: "Ok" as const, value: fills }
      fromId = BigInt(last.venueTradeId) + 1n
    }
  })

/** More orders of others than this are not asked about at once: each costs weight that trading needs. */
const ownersMost = 20

/** Trades are listed without the client id, which alone tells an order of a lost journal from one placed by hand. */
const withOwners = (
  venue: VenueCall.Venue,
  instrument: Instrument,
  fills: ReadonlyArray<VenueFill>,
  isKnown: (fill: VenueFill) => boolean
): Effect.Effect<Read<ReadonlyArray<VenueFill>>> =>
  Effect.gen(function* (): Effect.fn.Return<Read<ReadonlyArray<VenueFill>>> {
    const strange = fills.filter((fill) => fill.clientOrderId === "" && !isKnown(fill))
    const unowned = new Set(strange.map((fill) => fill.venueOrderId))
    const owners = new Map<string, string>()
    for (const venueOrderId of Array.from(unowned).slice(0, ownersMost)) {
      const answer = yield* VenueCall.ask(venue, { purpose: "read", weight: weights.order }, (client, stamp) =>
        client.fetchOrder(venueOrderId, instrument.symbol, stamp)
      )
      if (answer._tag === "Refused") continue
      if (answer._tag !== "Answered") return VenueCall.toRead(answer)
      const ids = orderIds(answer.value.info, VenueCall.known(venue))
      if (ids instanceof MalformedReport) return unreadable(ids)
      if (ids.venueOrderId === venueOrderId) owners.set(venueOrderId, ids.clientOrderId)
    }
    const value = fills.map((fill) => {
      const clientOrderId = owners.get(fill.venueOrderId)
      return clientOrderId === undefined ? fill : { ...fill, clientOrderId }
    })
    return { _tag: "Ok", value }
  })

interface FillsRequest {
  readonly instrument: Instrument
  readonly afterTradeId: string
  readonly sinceUs: number
  readonly isKnown?: (fill: VenueFill) => boolean
}

export const fillsSince = (
  venue: VenueCall.Venue,
  request: FillsRequest
): Effect.Effect<Read<ReadonlyArray<VenueFill>>> =>
  Effect.flatMap(listedSince(venue, request), (listed) =>
    listed._tag === "Unreachable" || request.isKnown === undefined
      ? Effect.succeed(listed)
      : withOwners(venue, request.instrument, listed.value, request.isKnown)
  )

/**
 * All fills after a trade id. Without one, all since a time: Binance searches by time in windows of at most a day, so
 * the first is found day by day, and from there it goes on by id.
 */
const listedSince = (venue: VenueCall.Venue, request: FillsRequest): Effect.Effect<Read<ReadonlyArray<VenueFill>>> =>
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
        const day = { startTime, endTime: startTime + dayUs / 1_000 - 1 }
        const page = yield* fillsPage(venue, instrument, day, "read")
        if (page._tag === "Unreachable") return page
        const first = page.value[0]
        if (first !== undefined) return yield* fillsFromId(venue, instrument, BigInt(first.venueTradeId))
        if (fromUs + dayUs > nowUs) return { _tag: "Ok" as const, value: [] }
      }
    })
  )

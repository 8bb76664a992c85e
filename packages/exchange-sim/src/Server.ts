/**
 * The whole exchange on one port of this machine: markets, accounts, REST, streams, log and faults put together.
 * `start` resolves when it accepts requests; `close` ends every connection, timer and file.
 */
import type { MarketListener } from "@outcry/matching/MarketListener"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { WebSocketServer } from "ws"
import type { AccountSpec } from "./Account.ts"
import type { AcceptLog } from "./AcceptLog.ts"
import { wireSymbol } from "./Listings.ts"
import type { Venue } from "./Api.ts"
import { binanceSocketLimits, type SocketLimits } from "./ClientSocket.ts"
import { Driver, type Speed } from "./Driver.ts"
import { Exchange } from "./Exchange.ts"
import { Faults } from "./Faults.ts"
import { HeldOutput } from "./HeldOutput.ts"
import { LockStepControl } from "./LockStepControl.ts"
import { LockStepDriver } from "./LockStepDriver.ts"
import type { Market } from "./Market.ts"
import { MarketTape } from "./MarketTape.ts"
import { binanceLimits, RateLimits, type RateLimitSettings } from "./RateLimits.ts"
import { makeRest } from "./Rest.ts"
import { Streams } from "./Streams.ts"
import { forward, UserStream } from "./UserStream.ts"

export interface ServerOptions {
  readonly port: number
  readonly host?: string
  readonly accounts: ReadonlyArray<AccountSpec>
  /** One market for each listener it is given. */
  readonly markets: ReadonlyArray<(listener: MarketListener) => Market>
  readonly speed?: Speed
  readonly warmUpUs?: number
  /** Epoch milliseconds with fractions; a live source must stamp its frames by the same. Default: a new `wallClock`. */
  readonly clock?: () => number
  /** Market time is the clock's own time: for markets with a live source. */
  readonly live?: boolean
  /** Market time stands still until whoever leads at `/sim/lockstep` lets it go on: for recordings. */
  readonly lockStep?: boolean
  readonly log: AcceptLog
  /** Lets `/sim/faults` be used. */
  readonly faults?: boolean
  readonly makerFeeBps?: number
  readonly takerFeeBps?: number
  readonly limits?: RateLimitSettings
  readonly socketLimits?: SocketLimits
  /** Ids on the wire count up from here; default: from the time of the start, above those of any earlier run. */
  readonly idBase?: number
  readonly onEnded?: () => void
  /** A recording or a live source failed, or the exchange has a defect. */
  readonly onFailure: (error: unknown) => void
}

export interface Server {
  readonly port: number
  readonly exchange: Exchange
  readonly faults: Faults | undefined
  readonly streams: Streams
  readonly userStream: UserStream
  readonly close: () => Promise<void>
}

const feeBpsDefault = 10
const messageBytesMost = 64 * 1024
const idleMsMost = 600_000

/** Epoch milliseconds with fractions that never go back while the process lives. */
export const wallClock = (): (() => number) => {
  const originMs = Date.now() - performance.now()
  let correctionMs = 0
  return () => {
    const nowMs = originMs + correctionMs + performance.now()
    // The monotonic clock does not follow when the system's clock is set; a jump of a second is followed.
    const offMs = Date.now() - nowMs
    if (Math.abs(offMs) < 1_000) return nowMs
    correctionMs += offMs
    return nowMs + offMs
  }
}

export const start = async (options: ServerOptions): Promise<Server> => {
  const clock = options.clock ?? wallClock()
  const skew = { offsetMs: 0 }
  const nowMs = () => Math.floor(clock()) + skew.offsetMs
  const idBase = options.idBase ?? Math.floor(nowMs() / 1_000) * 100_000
  const faults = options.faults === true ? new Faults(clock) : undefined
  const limits = options.socketLimits ?? binanceSocketLimits
  const onDefect = options.onFailure
  const output = options.lockStep === true ? new HeldOutput() : undefined
  const hold = output?.hold
  /** Of orders and frames; signatures and receive windows go by the venue's clock all the same. */
  const time = { marketUs: () => 0 }
  const eventMs = output === undefined ? nowMs : () => Math.floor(time.marketUs() / 1_000)

  const exchange = new Exchange({
    accounts: options.accounts,
    makerFeeBps: options.makerFeeBps ?? feeBpsDefault,
    takerFeeBps: options.takerFeeBps ?? feeBpsDefault,
    idBase,
    log: options.log,
    listener: forward(() => userStream),
    nowMs: eventMs
  })
  const streams = new Streams({ limits, faults, nowMs: eventMs, hold })
  const tapes = new Map<string, MarketTape>()
  const markets = options.markets.map((make) => {
    const market: Market = make({
      onBookEvent: (event) => exchange.onBookEvent(wireSymbol(market.instrument), event),
      onDepthChanged: (change) => tape.onDepthChanged(change),
      onTop: (top) => tape.onTop(top),
      onTrade: (trade) => {
        tape.onTrade(trade, driver.venueMsOf(trade.timeUs))
        exchange.onTrade(tape.symbol, trade.priceTicks)
      },
      onSettled: (timeUs) => exchange.onSettled(timeUs)
    })
    const tape = new MarketTape(wireSymbol(market.instrument), market, idBase, streams)
    tapes.set(tape.symbol, tape)
    exchange.list(tape.symbol, market, () => driver.marketUs)
    return market
  })
  const allTapes = [...tapes.values()]
  let fastUs = 0
  let slowUs = 0
  const onStep = (marketUs: number): void => {
    const venueMs = driver.venueMsOf(marketUs)
    for (const tape of allTapes) tape.settle(venueMs)
    if (marketUs - fastUs >= 100_000) {
      fastUs = marketUs - (marketUs % 100_000)
      for (const tape of allTapes) streams.flushFast(tape)
    }
    if (marketUs - slowUs >= 1_000_000) {
      slowUs = marketUs - (marketUs % 1_000_000)
      streams.flushSlow(allTapes)
    }
  }
  const onEnded = (): void => options.onEnded?.()
  const lockStepDriver = output === undefined ? undefined : new LockStepDriver({ markets, onStep, onEnded })
  const ownDriver = new Driver({
    markets,
    speed: options.speed ?? 1,
    warmUpUs: options.warmUpUs ?? 0,
    live: options.live ?? false,
    nowMs: clock,
    onStep,
    onEnded,
    onFailure: options.onFailure
  })
  const driver = lockStepDriver ?? ownDriver
  time.marketUs = () => driver.marketUs
  const lockStep =
    lockStepDriver === undefined || output === undefined
      ? undefined
      : new LockStepControl({ driver: lockStepDriver, output, onFailure: options.onFailure })
  const venue: Venue = {
    exchange,
    tapes,
    limits: new RateLimits(options.limits ?? binanceLimits),
    faults,
    nowMs
  }
  const userStream = new UserStream({ venue: () => venue, limits, faults, onDefect, nowMs: hold && eventMs, hold })
  const http = createServer(makeRest({ venue, skew, onDefect, lockStep }))
  // Longer than clients keep an idle connection: closing one just as a client uses it would look like a lost order.
  http.keepAliveTimeout = idleMsMost
  const sockets = new WebSocketServer({ noServer: true, maxPayload: messageBytesMost })
  http.on("upgrade", (request, socket, head) => {
    const url = new URL(request.url ?? "/", "http://exchange")
    const toUser = url.pathname === "/ws-api/v3"
    const toStreams = /^\/(ws|stream)(\/|$)/.test(url.pathname)
    const toLead = lockStep !== undefined && url.pathname === "/sim/lockstep"
    if (!toUser && !toStreams && !toLead) {
      socket.end("HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
      return
    }
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      if (toLead) lockStep.accept(webSocket)
      else if (toUser) userStream.accept(webSocket, request.socket.remoteAddress ?? "")
      else streams.accept(webSocket, url)
    })
  })

  await driver.start()
  try {
    await new Promise<void>((resolve, reject) => {
      http.once("error", reject)
      http.listen(options.port, options.host ?? "127.0.0.1", resolve)
    })
  } catch (error) {
    driver.stop()
    throw error
  }
  const close = async (): Promise<void> => {
    driver.stop()
    streams.close()
    userStream.close()
    lockStep?.close()
    sockets.close()
    const closed = new Promise<void>((resolve) => http.close(() => resolve()))
    http.closeAllConnections()
    await closed
    options.log.close()
  }
  return { port: (http.address() as AddressInfo).port, exchange, faults, streams, userStream, close }
}

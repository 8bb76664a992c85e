/**
 * The exchange of the floor over recordings in memory, without its sockets: the same accounts, filters, triggers, queues
 * and public frames, told one at a time in the order in which they happened. Market time goes on only when it is asked to,
 * as in lock-step; so whoever drives this as `runtime`'s leader drives the exchange meets the same market.
 */
import type { AccountSpec } from "@outcry/exchange-sim/Account"
import * as AcceptLog from "@outcry/exchange-sim/AcceptLog"
import { ApiError } from "@outcry/exchange-sim/ApiError"
import { Exchange } from "@outcry/exchange-sim/Exchange"
import type { Execution, ExchangeOrder } from "@outcry/exchange-sim/ExchangeOrder"
import type { OrderRequest } from "@outcry/exchange-sim/Filters"
import { HeldMarket, type HeldRecording } from "@outcry/exchange-sim/HeldMarket"
import { wireSymbol } from "@outcry/exchange-sim/Listings"
import { MarketSteps } from "@outcry/exchange-sim/MarketSteps"
import { MarketTape, type TapeListener } from "@outcry/exchange-sim/MarketTape"
import type { Instrument } from "@outcry/model/Instrument"
import type { DepthFrame, DepthSnapshot, TopFrame, TradeFrame } from "@outcry/venue/binance/MarketFrame"

/** One thing that the exchange tells. Orders and executions are as they were when it happened. */
export type VenueOutput =
  | { readonly to: "feed"; readonly frame: DepthFrame | TopFrame | TradeFrame }
  | { readonly to: "account"; readonly account: string; readonly order: ExchangeOrder; readonly execution?: Execution }

export interface RecordedVenueOptions {
  readonly recordings: ReadonlyArray<HeldRecording>
  /** Decimal balances by asset. */
  readonly accounts: ReadonlyArray<{ readonly name: string; readonly balances: Readonly<Record<string, string>> }>
  /** Maker and taker commission in basis points; the floor's exchange takes 10. */
  readonly feeBps: number
}

/** What the exchange does with an order: the order and its executions at once, or the code and text of its refusal. */
export type Placed =
  | { readonly order: ExchangeOrder; readonly executions: ReadonlyArray<Execution> }
  | { readonly code: string; readonly reason: string }

/** Levels of the snapshot that a feed begins with. */
const snapshotLevels = 1_000
const fastUs = 100_000
const slowUs = 1_000_000
const nothing = (): void => undefined

export class RecordedVenue {
  readonly #exchange: Exchange
  readonly #steps: MarketSteps
  readonly #tapes: ReadonlyArray<MarketTape>
  readonly #outputs: Array<VenueOutput> = []
  #fastUs = 0
  #slowUs = 0
  /** Executions of the order that is being placed. */
  #made: Array<Execution> = []

  constructor(options: RecordedVenueOptions) {
    const { accounts, feeBps, recordings } = options
    const specs = accounts.map(({ balances, name }): AccountSpec => ({ name, apiKey: name, secret: name, balances }))
    const time = { nowMs: () => 0 }
    this.#exchange = new Exchange({
      accounts: specs,
      makerFeeBps: feeBps,
      takerFeeBps: feeBps,
      idBase: 0,
      log: AcceptLog.memory(),
      listener: {
        onOrder: (account, order) => this.#outputs.push({ to: "account", account: account.name, order: { ...order } }),
        onExecution: (account, execution) => {
          const order = { ...execution.order }
          const copy = { ...execution, order }
          this.#made.push(copy)
          this.#outputs.push({ to: "account", account: account.name, order, execution: copy })
        },
        onBalances: nothing,
        onList: nothing
      },
      nowMs: () => time.nowMs()
    })
    const listener = this.#tapeListener()
    const tapes: Array<MarketTape> = []
    const markets = recordings.map((recording) => {
      const symbol = wireSymbol(recording.instrument)
      const market: HeldMarket = new HeldMarket(recording, {
        onBookEvent: (event) => this.#exchange.onBookEvent(symbol, event),
        onDepthChanged: (change) => tape.onDepthChanged(change),
        onTop: (top) => tape.onTop(top),
        onTrade: (trade) => {
          tape.onTrade(trade, Math.floor(trade.timeUs / 1_000))
          this.#exchange.onTrade(symbol, trade.priceTicks)
        },
        onSettled: (timeUs) => this.#exchange.onSettled(timeUs)
      })
      const tape = new MarketTape(symbol, market, 0, listener)
      tapes.push(tape)
      this.#exchange.list(symbol, market, () => this.timeUs)
      return market
    })
    this.#tapes = tapes
    this.#steps = new MarketSteps({ markets, onStep: (marketUs) => this.#publishDepth(marketUs) })
    time.nowMs = () => Math.floor(this.timeUs / 1_000)
    // Trading begins when every book has two sides; nobody listens before.
    while (!this.#steps.isOpen) this.#steps.step(Number.MAX_SAFE_INTEGER)
    this.#outputs.length = 0
  }

  /** Market time, epoch µs. */
  get timeUs(): number {
    return this.#steps.marketUs
  }

  /** Steps until there is something to tell, at most to that time. False where all is over. */
  advance(untilUs: number): boolean {
    while (this.#outputs.length === 0) if (!this.#steps.step(untilUs)) break
    return this.#outputs.length > 0 || !this.#steps.ended
  }

  /** The next thing that it tells. */
  take(): VenueOutput | undefined {
    return this.#outputs.shift()
  }

  /** The book as REST shows it. */
  snapshot(instrument: Instrument): DepthSnapshot {
    const tape = this.#tapes.find((each) => each.instrument === instrument)!
    const { asks, bids } = tape.depth(snapshotLevels)
    return { lastUpdateId: tape.updateId, bids, asks }
  }

  place(account: string, request: OrderRequest): Placed {
    this.#made = []
    return this.#answer(() => {
      const order = this.#exchange.place(this.#account(account), request)
      const executions = this.#made.filter((each) => each.order.venueOrderId === order.venueOrderId)
      return { order: { ...order }, executions }
    })
  }

  cancel(account: string, symbol: string, clientOrderId: string): Placed {
    const owner = this.#account(account)
    return this.#answer(() => {
      const order = this.#exchange.history(owner).find(symbol, undefined, clientOrderId)
      return { order: { ...this.#exchange.cancel(owner, order, `x-${clientOrderId}`) }, executions: [] }
    })
  }

  /** An order with all its executions; undefined where it was never there. */
  lookup(account: string, symbol: string, clientOrderId: string): Extract<Placed, { order: unknown }> | undefined {
    const history = this.#exchange.history(this.#account(account))
    const order = history.find(symbol, undefined, clientOrderId)
    if (order === undefined) return undefined
    const executions = history.executions(symbol).filter((each) => each.order === order)
    return { order: { ...order }, executions }
  }

  #answer(work: () => Placed): Placed {
    try {
      return work()
    } catch (error) {
      if (error instanceof ApiError) return { code: String(error.code), reason: error.msg }
      throw error
    }
  }

  #account(name: string) {
    return this.#exchange.accounts.find((each) => each.name === name)!
  }

  #tapeListener(): TapeListener {
    const tell = (frame: TopFrame | TradeFrame): void => void this.#outputs.push({ to: "feed", frame })
    return {
      onTrade: ({ instrument }, { buyerIsMaker, lots, priceTicks, timeMs, tradeId }) =>
        tell({
          type: "trade",
          instrument,
          timeVenue: timeMs * 1_000,
          tradeId,
          priceTicks,
          lots,
          aggressor: buyerIsMaker ? "sell" : "buy"
        }),
      onTop: ({ instrument }, top, updateId) => tell({ type: "top", instrument, updateId, ...top }),
      onAggregate: nothing,
      onCandleClosed: nothing
    }
  }

  #publishDepth(marketUs: number): void {
    const timeVenue = Math.floor(marketUs / 1_000) * 1_000
    for (const tape of this.#tapes) tape.settle(timeVenue / 1_000)
    if (marketUs - this.#fastUs >= fastUs) {
      this.#fastUs = marketUs - (marketUs % fastUs)
      for (const tape of this.#tapes) {
        const depth = tape.takeDepth("fast")
        if (depth === undefined) continue
        const { firstUpdateId, lastUpdateId: finalUpdateId } = depth
        const [bids, asks] = [[...depth.bids].flat(), [...depth.asks].flat()]
        const { instrument } = tape
        const frame: DepthFrame = { type: "depth", instrument, timeVenue, firstUpdateId, finalUpdateId, bids, asks }
        this.#outputs.push({ to: "feed", frame })
      }
    }
    if (marketUs - this.#slowUs < slowUs) return
    this.#slowUs = marketUs - (marketUs % slowUs)
    // Nobody listens to these.
    for (const tape of this.#tapes) tape.takeDepth("slow")
  }
}

/**
 * The exchange's heart: accounts, their orders, executions and money over any number of markets. Synchronous; one call
 * at a time. Every accepted order and what became of it is in the accept log before the call returns.
 *
 * Guarantees: an account never spends what it does not have; of each asset, accounts + crowd + fees is constant; a
 * client id is unique among an account's open orders. Knows neither HTTP nor signatures.
 */
import * as Amount from "@outcry/model/Amount"
import * as Instrument from "@outcry/model/Instrument"
import type { BookEvent, Match } from "@outcry/matching/MatchingEngine"
import { Account, type AccountSpec } from "./Account.ts"
import type { AcceptLog } from "./AcceptLog.ts"
import * as ApiError from "./ApiError.ts"
import { type Execution, type ExchangeOrder, isOpen } from "./ExchangeOrder.ts"
import * as Filters from "./Filters.ts"
import type { Market } from "./Market.ts"
import { OrderHistory } from "./OrderHistory.ts"
import * as OrderLog from "./OrderLog.ts"

/** What happened to an account's order, in order; balances are those after it. */
export interface ExchangeListener {
  readonly onOrder: (
    account: Account,
    order: ExchangeOrder,
    change: "NEW" | "CANCELED" | "EXPIRED",
    cancelId?: string
  ) => void
  readonly onExecution: (account: Account, execution: Execution) => void
  readonly onBalances: (account: Account, assets: ReadonlyArray<string>) => void
}

export interface ExchangeOptions {
  readonly accounts: ReadonlyArray<AccountSpec>
  /** Commission in basis points of what is received. */
  readonly makerFeeBps: number
  readonly takerFeeBps: number
  /** Added to every order and trade id on the wire, so that ids of a later process are higher than those of this one. */
  readonly idBase: number
  readonly log: AcceptLog
  readonly listener: ExchangeListener
  /** Epoch milliseconds. */
  readonly nowMs: () => number
}

const depthMost = 5_000
/** Commissions have eight places, as Binance's; finer parts are rounded half to even. */
const commissionStep = 10n ** BigInt(Amount.scale - 8)

interface Held {
  readonly symbol: string
  readonly event: BookEvent
}

interface Listed {
  readonly market: Market
  /** The market's time, to which it has been advanced. */
  readonly marketTimeUs: () => number
}

export class Exchange {
  readonly options: ExchangeOptions
  readonly accounts: ReadonlyArray<Account>
  readonly #byKey = new Map<string, Account>()
  readonly #histories = new Map<number, OrderHistory>()
  readonly #markets = new Map<string, Listed>()
  readonly #orders = new Map<number, ExchangeOrder>()
  readonly #fees = new Map<string, Amount.Amount>()
  readonly #crowd = new Map<string, Amount.Amount>()
  #lastOrderId = 0
  /** Events of the order being placed wait here until its acceptance is logged. */
  #held: Array<Held> | undefined
  #cancelId: string | undefined
  #finalTradeId: number | undefined

  constructor(options: ExchangeOptions) {
    this.options = options
    this.accounts = options.accounts.map((spec, index) => new Account(index + 1, spec, options.nowMs()))
    for (const account of this.accounts) {
      this.#byKey.set(account.apiKey, account)
      this.#histories.set(account.id, new OrderHistory())
    }
  }

  /** The market must report to `onBookEvent` under the same symbol. */
  list(symbol: string, market: Market, marketTimeUs: () => number): void {
    this.#markets.set(symbol, { market, marketTimeUs })
  }

  get symbols(): ReadonlyArray<string> {
    return [...this.#markets.keys()]
  }

  /** Throws -1121. */
  market(symbol: string): Market {
    return this.#listed(symbol).market
  }

  accountOf(apiKey: string): Account | undefined {
    return this.#byKey.get(apiKey)
  }

  history(account: Account): OrderHistory {
    const history = this.#histories.get(account.id)
    if (history === undefined) throw new RangeError(`Account ${account.id} is not of this exchange`)
    return history
  }

  /** Net amount the crowd has received from accounts, by asset; negative where it gave. */
  crowd(asset: string): Amount.Amount {
    return this.#crowd.get(asset) ?? 0n
  }

  fees(asset: string): Amount.Amount {
    return this.#fees.get(asset) ?? 0n
  }

  /** Throws what `place` would refuse before it reaches the book, except for too little balance. */
  test(account: Account, request: Filters.OrderRequest): Filters.SizedOrder {
    const { market } = this.#listed(request.symbol)
    if (market.closed()) throw ApiError.marketClosed()
    const sized = Filters.size(market.instrument, request, market.top())
    const history = this.history(account)
    if (history.openByClientId(request.clientOrderId) !== undefined) throw ApiError.duplicateOrder()
    if (history.openCount >= Filters.maxOpenOrders) throw ApiError.filterFailure("MAX_NUM_ORDERS")
    return sized
  }

  /** Accepts an order and lets the market work it; throws Binance's refusal. */
  place(account: Account, request: Filters.OrderRequest): ExchangeOrder {
    const { market, marketTimeUs } = this.#listed(request.symbol)
    const { instrument } = market
    const sized = this.test(account, request)
    const top = market.top()
    if (request.type === "LIMIT_MAKER" && crosses(request.side, sized.priceTicks, top)) throw ApiError.wouldTake()
    const reserveAsset = request.side === "buy" ? instrument.quote : instrument.base
    const reserved = this.#needed(request, sized, market)
    if (!account.reserve(reserveAsset, reserved)) throw ApiError.insufficientBalance()

    const nowMs = this.options.nowMs()
    const marketOrderId = ++this.#lastOrderId
    const order: ExchangeOrder = {
      venueOrderId: this.options.idBase + marketOrderId,
      marketOrderId,
      accountId: account.id,
      symbol: request.symbol,
      instrument,
      clientOrderId: request.clientOrderId,
      side: request.side,
      type: request.type,
      timeInForce: request.timeInForce,
      ...sized,
      timeMs: nowMs,
      reserveAsset,
      reserved,
      status: "NEW",
      executedLots: 0,
      executedQuote: 0n,
      updateTimeMs: nowMs
    }
    this.#held = []
    market.submit(
      {
        orderId: marketOrderId,
        ownerId: account.id,
        side: request.side,
        type: request.type === "MARKET" ? "market" : "limit",
        priceTicks: sized.priceTicks,
        lots: sized.lots,
        quoteTickLots: Number(sized.quoteOrderQty / instrument.tickLot),
        timeInForce: request.timeInForce,
        postOnly: request.type === "LIMIT_MAKER"
      },
      marketTimeUs()
    )
    const held = this.#held
    this.#held = undefined
    if (held.some(({ event }) => event.type === "refused" && event.reason === "PostOnlyWouldTrade")) {
      account.release(reserveAsset, reserved)
      throw ApiError.wouldTake()
    }
    this.#orders.set(marketOrderId, order)
    this.history(account).add(order)
    this.options.log.append(OrderLog.ordered(account, order))
    account.updateTimeMs = nowMs
    this.options.listener.onOrder(account, order, "NEW")
    this.options.listener.onBalances(account, [instrument.base, instrument.quote])
    this.#finalTradeId = order.lots === 0 ? finalTradeId(held, order, market.top()) : undefined
    for (const { event, symbol } of held) this.#apply(symbol, event)
    this.#finalTradeId = undefined
    return order
  }

  /** Cancels an open order; throws -2011 where there is none. `cancelId` is the client id of the cancel itself. */
  cancel(account: Account, order: ExchangeOrder | undefined, cancelId: string): ExchangeOrder {
    if (order === undefined || order.accountId !== account.id || !isOpen(order)) throw ApiError.unknownOrder()
    const { market, marketTimeUs } = this.#listed(order.symbol)
    this.#cancelId = cancelId
    const canceled = market.cancel(order.marketOrderId, marketTimeUs())
    this.#cancelId = undefined
    if (!canceled) throw ApiError.unknownOrder()
    return order
  }

  /** What a market reports; crowd's own events cost nothing. */
  onBookEvent(symbol: string, event: BookEvent): void {
    if (this.#held === undefined) this.#apply(symbol, event)
    else this.#held.push({ symbol, event })
  }

  #apply(symbol: string, event: BookEvent): void {
    if (event.type === "match") {
      this.#match(symbol, event)
      return
    }
    if (event.type === "rested") return
    const order = this.#orders.get(event.orderId)
    if (order !== undefined)
      this.#end(order, event.type === "removed" && event.reason === "canceled" ? "CANCELED" : "EXPIRED")
  }

  #match(symbol: string, match: Match): void {
    const { instrument } = this.market(symbol)
    const quote = Instrument.notional(instrument, match.priceTicks, match.lots)
    const base = Instrument.baseAmount(instrument, match.lots)
    const maker = this.#orders.get(match.makerOrderId)
    const taker = this.#orders.get(match.takerOrderId)
    if (maker !== undefined) this.#execute(maker, match, quote, true)
    if (taker !== undefined) this.#execute(taker, match, quote, false)
    if ((maker === undefined) === (taker === undefined)) return
    const crowdBuys = (match.takerSide === "buy") === (taker === undefined)
    add(this.#crowd, instrument.base, crowdBuys ? base : -base)
    add(this.#crowd, instrument.quote, crowdBuys ? -quote : quote)
  }

  #execute(order: ExchangeOrder, match: Match, quote: Amount.Amount, maker: boolean): void {
    const account = this.#account(order)
    const { instrument } = order
    const base = Instrument.baseAmount(instrument, match.lots)
    const buys = order.side === "buy"
    const paid = buys ? quote : base
    const received = buys ? base : quote
    const receivedAsset = buys ? instrument.base : instrument.quote
    const bps = maker ? this.options.makerFeeBps : this.options.takerFeeBps
    const commission = Amount.mulDiv(received, BigInt(bps), 10_000n * commissionStep) * commissionStep
    account.pay(order.reserveAsset, paid)
    account.credit(receivedAsset, received - commission)
    add(this.#fees, receivedAsset, commission)
    // A limit order that trades at a better price than its own frees the difference at once.
    const held = buys && order.priceTicks > 0 ? Instrument.notional(instrument, order.priceTicks, match.lots) : paid
    account.release(order.reserveAsset, held - paid)
    order.reserved -= held
    order.executedLots += match.lots
    order.executedQuote += quote
    const remaining = maker ? match.makerRemainingLots : match.takerRemainingLots
    order.status = order.lots > 0 && remaining === 0 ? "FILLED" : "PARTIALLY_FILLED"
    if (match.tradeId === this.#finalTradeId && !maker) order.status = "FILLED"
    const nowMs = this.options.nowMs()
    order.updateTimeMs = nowMs
    account.updateTimeMs = nowMs
    const execution: Execution = {
      venueTradeId: this.options.idBase + match.tradeId,
      order,
      priceTicks: match.priceTicks,
      lots: match.lots,
      quote,
      commission,
      commissionAsset: receivedAsset,
      maker,
      timeMs: nowMs,
      executedLots: order.executedLots,
      executedQuote: order.executedQuote,
      status: order.status
    }
    this.history(account).addExecution(execution)
    this.options.log.append(OrderLog.filled(account, execution))
    if (order.status === "FILLED") this.#forget(account, order)
    this.options.listener.onExecution(account, execution)
    this.options.listener.onBalances(account, [instrument.base, instrument.quote])
  }

  #end(order: ExchangeOrder, status: "CANCELED" | "EXPIRED"): void {
    if (!isOpen(order)) return
    const account = this.#account(order)
    order.status = status
    order.updateTimeMs = this.options.nowMs()
    account.updateTimeMs = order.updateTimeMs
    this.options.log.append(OrderLog.ended(account, order, status === "CANCELED" ? "cancel" : "expire"))
    this.#forget(account, order)
    this.options.listener.onOrder(account, order, status, this.#cancelId)
    this.options.listener.onBalances(account, [order.instrument.base, order.instrument.quote])
  }

  #forget(account: Account, order: ExchangeOrder): void {
    account.release(order.reserveAsset, order.reserved)
    order.reserved = 0n
    this.#orders.delete(order.marketOrderId)
    this.history(account).close(order)
  }

  /** What an order locks; for a market order, what it costs on the book as it stands. */
  #needed(request: Filters.OrderRequest, sized: Filters.SizedOrder, market: Market): Amount.Amount {
    const { instrument } = market
    if (request.side === "buy") {
      if (sized.quoteOrderQty > 0n) return sized.quoteOrderQty
      if (sized.priceTicks > 0) return Instrument.notional(instrument, sized.priceTicks, sized.lots)
    } else if (sized.lots > 0) return Instrument.baseAmount(instrument, sized.lots)
    const { asks, bids } = market.depth(depthMost)
    const levels = request.side === "buy" ? asks : bids
    let cost = 0n
    let lotsLeft = sized.lots > 0 ? sized.lots : Number.MAX_SAFE_INTEGER
    let quoteLeft = sized.quoteOrderQty
    for (let index = 0; index + 1 < levels.length && lotsLeft > 0; index += 2) {
      const ticks = levels[index]!
      let lots = Math.min(levels[index + 1]!, lotsLeft)
      if (sized.quoteOrderQty > 0n) lots = Math.min(lots, Number(quoteLeft / (BigInt(ticks) * instrument.tickLot)))
      if (lots === 0) break
      const quote = Instrument.notional(instrument, ticks, lots)
      cost += request.side === "buy" ? quote : Instrument.baseAmount(instrument, lots)
      quoteLeft -= quote
      lotsLeft -= lots
    }
    return cost
  }

  #account(order: ExchangeOrder): Account {
    return this.accounts[order.accountId - 1]!
  }

  #listed(symbol: string): Listed {
    const listed = this.#markets.get(symbol)
    if (listed === undefined) throw ApiError.invalidSymbol()
    return listed
  }
}

const crosses = (side: "buy" | "sell", priceTicks: number, top: { bidTicks: number; askTicks: number }): boolean =>
  side === "buy" ? top.askTicks > 0 && priceTicks >= top.askTicks : top.bidTicks > 0 && priceTicks <= top.bidTicks

/**
 * The trade with which a market order by quote amount is filled: its last one, unless the book ran empty before the
 * amount was spent. What is then left is less than the next lot costs; Binance calls such an order filled.
 */
const finalTradeId = (
  held: ReadonlyArray<Held>,
  order: ExchangeOrder,
  top: { bidLots: number; askLots: number }
): number | undefined => {
  if ((order.side === "buy" ? top.askLots : top.bidLots) === 0) return undefined
  const last = held.findLast(({ event }) => event.type === "match" && event.takerOrderId === order.marketOrderId)
  return last?.event.type === "match" ? last.event.tradeId : undefined
}

const add = (amounts: Map<string, Amount.Amount>, asset: string, amount: Amount.Amount): void => {
  amounts.set(asset, (amounts.get(asset) ?? 0n) + amount)
}

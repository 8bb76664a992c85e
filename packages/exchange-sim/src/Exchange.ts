/**
 * The exchange's heart: accounts, their orders, executions and money over any number of markets. Synchronous; one call
 * at a time; no clock, timer or chance of its own. Every accepted order and what became of it is in the accept log
 * before the call returns.
 *
 * Guarantees: an account never spends what it does not have; of each asset, accounts + crowd + fees is constant; a
 * client id is unique among an account's open orders. Knows neither HTTP nor signatures.
 */
import type { BookEvent } from "@outcry/matching/MatchingEngine"
import { TriggerBook } from "@outcry/matching/TriggerBook"
import type * as Amount from "@outcry/model/Amount"
import * as Instrument from "@outcry/model/Instrument"
import type { AcceptLog } from "./AcceptLog.ts"
import { Account, type AccountSpec } from "./Account.ts"
import * as ApiError from "./ApiError.ts"
import { type Execution, type ExchangeOrder, isConditional, isOpen } from "./ExchangeOrder.ts"
import * as Filters from "./Filters.ts"
import type { Market } from "./Market.ts"
import { OrderHistory } from "./OrderHistory.ts"
import { type ListRequest, type OrderList, ordersOf } from "./OrderLists.ts"
import * as OrderLog from "./OrderLog.ts"
import {
  type ExchangeListener,
  type Listed,
  marketOrderOf,
  OrderWork,
  requireSensiblePrice,
  wouldTake
} from "./OrderWork.ts"
import * as Reserve from "./Reserve.ts"
import { Settlement, type SettlementOptions } from "./Settlement.ts"

export interface ExchangeOptions extends SettlementOptions {
  readonly accounts: ReadonlyArray<AccountSpec>
  readonly log: AcceptLog
  readonly listener: ExchangeListener
  /** Epoch milliseconds. */
  readonly nowMs: () => number
}

/** What a bust came to: one side for each account that was in the trade. */
export interface Bust {
  readonly account: string
  readonly execution: Execution
}

const noList = -1

export class Exchange {
  readonly options: ExchangeOptions
  readonly accounts: ReadonlyArray<Account>
  readonly #byKey = new Map<string, Account>()
  readonly #histories = new Map<number, OrderHistory>()
  readonly #markets = new Map<string, Listed>()
  readonly #settlement: Settlement
  readonly #work: OrderWork
  #lastOrderId = 0
  #lastListId = 0

  constructor(options: ExchangeOptions) {
    this.options = options
    const { listener, log, nowMs } = options
    this.accounts = options.accounts.map((spec, index) => new Account(index + 1, spec, nowMs()))
    for (const account of this.accounts) {
      this.#byKey.set(account.apiKey, account)
      this.#histories.set(account.id, new OrderHistory())
    }
    this.#settlement = new Settlement(options)
    this.#work = new OrderWork({
      log,
      listener,
      nowMs,
      settlement: this.#settlement,
      listed: (symbol) => this.#listed(symbol),
      account: (order) => this.accounts[order.accountId - 1]!,
      history: (account) => this.history(account)
    })
  }

  /** The market must report to `onBookEvent`, `onTrade` and `onSettled` under the same symbol. */
  list(symbol: string, market: Market, marketTimeUs: () => number): void {
    this.#markets.set(symbol, { market, marketTimeUs, triggers: new TriggerBook(), lastTicks: 0 })
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
    return this.#settlement.crowd(asset)
  }

  fees(asset: string): Amount.Amount {
    return this.#settlement.fees(asset)
  }

  /** Throws what `place` would refuse before it reaches the book, except for too little balance. */
  test(account: Account, request: Filters.OrderRequest): Filters.SizedOrder {
    const sized = this.size(request)
    const history = this.history(account)
    if (history.openByClientId(request.clientOrderId) !== undefined) throw ApiError.duplicateOrder()
    if (history.openCount >= Filters.maxOpenOrders) throw ApiError.filterFailure("MAX_NUM_ORDERS")
    if (isConditional(request.type)) {
      const waiting = history.open(request.symbol).filter((order) => isConditional(order.type)).length
      if (waiting >= Filters.maxAlgoOrders) throw ApiError.filterFailure("MAX_NUM_ALGO_ORDERS")
    }
    return sized
  }

  /** Throws the filter that an order does not pass. */
  size(request: Filters.OrderRequest): Filters.SizedOrder {
    const { market } = this.#listed(request.symbol)
    if (market.closed()) throw ApiError.marketClosed()
    return Filters.size(market.instrument, request, market.top())
  }

  /** Accepts an order and lets the market work it, or lets it wait for its trigger; throws Binance's refusal. */
  place(account: Account, request: Filters.OrderRequest): ExchangeOrder {
    const order = this.#make(account, request, noList)
    requireSensiblePrice(order, this.#listed(order.symbol))
    this.#reserve(account, order)
    this.#enter(account, order)
    this.#work.settle()
    return order
  }

  /** Cancels an open order, and with it the others of its list; throws -2011 where there is none. */
  cancel(account: Account, order: ExchangeOrder | undefined, cancelId: string): ExchangeOrder {
    if (order === undefined || order.accountId !== account.id || !isOpen(order)) throw ApiError.unknownOrder()
    if (!this.#work.close(order, "CANCELED", cancelId)) throw ApiError.unknownOrder()
    const list = this.#work.lists.of(order)
    if (list !== undefined) this.#cancelAll(account, list, cancelId)
    this.#work.settle()
    return order
  }

  /**
   * Lowers an open order to `quantity` in its place in the queue. Throws -2011, the filter's or -2038; -1014 for an order
   * of a list, whose legs share their funds.
   */
  amend(account: Account, order: ExchangeOrder | undefined, quantity: string, newClientId: string): ExchangeOrder {
    if (order === undefined || order.accountId !== account.id || !isOpen(order)) throw ApiError.unknownOrder()
    if (order.orderListId >= 0) throw ApiError.unsupportedCombination()
    const { market, marketTimeUs } = this.#listed(order.symbol)
    const { instrument } = order
    const lots = Filters.lotsOf(instrument, quantity, "newQty")
    if (lots >= order.lots || lots <= order.executedLots) throw ApiError.amendRejected()
    const former = order.clientOrderId
    const history = this.history(account)
    if (newClientId !== former && history.openByClientId(newClientId) !== undefined) throw ApiError.duplicateOrder()
    if (!order.waits && !market.reduce(order.marketOrderId, lots - order.executedLots, marketTimeUs()))
      throw ApiError.amendRejected()
    const fewer = order.lots - lots
    const freed =
      order.side === "sell"
        ? Instrument.baseAmount(instrument, fewer)
        : order.priceTicks > 0
          ? Instrument.notional(instrument, order.priceTicks, fewer)
          : 0n
    account.release(order.reserveAsset, freed)
    order.reserved -= freed
    order.lots = lots
    order.updateTimeMs = this.options.nowMs()
    history.rename(order, newClientId)
    this.options.log.append(OrderLog.amended(account, order))
    this.options.listener.onOrder(account, order, "REPLACED", former)
    this.options.listener.onBalances(account, [instrument.base, instrument.quote])
    this.#work.settle()
    return order
  }

  /** Accepts a list of orders whole or not at all; throws Binance's refusal. */
  placeList(account: Account, request: ListRequest): OrderList {
    const orderListId = ++this.#lastListId
    const all = request.working === undefined ? request.legs : [request.working, ...request.legs]
    if (new Set(all.map(({ clientOrderId }) => clientOrderId)).size < all.length) throw ApiError.duplicateOrder()
    const first = request.working ?? request.legs[0]
    if (first === undefined) throw new RangeError("A list needs orders")
    const working = request.working && this.#make(account, request.working, orderListId)
    const legs = request.legs.map((leg) => this.#make(account, leg, orderListId))
    const list: OrderList = {
      orderListId,
      accountId: account.id,
      symbol: first.symbol,
      contingencyType: request.contingencyType,
      listClientOrderId: request.listClientOrderId,
      working,
      legs,
      transactionTimeMs: this.options.nowMs(),
      done: false
    }
    if (working === undefined) this.#enterPair(account, list)
    else {
      requireSensiblePrice(working, this.#listed(working.symbol))
      this.#reserve(account, working)
      for (const leg of legs) leg.status = "PENDING_NEW"
      this.#enter(account, working, () => this.#acceptList(account, list, legs))
    }
    this.#work.settle()
    return list
  }

  /** Cancels all of a list that is open; throws -2011 where nothing is. */
  cancelList(account: Account, list: OrderList | undefined, cancelId: string): OrderList {
    if (list === undefined || list.accountId !== account.id || list.done) throw ApiError.unknownOrder()
    this.#cancelAll(account, list, cancelId)
    this.#work.settle()
    return list
  }

  lists(account: Account): ReadonlyArray<OrderList> {
    return this.#work.lists.all(account)
  }

  findList(account: Account, orderListId: number | undefined, listClientId: string | undefined): OrderList | undefined {
    return this.#work.lists.find(account, orderListId, listClientId)
  }

  /**
   * Takes an execution back on both sides: it leaves the list of trades, money and fees move back, the orders count it
   * no more. Undefined where no account has it, a text where it cannot be taken back.
   */
  bust(symbol: string, venueTradeId: number): ReadonlyArray<Bust> | string | undefined {
    const sides = this.accounts.flatMap((account) => {
      const found: Array<{ readonly account: Account; readonly execution: Execution }> = []
      const execution = this.history(account).execution(symbol, venueTradeId)
      if (execution !== undefined) found.push({ account, execution })
      return found
    })
    if (sides.length === 0) return undefined
    const spent = sides.find(({ account, execution }) => !this.#settlement.canBust(account, execution))
    if (spent !== undefined) return `Account ${spent.account.name} has spent what it received: it cannot be taken back.`
    const nowMs = this.options.nowMs()
    // Who traded with himself has both sides of it.
    return sides.flatMap(({ account }) => {
      const busts: Array<Bust> = []
      const history = this.history(account)
      let execution = history.removeExecution(symbol, venueTradeId)
      for (; execution !== undefined; execution = history.removeExecution(symbol, venueTradeId)) {
        this.#settlement.bust(account, execution, nowMs)
        this.options.log.append(OrderLog.busted(account, execution, nowMs))
        const { instrument } = execution.order
        this.options.listener.onBalances(account, [instrument.base, instrument.quote])
        busts.push({ account: account.name, execution })
      }
      return busts
    })
  }

  /** What a market reports. */
  onBookEvent(symbol: string, event: BookEvent): void {
    this.#work.onBookEvent(symbol, event)
  }

  /** Every print of a market: conditional orders wait for it. */
  onTrade(symbol: string, priceTicks: number): void {
    this.#work.onTrade(symbol, priceTicks)
  }

  /** A step of a market is over: what its prints have caused happens now. */
  onSettled(timeUs: number): void {
    this.#work.settle(timeUs)
  }

  #make(account: Account, request: Filters.OrderRequest, orderListId: number): ExchangeOrder {
    const sized = this.test(account, request)
    const { instrument } = this.#listed(request.symbol).market
    const nowMs = this.options.nowMs()
    const marketOrderId = ++this.#lastOrderId
    return {
      venueOrderId: this.options.idBase + marketOrderId,
      marketOrderId,
      accountId: account.id,
      symbol: request.symbol,
      instrument,
      clientOrderId: request.clientOrderId,
      acceptedAs: request.clientOrderId,
      side: request.side,
      type: request.type,
      timeInForce: request.timeInForce,
      ...sized,
      orderListId,
      timeMs: nowMs,
      reserveAsset: request.side === "buy" ? instrument.quote : instrument.base,
      reserved: 0n,
      status: "NEW",
      waits: false,
      workingTimeMs: -1,
      executedLots: 0,
      executedQuote: 0n,
      preventedLots: 0,
      updateTimeMs: nowMs
    }
  }

  /** Locks what an order needs; throws -2010 where it is not there. */
  #reserve(account: Account, order: ExchangeOrder): void {
    const { lastTicks, market } = this.#listed(order.symbol)
    const needed = isConditional(order.type)
      ? Reserve.waiting(market, marketOrderOf(order), order.stopTicks, lastTicks)
      : Reserve.atOnce(market, marketOrderOf(order))
    if (!account.reserve(order.reserveAsset, needed)) throw ApiError.insufficientBalance()
    order.reserved = needed
  }

  /** Takes an order in whose funds are locked. `accepted` runs between its acceptance and what the market does with it. */
  #enter(account: Account, order: ExchangeOrder, accepted?: () => void): void {
    if (isConditional(order.type)) {
      this.#work.accept(account, order)
      this.#work.wait(order)
      accepted?.()
      return
    }
    const worked = this.#work.submit(order)
    if (wouldTake(worked)) {
      account.release(order.reserveAsset, order.reserved)
      throw ApiError.wouldTake()
    }
    this.#work.accept(account, order)
    accepted?.()
    this.#work.apply(order, worked)
  }

  #enterPair(account: Account, list: OrderList): void {
    const { legs, symbol } = list
    const first = legs[0]!
    for (const leg of legs) requireSensiblePrice(leg, this.#listed(symbol))
    const needed = this.#work.legsNeed(legs)
    if (!account.reserve(first.reserveAsset, needed)) throw ApiError.insufficientBalance()
    first.reserved = needed
    this.#acceptList(account, list, legs)
    this.#work.startLegs(list)
  }

  #acceptList(account: Account, list: OrderList, orders: ReadonlyArray<ExchangeOrder>): void {
    this.#work.lists.add(list)
    for (const order of orders) this.#work.accept(account, order)
    this.options.listener.onList(account, list)
  }

  #cancelAll(account: Account, list: OrderList, cancelId: string): void {
    for (const order of ordersOf(list)) if (isOpen(order)) this.#work.close(order, "CANCELED", cancelId)
    this.#work.settleList(account, list)
  }

  #listed(symbol: string): Listed {
    const listed = this.#markets.get(symbol)
    if (listed === undefined) throw ApiError.invalidSymbol()
    return listed
  }
}

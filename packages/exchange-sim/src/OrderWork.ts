/**
 * What happens to orders once they are accepted: they wait for triggers, go to the market, trade, end, and take the
 * others of their list with them. Synchronous. All that is caused from inside a market's step waits until the step is
 * over (`settle`), since a market may not be called from its own events; it then happens in the order it was caused.
 */
import type { BookEvent, Match, NewOrder } from "@outcry/matching/MatchingEngine"
import { TriggerBook } from "@outcry/matching/TriggerBook"
import type { AcceptLog } from "./AcceptLog.ts"
import type { Account } from "./Account.ts"
import * as ApiError from "./ApiError.ts"
import { type Execution, type ExchangeOrder, isConditional, isMarket, isOpen, triggerOf } from "./ExchangeOrder.ts"
import type { Market } from "./Market.ts"
import type { OrderHistory } from "./OrderHistory.ts"
import { type OrderList, OrderLists, ordersOf } from "./OrderLists.ts"
import * as OrderLog from "./OrderLog.ts"
import * as Reserve from "./Reserve.ts"
import type { Settlement } from "./Settlement.ts"

export type OrderChange = "NEW" | "CANCELED" | "EXPIRED" | "EXPIRED_IN_MATCH" | "REPLACED"

/** What happened to an account's order, in order; balances are those after it. */
export interface ExchangeListener {
  /** `otherId`: of a cancel its own client id; of an amendment the client id that the order had. */
  readonly onOrder: (account: Account, order: ExchangeOrder, change: OrderChange, otherId?: string) => void
  readonly onExecution: (account: Account, execution: Execution) => void
  readonly onBalances: (account: Account, assets: ReadonlyArray<string>) => void
  readonly onList: (account: Account, list: OrderList) => void
}

/** A market with what waits for its prints. */
export interface Listed {
  readonly market: Market
  /** The market's time, to which it has been advanced. */
  readonly marketTimeUs: () => number
  readonly triggers: TriggerBook
  /** Of the last print; 0 before the first. */
  lastTicks: number
}

export interface OrderWorkOptions {
  readonly log: AcceptLog
  readonly listener: ExchangeListener
  readonly settlement: Settlement
  readonly nowMs: () => number
  readonly listed: (symbol: string) => Listed
  readonly account: (order: ExchangeOrder) => Account
  readonly history: (account: Account) => OrderHistory
}

interface Held {
  readonly symbol: string
  readonly event: BookEvent
}

/** What the market did with an order, for `apply`. */
export type Worked = ReadonlyArray<Held>

type Ending = "CANCELED" | "EXPIRED" | "EXPIRED_IN_MATCH"

export class OrderWork {
  readonly lists = new OrderLists()
  readonly #options: OrderWorkOptions
  /** Those that the market or a trigger book may name. */
  readonly #orders = new Map<number, ExchangeOrder>()
  /** What the step that is running has caused. */
  readonly #due: Array<() => void> = []
  #settling = false
  #stepUs: number | undefined
  /** Events of the order being placed wait here until its acceptance is logged. */
  #held: Array<Held> | undefined
  #ending: Ending = "CANCELED"
  #cancelId: string | undefined
  #finalTradeId: number | undefined

  constructor(options: OrderWorkOptions) {
    this.#options = options
  }

  /** Logs the acceptance and tells it. */
  accept(account: Account, order: ExchangeOrder): void {
    this.#orders.set(order.marketOrderId, order)
    this.#options.history(account).add(order)
    this.#options.log.append(OrderLog.ordered(account, order))
    account.updateTimeMs = order.timeMs
    this.#options.listener.onOrder(account, order, "NEW")
    this.#tellBalances(account, order)
  }

  /** Lets a conditional order wait for its trigger. */
  wait(order: ExchangeOrder): void {
    const { lastTicks, triggers } = this.#options.listed(order.symbol)
    order.waits = true
    triggers.add(triggerOf(order), lastTicks)
  }

  /** Hands an order to its market; what came of it is not applied yet. */
  submit(order: ExchangeOrder): Worked {
    const { market, marketTimeUs } = this.#options.listed(order.symbol)
    const held: Array<Held> = []
    this.#held = held
    order.workingTimeMs = this.#options.nowMs()
    market.submit(marketOrderOf(order), this.#stepUs ?? marketTimeUs())
    this.#held = undefined
    return held
  }

  apply(order: ExchangeOrder, worked: Worked): void {
    const { market } = this.#options.listed(order.symbol)
    this.#finalTradeId = order.lots === 0 ? finalTradeId(worked, order, market) : undefined
    for (const { event, symbol } of worked) this.#apply(symbol, event)
    this.#finalTradeId = undefined
  }

  /** What a market reports; crowd's own events cost nothing. */
  onBookEvent(symbol: string, event: BookEvent): void {
    if (this.#held === undefined) this.#apply(symbol, event)
    else if (this.#concerns(event)) this.#held.push({ symbol, event: { ...event } })
  }

  onTrade(symbol: string, priceTicks: number): void {
    const listed = this.#options.listed(symbol)
    listed.lastTicks = priceTicks
    if (listed.triggers.size === 0) return
    listed.triggers.printed(priceTicks, (orderId) => {
      const order = this.#orders.get(orderId)
      if (order !== undefined) this.#due.push(() => this.#trigger(order))
    })
  }

  /**
   * Does what is due, until nothing is. Not while an order is on its way into a market. `stepUs`: the market is in the
   * middle of advancing and has come this far.
   */
  settle(stepUs?: number): void {
    if (this.#due.length === 0 || this.#settling || this.#held !== undefined) return
    this.#settling = true
    this.#stepUs = stepUs
    try {
      for (let act = this.#due.shift(); act !== undefined; act = this.#due.shift()) act()
    } finally {
      this.#settling = false
      this.#stepUs = undefined
    }
  }

  /** Ends an open order wherever it is; false where the market no longer has it. */
  close(order: ExchangeOrder, ending: Ending, cancelId?: string): boolean {
    const { market, marketTimeUs, triggers } = this.#options.listed(order.symbol)
    if (order.status === "PENDING_NEW" || order.waits) {
      if (order.waits) triggers.remove(order.marketOrderId)
      this.#end(order, ending, cancelId)
      return true
    }
    this.#ending = ending
    this.#cancelId = cancelId
    const closed = market.cancel(order.marketOrderId, this.#stepUs ?? marketTimeUs())
    this.#ending = "CANCELED"
    this.#cancelId = undefined
    return closed
  }

  /** Sends the legs of a list on their way: those with a trigger wait, another goes to the book. */
  startLegs(list: OrderList): void {
    for (const leg of list.legs) if (isConditional(leg.type)) this.wait(leg)
    for (const leg of list.legs) {
      if (isConditional(leg.type) || !isOpen(leg)) continue
      this.apply(leg, this.submit(leg))
    }
  }

  /** What the legs of a list lock together: one of them at most will trade. */
  legsNeed(legs: ReadonlyArray<ExchangeOrder>): bigint {
    return legs.reduce((most, leg) => {
      const { lastTicks, market } = this.#options.listed(leg.symbol)
      const needed = isConditional(leg.type)
        ? Reserve.waiting(market, marketOrderOf(leg), leg.stopTicks, lastTicks)
        : Reserve.atOnce(market, marketOrderOf(leg))
      return needed > most ? needed : most
    }, 0n)
  }

  #concerns(event: BookEvent): boolean {
    // The order being placed is not in the table yet, and every account's id is above 0.
    return event.type === "match" ? event.makerOrderId > 0 || event.takerOrderId > 0 : event.orderId > 0
  }

  #apply(symbol: string, event: BookEvent): void {
    if (event.type === "match") return this.#match(symbol, event)
    if (event.type === "rested" || event.type === "reduced") return
    const order = this.#orders.get(event.orderId)
    if (order === undefined) return
    if (event.type === "prevented") {
      order.preventedLots += event.lots
      this.#end(order, "EXPIRED_IN_MATCH")
    } else if (event.type === "removed" && event.reason === "canceled") this.#end(order, this.#ending, this.#cancelId)
    else this.#end(order, "EXPIRED")
  }

  #match(symbol: string, match: Match): void {
    const maker = this.#orders.get(match.makerOrderId)
    const taker = this.#orders.get(match.takerOrderId)
    const withAccount = maker !== undefined && taker !== undefined
    if (maker !== undefined) this.#execute(maker, match, true, withAccount)
    if (taker !== undefined) this.#execute(taker, match, false, withAccount)
  }

  #execute(order: ExchangeOrder, match: Match, maker: boolean, withAccount: boolean): void {
    const { account: accountOf, history, listener, log, nowMs, settlement } = this.#options
    const account = accountOf(order)
    this.#begin(order)
    const remaining = maker ? match.makerRemainingLots : match.takerRemainingLots
    const done = (order.lots > 0 && remaining === 0) || (match.tradeId === this.#finalTradeId && !maker)
    const execution = settlement.execute(account, order, match, { maker, withAccount, done, nowMs: nowMs() })
    history(account).addExecution(execution)
    log.append(OrderLog.filled(account, execution))
    if (done) this.#forget(account, order)
    listener.onExecution(account, execution)
    this.#tellBalances(account, order)
    if (done) this.#ended(account, order)
  }

  #trigger(order: ExchangeOrder): void {
    if (!isOpen(order) || !order.waits) return
    const { account: accountOf, listed, listener, nowMs } = this.#options
    const account = accountOf(order)
    this.#begin(order)
    order.waits = false
    order.updateTimeMs = nowMs()
    order.workingTimeMs = order.updateTimeMs
    if (isMarket(order.type)) {
      // Its price was a guess until now.
      const needed = Reserve.atOnce(listed(order.symbol).market, marketOrderOf(order))
      const missing = needed - order.reserved
      if (missing > 0n && !account.reserve(order.reserveAsset, missing)) return this.#end(order, "EXPIRED")
      if (missing > 0n) order.reserved = needed
    }
    listener.onOrder(account, order, "NEW")
    this.apply(order, this.submit(order))
  }

  /** A leg trades or fires: the other is out of the way first, and what was locked for both is this one's. */
  #begin(order: ExchangeOrder): void {
    const sibling = this.lists.siblingOf(order)
    if (sibling === undefined || order.status === "PENDING_NEW") return
    order.reserved += sibling.reserved
    sibling.reserved = 0n
    this.close(sibling, "EXPIRED")
  }

  #end(order: ExchangeOrder, ending: Ending, cancelId?: string): void {
    if (!isOpen(order)) return
    const { account: accountOf, listener, log, nowMs } = this.#options
    const account = accountOf(order)
    order.status = ending
    order.waits = false
    order.updateTimeMs = nowMs()
    account.updateTimeMs = order.updateTimeMs
    log.append(OrderLog.ended(account, order, ending === "CANCELED" ? "cancel" : "expire"))
    const sibling = this.lists.siblingOf(order)
    if (sibling !== undefined) {
      // It ends too, but may fire before it does.
      sibling.reserved += order.reserved
      order.reserved = 0n
    }
    this.#forget(account, order)
    listener.onOrder(account, order, ending, cancelId)
    this.#tellBalances(account, order)
    this.#ended(account, order)
  }

  /** What the end of an order means for its list. */
  #ended(account: Account, order: ExchangeOrder): void {
    const list = this.lists.of(order)
    if (list === undefined || list.done) return
    if (order === list.working) {
      if (order.status === "FILLED") this.#due.push(() => this.#release(account, list))
      else
        for (const leg of list.legs)
          if (isOpen(leg)) this.close(leg, order.status === "CANCELED" ? "CANCELED" : "EXPIRED")
    } else {
      const sibling = this.lists.siblingOf(order)
      if (sibling !== undefined) {
        this.#due.push(() => {
          if (isOpen(sibling)) this.close(sibling, order.status === "CANCELED" ? "CANCELED" : "EXPIRED")
          this.settleList(account, list)
        })
      }
    }
    this.settleList(account, list)
  }

  /** Tells a list's end once all of its orders have ended. */
  settleList(account: Account, list: OrderList): void {
    if (list.done || ordersOf(list).some(isOpen)) return
    list.done = true
    list.transactionTimeMs = this.#options.nowMs()
    this.#options.listener.onList(account, list)
  }

  /** The working order is filled: its legs become orders like others. */
  #release(account: Account, list: OrderList): void {
    const { listed, listener } = this.#options
    const legs = list.legs.filter(isOpen)
    const first = legs[0]
    if (first === undefined) return
    const { lastTicks, market } = listed(list.symbol)
    const needed = this.legsNeed(legs)
    const tooLate =
      market.closed() ||
      legs.some(
        (leg) => isConditional(leg.type) && leg.trailingDelta === 0 && TriggerBook.reached(triggerOf(leg), lastTicks)
      )
    if (tooLate || !account.reserve(first.reserveAsset, needed)) {
      for (const leg of legs) this.close(leg, "EXPIRED")
      return
    }
    first.reserved = needed
    for (const leg of legs) {
      leg.status = "NEW"
      leg.updateTimeMs = this.#options.nowMs()
      listener.onOrder(account, leg, "NEW")
    }
    this.#tellBalances(account, first)
    this.startLegs(list)
  }

  #forget(account: Account, order: ExchangeOrder): void {
    account.release(order.reserveAsset, order.reserved)
    order.reserved = 0n
    this.#orders.delete(order.marketOrderId)
    this.#options.history(account).close(order)
  }

  #tellBalances(account: Account, { instrument }: ExchangeOrder): void {
    this.#options.listener.onBalances(account, [instrument.base, instrument.quote])
  }
}

/** The order as its market sees it. */
export const marketOrderOf = (order: ExchangeOrder): NewOrder => ({
  orderId: order.marketOrderId,
  ownerId: order.accountId,
  side: order.side,
  type: isMarket(order.type) ? "market" : "limit",
  priceTicks: order.priceTicks,
  lots: order.lots,
  quoteTickLots: Number(order.quoteOrderQty / order.instrument.tickLot),
  timeInForce: order.timeInForce,
  postOnly: order.type === "LIMIT_MAKER",
  displayLots: order.displayLots,
  selfTrade: order.selfTrade
})

/** Whether the book refused to let it rest: it would have traded. */
export const wouldTake = (worked: Worked): boolean =>
  worked.some(({ event }) => event.type === "refused" && event.reason === "PostOnlyWouldTrade")

/** Throws where a conditional order would fire, or a maker's order trade, as soon as it is placed. */
export const requireSensiblePrice = (order: ExchangeOrder, { lastTicks, market }: Listed): void => {
  if (isConditional(order.type)) {
    if (order.trailingDelta === 0 && lastTicks > 0 && TriggerBook.reached(triggerOf(order), lastTicks))
      throw ApiError.wouldTrigger()
  } else if (order.type === "LIMIT_MAKER") {
    const { askTicks, bidTicks } = market.top()
    const crosses =
      order.side === "buy" ? askTicks > 0 && order.priceTicks >= askTicks : bidTicks > 0 && order.priceTicks <= bidTicks
    if (crosses) throw ApiError.wouldTake()
  }
}

/**
 * The trade with which a market order by quote amount is filled: its last one, unless the book ran empty before the
 * amount was spent. What is then left is less than the next lot costs; Binance calls such an order filled.
 */
const finalTradeId = (worked: Worked, order: ExchangeOrder, market: Market): number | undefined => {
  const top = market.top()
  if ((order.side === "buy" ? top.askLots : top.bidLots) === 0) return undefined
  if (worked.some(({ event }) => event.type === "prevented" && event.orderId === order.marketOrderId)) return undefined
  const last = worked.findLast(({ event }) => event.type === "match" && event.takerOrderId === order.marketOrderId)
  return last?.event.type === "match" ? last.event.tradeId : undefined
}

/**
 * The exchange's heart with a crowd and nothing around it: no HTTP, no timers, no clock but the one that `advance` moves.
 * The same seed and the same calls at the same times give the same events, fills and log, byte for byte.
 *
 * For deterministic simulation. What it returns and tells are copies, so that a message may travel as long as it likes;
 * what an account may not do throws `ApiError` with Binance's code, as over the wire.
 */
import type { MarketTop } from "@outcry/matching/MarketListener"
import type * as Amount from "@outcry/model/Amount"
import type { Instrument } from "@outcry/model/Instrument"
import * as AcceptLog from "./AcceptLog.ts"
import type { Account, AccountSpec } from "./Account.ts"
import { AgentMarket } from "./AgentMarket.ts"
import * as ApiError from "./ApiError.ts"
import { Exchange } from "./Exchange.ts"
import type { Execution, ExchangeOrder } from "./ExchangeOrder.ts"
import type { OrderRequest } from "./Filters.ts"
import { listings, wireSymbol } from "./Listings.ts"
import type { OrderChange } from "./OrderWork.ts"

/** What the user stream of an account would carry. */
export type UserEvent =
  | {
      readonly type: "order"
      readonly account: string
      readonly order: ExchangeOrder
      readonly change: OrderChange
      /** Of `CANCELED`: the cancel's own client id; of `REPLACED` (an amendment): the client id it had. */
      readonly cancelId: string | undefined
    }
  | { readonly type: "execution"; readonly account: string; readonly execution: Execution }
  | {
      readonly type: "balances"
      readonly account: string
      readonly balances: ReadonlyArray<AssetBalance>
    }

export interface AssetBalance {
  readonly asset: string
  readonly free: Amount.Amount
  readonly locked: Amount.Amount
}

/** By the venue's id, by the client id, or by both, which then must belong together. */
export interface OrderName {
  readonly symbol: string
  readonly venueOrderId?: number
  readonly clientOrderId?: string
}

export interface InMemoryOptions {
  /** Of the crowd: prices and prints follow from it. */
  readonly seed: number
  /** Epoch milliseconds, whole: the time of the venue until the first `advance`. */
  readonly startMs: number
  readonly accounts: ReadonlyArray<AccountSpec>
  /** How many of BTC/USDT and ETH/USDT are listed; default 1. */
  readonly instruments?: 1 | 2
  /** How much faster than usual the crowd acts; default 1. */
  readonly activity?: number
  /** Commission in basis points; default 10. */
  readonly feeBps?: number
  /** Market time that the crowd has had to fill the books before the start; default 2,000. */
  readonly warmUpMs?: number
  /** Called within the call or the `advance` that caused the event, in order; must not call back. */
  readonly onEvent?: (event: UserEvent) => void
}

export class InMemoryExchange {
  readonly instruments: ReadonlyArray<Instrument>
  readonly #log = AcceptLog.memory()
  readonly #exchange: Exchange
  readonly #accounts = new Map<string, Account>()
  #nowMs: number

  constructor(options: InMemoryOptions) {
    const { accounts, onEvent, seed, startMs } = options
    this.#nowMs = startMs
    const feeBps = options.feeBps ?? 10
    this.#exchange = new Exchange({
      accounts,
      makerFeeBps: feeBps,
      takerFeeBps: feeBps,
      idBase: 1_000_000,
      log: this.#log,
      listener: {
        onOrder: (account, order, change, cancelId) =>
          onEvent?.({ type: "order", account: account.name, order: { ...order }, change, cancelId }),
        onExecution: (account, execution) =>
          onEvent?.({ type: "execution", account: account.name, execution: copyOf(execution) }),
        onBalances: (account, assets) =>
          onEvent?.({ type: "balances", account: account.name, balances: balancesOf(account, assets) }),
        onList: () => undefined
      },
      nowMs: () => this.#nowMs
    })
    for (const account of this.#exchange.accounts) this.#accounts.set(account.name, account)
    const startUs = (startMs - (options.warmUpMs ?? 2_000)) * 1_000
    const listed = listings.slice(0, options.instruments ?? 1)
    this.instruments = listed.map(({ instrument }) => instrument)
    for (const { instrument, priceTicks } of listed) {
      const symbol = wireSymbol(instrument)
      const market = new AgentMarket({
        instrument,
        priceTicks,
        seed,
        startUs,
        activity: options.activity ?? 1,
        listener: {
          onBookEvent: (event) => this.#exchange.onBookEvent(symbol, event),
          onDepthChanged: () => undefined,
          onTop: () => undefined,
          onTrade: ({ priceTicks }) => this.#exchange.onTrade(symbol, priceTicks),
          onSettled: (timeUs) => this.#exchange.onSettled(timeUs)
        }
      })
      this.#exchange.list(symbol, market, () => this.#nowMs * 1_000)
      market.advanceTo(startMs * 1_000)
    }
  }

  /** The venue's time, epoch milliseconds. */
  get nowMs(): number {
    return this.#nowMs
  }

  /** All that was accepted and what became of it. */
  get log(): ReadonlyArray<AcceptLog.LogLine> {
    return this.#log.lines
  }

  /** Runs the crowd up to and including that time; an earlier time does nothing. */
  advance(toMs: number): void {
    // Step by step, so that the time of an execution is that of its millisecond, whatever the stride of the caller.
    while (this.#nowMs < toMs) {
      const dueUs = Math.min(
        ...this.#exchange.symbols.map((symbol) => this.#exchange.market(symbol).nextEventUs() ?? 0)
      )
      this.#nowMs = Math.min(toMs, Math.max(this.#nowMs + 1, Math.ceil(dueUs / 1_000)))
      for (const symbol of this.#exchange.symbols) this.#exchange.market(symbol).advanceTo(this.#nowMs * 1_000)
    }
  }

  /** Best prices and sizes; `BTCUSDT`. */
  top(symbol: string): MarketTop {
    return this.#exchange.market(symbol).top()
  }

  /** Accepts an order or throws the venue's refusal. The order is as it is after what it traded at once. */
  place(account: string, request: OrderRequest): ExchangeOrder {
    return { ...this.#exchange.place(this.#account(account), request) }
  }

  /** Cancels an open order; throws -2011 where there is none. */
  cancel(account: string, name: OrderName, cancelId: string): ExchangeOrder {
    return { ...this.#exchange.cancel(this.#account(account), this.#find(account, name), cancelId) }
  }

  /** Takes an execution back; false where nobody has it or what was received has been spent. */
  bust(symbol: string, venueTradeId: number): boolean {
    const busts = this.#exchange.bust(symbol, venueTradeId)
    return busts !== undefined && typeof busts !== "string"
  }

  /** The order as it stands; undefined is Binance's -2013. */
  query(account: string, name: OrderName): ExchangeOrder | undefined {
    const order = this.#find(account, name)
    return order === undefined ? undefined : { ...order }
  }

  openOrders(account: string, symbol?: string): ReadonlyArray<ExchangeOrder> {
    return this.#history(account)
      .open(symbol)
      .map((order) => ({ ...order }))
  }

  /** Executions of a symbol with that trade id or a higher one, oldest first. */
  myTrades(account: string, symbol: string, fromId = 0): ReadonlyArray<Execution> {
    return this.#history(account)
      .executions(symbol)
      .filter((execution) => execution.venueTradeId >= fromId)
      .map(copyOf)
  }

  balances(account: string): ReadonlyArray<AssetBalance> {
    const found = this.#account(account)
    return balancesOf(found, found.assets())
  }

  #find(account: string, { clientOrderId, symbol, venueOrderId }: OrderName): ExchangeOrder | undefined {
    return this.#history(account).find(symbol, venueOrderId, clientOrderId)
  }

  #history(account: string) {
    return this.#exchange.history(this.#account(account))
  }

  #account(name: string): Account {
    const account = this.#accounts.get(name)
    if (account === undefined) throw ApiError.rejectedKey()
    return account
  }
}

const copyOf = (execution: Execution): Execution => ({ ...execution, order: { ...execution.order } })

const balancesOf = (account: Account, assets: ReadonlyArray<string>): ReadonlyArray<AssetBalance> =>
  assets.map((asset) => ({ asset, ...account.balance(asset) }))

/**
 * Moves the money of executions between accounts, the crowd and the fees; and back where one is taken back. Of each asset
 * the sum of the three never changes.
 */
import type { Match } from "@outcry/matching/MatchingEngine"
import * as Amount from "@outcry/model/Amount"
import * as Instrument from "@outcry/model/Instrument"
import type { Account } from "./Account.ts"
import type { Execution, ExchangeOrder } from "./ExchangeOrder.ts"

export interface SettlementOptions {
  /** Commission in basis points of what is received. */
  readonly makerFeeBps: number
  readonly takerFeeBps: number
  /** Added to every trade id on the wire. */
  readonly idBase: number
}

/** Commissions have eight places, as Binance's; finer parts are rounded half to even. */
const commissionStep = 10n ** BigInt(Amount.scale - 8)

export class Settlement {
  readonly #options: SettlementOptions
  readonly #fees = new Map<string, Amount.Amount>()
  readonly #crowd = new Map<string, Amount.Amount>()

  constructor(options: SettlementOptions) {
    this.#options = options
  }

  /** Net amount the crowd has received from accounts, by asset; negative where it gave. */
  crowd(asset: string): Amount.Amount {
    return this.#crowd.get(asset) ?? 0n
  }

  fees(asset: string): Amount.Amount {
    return this.#fees.get(asset) ?? 0n
  }

  /** Books one side of a match. `done`: nothing of the order is left to trade. */
  execute(
    account: Account,
    order: ExchangeOrder,
    match: Match,
    how: { readonly maker: boolean; readonly withAccount: boolean; readonly done: boolean; readonly nowMs: number }
  ): Execution {
    const { instrument } = order
    const { maker, nowMs, withAccount } = how
    const base = Instrument.baseAmount(instrument, match.lots)
    const quote = Instrument.notional(instrument, match.priceTicks, match.lots)
    const buys = order.side === "buy"
    const paid = buys ? quote : base
    const received = buys ? base : quote
    const commissionAsset = buys ? instrument.base : instrument.quote
    const bps = maker ? this.#options.makerFeeBps : this.#options.takerFeeBps
    const commission = Amount.mulDiv(received, BigInt(bps), 10_000n * commissionStep) * commissionStep
    account.pay(order.reserveAsset, paid)
    account.credit(commissionAsset, received - commission)
    add(this.#fees, commissionAsset, commission)
    // A limit order that trades at a better price than its own frees the difference at once.
    const held = buys && order.priceTicks > 0 ? Instrument.notional(instrument, order.priceTicks, match.lots) : paid
    account.release(order.reserveAsset, held - paid)
    order.reserved -= held
    order.executedLots += match.lots
    order.executedQuote += quote
    order.status = how.done ? "FILLED" : "PARTIALLY_FILLED"
    order.updateTimeMs = nowMs
    account.updateTimeMs = nowMs
    if (!withAccount) this.#withCrowd(order, base, quote)
    return {
      venueTradeId: this.#options.idBase + match.tradeId,
      order,
      priceTicks: match.priceTicks,
      lots: match.lots,
      quote,
      commission,
      commissionAsset,
      maker,
      withAccount,
      timeMs: nowMs,
      executedLots: order.executedLots,
      executedQuote: order.executedQuote,
      status: order.status
    }
  }

  /** Whether what was received is still there to be taken back. */
  canBust(account: Account, { commission, commissionAsset, lots, order, quote }: Execution): boolean {
    const received = order.side === "buy" ? Instrument.baseAmount(order.instrument, lots) : quote
    return account.balance(commissionAsset).free >= received - commission
  }

  /** Takes an execution back: money, fee, and what the order counts as executed. The lots do not return to the book. */
  bust(account: Account, execution: Execution, nowMs: number): void {
    const { commission, commissionAsset, lots, order, quote } = execution
    const { instrument } = order
    const base = Instrument.baseAmount(instrument, lots)
    const buys = order.side === "buy"
    account.credit(commissionAsset, commission - (buys ? base : quote))
    account.credit(buys ? instrument.quote : instrument.base, buys ? quote : base)
    add(this.#fees, commissionAsset, -commission)
    if (!execution.withAccount) this.#withCrowd(order, -base, -quote)
    order.executedLots -= lots
    order.executedQuote -= quote
    if (order.status === "FILLED") order.status = "CANCELED"
    else if (order.status === "PARTIALLY_FILLED" && order.executedLots === 0) order.status = "NEW"
    order.updateTimeMs = nowMs
    account.updateTimeMs = nowMs
  }

  /** The crowd is the other party of that order. */
  #withCrowd(order: ExchangeOrder, base: Amount.Amount, quote: Amount.Amount): void {
    const buys = order.side === "buy"
    add(this.#crowd, order.instrument.base, buys ? -base : base)
    add(this.#crowd, order.instrument.quote, buys ? quote : -quote)
  }
}

const add = (amounts: Map<string, Amount.Amount>, asset: string, amount: Amount.Amount): void => {
  amounts.set(asset, (amounts.get(asset) ?? 0n) + amount)
}

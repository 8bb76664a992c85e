/** What accounts receive and pay because they hold: splits, dividends, funding; each strategy by its share. */
import { fundingOf } from "@outcry/matching/models/FundingModel"
import type { AccountCommand } from "@outcry/model/AccountCommand"
import * as Amount from "@outcry/model/Amount"
import { baseAmount, type Instrument } from "@outcry/model/Instrument"
import { splitLots } from "./CorporateAction.ts"
import type { RunAccount } from "./RunAccount.ts"
import type { RunMarket } from "./RunMarket.ts"
import type { RunRecord } from "./RunRecord.ts"

/** Nine places of a rate or an amount per share count. */
const scale = 1_000_000_000n
const scaled = (value: number): bigint => BigInt(Math.round(value * 1e9))
const one = 10n ** BigInt(Amount.scale)

export class Payments {
  private readonly accounts: ReadonlyArray<RunAccount>
  private readonly record: RunRecord
  private readonly run: (account: RunAccount, command: AccountCommand) => void
  private fundings = 0

  constructor(
    accounts: ReadonlyArray<RunAccount>,
    record: RunRecord,
    run: (account: RunAccount, command: AccountCommand) => void
  ) {
    this.accounts = accounts
    this.record = record
    this.run = run
  }

  /** `amount` of quote asset for each base asset held; a short pays it. */
  dividend({ instrument }: RunMarket, amount: number, now: number): void {
    const of = (lots: number): Amount.Amount =>
      Amount.mulDiv(Amount.mulDiv(baseAmount(instrument, lots), scaled(amount), scale), one, one)
    for (const account of this.accounts) {
      const paid = of(account.lots(instrument.id))
      if (paid === 0n) continue
      const reason = `dividend of ${amount} on ${instrument.id} at ${now}`
      this.adjust(account, instrument.quote, paid, reason)
      this.record.costs.dividends += Amount.toNumber(paid)
      this.share(account, instrument, of)
    }
  }

  /** A long pays `rate` of its value to a short. */
  funding({ instrument, middleTicks }: RunMarket, rate: number, now: number): void {
    const of = (lots: number): Amount.Amount => fundingOf(instrument, lots, Math.round(middleTicks), rate)
    for (const account of this.accounts) {
      const amount = of(account.lots(instrument.id))
      if (amount === 0n) continue
      const venueFundingId = String(++this.fundings)
      const { id, quote: asset } = instrument
      this.run(account, { type: "ReportFunding", instrument: id, asset, amount, venueFundingId, timeVenue: now })
      this.record.costs.funding += Amount.toNumber(amount)
      this.share(account, instrument, of)
    }
  }

  /** Positions and balances are multiplied; what makes no whole lot is paid in cash at the new price. */
  split(market: RunMarket, ratio: number, now: number): void {
    const { instrument, mark } = market
    market.priced(Math.round(mark.bidTicks / ratio), Math.round(mark.askTicks / ratio), mark.timeReceived)
    for (const account of this.accounts) {
      let left = 0
      for (const { positions } of account.state.strategies.values()) {
        const lots = positions.get(instrument.id)?.lots ?? 0
        left += lots * ratio - splitLots(lots, ratio)
      }
      account.split(instrument, ratio)
      const cash = Amount.mulDiv(instrument.tickLot, scaled(left * market.middleTicks), scale)
      if (Math.abs(left) < 1e-9 || cash === 0n) continue
      this.adjust(account, instrument.quote, cash, `cash in lieu of ${left} lots of ${instrument.id} at ${now}`)
    }
    this.record.trips.split(instrument.id, ratio)
  }

  private adjust(account: RunAccount, asset: string, amount: Amount.Amount, reason: string): void {
    const by = "backtest"
    this.run(account, { type: "AdjustBalance", asset, amount, adjustment: "venueCorrection", by, reason })
  }

  private share(account: RunAccount, instrument: Instrument, of: (lots: number) => Amount.Amount): void {
    for (const [strategy, { positions }] of account.state.strategies) {
      const lots = positions.get(instrument.id)?.lots ?? 0
      if (lots !== 0) this.record.trips.pay(strategy, instrument.id, Amount.toNumber(of(lots)))
    }
  }
}

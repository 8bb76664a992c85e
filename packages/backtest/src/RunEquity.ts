/** The equity of a run's accounts, sampled: balances less what was lent, base assets at the middle of their market. */
import * as Amount from "@outcry/model/Amount"
import type { EquityCurve } from "./BacktestResult.ts"
import type { RunAccount } from "./RunAccount.ts"
import type { RunMarket } from "./RunMarket.ts"
import { lotOf, tickOf } from "./RunRecord.ts"

interface Priced {
  readonly market: RunMarket
  readonly tick: number
  readonly lot: number
  /** Whether it values its base asset: the first market of an asset does. */
  readonly values: boolean
}

export class RunEquity {
  readonly asset: string
  private readonly accounts: ReadonlyArray<RunAccount>
  private readonly priced: ReadonlyArray<Priced>
  private readonly timeUs: Array<number> = []
  private readonly equity: Array<number> = []
  private readonly exposure: Array<number> = []

  constructor(asset: string, accounts: ReadonlyArray<RunAccount>, markets: ReadonlyArray<RunMarket>) {
    this.asset = asset
    this.accounts = accounts
    const seen = new Set<string>()
    this.priced = markets.map((market) => {
      const { base } = market.instrument
      const values = !seen.has(base)
      seen.add(base)
      return { market, tick: tickOf(market.instrument), lot: lotOf(market.instrument), values }
    })
  }

  get curve(): EquityCurve {
    return { timeUs: this.timeUs, equity: this.equity, exposure: this.exposure }
  }

  /** Equity now, in `asset`. */
  now(): number {
    let sum = 0
    for (const { loans, state } of this.accounts) {
      sum += this.owned(loans, state.balances, this.asset)
      for (const { market, tick, values } of this.priced)
        if (values) sum += this.owned(loans, state.balances, market.instrument.base) * market.middleTicks * tick
    }
    return sum
  }

  /** A second sample of the same time takes the place of the first. */
  sample(timeUs: number): void {
    let exposure = 0
    for (const account of this.accounts)
      for (const { lot, market, tick } of this.priced)
        exposure += Math.abs(account.lots(market.instrument.id)) * lot * market.middleTicks * tick
    const at = this.timeUs.at(-1) === timeUs ? this.timeUs.length - 1 : this.timeUs.length
    this.timeUs[at] = timeUs
    this.equity[at] = this.now()
    this.exposure[at] = exposure
  }

  private owned(
    loans: ReadonlyMap<string, Amount.Amount>,
    balances: ReadonlyMap<string, { readonly total: Amount.Amount }>,
    asset: string
  ): number {
    return Amount.toNumber((balances.get(asset)?.total ?? 0n) - (loans.get(asset) ?? 0n))
  }
}

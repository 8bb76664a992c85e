/**
 * The equity of a run's accounts, sampled: balances less what was lent, base assets at the middle of their market. What an
 * account owns is read again only when a fact has changed it, so that a sample costs a few multiplications.
 */
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
  /** Base asset owned, and the size of positions in it, over all accounts. */
  owned: number
  held: number
}

export class RunEquity {
  readonly asset: string
  private readonly accounts: ReadonlyArray<RunAccount>
  private readonly priced: ReadonlyArray<Priced>
  private readonly timeUs: Array<number> = []
  private readonly equity: Array<number> = []
  private readonly exposure: Array<number> = []
  private cash = 0
  /** Facts of all accounts when they were read last. */
  private facts = -1

  constructor(asset: string, accounts: ReadonlyArray<RunAccount>, markets: ReadonlyArray<RunMarket>) {
    this.asset = asset
    this.accounts = accounts
    const seen = new Set<string>()
    this.priced = markets.map((market) => {
      const { instrument } = market
      const values = !seen.has(instrument.base)
      seen.add(instrument.base)
      return { market, tick: tickOf(instrument), lot: lotOf(instrument), values, owned: 0, held: 0 }
    })
  }

  get curve(): EquityCurve {
    return { timeUs: this.timeUs, equity: this.equity, exposure: this.exposure }
  }

  /** Equity now, in `asset`. */
  now(): number {
    this.read()
    let sum = this.cash
    for (let at = 0; at < this.priced.length; at++) {
      const { market, owned, tick } = this.priced[at]!
      if (owned !== 0) sum += owned * market.middleTicks * tick
    }
    return sum
  }

  /** A second sample of the same time takes the place of the first. */
  sample(timeUs: number): void {
    const equity = this.now()
    let exposure = 0
    for (let at = 0; at < this.priced.length; at++) {
      const { held, market, tick } = this.priced[at]!
      if (held !== 0) exposure += held * market.middleTicks * tick
    }
    if (this.timeUs.at(-1) === timeUs) {
      this.equity[this.equity.length - 1] = equity
      this.exposure[this.exposure.length - 1] = exposure
      return
    }
    this.timeUs.push(timeUs)
    this.equity.push(equity)
    this.exposure.push(exposure)
  }

  /** What accounts own has changed without a fact of theirs: a split. */
  forget(): void {
    this.facts = -1
  }

  private read(): void {
    let facts = 0
    for (let at = 0; at < this.accounts.length; at++) facts += this.accounts[at]!.state.seq
    if (facts === this.facts) return
    this.facts = facts
    this.cash = this.ownedOf(this.asset)
    for (const priced of this.priced) {
      const { id, base } = priced.market.instrument
      priced.owned = priced.values ? this.ownedOf(base) : 0
      priced.held = this.accounts.reduce((sum, account) => sum + Math.abs(account.lots(id)) * priced.lot, 0)
    }
  }

  private ownedOf(asset: string): number {
    return this.accounts.reduce(
      (sum, { loans, state }) =>
        sum + Amount.toNumber((state.balances.get(asset)?.total ?? 0n) - (loans.get(asset) ?? 0n)),
      0
    )
  }
}

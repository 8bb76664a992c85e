/**
 * An account in a run: the live account core, its money, and every fact that followed. Checks, holding, emulation of stops
 * and groups are the core's; nothing of it is repeated here.
 */
import { type FeeModel, type FeeSchedule, feeModel } from "@outcry/matching/models/FeeModel"
import { execute } from "@outcry/model/Account"
import type { AccountCommand, Circumstances } from "@outcry/model/AccountCommand"
import type { AccountEvent, Mark } from "@outcry/model/AccountEvent"
import { type AccountState, initial } from "@outcry/model/AccountState"
import * as Amount from "@outcry/model/Amount"
import { idOf } from "@outcry/model/ClientOrderId"
import { type Instrument, specOf } from "@outcry/model/Instrument"
import { type AccountSpec, BacktestFault, researchLimits } from "./BacktestSpec.ts"
import { applySplit, type RunFact } from "./CorporateAction.ts"

/** No order waits for a wire here: the deadline has no meaning. */
const expiryUs = 86_400_000_000

export interface RunAccountOptions {
  readonly place: number
  readonly spec: AccountSpec
  readonly instruments: ReadonlyArray<Instrument>
  readonly fees: FeeSchedule
  readonly mark: (instrument: string) => Mark | undefined
  readonly keepFacts: boolean
}

const amounts = (
  field: string,
  given: Readonly<Record<string, string>>
): ReadonlyArray<readonly [string, Amount.Amount]> =>
  Object.entries(given).map(([asset, text]) => {
    const amount = Amount.parse(text)
    if (amount !== undefined && amount >= 0n) return [asset, amount]
    const reason = `"${text}" of ${asset} is no decimal of 0 or more`
    throw new BacktestFault({ field, reason, remedy: 'Write it as a decimal, as "10000" or "0.5".' })
  })

export class RunAccount {
  readonly id: string
  readonly place: number
  readonly state: AccountState
  readonly fees: FeeModel
  /** What was lent at the start, by asset: a debt. */
  readonly loans: Map<string, Amount.Amount>
  /** Every fact in order, where they are kept. */
  readonly facts: Array<RunFact> = []
  private readonly keepFacts: boolean
  private readonly circumstances: Circumstances & { now: number }

  constructor({ fees, instruments, keepFacts, mark, place, spec }: RunAccountOptions) {
    this.id = spec.id ?? "backtest"
    this.place = place
    this.state = initial(this.id)
    this.fees = feeModel(fees)
    this.keepFacts = keepFacts
    this.loans = new Map(amounts(`accounts[${place}].loans`, spec.loans ?? {}))
    this.circumstances = { now: 0, expiryUs, mark, idOf: idOf("backtest", this.id), native: () => false }
    const balances = new Map(amounts(`accounts[${place}].balances`, spec.balances))
    for (const [asset, amount] of this.loans) balances.set(asset, (balances.get(asset) ?? 0n) + amount)
    this.run({ type: "ListInstruments", specs: instruments.map(specOf) }, 0)
    this.run({ type: "SetLimits", limits: { ...researchLimits, ...spec.limits, version: 1 } }, 0)
    this.run({ type: "AdoptBalances", balances: Array.from(balances, ([asset, amount]) => ({ asset, amount })) }, 0)
  }

  /** Whether time or prices concern an order of it. */
  get watches(): boolean {
    return this.state.watched.size > 0 || this.state.unprotected.size > 0
  }

  get ids(): Circumstances["idOf"] {
    return this.circumstances.idOf
  }

  run(command: AccountCommand, now: number): ReadonlyArray<AccountEvent> {
    this.circumstances.now = now
    const events = execute(this.state, command, this.circumstances)
    if (this.keepFacts) for (const event of events) this.facts.push(event)
    return events
  }

  /** Positions, balances, open orders and what was lent follow. */
  split(instrument: Instrument, ratio: number): void {
    applySplit(this.state, instrument, ratio)
    if (this.keepFacts) this.facts.push({ type: "SplitApplied", instrument: instrument.id, ratio })
    const loan = this.loans.get(instrument.base)
    if (loan !== undefined)
      this.loans.set(instrument.base, Amount.mulDiv(loan, BigInt(Math.round(ratio * 1e9)), 1_000_000_000n))
  }

  lots(instrument: string): number {
    return this.state.positions.get(instrument)?.lots ?? 0
  }
}

/**
 * One signal over the bars of several instruments with one purse. Each instrument has its own columns, rule and target;
 * sizes are measured on the equity of them all. Instruments whose bars open at the same time trade in the order given;
 * where one has no bar its last close stands.
 */
import type { BarColumns } from "@outcry/signals/BarColumns"
import type { SignalDefinition } from "@outcry/signals/Signal"
import type { BacktestResult, RunSummary, RunWarning } from "../BacktestResult.ts"
import { metricsRecord, RunMetrics } from "../RunMetrics.ts"
import { refuse } from "../RunRefused.ts"
import { IndicatorColumns } from "./IndicatorColumns.ts"
import { FillRecord } from "./FillRecord.ts"
import { Holding, Purse } from "./Holding.ts"
import { type RunTerms, type TermsGiven, termsOf } from "./RunTerms.ts"
import { SignalRunner, termsWarnings } from "./SignalRunner.ts"
import { yearUs } from "./Simulation.ts"
import { vectorResult } from "./VectorResult.ts"

export interface PortfolioMember {
  readonly bars: BarColumns
  /** As given to the signal for this instrument. */
  readonly parameters: unknown
}

/** One instrument on its way through time. */
interface Leg {
  readonly bars: BarColumns
  readonly holding: Holding
  readonly rows: Int32Array
  readonly targets: Float64Array
  /** The next row to come, and the next change to trade. */
  row: number
  change: number
  price: number
  /** Close of the last bar, epoch µs. */
  closed: number
  /** Time that financing charges for the bar at hand. */
  chargedUs: number
}

const checkedMembers = (members: ReadonlyArray<PortfolioMember>): void => {
  if (members.length === 0) refuse("members", "is empty", "Name at least one instrument.")
  const first = members[0]!.bars
  members.forEach(({ bars }, at) => {
    if (bars.intervalUs !== first.intervalUs)
      refuse(`members[${at}].bars.intervalUs`, `differs from ${first.instrument}'s`, "Give bars of one interval.")
    if (members.findIndex((other) => other.bars.instrument === bars.instrument) !== at)
      refuse(`members[${at}].bars.instrument`, `is ${bars.instrument} a second time`, "Name each instrument once.")
  })
}

class Portfolio {
  readonly purse = new Purse()
  readonly timeUs: Array<number> = []
  readonly equity: Array<number> = []
  readonly exposure: Array<number> = []
  rowsHeld = 0
  readonly legs: ReadonlyArray<Leg>
  private readonly terms: RunTerms
  private readonly record: FillRecord

  constructor(
    members: ReadonlyArray<PortfolioMember>,
    decided: ReadonlyArray<Pick<Leg, "rows" | "targets">>,
    terms: RunTerms,
    record: FillRecord
  ) {
    this.terms = terms
    this.record = record
    this.legs = members.map(({ bars }, at) => {
      const holding = new Holding(at, this.purse, terms)
      holding.listener = record
      return { ...decided[at]!, bars, holding, row: 0, change: 0, price: 0, closed: 0, chargedUs: 0 }
    })
  }

  run(): void {
    this.purse.begin(this.terms.cash)
    for (;;) {
      const time = this.nextTime()
      if (time === Number.POSITIVE_INFINITY) break
      this.bar(time)
    }
    for (const [at, { bars, holding, price }] of this.legs.entries()) {
      if (holding.quantity === 0) continue
      this.record.leftOpen(at, bars.timeOpen.length - 1, holding.profit(price))
      holding.settle(price)
    }
  }

  private nextTime(): number {
    let time = Number.POSITIVE_INFINITY
    for (const { bars, row } of this.legs) if (row < bars.timeOpen.length) time = Math.min(time, bars.timeOpen[row]!)
    return time
  }

  /** All bars that open at that time: trades first, then financing, then the value at their closes. */
  private bar(time: number): void {
    const { legs, purse, terms } = this
    const present = legs.filter(({ bars, row }) => row < bars.timeOpen.length && bars.timeOpen[row] === time)
    const late = terms.fillAt === "nextOpen"
    // Every present position is valued at the price the trades of this moment are made at.
    for (const leg of present) leg.price = (late ? leg.bars.open : leg.bars.close)[leg.row]!
    for (const leg of present) {
      const { holding } = leg
      const sinceUs = leg.closed === 0 ? leg.bars.intervalUs : time + leg.bars.intervalUs - leg.closed
      leg.chargedUs = late && holding.quantity === 0 ? leg.bars.intervalUs : sinceUs
      if (!late && holding.quantity !== 0) holding.finance(leg.price, sinceUs / yearUs)
    }
    for (const leg of present) this.trade(leg, late ? leg.row - 1 : leg.row)
    for (const leg of present) {
      const { bars, holding } = leg
      leg.price = bars.close[leg.row]!
      if (late && holding.quantity !== 0) holding.finance(leg.price, leg.chargedUs / yearUs)
      leg.closed = time + bars.intervalUs
      leg.row++
    }
    const { gross, net } = this.values(undefined)
    if (gross > 0) this.rowsHeld++
    if (purse.ruinedAt < 0 && !(purse.cash + net > 0)) return this.ruin(time)
    this.keep(time + legs[0]!.bars.intervalUs, purse.cash + net, gross)
  }

  private trade(leg: Leg, decidedRow: number): void {
    if (leg.rows[leg.change] !== decidedRow || leg.change >= leg.rows.length) return
    const target = leg.targets[leg.change++]!
    if (this.purse.ruinedAt >= 0) return
    const others = this.values(leg)
    leg.holding.moveTo(target, leg.price, leg.row, others.net, others.gross)
  }

  private values(except: Leg | undefined): { readonly net: number; readonly gross: number } {
    let net = 0
    let gross = 0
    for (const leg of this.legs) {
      if (leg === except) continue
      const value = leg.holding.quantity * leg.price
      net += value
      gross += Math.abs(value)
    }
    return { net, gross }
  }

  private ruin(time: number): void {
    const { legs, purse } = this
    purse.ruinedAt = this.equity.length
    this.record.ruined()
    for (const leg of legs) leg.holding.moveTo(0, leg.price, leg.row - 1, 0, 0)
    this.keep(time + legs[0]!.bars.intervalUs, purse.cash, 0)
  }

  private keep(timeUs: number, equity: number, exposure: number): void {
    this.timeUs.push(timeUs)
    this.equity.push(equity)
    this.exposure.push(exposure)
  }
}

const measured = ({ equity, purse, rowsHeld }: Portfolio, terms: RunTerms): RunMetrics => {
  const metrics = new RunMetrics()
  metrics.begin(terms.cash, equity[0]!)
  for (const value of equity) metrics.take(value)
  metrics.finish(equity.length, rowsHeld, terms.periodsPerYear, purse)
  return metrics
}

/**
 * Throws RunRefused. Fractions of equity apply to each instrument: with five of them and `grossMax` 1 a fraction of 0.2
 * shares the equity evenly, and a larger one leaves the last ones short (`sizeCut`).
 */
export const runPortfolio = <P>(
  definition: SignalDefinition<P>,
  members: ReadonlyArray<PortfolioMember>,
  given: TermsGiven = {}
): { readonly result: BacktestResult; readonly summary: RunSummary } => {
  checkedMembers(members)
  const terms = termsOf(given)
  const warnings: Array<RunWarning> = [...termsWarnings(terms)]
  let decisions = 0
  const decided = members.map(({ bars, parameters }) => {
    const runner = new SignalRunner(definition, new IndicatorColumns(bars), terms)
    const doubts = runner.decide(parameters, { from: 0, to: bars.timeOpen.length })
    warnings.push(...runner.barWarnings, ...doubts)
    const { count, rows, targets } = runner.changes
    decisions += count
    return { rows: rows.subarray(0, count), targets: targets.subarray(0, count) }
  })
  const record = new FillRecord(
    definition.name,
    members.map(({ bars }) => bars),
    terms
  )
  const portfolio = new Portfolio(members, decided, terms, record)
  portfolio.run()
  const { equity, exposure, purse, timeUs } = portfolio
  if (purse.cut > 0)
    warnings.push({
      code: "sizeCut",
      detail: `Positions were cut to ${terms.grossMax} × equity: lower the size or raise grossMax`,
      count: purse.cut
    })
  if (purse.ruinedAt >= 0)
    warnings.push({ code: "ruined", detail: "Equity was gone during the run: nothing is traded after", count: 1 })
  const parameters = members[0]!.parameters
  return {
    result: vectorResult({
      signal: definition,
      parameters: members.map((member) => member.parameters),
      bars: members.map(({ bars }) => bars),
      terms,
      record,
      purse,
      curve: { timeUs, equity, exposure },
      from: timeUs[0]!,
      to: timeUs.at(-1)!,
      rows: equity.length,
      decisions,
      warnings
    }),
    summary: {
      index: 0,
      parameters: parameters as RunSummary["parameters"],
      metrics: metricsRecord(measured(portfolio, terms).values),
      trades: purse.trades,
      warnings
    }
  }
}

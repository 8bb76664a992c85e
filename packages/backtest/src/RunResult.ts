/** From a run that is over to its result. */
import type { BacktestResult, Funnel } from "./BacktestResult.ts"
import { timeText } from "./data/DateText.ts"
import type { BacktestSpec } from "./BacktestSpec.ts"
import type { MarketTape } from "./MarketTape.ts"
import { resultHash } from "./ResultHash.ts"
import type { RunAccount } from "./RunAccount.ts"
import type { RunEquity } from "./RunEquity.ts"
import type { RunMarket } from "./RunMarket.ts"
import { type RunRecord, tickOf } from "./RunRecord.ts"
import type { RunStrategy } from "./RunStrategy.ts"
import { type RunWarnings, whyNoFills } from "./RunWarnings.ts"

export interface RunEnd {
  readonly spec: BacktestSpec
  readonly tape: MarketTape
  readonly from: number
  readonly to: number
  readonly rows: number
  readonly strategies: ReadonlyArray<RunStrategy>
  readonly accounts: ReadonlyArray<RunAccount>
  readonly markets: ReadonlyArray<RunMarket>
  readonly record: RunRecord
  readonly equity: RunEquity
  readonly equityStart: number
  readonly warnings: RunWarnings
}

const assumptionsOf = (spec: BacktestSpec): Readonly<Record<string, unknown>> => {
  const { fees, freshEvents, funding, latency, levelsMax, queue, sampleUs, slippage, volumeShareMax } = spec
  return {
    fees: fees ?? { kind: "none" },
    slippage: slippage ?? { kind: "none" },
    latency: latency ?? { kind: "none" },
    funding: funding ?? { kind: "recorded" },
    // What stands in for it by default depends on the data: see BacktestSpec.
    queue: queue ?? { kind: "default" },
    ...(volumeShareMax === undefined ? {} : { volumeShareMax }),
    ...(levelsMax === undefined ? {} : { levelsMax }),
    ...(sampleUs === undefined ? {} : { sampleUs }),
    ...(freshEvents === undefined ? {} : { freshEvents }),
    accounts: spec.accounts
  }
}

/** Whether a strategy's state holds an event itself, which is another one by now. */
const keepsEvent = (state: unknown, markets: ReadonlyArray<RunMarket>): boolean =>
  typeof state === "object" &&
  state !== null &&
  Object.values(state)
    .flatMap((value: unknown) => (Array.isArray(value) ? [value.at(-1)] : [value]))
    .some((value) => markets.some((market) => market.owns(value)))

const warn = (
  { accounts, equity, markets, record, strategies, warnings }: RunEnd,
  funnel: Funnel,
  open: number
): void => {
  if (funnel.fills === 0) warnings.add("noTrades", whyNoFills(funnel, record.details))
  if (open > 0) warnings.add("ordersOpen", "orders were still open when the data ended", open)
  const broke = equity.curve.equity.findIndex((value) => value <= 0)
  if (broke >= 0) {
    const detail = `equity was gone at ${timeText(equity.curve.timeUs[broke]!)}: a broker would have closed the account there`
    warnings.add("equityGone", detail)
  }
  for (const { id, runner } of strategies)
    if (keepsEvent(runner.snapshot().state, markets)) {
      const detail = `${id} keeps an event in its state, which is filled anew for each row: copy it, or set freshEvents`
      warnings.add("eventKept", detail)
    }
  for (const { id, state } of accounts)
    for (const [asset, { total }] of state.balances)
      if (total < 0n) {
        const detail = `${id} owes ${asset}: prices ran away between decision and fill; trade less, or widen priceCollarBps`
        warnings.add("balanceNegative", detail)
      }
  const known = new Set(markets.flatMap(({ instrument: { base, quote } }) => [base, quote]))
  for (const { state } of accounts)
    for (const [asset, { total }] of state.balances)
      if (total !== 0n && !known.has(asset))
        warnings.add("assetNotValued", `${asset} has no market on the tape and is not in the equity`)
}

export const resultOf = (end: RunEnd): BacktestResult => {
  const { accounts, equity, from, markets, record, spec, strategies, tape, to, warnings } = end
  const open = record.finish(
    accounts.map(({ state }) => state),
    to
  )
  const priceOf = (id: string): number => {
    const market = markets.find(({ instrument }) => instrument.id === id)!
    return market.middleTicks * tickOf(market.instrument)
  }
  record.trips.close(priceOf, to)
  const handled = (of: RunStrategy): number =>
    Array.from(of.runner.events.values()).reduce((sum, count) => sum + count, 0)
  const signals = (of: RunStrategy): number =>
    Array.from(of.runner.signals.values()).reduce((sum, { count }) => sum + count, 0)
  const sumOf = (count: (of: RunStrategy) => number): number => strategies.reduce((sum, of) => sum + count(of), 0)
  const funnel: Funnel = {
    events: sumOf(handled),
    signals: sumOf(signals),
    intents: sumOf(({ intents }) => intents),
    refusals: record.refusals,
    orders: record.placed,
    fills: record.fills.length
  }
  warn(end, funnel, open)
  const { curve } = equity
  const { fills, orders } = record
  return {
    version: 1,
    kind: "event",
    strategies: strategies.map(({ id, name, parameters, version }) => ({ id, name, version, parameters })),
    instruments: tape.instruments,
    from,
    to,
    seed: spec.seed ?? 1,
    asset: equity.asset,
    equityStart: end.equityStart,
    equityEnd: curve.equity.at(-1) ?? end.equityStart,
    curve,
    orders,
    fills,
    trades: record.trips.done,
    funnel,
    costs: record.costs,
    assumptions: assumptionsOf(spec),
    warnings: warnings.list,
    hash: resultHash({ orders, fills, curve })
  }
}

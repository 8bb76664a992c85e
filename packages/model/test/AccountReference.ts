/**
 * The slow and obvious account: balances, positions and fees as sums over a journal, with no state in between. What the
 * account keeps as it goes must agree with it.
 */
import type { AccountEvent } from "../src/AccountEvent.ts"
import * as Instrument from "../src/Instrument.ts"

export interface ReferenceTotals {
  /** By asset: what was adopted, less and plus every fill, less every fee; what was taken back the other way round. */
  readonly totals: ReadonlyMap<string, bigint>
  /** By `strategy instrument`, the strategy empty for all: signed amount of base asset. */
  readonly base: ReadonlyMap<string, bigint>
  /** By `strategy instrument`: Σ sign × price × quantity, the money that went in less what came out. */
  readonly spent: ReadonlyMap<string, bigint>
  readonly fees: ReadonlyMap<string, bigint>
}

export const referenceOf = (events: ReadonlyArray<AccountEvent>): ReferenceTotals => {
  const totals = new Map<string, bigint>()
  const base = new Map<string, bigint>()
  const spent = new Map<string, bigint>()
  const fees = new Map<string, bigint>()
  const versions = new Map<string, Instrument.Instrument>()
  const strategyOf = new Map<string, string>()
  const seen = new Set<string>()
  const add = (sums: Map<string, bigint>, key: string, amount: bigint): void => {
    sums.set(key, (sums.get(key) ?? 0n) + amount)
  }
  for (const event of events) {
    if (event.type === "InstrumentListed") {
      const instrument = Instrument.make(event.spec)
      versions.set(`${instrument.id}@${instrument.version}`, instrument)
    }
    if (event.type === "BalancesAdopted") for (const { asset, amount } of event.balances) totals.set(asset, amount)
    if (event.type === "OrderIntended") strategyOf.set(event.clientOrderId, event.strategy)
    if (event.type === "FundingPaid" || event.type === "BalanceAdjusted") add(totals, event.asset, event.amount)
    if (event.type !== "OrderFilled" && event.type !== "FillBusted") continue
    const key = `${event.type} ${event.instrument} ${event.venueTradeId}`
    if (seen.has(key)) throw new Error(`${key} is booked twice`)
    seen.add(key)
    const instrument = versions.get(`${event.instrument}@${event.instrumentVersion}`)!
    const direction = event.type === "OrderFilled" ? 1n : -1n
    const sign = event.side === "buy" ? direction : -direction
    const quantity = sign * BigInt(event.lots) * instrument.lot
    const value = sign * BigInt(event.priceTicks) * BigInt(event.lots) * instrument.tickLot
    add(totals, instrument.base, quantity)
    add(totals, instrument.quote, -value)
    if (event.fee !== 0n) {
      add(totals, event.feeAsset, -event.fee * direction)
      add(fees, event.feeAsset, event.fee * direction)
    }
    for (const owner of new Set(["", strategyOf.get(event.clientOrderId) ?? ""])) {
      add(base, `${owner} ${event.instrument}`, quantity)
      add(spent, `${owner} ${event.instrument}`, value)
    }
  }
  return { totals, base, spent, fees }
}

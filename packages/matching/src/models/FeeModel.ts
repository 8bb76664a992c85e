/**
 * What a venue takes for a fill, in quote asset: positive where we pay it, negative for a rebate. Exact to 10^-12.
 *
 * A schedule is plain data, so that it travels to workers and stands in a result as it was given. `tiered` counts what
 * was traded and so has a memory: one model an account. Sources: maker and taker rates by 30-day volume as Binance
 * publishes them ("Trading Fees", 2026-11); per share with a minimum an order as Interactive Brokers' fixed pricing.
 */
import * as Amount from "@outcry/model/Amount"
import type { Liquidity } from "@outcry/model/Order"
import { InvalidModel, requireWithin } from "./InvalidModel.ts"

/** Rates are basis points of the value traded; a negative one is a rebate. */
export interface FeeRates {
  readonly makerBps: number
  readonly takerBps: number
}

export interface FeeTier extends FeeRates {
  /** Value traded within the window from which on these rates hold, in quote asset. */
  readonly volumeFrom: number
}

export type FeeSchedule =
  | { readonly kind: "none" }
  | ({ readonly kind: "basisPoints" } & FeeRates)
  /** `amount` per base asset, at least `minimum` an order, at most `valueShareMax` of its value (default: no bound). */
  | { readonly kind: "perShare"; readonly amount: number; readonly minimum: number; readonly valueShareMax?: number }
  /** By what was traded in the last `windowDays` (default 30); tiers by rising volume, the first from 0. */
  | { readonly kind: "tiered"; readonly tiers: ReadonlyArray<FeeTier>; readonly windowDays?: number }

/** A fill, and what its order had filled before it. */
export interface FeeInput {
  /** Price × quantity, in quote asset. */
  readonly value: Amount.Amount
  /** In base asset. */
  readonly quantity: Amount.Amount
  readonly valueBefore: Amount.Amount
  readonly quantityBefore: Amount.Amount
  readonly liquidity: Liquidity
  /** Epoch µs, never falling. */
  readonly timeUs: number
}

export interface FeeModel {
  readonly schedule: FeeSchedule
  readonly feeOf: (fill: FeeInput) => Amount.Amount
}

const dayUs = 86_400_000_000
/** A millionth of a basis point is the finest rate. */
const rateScale = 10_000_000_000n

const rateOf = (bps: number): bigint => BigInt(Math.round(bps * 1e6))

const ofValue = (value: Amount.Amount, rate: bigint): Amount.Amount => Amount.mulDiv(value, rate, rateScale)

const checkedRates = (model: string, { makerBps, takerBps }: FeeRates): void => {
  requireWithin(model, "makerBps", makerBps, -1000, 10_000)
  requireWithin(model, "takerBps", takerBps, -1000, 10_000)
}

const basisPoints = (schedule: FeeSchedule & { kind: "basisPoints" }): FeeModel => {
  checkedRates("basisPoints fee", schedule)
  const maker = rateOf(schedule.makerBps)
  const taker = rateOf(schedule.takerBps)
  return { schedule, feeOf: ({ liquidity, value }) => ofValue(value, liquidity === "maker" ? maker : taker) }
}

/** Quote amounts of a number, to the nearest 10^-12. */
const amountOf = (value: number): Amount.Amount => BigInt(Math.round(value * 1e6)) * 1_000_000n

const perShare = (schedule: FeeSchedule & { kind: "perShare" }): FeeModel => {
  const model = "perShare fee"
  const amount = amountOf(requireWithin(model, "amount", schedule.amount, 0, 1e6))
  const minimum = amountOf(requireWithin(model, "minimum", schedule.minimum, 0, 1e6))
  const { valueShareMax } = schedule
  const share =
    valueShareMax === undefined ? undefined : rateOf(requireWithin(model, "valueShareMax", valueShareMax, 0, 1) * 1e4)
  const one = 10n ** BigInt(Amount.scale)
  /** Of an order that has filled so much. */
  const total = (quantity: Amount.Amount, value: Amount.Amount): Amount.Amount => {
    if (quantity === 0n) return 0n
    const plain = Amount.mulDiv(amount, quantity, one)
    const fee = plain > minimum ? plain : minimum
    const most = share === undefined ? fee : ofValue(value, share)
    return fee < most ? fee : most
  }
  return {
    schedule,
    feeOf: ({ quantity, quantityBefore, value, valueBefore }) =>
      total(quantity + quantityBefore, value + valueBefore) - total(quantityBefore, valueBefore)
  }
}

const tiered = (schedule: FeeSchedule & { kind: "tiered" }): FeeModel => {
  const model = "tiered fee"
  const windowUs = requireWithin(model, "windowDays", schedule.windowDays ?? 30, 1, 3650) * dayUs
  const { tiers } = schedule
  if (tiers[0]?.volumeFrom !== 0) throw new InvalidModel(model, "tiers", tiers.length, "a first tier from volume 0")
  for (const [at, tier] of tiers.entries()) {
    checkedRates(model, tier)
    const least = at === 0 ? 0 : tiers[at - 1]!.volumeFrom
    requireWithin(model, `tiers[${at}].volumeFrom`, tier.volumeFrom, least, Number.MAX_VALUE)
  }
  const rates = tiers.map((tier) => ({
    from: tier.volumeFrom,
    maker: rateOf(tier.makerBps),
    taker: rateOf(tier.takerBps)
  }))
  /** Value traded by day, oldest first. */
  const days: Array<{ readonly day: number; volume: number }> = []
  let volume = 0
  return {
    schedule,
    feeOf: ({ liquidity, timeUs, value }) => {
      const day = Math.floor(timeUs / dayUs)
      while (days.length > 0 && days[0]!.day * dayUs <= timeUs - windowUs) volume -= days.shift()!.volume
      // What this fill adds counts from the next fill on.
      const tier = rates.findLast(({ from }) => from <= volume) ?? rates[0]!
      const traded = Amount.toNumber(value)
      const last = days.at(-1)
      if (last?.day === day) last.volume += traded
      else days.push({ day, volume: traded })
      volume += traded
      return ofValue(value, liquidity === "maker" ? tier.maker : tier.taker)
    }
  }
}

/** The model of a schedule; throws InvalidModel where a number makes no sense. */
export const feeModel = (schedule: FeeSchedule): FeeModel => {
  switch (schedule.kind) {
    case "none":
      return { schedule, feeOf: () => 0n }
    case "basisPoints":
      return basisPoints(schedule)
    case "perShare":
      return perShare(schedule)
    case "tiered":
      return tiered(schedule)
  }
}

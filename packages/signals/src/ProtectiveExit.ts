/** The exits of a protected signal as orders: where they stand, and how they are asked for. */
import { signOf, type Side, opposite } from "@outcry/model/MarketData"
import type { Exit, SidedRequest, Trigger } from "@outcry/model/Strategy"
import type { Refuse } from "./InvalidSignal.ts"
import type { Protection } from "./Signal.ts"

const percentMax = 99.99

/** What makes no sense is refused. */
export const checkProtection = (protection: Protection, refuse: Refuse): void => {
  for (const field of ["stopLoss", "takeProfit", "trailing"] as const) {
    const percent = protection[field]
    if (percent !== undefined && !(percent > 0 && percent <= (field === "takeProfit" ? 10_000 : percentMax)))
      refuse(`protection.${field}`, `is ${percent}`, "Give per cent above 0, of losses below 100, or leave it out.")
  }
  const { stopLoss, trailing } = protection
  if (stopLoss !== undefined && trailing !== undefined)
    refuse("protection", "has stopLoss and trailing", "Give one: a trailing exit begins as a stop at its distance.")
  if (trailing !== undefined && Math.abs(trailing * 100 - Math.round(trailing * 100)) > 1e-6)
    refuse("protection.trailing", `is ${trailing}`, "Venues follow in steps of a hundredth of one per cent.")
}

/** A price that many per cent above (or, negative, below) another, rounded away from it, in ticks. */
const awayTicks = (fromTicks: number, percent: number): number => {
  const ticks = (fromTicks * (100 + percent)) / 100
  return Math.max(1, percent > 0 ? Math.ceil(ticks) : Math.floor(ticks))
}

/** Exits of a position opened by `side` on a close of `fromTicks`: to give with the order that opens it. */
export const exitsOf = (
  { stopLoss, takeProfit, trailing }: Protection,
  side: Side,
  fromTicks: number
): { readonly stopLoss?: Trigger; readonly takeProfit?: Exit } => {
  const sign = signOf(side)
  return {
    ...(stopLoss === undefined ? {} : { stopLoss: { stop: awayTicks(fromTicks, -sign * stopLoss) } }),
    ...(trailing === undefined ? {} : { stopLoss: { trailPercent: trailing } }),
    ...(takeProfit === undefined ? {} : { takeProfit: awayTicks(fromTicks, sign * takeProfit) })
  }
}

/** The same exits as orders of their own, for lots that are held already. */
export const guardOf = (
  protection: Protection,
  side: Side,
  fromTicks: number,
  lots: number
): ReadonlyArray<SidedRequest> => {
  const { stopLoss, takeProfit } = exitsOf(protection, side, fromTicks)
  const shared = { side: opposite(side), quantity: lots, reduceOnly: true }
  return [
    ...(stopLoss === undefined ? [] : [{ ...shared, ...stopLoss }]),
    ...(typeof takeProfit !== "number" ? [] : [{ ...shared, price: takeProfit }])
  ]
}

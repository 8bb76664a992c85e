/**
 * What is wrong with the terms of an order by themselves, whatever the account holds. Each line names the field and what
 * to do about it.
 */
import type { Instrument } from "./Instrument.ts"
import { hasTrigger, type OrderTerms } from "./Order.ts"

export const isCount = (value: number): boolean => Number.isSafeInteger(value) && value > 0

const trailFault = ({ trailBps, trailTicks, type }: OrderTerms): string | undefined => {
  if (type !== "trailingStop")
    return trailTicks !== undefined || trailBps !== undefined
      ? `${trailTicks === undefined ? "trailBps" : "trailTicks"} belongs to a trailingStop, not to a ${type}`
      : undefined
  if (trailTicks !== undefined && trailBps !== undefined) return "trailTicks and trailBps are both given; give one"
  if (trailTicks === undefined && trailBps === undefined) return "trailTicks or trailBps is missing; give one of them"
  if (trailTicks !== undefined && !isCount(trailTicks)) return `trailTicks of ${trailTicks} is not a count above 0`
  if (trailBps !== undefined && !(isCount(trailBps) && trailBps < 10_000))
    return `trailBps of ${trailBps} is not a count between 1 and 9999`
  return undefined
}

const displayFault = (
  { displayLots, lots, timeInForce, type }: OrderTerms,
  instrument: Instrument
): string | undefined => {
  if (displayLots === undefined) return undefined
  if (type !== "limit") return `displayLots belongs to a limit order, not to a ${type}`
  if (timeInForce === "IOC" || timeInForce === "FOK") return `displayLots needs an order that rests, not ${timeInForce}`
  if (!isCount(displayLots)) return `displayLots of ${displayLots} is not a count above 0`
  if (displayLots > lots) return `displayLots of ${displayLots} is more than the order's ${lots}`
  return displayLots < instrument.minQuantityLots
    ? `displayLots of ${displayLots} is below the smallest quantity, ${instrument.minQuantityLots} lots`
    : undefined
}

const expiryFault = ({ expiresUs, timeInForce, type }: OrderTerms, now: number): string | undefined => {
  if (expiresUs === undefined)
    return timeInForce === "GTD" ? "expiresUs is missing; GTD needs the time until which it is good" : undefined
  if (timeInForce !== "GTD") return `expiresUs belongs to GTD, not to ${timeInForce}`
  if (type === "market") return "expiresUs has no meaning for a market order"
  if (!Number.isFinite(expiresUs)) return `expiresUs of ${expiresUs} is not a time in epoch µs`
  return expiresUs <= now ? `expiresUs of ${expiresUs} has passed; it is ${now}` : undefined
}

/** The first thing wrong, or undefined. */
export const termsFault = (terms: OrderTerms, instrument: Instrument, now: number): string | undefined => {
  if (terms.type === "limit" || terms.type === "market") {
    if (terms.triggerTicks !== undefined) return `triggerTicks does not belong to a ${terms.type} order`
  }
  if (terms.postOnly && terms.type !== "limit") return `postOnly belongs to a limit order, not to a ${terms.type}`
  return trailFault(terms) ?? displayFault(terms, instrument) ?? expiryFault(terms, now)
}

/** What is wrong with the trigger by itself. */
export const triggerFault = (terms: OrderTerms): string | undefined => {
  if (!hasTrigger(terms.type)) return undefined
  if (terms.triggerTicks === undefined)
    return terms.type === "trailingStop" ? undefined : `triggerTicks is missing; a ${terms.type} needs one`
  return isCount(terms.triggerTicks) ? undefined : `triggerTicks of ${terms.triggerTicks} is not a count above 0`
}

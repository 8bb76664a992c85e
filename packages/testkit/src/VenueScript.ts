/**
 * What a venue does with one order, as the reports it sends in true order: accept and fill it in parts, reject, lose or
 * find it. The order flow delivers them late, twice and out of order.
 */
import type { AccountCommand } from "@outcry/model/AccountCommand"
import type { OrderTerms } from "@outcry/model/Order"
import type { SeededRandom } from "@outcry/model/SeededRandom"

export interface ScriptedOrder {
  readonly clientOrderId: string
  readonly venueOrderId: string
  readonly instrument: string
  readonly terms: OrderTerms
  /** Price of its fills. */
  readonly priceTicks: number
  readonly quoteAsset: string
  readonly baseAsset: string
  readonly now: number
  readonly nextTradeId: () => string
}

const shown = (
  order: ScriptedOrder,
  status: "open" | "filled" | "canceled" | "expired" | "rejected",
  filledLots: number
): AccountCommand => ({
  type: "ReportOrder",
  clientOrderId: order.clientOrderId,
  venueOrderId: order.venueOrderId,
  instrument: order.instrument,
  status,
  terms: order.terms,
  filledLots,
  timeVenue: order.now
})

/** An order that the venue took: accepted, filled in up to three parts, and filled, canceled or expired in the end. */
export const lifeOf = (order: ScriptedOrder, random: SeededRandom): Array<AccountCommand> => {
  const reports: Array<AccountCommand> = [shown(order, "open", 0)]
  let filledLots = 0
  const parts = random.between(0, 3)
  for (let part = 0; part < parts && filledLots < order.terms.lots; part++) {
    const rest = order.terms.lots - filledLots
    const lots = random.chance(0.4) ? rest : random.between(1, rest)
    filledLots += lots
    const buys = order.terms.side === "buy"
    reports.push({
      type: "ReportFill",
      // Some venues name only their own id in a fill.
      clientOrderId: random.chance(0.2) ? "" : order.clientOrderId,
      venueOrderId: order.venueOrderId,
      venueTradeId: order.nextTradeId(),
      instrument: order.instrument,
      side: order.terms.side,
      priceTicks: order.priceTicks,
      lots,
      // Fees that lots do not divide, and now and then a rebate.
      fee: BigInt(random.between(-3, 1_000_000_007)),
      feeAsset: random.chance(0.1) ? "BNB" : buys ? order.baseAsset : order.quoteAsset,
      liquidity: random.chance(0.5) ? "maker" : "taker",
      timeVenue: order.now
    })
    if (random.chance(0.3)) reports.push(shown(order, "open", filledLots))
  }
  if (filledLots === order.terms.lots) reports.push(shown(order, "filled", filledLots))
  else reports.push(shown(order, random.chance(0.7) ? "canceled" : "expired", filledLots))
  return reports
}

const unknown = (order: ScriptedOrder): AccountCommand => ({
  type: "ReportUnknown",
  clientOrderId: order.clientOrderId,
  reason: "timeout"
})

const notPlaced = (order: ScriptedOrder): AccountCommand => ({
  type: "ReportNotPlaced",
  clientOrderId: order.clientOrderId,
  reason: "absent after the deadline"
})

/**
 * - `wild` also busts, which may leave fills that cannot be booked
 * - `tidy` every fill can be booked in the end
 * - `honest` what the venue said it never had stays away
 */
export type VenueManners = "wild" | "tidy" | "honest"

/** What becomes of one of our orders. */
export const fateOf = (order: ScriptedOrder, random: SeededRandom, manners: VenueManners): Array<AccountCommand> => {
  const chance = random.fraction()
  if (chance < 0.1)
    return [{ type: "ReportRejected", clientOrderId: order.clientOrderId, code: "-2010", reason: "refused" }]
  if (chance < 0.15) return [unknown(order), notPlaced(order)]
  if (manners !== "honest" && chance < 0.2) return [unknown(order), notPlaced(order), ...lifeOf(order, random)]
  if (chance < 0.3) return [unknown(order), ...lifeOf(order, random)]
  if (manners === "wild" && chance < 0.35) return [...lifeOf(order, random).slice(0, -1), shown(order, "rejected", 0)]
  return lifeOf(order, random)
}

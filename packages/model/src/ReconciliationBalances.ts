/**
 * Balances: the venue's total of each asset against ours. What executions of this view, orders in flight or rounded fees
 * account for is explained; what stands still beside them is taken over, as a deposit, a withdrawal or a correction.
 */
import type { AccountState } from "./AccountState.ts"
import * as Amount from "./Amount.ts"
import type { Instrument } from "./Instrument.ts"
import type { FillFindings } from "./ReconciliationFills.ts"
import {
  adopted,
  compareText,
  explained,
  type Finding,
  flagged,
  type Inspection,
  isStill,
  type Subject
} from "./ReconciliationFinding.ts"
import type { VenueView } from "./ReconciliationView.ts"

/** Venues keep eight places; what is below may be theirs to round. */
const leastUnit = Amount.from("0.00000001")
/** Of an account that never rests: views, and their span, in which the very same difference stands beside its trading. */
const busyViews = 20
const busyUs = 120_000_000
/** A difference that never stands still is shown to an operator after this long. */
const restlessUs = 600_000_000

const by = "reconciliation"

const aboutOf = (asset: string): Subject => ({ subject: `balance ${asset}`, instrument: "", clientOrderId: "" })

const trades = (instrument: Instrument, asset: string): boolean =>
  instrument.base === asset || instrument.quote === asset

/** Less than the least that can be traded: a lot where it is bought, a tick of a lot where it pays. */
const dustOf = (state: AccountState, asset: string): Amount.Amount => {
  let dust = leastUnit
  for (const instrument of state.instruments.values()) {
    const least = instrument.base === asset ? instrument.lot : instrument.quote === asset ? instrument.tickLot : 0n
    if (least > dust) dust = least
  }
  return dust
}

/** Whether something under way, or not answered, may account for a difference in this asset. */
const isBusy = (state: AccountState, seen: VenueView, asset: string, findings: ReadonlyArray<Finding>): boolean => {
  if (seen.openOrders === undefined) return true
  // Fees may be taken from it whatever was traded.
  const paysFees = state.fees.has(asset)
  const concerned = Array.from(state.instruments.values()).filter((instrument) => paysFees || trades(instrument, asset))
  const ids = new Set(concerned.map(({ id }) => id))
  const traded = new Set(state.lastTradeIds.keys())
  for (const order of state.orders.values()) {
    if (!ids.has(order.instrument)) continue
    traded.add(order.instrument)
    if (order.status === "intended" || order.status === "unknown" || order.inferredLots > 0) return true
  }
  for (const id of ids) if (traded.has(id) && seen.executions.get(id)?.complete !== true) return true
  return findings.some((finding) => {
    if (finding.kind === "flagged" || (finding.kind === "explained" && finding.why === "held")) return false
    return ids.has(finding.instrument)
  })
}

const differing = (
  inspection: Inspection,
  asset: string,
  ours: Amount.Amount,
  theirs: Amount.Amount,
  findings: ReadonlyArray<Finding>,
  fills: FillFindings
): Finding => {
  const { keep, seen, stand, state } = inspection
  const about = aboutOf(asset)
  const kinds = {
    same: `${about.subject} same`,
    calm: `${about.subject} calm`,
    differs: `${about.subject} differs`
  }
  const amount = theirs - ours
  const what = `${asset}: the venue holds ${Amount.format(theirs)}, we count ${Amount.format(ours)}`
  if (Amount.abs(amount) < dustOf(state, asset)) return explained(about, "dust", `${what}: rounded fees`)
  if (amount === fills.effects.get(asset)) return explained(about, "inFlight", `${what}: the executions of this view`)
  if (isBusy(state, seen, asset, findings)) {
    for (const kind of Object.values(kinds)) keep(kind)
    return explained(about, "inFlight", `${what}: orders or executions are under way`)
  }
  const same = stand(kinds.same, String(amount))
  const calm = stand(kinds.calm, `${theirs} ${ours}`)
  const restless = stand(kinds.differs, "")
  const settled = isStill(calm) || (same.views >= busyViews && same.lastUs - same.sinceUs >= busyUs)
  if (!settled) {
    if (restless.lastUs - restless.sinceUs < restlessUs)
      return explained(about, "standing", `${what}: taken over once it stands still`)
    return flagged(
      about,
      `the balance of ${asset} has differed from the venue's for ten minutes and never stood still. ` +
        "Look for trading or transfers outside Outcry, or adjust it by hand"
    )
  }
  const standing = isStill(calm) ? calm : same
  const seconds = Math.round((standing.lastUs - standing.sinceUs) / 1_000_000)
  const stood = `stood still for ${seconds} s over ${standing.views} views with nothing in flight`
  const outside = amount === fills.foreign.get(asset)
  return adopted(about, `${what}: ${outside ? "executions outside Outcry" : "a transfer"}; it ${stood}`, {
    type: "AdjustBalance",
    asset,
    amount,
    adjustment: outside ? "venueCorrection" : amount > 0n ? "deposit" : "withdrawal",
    by,
    reason: outside ? `executions of orders placed outside Outcry; ${stood}` : stood
  })
}

/** Venues leave out what is zero, and sometimes what is not: an omission is no balance of zero. */
const omitted = ({ stand }: Inspection, asset: string, ours: Amount.Amount): Finding => {
  const about = aboutOf(asset)
  const what = `${asset} is not among the balances that the venue lists`
  if (!isStill(stand(about.subject, "omitted")))
    return explained(about, "standing", `${what}; we count ${Amount.format(ours)}`)
  return flagged(about, `${what}, and we hold some. If it was withdrawn, adjust the balance by hand`)
}

export const balanceFindings = (
  inspection: Inspection,
  findings: ReadonlyArray<Finding>,
  fills: FillFindings
): ReadonlyArray<Finding> => {
  const { seen, state } = inspection
  if (seen.balances === undefined) return []
  const listed = new Map(
    seen.balances
      .toSorted((a, b) => compareText(a.asset, b.asset) || (a.total < b.total ? -1 : a.total > b.total ? 1 : 0))
      .map(({ asset, total }) => [asset, total])
  )
  if (!state.balancesAdopted) {
    const balances = Array.from(listed, ([asset, amount]) => ({ asset, amount }))
    if (balances.length === 0) return []
    const detail = "the venue's balances as they are first found"
    return [adopted({ ...aboutOf(""), subject: "balance" }, detail, { type: "AdoptBalances", balances })]
  }
  const assets = new Set([...listed.keys(), ...state.balances.keys()])
  return Array.from(assets)
    .toSorted(compareText)
    .flatMap((asset) => {
      const ours = state.balances.get(asset)?.total ?? 0n
      const theirs = listed.get(asset)
      if (theirs === ours || (theirs === undefined && ours === 0n)) return []
      if (theirs === undefined) return [omitted(inspection, asset, ours)]
      return [differing(inspection, asset, ours, theirs, findings, fills)]
    })
}

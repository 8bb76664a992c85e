/**
 * Open orders: what the venue lists against what the account believes to be there. An order that is not listed is looked
 * up by its id; only one that stays away from several whole views becomes `unknown`, and none is ever closed from here.
 */
import type { ReportOrder } from "./AccountCommand.ts"
import { externalIdOf } from "./AccountReport.ts"
import type { AccountState } from "./AccountState.ts"
import { isOurs } from "./ClientOrderId.ts"
import { isClosed, isSleeping, type Order } from "./Order.ts"
import { findReported } from "./OrderLedger.ts"
import { compareSeen, type FillFindings, isNewcomer } from "./ReconciliationFills.ts"
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
import type { SeenOrder } from "./ReconciliationView.ts"

const aboutOf = (instrument: string, id: string): Subject => ({
  subject: `order ${instrument} ${id}`,
  instrument,
  clientOrderId: id
})

/** Without what only reconciliation knows: the account's command as it is. */
const reportOf = ({ averageTicks: _, ...report }: SeenOrder): ReportOrder => report

const termsDiffer = (order: Order, { terms }: SeenOrder): string | undefined => {
  if (terms.side !== order.terms.side) return `as a ${terms.side}`
  if (terms.lots !== order.terms.lots) return `with ${terms.lots} lots instead of ${order.terms.lots}`
  const limits = terms.type === "limit" && order.terms.type === "limit"
  if (limits && terms.priceTicks !== order.terms.priceTicks)
    return `at ${terms.priceTicks} ticks instead of ${order.terms.priceTicks}`
  return undefined
}

/** Filled there further than here, executions of this view included. */
const filledFurther = ({ keep, seen, stand }: Inspection, order: Order, shown: SeenOrder): Finding => {
  const id = order.clientOrderId
  const about = aboutOf(order.instrument, id)
  const what = `order ${id} on ${order.instrument} is filled further at the venue than its listed executions`
  if (seen.executions.get(order.instrument)?.complete !== true) {
    keep(about.subject)
    return explained(about, "inFlight", `${what}; they were not all answered`)
  }
  const standing = stand(about.subject, `filled ${shown.filledLots}`)
  if (shown.filledLots <= order.filledLots + order.inferredLots) {
    if (!isStill(standing)) return explained(about, "provisional", `${what}; the rest is counted provisionally`)
    return flagged(
      about,
      `${what}: its list of executions has a hole. The rest is counted provisionally until they come; ` +
        "compare with the venue's own screen"
    )
  }
  const averageTicks = shown.averageTicks > 0 ? shown.averageTicks : order.terms.priceTicks
  if (standing.lastUs - standing.sinceUs < seen.lagUs || standing.views < 2 || averageTicks === 0)
    return explained(about, "young", `${what}; they may still be listed`)
  return adopted(about, `${what}: counted provisionally`, {
    type: "ReportExecuted",
    clientOrderId: id,
    filledLots: shown.filledLots,
    averageTicks,
    timeVenue: shown.timeVenue
  })
}

/** Young at first, flagged once it stands. */
const whenStill = ({ stand }: Inspection, order: Order, signature: string, what: string, remedy: string): Finding => {
  const about = aboutOf(order.instrument, order.clientOrderId)
  if (!isStill(stand(about.subject, signature))) return explained(about, "young", what)
  return flagged(about, `${what}. ${remedy}`)
}

/** One of our orders that the venue lists; undefined where both say the same. */
const listed = (inspection: Inspection, order: Order, shown: SeenOrder, fills: FillFindings): Finding | undefined => {
  const id = order.clientOrderId
  const about = aboutOf(order.instrument, id)
  const name = `order ${id} on ${order.instrument}`
  if (order.instrument !== shown.instrument)
    return flagged(about, `${name} is shown on ${shown.instrument}: look at both on the venue's own screen`)
  if (order.venueOrderId !== "" && shown.venueOrderId !== "" && order.venueOrderId !== shown.venueOrderId)
    return flagged(
      about,
      `${name} is ${order.venueOrderId} at the venue, and is shown as ${shown.venueOrderId}: two orders bear one id. ` +
        `Cancel ${shown.venueOrderId} at the venue if it is not wanted`
    )
  if (isSleeping(order.status))
    return flagged(about, `${name} sleeps here and was not sent, yet the venue lists it. Cancel it at the venue`)
  if (order.status === "intended" || order.status === "unknown" || order.status === "notPlaced")
    return adopted(about, `${name} stands at the venue`, reportOf(shown))
  if (isClosed(order.status))
    return whenStill(
      inspection,
      order,
      order.status,
      `${name} is ${order.status} here and listed as open by the venue`,
      "Look at it on the venue's own screen and cancel it there if it is not wanted"
    )
  const differing = termsDiffer(order, shown)
  if (differing !== undefined)
    return flagged(about, `${name} is shown ${differing}: it was changed outside Outcry. Cancel it or place it anew`)
  const counted = order.filledLots + (fills.lots.get(id) ?? 0)
  if (shown.filledLots > counted) return filledFurther(inspection, order, shown)
  if (shown.filledLots < counted && order.filledLots > shown.filledLots)
    return whenStill(
      inspection,
      order,
      `filled ${shown.filledLots} of ${order.filledLots}`,
      `${name} has more executions booked here than the venue counts`,
      "The venue may have taken one back: compare with its own list of executions"
    )
  if (order.status === "pendingCancel") return explained(about, "canceling", `${name} is to be canceled`)
  return undefined
}

/** One of our open orders that the venue does not list. */
const unlisted = ({ keep, seen, stand }: Inspection, order: Order, fills: FillFindings): Finding => {
  const id = order.clientOrderId
  const about = aboutOf(order.instrument, id)
  const name = `order ${id} on ${order.instrument}`
  if (isSleeping(order.status)) return explained(about, "held", `${name} sleeps here until its time comes`)
  if (order.status === "intended" || order.status === "unknown")
    return explained(about, "inFlight", `${name} is on its way or being looked up`)
  if (order.filledLots + (fills.lots.get(id) ?? 0) >= order.terms.lots)
    return explained(about, "inFlight", `${name} is filled by executions of this view`)
  if (order.timeIntent > seen.time - seen.lagUs)
    return explained(about, "young", `${name} is younger than the venue's list of open orders`)
  const what = `${name} is open here and not listed by the venue`
  if (seen.executions.get(order.instrument)?.complete !== true) {
    keep(about.subject)
    return explained(about, "missing", `${what}; its executions were not all answered`)
  }
  if (!isStill(stand(about.subject, "missing"))) return explained(about, "missing", `${what}: it is looked up`)
  const reason = "open here, and in no list of the venue's open orders for several views"
  return adopted(about, `${what} for several views: its fate is unknown`, {
    type: "ReportForgotten",
    clientOrderId: id,
    reason
  })
}

const stranger = (inspection: Inspection, shown: SeenOrder): Finding => {
  const id = externalIdOf(inspection.state, shown)
  const about = aboutOf(shown.instrument, id)
  const name = `order ${id} on ${shown.instrument}`
  if (isNewcomer(inspection.state, shown)) return adopted(about, `${name} was placed outside Outcry`, reportOf(shown))
  if (isOurs(shown.clientOrderId))
    return flagged(
      about,
      `${name} bears our form of id and is in no journal: another Outcry trades with these keys, or a journal was lost. ` +
        "Stop the other one, or restore the journal; cancel the order at the venue if it is not wanted"
    )
  return flagged(
    about,
    `${name} was placed outside Outcry on an instrument that this account does not list. List it, or cancel it at the venue`
  )
}

const twice = (state: AccountState, other: SeenOrder): Subject => {
  const about = aboutOf(other.instrument, externalIdOf(state, other))
  return { ...about, subject: `${about.subject} as ${other.venueOrderId}` }
}

export const orderFindings = (inspection: Inspection, fills: FillFindings): ReadonlyArray<Finding> => {
  const { seen, state } = inspection
  if (seen.openOrders === undefined) return []
  const findings: Array<Finding> = []
  /** By our id, those that the venue lists under it: usually one. */
  const shown = new Map<string, Array<SeenOrder>>()
  for (const order of seen.openOrders.filter(({ status }) => status === "open").toSorted(compareSeen)) {
    const known = findReported(state, order)
    const id = known === undefined ? `${order.instrument} ${externalIdOf(state, order)}` : known.clientOrderId
    const others = shown.get(id)
    if (others === undefined) shown.set(id, [order])
    else if (others.every(({ venueOrderId }) => venueOrderId !== order.venueOrderId)) others.push(order)
  }
  for (const [id, orders] of shown) {
    const known = state.orders.get(id) ?? state.closed.get(id)
    const expected = orders.findIndex(({ venueOrderId }) => venueOrderId === known?.venueOrderId)
    const [first] = orders.splice(Math.max(expected, 0), 1)
    const finding = known === undefined ? stranger(inspection, first!) : listed(inspection, known, first!, fills)
    if (finding !== undefined) findings.push(finding)
    for (const other of orders)
      findings.push(
        flagged(
          twice(state, other),
          `order ${externalIdOf(state, other)} on ${other.instrument} is listed twice by the venue, also as ${other.venueOrderId}. ` +
            "Cancel at the venue the one that is not wanted"
        )
      )
  }
  for (const order of state.orders.values())
    if (!shown.has(order.clientOrderId)) findings.push(unlisted(inspection, order, fills))
  return findings.toSorted((a, b) => compareText(a.subject, b.subject))
}

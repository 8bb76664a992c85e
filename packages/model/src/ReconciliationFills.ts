/**
 * Executions: those that the venue lists and the account has not booked, and those that it has booked and the venue's
 * list passes over. Each counts once, and never beyond what is left of its order.
 */
import type { ReportFill } from "./AccountCommand.ts"
import { tradeKey } from "./AccountEvent.ts"
import { externalIdOf } from "./AccountReport.ts"
import { type AccountState, fillKeysMax } from "./AccountState.ts"
import type { Amount } from "./Amount.ts"
import { isOurs } from "./ClientOrderId.ts"
import * as Instrument from "./Instrument.ts"
import { signOf } from "./MarketData.ts"
import { remainingLots, transition } from "./Order.ts"
import { findReported, instrumentAt } from "./OrderLedger.ts"
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
import type { SeenExecutions, SeenOrder } from "./ReconciliationView.ts"

export interface FillFindings {
  readonly findings: ReadonlyArray<Finding>
  /** Lots of executions that are adopted now, by the client id of their order. */
  readonly lots: ReadonlyMap<string, number>
  /** What they do to the balances, by asset. */
  readonly effects: ReadonlyMap<string, Amount>
  /** What executions of orders that are in no journal did to the balances. */
  readonly foreign: ReadonlyMap<string, Amount>
  readonly readUpTo: ReadonlyMap<Instrument.InstrumentId, string>
}

/** An order placed outside that the account takes in when it is reported. */
export const isNewcomer = (state: AccountState, order: SeenOrder): boolean =>
  order.status === "open" &&
  state.instruments.has(order.instrument) &&
  !isOurs(order.clientOrderId) &&
  findReported(state, order) === undefined

/** One order of all that say the same: what the venue listed last comes first. */
export const compareSeen = (a: SeenOrder, b: SeenOrder): number =>
  compareText(a.instrument, b.instrument) ||
  compareText(a.venueOrderId, b.venueOrderId) ||
  compareText(a.clientOrderId, b.clientOrderId) ||
  b.filledLots - a.filledLots ||
  b.timeVenue - a.timeVenue ||
  b.averageTicks - a.averageTicks ||
  compareText(JSON.stringify(a.terms), JSON.stringify(b.terms))

const isNumber = (id: string): boolean => /^\d+$/.test(id)

/** By number where ids are numbers: "9" is before "10". */
const compareIds = (a: string, b: string): number =>
  isNumber(a) && isNumber(b) ? a.length - b.length || compareText(a, b) : compareText(a, b)

const contents = (fill: ReportFill): string =>
  [fill.priceTicks, fill.lots, fill.fee, fill.feeAsset, fill.venueOrderId, fill.clientOrderId].join(" ")

const compareFills = (a: ReportFill, b: ReportFill): number =>
  a.timeVenue - b.timeVenue ||
  compareIds(a.venueTradeId, b.venueTradeId) ||
  compareText(a.side, b.side) ||
  compareText(contents(a), contents(b))

const addTo = (sums: Map<string, Amount>, asset: string, amount: Amount): void => {
  sums.set(asset, (sums.get(asset) ?? 0n) + amount)
}

const book = (sums: Map<string, Amount>, instrument: Instrument.Instrument, fill: ReportFill): void => {
  const sign = BigInt(signOf(fill.side))
  addTo(sums, instrument.base, sign * Instrument.baseAmount(instrument, fill.lots))
  addTo(sums, instrument.quote, -sign * Instrument.notional(instrument, fill.priceTicks, fill.lots))
  addTo(sums, fill.feeAsset, -fill.fee)
}

const isCount = (value: number): boolean => Number.isSafeInteger(value) && value > 0

/** The order that an execution belongs to, as far as it is known or about to be. */
interface Owner {
  readonly clientOrderId: string
  readonly instrument: Instrument.Instrument
  readonly side: string
  readonly rest: number
  readonly mayFill: boolean
  readonly status: string
}

const ownerOf = (state: AccountState, newcomers: ReadonlyArray<SeenOrder>, fill: ReportFill): Owner | undefined => {
  const order = findReported(state, fill)
  if (order !== undefined)
    return {
      clientOrderId: order.clientOrderId,
      instrument: instrumentAt(state, order.instrument, order.instrumentVersion),
      side: order.terms.side,
      rest: remainingLots(order),
      mayFill: transition(order.status, "partlyFilled") !== undefined,
      status: order.status
    }
  const newcomer = newcomers.find(
    (shown) =>
      shown.instrument === fill.instrument &&
      (fill.venueOrderId === "" || shown.venueOrderId === ""
        ? shown.clientOrderId === fill.clientOrderId && fill.clientOrderId !== ""
        : shown.venueOrderId === fill.venueOrderId)
  )
  if (newcomer === undefined) return undefined
  return {
    clientOrderId: externalIdOf(state, newcomer),
    instrument: state.instruments.get(newcomer.instrument)!,
    side: newcomer.terms.side,
    rest: newcomer.terms.lots,
    mayFill: true,
    status: newcomer.status
  }
}

const faultOf = (owner: Owner, fill: ReportFill, taken: number): string | undefined => {
  if (owner.instrument.id !== fill.instrument) return `belongs to an order on ${owner.instrument.id}`
  if (fill.venueTradeId === "") return "has no trade id and cannot be told from others"
  if (owner.side !== fill.side) return "is on the other side than its order"
  if (!isCount(fill.lots) || !isCount(fill.priceTicks)) return "is not of whole lots and ticks"
  if (!owner.mayFill) return `belongs to an order that is ${owner.status} here`
  if (fill.lots > owner.rest - taken) return "exceeds what is left of its order"
  return undefined
}

/** Keys are dropped from memory when there are too many: whether such a fill was booked, the journal alone still knows. */
const isForgotten = (state: AccountState, fill: ReportFill): boolean => {
  const kept = state.fillKeys.get(fill.instrument)?.size ?? 0
  const last = state.lastTradeIds.get(fill.instrument)
  return kept > fillKeysMax / 2 && last !== undefined && compareIds(fill.venueTradeId, last) < 0
}

/** Trade ids booked here that lie between two that the venue lists, and that it does not list. */
const holesOf = (state: AccountState, id: Instrument.InstrumentId, list: SeenExecutions): ReadonlyArray<string> => {
  const listed = list.fills.map((fill) => fill.venueTradeId).filter(isNumber)
  if (listed.length === 0 || listed.length < list.fills.length) return []
  listed.sort(compareIds)
  const from = isNumber(list.afterTradeId) ? list.afterTradeId : listed[0]!
  const to = listed.at(-1)!
  const there = new Set(list.fills.map(tradeKey))
  const holes: Array<string> = []
  for (const key of state.fillKeys.get(id) ?? []) {
    // What was taken back is rightly missing.
    if (state.bustedKeys.has(`${id}#${key}`)) continue
    const trade = key.slice(0, key.lastIndexOf("/"))
    if (isNumber(trade) && compareIds(trade, from) > 0 && compareIds(trade, to) < 0 && !there.has(key)) holes.push(key)
  }
  return holes.toSorted(compareText)
}

export const fillFindings = (inspection: Inspection): FillFindings => {
  const { before, keep, seen, stand, state } = inspection
  const findings: Array<Finding> = []
  const lots = new Map<string, number>()
  const effects = new Map<string, Amount>()
  const foreign = new Map<string, Amount>()
  const readUpTo = new Map(before.readUpTo)
  const newcomers = (seen.openOrders ?? []).filter((order) => isNewcomer(state, order)).toSorted(compareSeen)

  const missing = (of: Subject, fill: ReportFill): Finding => {
    const name = `execution ${fill.venueTradeId} on ${fill.instrument}`
    const owner = ownerOf(state, newcomers, fill)
    if (owner === undefined) {
      if (isForgotten(state, fill))
        return explained(of, "forgotten", `${name} is older than what this account keeps in memory`)
      if (isOurs(fill.clientOrderId))
        return flagged(
          { ...of, clientOrderId: fill.clientOrderId },
          `${name} is of order ${fill.clientOrderId}, which bears our form of id and is in no journal: another Outcry ` +
            "trades with these keys, or a journal was lost. Stop the other one, or restore the journal"
        )
      const instrument = state.instruments.get(fill.instrument)
      if (instrument !== undefined && isCount(fill.lots) && isCount(fill.priceTicks)) book(foreign, instrument, fill)
      return flagged(
        of,
        `${name} is of order ${fill.venueOrderId}, which was placed outside Outcry and has ended. It is not booked as a ` +
          "fill; what it did to the balances is taken over from the venue"
      )
    }
    const about = { ...of, clientOrderId: owner.clientOrderId }
    const taken = lots.get(owner.clientOrderId) ?? 0
    const fault = faultOf(owner, fill, taken)
    if (fault !== undefined)
      return flagged(about, `${name} ${fault}: it is not booked. Compare with the venue's own list`)
    lots.set(owner.clientOrderId, taken + fill.lots)
    book(effects, owner.instrument, fill)
    return adopted(about, `${name} was not reported to us and is booked now`, fill)
  }

  const hole = (id: Instrument.InstrumentId, key: string): { readonly finding: Finding; readonly settled: boolean } => {
    const about = { subject: `hole ${id}#${key}`, instrument: id, clientOrderId: "" }
    const trade = key.slice(0, key.lastIndexOf("/"))
    const settled = isStill(stand(about.subject, ""))
    const where = `execution ${trade} on ${id} is booked here, and the venue lists those before and after it without it`
    const detail =
      `${where}: its list has a hole, or it took the execution back. Compare with the venue's own screen; ` +
      "the execution stays booked until the venue reports it busted"
    return { settled, finding: settled ? flagged(about, detail) : explained(about, "young", where) }
  }

  for (const [id, list] of Array.from(seen.executions).toSorted(([a], [b]) => compareText(a, b))) {
    if (list === undefined) {
      for (const subject of before.standing.keys()) if (subject.startsWith(`hole ${id}#`)) keep(subject)
      continue
    }
    const fills = list.fills.toSorted(compareFills)
    const known = new Map<string, string>()
    const contradicted = new Set<string>()
    for (const fill of fills) {
      const key = tradeKey(fill)
      const other = known.get(key)
      if (other === undefined) known.set(key, contents(fill))
      else if (fill.venueTradeId !== "" && other !== contents(fill)) contradicted.add(key)
    }
    const done = new Set<string>()
    for (const fill of fills) {
      const key = tradeKey(fill)
      if (state.fillKeys.get(id)?.has(key) === true || done.has(key)) continue
      done.add(key)
      const of = { subject: `fill ${id}#${key}`, instrument: id, clientOrderId: "" }
      if (contradicted.has(key))
        findings.push(
          flagged(
            { ...of, clientOrderId: fill.clientOrderId },
            `execution ${fill.venueTradeId} on ${id} is listed twice by the venue, each time with other contents: it is not booked`
          )
        )
      else findings.push(missing(of, fill))
    }
    const holes = holesOf(state, id, list).map((key) => hole(id, key))
    for (const { finding } of holes) findings.push(finding)
    const last = fills.at(-1)?.venueTradeId ?? list.afterTradeId
    if (list.complete && last !== "" && holes.every(({ settled }) => settled)) readUpTo.set(id, last)
  }
  return { findings, lots, effects, foreign, readUpTo }
}

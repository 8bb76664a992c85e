/**
 * Puts a run's report together from what is authoritative: the replayed journals, the exchange's log as the checker
 * joined it, the database's own sum of fills, and the last statuses of the actors. Pure.
 */
import { entityIdOf } from "@outcry/actor-account/Ledger"
import type { Verdict } from "@outcry/exchange-sim/Checker"
import * as Amount from "@outcry/model/Amount"
import { isOurs } from "@outcry/model/ClientOrderId"
import { baseAmount, quantityText } from "@outcry/model/Instrument"
import type { FloorStatus } from "../gateway/FloorStatus.ts"
import { positionRows } from "../gateway/AccountRows.ts"
import type { AccountReplay, Episode, OrderOutcome } from "./AccountReplay.ts"
import { funnel } from "./Funnel.ts"
import type { FillSum } from "./JournalFacts.ts"
import { distribution } from "./Latency.ts"
import type { Failover, Report } from "./Report.ts"

export interface ReportInput {
  readonly run: Pick<
    Report,
    "runId" | "seed" | "market" | "startedAt" | "endedAt" | "durationSeconds" | "endedBy" | "warnings"
  >
  readonly replays: ReadonlyArray<AccountReplay>
  readonly fillSums: ReadonlyArray<FillSum>
  readonly verdict: Verdict
  /** As the nodes answered last, with everything settled; undefined where none answered any more. */
  readonly status: FloorStatus | undefined
  /** As they answered before the strategies were paused: what ran where, and how it was. */
  readonly running: FloorStatus | undefined
  readonly nodes: ReadonlyArray<{ readonly name: string; readonly starts: number }>
  readonly failovers: ReadonlyArray<Failover>
  readonly latency: {
    readonly tickToIntentMs: ReadonlyArray<number>
    readonly intentToDurableMs: ReadonlyArray<number>
  }
  /** Violations the supervisor saw itself. */
  readonly violations: ReadonlyArray<string>
}

const currency = "USDT"

const count = (keys: Iterable<string>): Record<string, number> => {
  const counts: Record<string, number> = {}
  for (const key of keys) counts[key] = (counts[key] ?? 0) + 1
  return Object.fromEntries(Object.entries(counts).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

const reasonsOf = (orders: ReadonlyArray<OrderOutcome>, status: string): Record<string, number> =>
  count(
    orders.filter((order) => order.status === status).map(({ reason }) => (reason === "" ? "no reason given" : reason))
  )

const episode = (orders: ReadonlyArray<OrderOutcome>, name: Episode): number =>
  orders.filter(({ was }) => was.has(name)).length

const merged = (maps: Iterable<ReadonlyMap<string, number>>): Record<string, number> => {
  const counts: Record<string, number> = {}
  for (const map of maps) for (const [key, value] of map) counts[key] = (counts[key] ?? 0) + value
  return counts
}

const named = (
  rows: ReadonlyArray<{ readonly count: number }>,
  key: (index: number) => string
): Record<string, number> => Object.fromEntries(rows.map(({ count: value }, index) => [key(index), value]))

type Middle = (
  instrument: string
) => { readonly bidTicks: number; readonly askTicks: number; readonly timeReceived: number } | undefined

/** Last quotes as the feeds showed them, in ticks of the instruments the accounts know. */
const marksOf = (input: ReportInput): Middle => {
  const marks = new Map<string, { bidTicks: number; askTicks: number; timeReceived: number }>()
  for (const feed of input.status?.feeds ?? []) {
    const instrument = input.replays
      .map(({ state }) => state.instruments.get(feed.instrument))
      .find((each) => each !== undefined)
    const [bid, ask] = [Amount.parse(feed.bid), Amount.parse(feed.ask)]
    if (instrument === undefined || bid === undefined || ask === undefined) continue
    marks.set(feed.instrument, {
      bidTicks: Number(bid / instrument.tick),
      askTicks: Number(ask / instrument.tick),
      timeReceived: 0
    })
  }
  return (instrument) => marks.get(instrument)
}

/** Fees in the currency: an asset that is the base of an instrument is worth its middle price. */
const feeValue = (replay: AccountReplay, marks: Middle): Amount.Amount => {
  let total = 0n
  for (const [asset, fee] of replay.state.fees) {
    if (asset === currency) total += fee
    else {
      const instrument = [...replay.state.instruments.values()].find(
        ({ base, quote }) => base === asset && quote === currency
      )
      const mark = instrument === undefined ? undefined : marks(instrument.id)
      if (instrument === undefined || mark === undefined) continue
      const price = BigInt(Math.round((mark.bidTicks + mark.askTicks) / 2)) * instrument.tick
      total += Amount.mulDiv(fee, price, 10n ** BigInt(Amount.scale))
    }
  }
  return total
}

const pnlOf = (input: ReportInput, marks: Middle): Report["pnl"] => {
  const fees = new Map<string, Amount.Amount>()
  const totals = { realised: 0n, unrealised: 0n, fees: 0n }
  const byAccount = input.replays.map((replay) => {
    const rows = positionRows(replay.state, marks)
    const realised = rows.reduce((total, row) => total + Amount.from(row.realised), 0n)
    const unrealised = rows.reduce((total, row) => total + (Amount.parse(row.unrealised) ?? 0n), 0n)
    const paid = feeValue(replay, marks)
    for (const [asset, fee] of replay.state.fees) fees.set(asset, (fees.get(asset) ?? 0n) + fee)
    totals.realised += realised
    totals.unrealised += unrealised
    totals.fees += paid
    return {
      account: replay.account,
      realised: Amount.format(realised, 2),
      unrealised: Amount.format(unrealised, 2),
      fees: Amount.format(paid, 2),
      net: Amount.format(realised + unrealised - paid, 2)
    }
  })
  return {
    currency,
    realised: Amount.format(totals.realised, 2),
    unrealised: Amount.format(totals.unrealised, 2),
    fees: Object.fromEntries(Array.from(fees, ([asset, fee]) => [asset, Amount.format(fee)])),
    feesTotal: Amount.format(totals.fees, 2),
    net: Amount.format(totals.realised + totals.unrealised - totals.fees, 2),
    byAccount
  }
}

/** A position is the sum of its unique fills: the database's sum against the fold. */
const sumViolations = (input: ReportInput): ReadonlyArray<string> => {
  const sums = new Map(input.fillSums.map((sum) => [`${sum.entityId} ${sum.instrument}`, sum]))
  const broken: Array<string> = []
  for (const { account, state } of input.replays)
    for (const [id, position] of state.positions) {
      const instrument = state.instruments.get(id)!
      const sum = sums.get(`${entityIdOf(account)} ${id}`)
      sums.delete(`${entityIdOf(account)} ${id}`)
      if (Amount.parse(sum?.quantity ?? "0") !== baseAmount(instrument, position.lots))
        broken.push(
          `${account}: position in ${id} is ${quantityText(instrument, position.lots)}, the sum of its unique fills ${sum?.quantity ?? "0"}`
        )
      if ((sum?.fills ?? 0) !== position.fills)
        broken.push(`${account}: ${position.fills} fills in ${id} were applied, ${sum?.fills ?? 0} are unique`)
    }
  for (const sum of sums.values()) broken.push(`${sum.entityId}: fills in ${sum.instrument} have no position`)
  return broken
}

/** Replay = live, by hash, wherever the live account stood at the same row. */
const hashViolations = (input: ReportInput): ReadonlyArray<string> =>
  input.replays.flatMap(({ account, hash, state }) => {
    const live = input.status?.accounts.find((each) => each.account === account)
    if (live === undefined)
      return [`${account}: the live account did not answer at the stop, so its state could not be compared`]
    if (live.seq > state.seq)
      return [`${account}: the live account stood at row ${live.seq}, its journal ends at ${state.seq}`]
    return live.stateHash === hash
      ? []
      : [`${account}: the replayed state differs from the live one at row ${live.seq}`]
  })

const foreignViolations = (input: ReportInput): ReadonlyArray<string> =>
  input.replays.flatMap(({ account, orders }) =>
    [...orders.keys()].filter((id) => !isOurs(id)).map((id) => `${account}: order id ${id} does not have our form`)
  )

const nodesOf = (input: ReportInput): Report["nodes"] =>
  input.nodes.map(({ name, starts }) => {
    const status = input.running ?? input.status
    const on = (rows: ReadonlyArray<{ readonly node: string }> | undefined): number =>
      rows?.filter(({ node }) => node === name).length ?? 0
    return {
      name,
      starts,
      accounts: on(status?.accounts),
      feeds: on(status?.feeds),
      strategies: on(status?.strategies)
    }
  })

const strategiesOf = (input: ReportInput): Report["strategies"] =>
  ((input.running ?? input.status)?.strategies ?? []).map((before) => {
    // Figures as of the end, the condition as it was while it ran.
    const status = input.status?.strategies.find(({ strategy }) => strategy === before.strategy) ?? before
    const account = input.status?.accounts.find((each) => each.account === status.account)
    const seen = funnel(status, account, before)
    const replay = input.replays.find((each) => each.account === status.account)
    const record = replay?.state.strategies.get(status.strategy)
    const fills = replay?.fillsByStrategy.get(status.strategy) ?? 0
    return {
      name: status.strategy,
      definition: `${status.definition}@${status.version}`,
      account: status.account,
      condition: before.condition,
      events: named(status.events, (index) => status.events[index]!.kind),
      signals: named(status.signals, (index) => status.signals[index]!.name),
      intents: seen.stages.find(({ stage }) => stage === "intents")?.count ?? 0,
      refused: Object.fromEntries(record?.refused ?? []),
      orders: record?.placed ?? 0,
      fills,
      errors: status.errors,
      restarts: status.restarts,
      blockedBy: fills > 0 ? "" : `${seen.verdict} ${seen.hint}`.trim()
    }
  })

export const buildReport = (input: ReportInput): Report => {
  const marks = marksOf(input)
  const orders = input.replays.flatMap((replay) => [...replay.orders.values()])
  const { verdict } = input
  return {
    version: 1,
    ...input.run,
    nodes: nodesOf(input),
    feeds: ((input.running ?? input.status)?.feeds ?? []).map(
      ({ ask, bid, condition, gaps, instrument, last, node, seq }) => ({
        instrument,
        node,
        condition,
        events: seq,
        gaps,
        bid,
        ask,
        last
      })
    ),
    strategies: strategiesOf(input),
    orders: {
      total: orders.length,
      byState: count(orders.map(({ status }) => status)),
      rejected: reasonsOf(orders, "rejected"),
      unknown: reasonsOf(orders, "unknown"),
      NotPlaced: reasonsOf(orders, "notPlaced"),
      unknownSettled: orders.filter(({ status, was }) => was.has("unknown") && status !== "unknown").length,
      held: episode(orders, "held"),
      triggered: episode(orders, "triggered"),
      resubmitted: episode(orders, "resubmitted"),
      resolved: episode(orders, "resolved"),
      provisional: episode(orders, "provisional"),
      busted: episode(orders, "busted"),
      refused: merged(input.replays.map(({ refused }) => refused))
    },
    fills: input.replays.reduce((total, { fills }) => total + fills, 0),
    positions: input.replays.flatMap(({ state }) => positionRows(state, marks)),
    pnl: pnlOf(input, marks),
    latency: {
      tickToIntentMs: distribution(input.latency.tickToIntentMs),
      intentToDurableMs: distribution(input.latency.intentToDurableMs),
      intentToAckMs: distribution(
        orders.flatMap(({ timeAccepted, timeIntent }) =>
          timeAccepted === undefined ? [] : [(timeAccepted - timeIntent) / 1_000]
        )
      )
    },
    failovers: input.failovers,
    invariantViolations: [
      ...input.violations,
      ...input.replays.flatMap(({ violations }) => violations),
      ...sumViolations(input),
      ...hashViolations(input),
      ...foreignViolations(input)
    ],
    ordersLost: verdict.ordersLost.length,
    ordersDuplicated: verdict.ordersDuplicated.length,
    ordersMisfilled: verdict.misfilled.length,
    findings: { lost: verdict.ordersLost, duplicated: verdict.ordersDuplicated, misfilled: verdict.misfilled },
    checker: {
      ordersJoined: verdict.ordersJoined,
      open: verdict.open.length,
      foreign: verdict.foreign.length,
      pending: verdict.pending.length
    }
  }
}

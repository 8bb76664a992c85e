/**
 * Seeded accounts and seeded venues that differ from them in every way at once. The venue's lists are made from what the
 * account holds, then spoilt: orders hidden, added, shown twice; executions missing, foreign, repeated; money moved.
 */
import { AccountFixture, terms } from "@outcry/testkit/AccountFixture"
import { btcUsdt, ethUsdt } from "@outcry/testkit/Instruments"
import { describe, expect, it } from "vitest"
import { invariants } from "../src/Account.ts"
import { stateHash } from "../src/AccountHash.ts"
import type { ReportFill } from "../src/AccountCommand.ts"
import { isClosed } from "../src/Order.ts"
import { reconcile } from "../src/Reconciliation.ts"
import { type Finding, noMemory, type ReconciliationMemory } from "../src/ReconciliationFinding.ts"
import type { SeenExecutions, SeenOrder, VenueView } from "../src/ReconciliationView.ts"
import { SeededRandom } from "../src/SeededRandom.ts"

const second = 1_000_000
const ids = [btcUsdt.id, ethUsdt.id]

const forSeeds = (count: number, check: (random: SeededRandom) => void): void => {
  for (let seed = 1; seed <= count; seed++) {
    try {
      check(new SeededRandom(seed))
    } catch (error) {
      throw new Error(`seed ${seed}: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
    }
  }
}

const shuffled = <A>(random: SeededRandom, items: ReadonlyArray<A>): ReadonlyArray<A> => {
  const left = [...items]
  const out: Array<A> = []
  while (left.length > 0) out.push(...left.splice(random.between(0, left.length - 1), 1))
  return out
}

/** An account after some trading, and every execution that the venue has of it. */
const traded = (random: SeededRandom) => {
  const account = new AccountFixture({ limits: { orderRateMax: 1000 } })
  const fills: Array<ReportFill> = []
  for (let step = 0; step < 12; step++) {
    const instrument = random.pick(ids)
    const priceTicks = instrument === btcUsdt.id ? 6_000_000 : 300_000
    const side = random.pick(["buy", "sell"] as const)
    const event = account.place({ side, lots: random.between(500, 900), priceTicks }, "s1", instrument)
    // Refused while an order's fate on the instrument is open.
    if (event.type !== "OrderIntended" || random.chance(0.1)) continue
    const id = event.clientOrderId
    if (random.chance(0.1)) {
      account.run({ type: "ReportUnknown", clientOrderId: id, reason: "time-out" })
      continue
    }
    account.run(account.shown(id))
    for (let part = random.between(0, 2); part > 0; part--) {
      const fill = account.filled(id, { lots: random.between(1, 100), fee: random.chance(0.5) ? 7n : 0n })
      account.run(fill)
      fills.push(fill)
    }
    if (random.chance(0.15)) account.run(account.shown(id, { status: "canceled" }))
    else if (random.chance(0.1)) account.cancel(id)
    account.now += second
    account.mark(btcUsdt.id, 5_999_990, 6_000_000)
    account.mark(ethUsdt.id, 299_999, 300_000)
  }
  return { account, fills }
}

const honest = (account: AccountFixture, fills: ReadonlyArray<ReportFill>): VenueView => ({
  time: account.now,
  lagUs: 2 * second,
  openOrders: Array.from(account.state.orders.values()).flatMap((order): ReadonlyArray<SeenOrder> =>
    order.status === "working" || order.status === "pendingCancel"
      ? [{ ...account.shown(order.clientOrderId), averageTicks: order.terms.priceTicks }]
      : []
  ),
  executions: new Map(
    ids.map((id): [string, SeenExecutions] => [
      id,
      { afterTradeId: "", complete: true, fills: fills.filter(({ instrument }) => instrument === id) }
    ])
  ),
  balances: Array.from(account.state.balances, ([asset, { total }]) => ({ asset, total }))
})

/** What the venue shows when everything goes wrong at once. */
const spoilt = (random: SeededRandom, account: AccountFixture, fills: ReadonlyArray<ReportFill>): VenueView => {
  const view = honest(account, fills)
  const orders = (view.openOrders ?? []).flatMap((order): ReadonlyArray<SeenOrder> => {
    if (random.chance(0.2)) return []
    if (random.chance(0.1)) return [order, { ...order, venueOrderId: "twin" }]
    if (random.chance(0.1)) return [{ ...order, terms: { ...order.terms, lots: order.terms.lots + 1 } }]
    if (random.chance(0.2)) return [{ ...order, filledLots: order.filledLots + random.between(1, 50) }]
    return random.chance(0.1) ? [order, order] : [order]
  })
  const extra: Array<ReportFill> = []
  for (const order of account.state.orders.values())
    if (random.chance(0.4)) {
      const fill = account.filled(order.clientOrderId, {
        lots: random.between(1, 400),
        timeVenue: random.between(1, 9)
      })
      extra.push(fill, ...(random.chance(0.2) ? [random.chance(0.5) ? fill : { ...fill, lots: fill.lots + 1 }] : []))
    }
  if (random.chance(0.5)) {
    orders.push({
      type: "ReportOrder",
      clientOrderId: random.pick(["by-hand", "", "ocaaaaaaaaaaaaaaaa"]),
      venueOrderId: "v-hand",
      instrument: random.pick([...ids, "sim:XRP/USDT"]),
      status: "open",
      terms: terms(),
      filledLots: 0,
      timeVenue: account.now,
      averageTicks: 0
    })
    if (random.chance(0.5))
      extra.push(account.filled("", { clientOrderId: "", venueOrderId: random.pick(["v-hand", "v-gone"]), lots: 5 }))
  }
  for (const order of account.state.closed.values())
    if (random.chance(0.1)) orders.push({ ...account.shown(order.clientOrderId), averageTicks: 0 })
  const kept = fills.filter(() => random.chance(0.9))
  return {
    ...view,
    openOrders: random.chance(0.1) ? undefined : orders,
    executions: new Map(
      ids.flatMap((id): ReadonlyArray<[string, SeenExecutions | undefined]> => {
        if (random.chance(0.1)) return random.chance(0.5) ? [] : [[id, undefined]]
        const listed = [...kept, ...extra].filter(({ instrument }) => instrument === id)
        return [[id, { afterTradeId: "", complete: random.chance(0.9), fills: listed }]]
      })
    ),
    balances: random.chance(0.1)
      ? undefined
      : view.balances?.flatMap(({ asset, total }) =>
          random.chance(0.1)
            ? []
            : [{ asset, total: random.chance(0.5) ? total : total + BigInt(random.between(-9, 9)) * 10n ** 11n }]
        )
  }
}

const rearranged = (random: SeededRandom, view: VenueView): VenueView => ({
  ...view,
  openOrders: view.openOrders && shuffled(random, view.openOrders),
  executions: new Map(
    shuffled(random, [...view.executions]).map(([id, list]) => [
      id,
      list && { ...list, fills: shuffled(random, list.fills) }
    ])
  ),
  balances: view.balances && shuffled(random, view.balances)
})

const sortedMemory = ({ readUpTo, standing }: ReconciliationMemory) => ({
  readUpTo: [...readUpTo].toSorted(([a], [b]) => (a < b ? -1 : 1)),
  standing: [...standing].toSorted(([a], [b]) => (a < b ? -1 : 1))
})

const obey = (account: AccountFixture, findings: ReadonlyArray<Finding>): void => {
  for (const finding of findings) if (finding.kind !== "explained") account.run(finding.command)
}

/** Some views on the same account, each `check` seeing one more. */
const watched = (
  random: SeededRandom,
  check: (view: VenueView, memory: ReconciliationMemory, account: AccountFixture) => void
) => {
  const { account, fills } = traded(random)
  let memory = noMemory
  for (let look = 0; look < 4; look++) {
    account.now += random.between(1, 8) * second
    const view = spoilt(random, account, fills)
    check(view, memory, account)
    memory = reconcile(account.state, view, memory).memory
  }
}

describe("reconciliation", () => {
  it("finds nothing at an honest venue but what is under way", () => {
    forSeeds(150, (random) => {
      const { account, fills } = traded(random)
      account.now += 10 * second
      for (const finding of reconcile(account.state, honest(account, fills), noMemory).findings)
        expect(finding.kind, finding.detail).toBe("explained")
    })
  })

  it("finds the same whatever order the lists came in, and changes nothing itself", () => {
    forSeeds(150, (random) => {
      watched(random, (view, memory, account) => {
        const before = stateHash(account.state)
        const first = reconcile(account.state, view, memory)
        const other = reconcile(account.state, rearranged(random, view), memory)
        expect(other.findings).toEqual(first.findings)
        expect(sortedMemory(other.memory)).toEqual(sortedMemory(first.memory))
        expect(stateHash(account.state)).toBe(before)
      })
    })
  })

  it("gives every difference one finding, in words", () => {
    forSeeds(100, (random) => {
      watched(random, (view, memory, account) => {
        const { findings } = reconcile(account.state, view, memory)
        expect(new Set(findings.map(({ subject }) => subject)).size).toBe(findings.length)
        for (const { detail } of findings) expect(detail).toMatch(/\w+ \w+/)
      })
    })
  })

  it("never drops an open order: it is open afterwards, or filled to its last lot by executions", () => {
    forSeeds(150, (random) => {
      watched(random, (view, memory, account) => {
        const open = [...account.state.orders.keys()]
        obey(account, reconcile(account.state, view, memory).findings)
        for (const id of open) {
          const order = account.state.orders.get(id) ?? account.state.closed.get(id)!
          expect(isClosed(order.status) && order.status !== "filled", `${id} is ${order.status}`).toBe(false)
        }
        expect(invariants(account.state)).toEqual([])
      })
    })
  })

  it("adopts once: the same view again has nothing more to book", () => {
    forSeeds(150, (random) => {
      watched(random, (view, memory, account) => {
        const first = reconcile(account.state, view, memory)
        obey(account, first.findings)
        const again = reconcile(account.state, view, first.memory).findings
        const booked = again.flatMap((finding) => (finding.kind === "adopted" ? [finding.command.type] : []))
        expect(booked.filter((type) => type === "ReportFill" || type === "ReportOrder")).toEqual([])
        const events = account.events.length
        obey(
          account,
          again.filter(({ kind }) => kind === "flagged")
        )
        expect(account.events.slice(events).filter(({ type }) => type !== "DifferenceFlagged")).toEqual([])
      })
    })
  })
})

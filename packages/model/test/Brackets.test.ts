/** Brackets when things do not go by the book: half-filled entries, exits that are moved, canceled or cut short. */
import { AccountFixture } from "@outcry/testkit/AccountFixture"
import { btcUsdt } from "@outcry/testkit/Instruments"
import { describe, expect, it } from "vitest"
import { invariants } from "../src/Account.ts"

const stop = { side: "sell", type: "stop", priceTicks: 0, triggerTicks: 5_900_000, reduceOnly: true } as const
const limit = { side: "sell", priceTicks: 6_100_000, reduceOnly: true } as const
const touch = { side: "sell", type: "takeProfit", priceTicks: 0, triggerTicks: 6_100_000, reduceOnly: true } as const

const canceled = (account: AccountFixture, id: string, filledLots = 0): ReadonlyArray<string> =>
  account.types(account.shown(id, { status: "canceled", filledLots }))

interface Bracket {
  readonly account: AccountFixture
  readonly entry: string
  readonly profit: string
  readonly loss: string
}

/** An entry of 1000 lots at the venue, with its two exits. */
const bracket = (profitTerms: object = limit): Bracket => {
  const account = new AccountFixture()
  const entry = account.working()
  const link = { contingency: { parent: entry, group: "g" } }
  return { account, entry, profit: account.linked(profitTerms, link), loss: account.linked(stop, link) }
}

/** The same, its entry filled and its profit at the venue. */
const armed = (): Bracket => {
  const made = bracket()
  made.account.run(made.account.filled(made.entry))
  made.account.run(made.account.shown(made.profit))
  return made
}

const sold = (account: AccountFixture, id: string): number | undefined => account.state.orders.get(id)?.terms.lots

describe("the stop of an entry that is filled in part", () => {
  it("guards what is filled: it ends the entry and sells all that was bought until then", () => {
    const { account, entry, loss } = bracket()
    expect(account.tick(5_899_000)).toEqual([])
    account.run(account.filled(entry, { lots: 300 }))
    expect(account.statusOf(loss)).toBe("triggered")
    expect(account.statusOf(entry)).toBe("pendingCancel")
    account.run(account.filled(entry, { lots: 50 }))
    expect(canceled(account, entry, 350)).toEqual(["OrderCanceled", "OrderReleased"])
    expect(account.events.at(-1)).toMatchObject({ clientOrderId: loss, terms: { type: "market", lots: 350 } })
    expect(invariants(account.state)).toEqual([])
  })

  it("does so too where the venue would work it by itself once the entry has ended", () => {
    const account = new AccountFixture()
    const entry = account.working()
    const loss = account.linked(stop, { contingency: { parent: entry } })
    account.run(account.filled(entry, { lots: 300 }))
    expect(account.statusOf(loss)).toBe("held")
    expect(account.tick(5_899_000)).toEqual(["OrderTriggered", "CancelRequested"])
    expect(canceled(account, entry, 300)).toEqual(["OrderCanceled", "OrderReleased"])
    expect(account.events.at(-1)).toMatchObject({ clientOrderId: loss, terms: { type: "market", lots: 300 } })
  })

  it("counts what an entry fills while it is being replaced", () => {
    const { account, entry, loss } = bracket()
    const { clientOrderId: second } = account.modify(entry, { priceTicks: 5_999_000 })
    account.run(account.filled(entry, { lots: 200 }))
    canceled(account, entry, 200)
    account.run(account.filled(second))
    expect(account.state.orders.get(loss)?.parentLots).toBe(1000)
  })

  it("waits for the old entry though its replacement is called off", () => {
    const { account, entry, loss } = bracket()
    const { clientOrderId: second } = account.modify(entry, { priceTicks: 5_999_000 })
    account.cancel(second)
    expect(account.statusOf(loss)).toBe("held")
    account.run(account.filled(entry, { lots: 200 }))
    canceled(account, entry, 200)
    expect(account.tick(5_899_000).at(0)).toBe("OrderTriggered")
    expect(account.state.orders.get(loss)?.parentLots).toBe(200)
  })

  it("counts what an attempt fills that seemed never to have been placed", () => {
    const account = new AccountFixture()
    const first = account.linked({}, { resubmitUntilUs: account.now + 1_000_000 })
    const loss = account.linked(stop, { contingency: { parent: first, group: "g" } })
    account.run({ type: "ReportNotPlaced", clientOrderId: first, reason: "absent" })
    account.run(account.shown(first))
    account.run(account.filled(first))
    expect(account.state.orders.get(loss)?.parentLots).toBe(1000)
  })
})

describe("the exits of a bracket", () => {
  it("stay when the stop is moved again and again", () => {
    const { account, loss, profit } = armed()
    let guard = loss
    for (const triggerTicks of [5_910_000, 5_920_000, 5_930_000])
      guard = account.modify(guard, { triggerTicks }).clientOrderId
    expect([account.statusOf(profit), account.statusOf(guard)]).toEqual(["working", "held"])
    expect(account.tick(5_929_000)).toEqual(["OrderTriggered", "CancelRequested"])
    expect(canceled(account, profit)).toEqual(["OrderCanceled", "OrderReleased"])
    expect(sold(account, guard)).toBe(1000)
  })

  it("stay when the venue cancels the profit unasked: the stop goes on watching", () => {
    const { account, loss, profit } = armed()
    canceled(account, profit)
    expect(account.statusOf(loss)).toBe("held")
    expect(account.tick(5_899_000)).toEqual(["OrderTriggered", "OrderReleased"])
  })

  it("do not take twice from the profit what it had filled before it was replaced", () => {
    const { account, profit } = armed()
    account.run(account.filled(profit, { lots: 300 }))
    const { clientOrderId: second } = account.modify(profit, { priceTicks: 6_090_000 })
    canceled(account, profit, 300)
    expect(sold(account, second)).toBe(700)
    account.run(account.shown(second))
    account.run(account.filled(second, { lots: 100 }))
    const { clientOrderId: third } = account.modify(second, { priceTicks: 6_080_000 })
    canceled(account, second, 100)
    expect(sold(account, third)).toBe(600)
    account.run(account.filled(third))
    expect(account.state.positions.get(btcUsdt.id)?.lots).toBe(0)
    expect(account.state.orders.size).toBe(0)
  })

  it("sell all that is left when the stop sold a part, while the profit sleeps", () => {
    const { account, entry, loss, profit } = bracket(touch)
    account.run(account.filled(entry))
    expect(account.tick(5_899_000)).toEqual(["OrderTriggered", "OrderReleased"])
    account.run(account.shown(loss))
    account.run(account.filled(loss, { lots: 300, priceTicks: 5_899_000 }))
    account.run(account.shown(loss, { status: "expired", filledLots: 300 }))
    account.now += 400_000
    expect(account.tick(5_899_000)).toEqual(["OrderIntended", "OrderReleased"])
    expect(account.events.at(-1)).toMatchObject({ terms: { lots: 700 } })
    expect(account.statusOf(profit)).toBe("held")
  })
})

describe("a held stop that is moved often", () => {
  it("does not carry along all those before it, and can be moved when they are forgotten", () => {
    const account = new AccountFixture({ limits: { orderRateMax: 1_000_000 } })
    const entry = account.working()
    let guard = account.linked(stop, { contingency: { parent: entry, group: "g" } })
    guard = account.modify(guard, { triggerTicks: 5_901_000 }).clientOrderId
    account.run(account.filled(entry, { lots: 400 }))
    account.cancel(entry)
    canceled(account, entry, 400)
    for (let i = 0; i < 1300; i++) canceled(account, account.working({ lots: 10 }))
    expect(account.state.closed.has(entry)).toBe(false)
    for (let i = 1; i < 20; i++) {
      const { clientOrderId, events } = account.modify(guard, { triggerTicks: 5_901_000 + i })
      expect(events[0]).toMatchObject({ type: "OrderIntended", contingency: { after: [guard] } })
      guard = clientOrderId
    }
    expect(account.tick(5_899_000)).toEqual(["OrderTriggered", "OrderReleased"])
    expect(sold(account, guard)).toBe(400)
    expect(invariants(account.state)).toEqual([])
  })
})

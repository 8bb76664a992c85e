/** What time alone does to orders: it ends them, or lets them be sent once more. */
import { AccountFixture } from "@outcry/testkit/AccountFixture"
import { describe, expect, it } from "vitest"

const stop = { side: "sell", type: "stop", priceTicks: 0, triggerTicks: 5_900_000, reduceOnly: true } as const

const holding = (): AccountFixture => {
  const account = new AccountFixture()
  account.native = false
  account.run(account.filled(account.working()))
  return account
}

describe("good until a date", () => {
  it("cancels what is at the venue and expires what sleeps, when the time has come", () => {
    const account = holding()
    const until = { timeInForce: "GTD", expiresUs: account.now + 1_000_000 } as const
    const resting = account.working({ priceTicks: 5_900_000, ...until })
    const asleep = account.placed({ ...stop, ...until })
    account.now += 999_999
    expect(account.tick(6_000_000)).toEqual([])
    account.now += 1
    expect(account.tick()).toEqual(["CancelRequested", "OrderExpired"])
    expect([account.statusOf(resting), account.statusOf(asleep)]).toEqual(["pendingCancel", "expired"])
    expect(account.tick()).toEqual([])
  })
})

describe("an order that the venue never had", () => {
  it("is submitted again until its time has passed, under an id of its own", () => {
    const account = new AccountFixture()
    let id = account.linked({}, { resubmitUntilUs: account.now + 10 })
    for (const attempt of [2, 3]) {
      const events = account.run({ type: "ReportNotPlaced", clientOrderId: id, reason: "absent" })
      expect(events).toMatchObject([{ type: "OrderNotPlaced" }, { type: "OrderIntended", attempt, intentSeq: 1 }])
      expect(events[1]).not.toMatchObject({ clientOrderId: id })
      id = (events[1] as { readonly clientOrderId: string }).clientOrderId
    }
    account.now += 10
    expect(account.types({ type: "ReportNotPlaced", clientOrderId: id, reason: "absent" })).toEqual(["OrderNotPlaced"])
  })

  it("is not submitted again until a time that is none", () => {
    const account = new AccountFixture()
    const id = account.linked({}, { resubmitUntilUs: Number.NaN })
    expect(account.state.orders.get(id)?.resubmitUntilUs).toBe(0)
    expect(account.types({ type: "ReportNotPlaced", clientOrderId: id, reason: "absent" })).toEqual(["OrderNotPlaced"])
  })

  it("is not submitted again where it was canceled, or no longer passes", () => {
    const account = new AccountFixture()
    const until = { resubmitUntilUs: account.now + 1_000_000 }
    const unwanted = account.linked({}, until)
    account.cancel(unwanted)
    const notPlaced = (clientOrderId: string): ReadonlyArray<string> =>
      account.types({ type: "ReportNotPlaced", clientOrderId, reason: "absent" })
    expect(notPlaced(unwanted)).toEqual(["OrderNotPlaced"])
    const refused = account.linked({}, until)
    account.run({ type: "SetTradingState", state: "halted", by: "test", reason: "" })
    expect(notPlaced(refused)).toEqual(["OrderNotPlaced"])
  })
})

describe("a tick", () => {
  it("says nothing where nothing waits", () => {
    const account = new AccountFixture()
    account.working()
    expect(account.tick(5_000_000)).toEqual([])
    expect(account.state.watched.size).toBe(0)
  })
})

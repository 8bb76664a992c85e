import { AccountFixture } from "@outcry/testkit/AccountFixture"
import { btcUsdt, btcUsdtSpec, ethUsdtSpec } from "@outcry/testkit/Instruments"
import { describe, expect, it } from "vitest"
import { execute, invariants } from "../src/Account.ts"
import { tradeKey } from "../src/AccountEvent.ts"
import * as Snapshot from "../src/AccountSnapshot.ts"
import { fillKeysMax, flaggedMax } from "../src/AccountState.ts"
import * as Amount from "../src/Amount.ts"
import { defaults } from "../src/Limits.ts"
import { closedOrdersMax } from "../src/OrderLedger.ts"

describe("a new version of an instrument", () => {
  const coarse = { ...btcUsdtSpec, version: 2, lotSize: "0.001", minQuantity: "0.001", tickSize: "0.05" }
  const list = (account: AccountFixture, spec = coarse): ReadonlyArray<string> =>
    account.types({ type: "ListInstruments", specs: [spec] })

  it("counts what is held in new lots, and books late fills of old orders at their exact price", () => {
    const account = new AccountFixture()
    const id = account.working()
    account.run(account.shown(id, { status: "canceled" }))
    expect(list(account)).toEqual(["InstrumentListed"])
    account.run(account.filled(id, { lots: 700, priceTicks: 5_999_999 }))
    expect(account.state.positions.get(btcUsdt.id)).toMatchObject({ lots: 7, cost: Amount.from("419.99993") })
    expect(account.types(account.filled(id, { lots: 50 }))).toEqual(["DifferenceFlagged"])
    expect(invariants(account.state)).toEqual([])
  })

  it("waits while an order is open", () => {
    const account = new AccountFixture()
    const id = account.working()
    expect(list(account)).toEqual(["DifferenceFlagged"])
    account.run(account.shown(id, { status: "canceled" }))
    expect(list(account)).toEqual(["InstrumentListed"])
  })

  it("is flagged where the net position fits the new lots but a strategy's share does not", () => {
    const account = new AccountFixture()
    for (const [strategy, lots] of [
      ["s1", 150],
      ["s2", 50]
    ] as const)
      account.run(account.filled(account.working({ lots }, strategy)))
    expect(list(account)).toEqual(["DifferenceFlagged"])
    expect(account.state.strategies.get("s1")!.positions.get(btcUsdt.id)!.lots).toBe(150)
  })

  it("is given to sizes that change under the same version, as often as they do", () => {
    const account = new AccountFixture()
    const version = (): number => account.state.instruments.get(btcUsdt.id)!.version
    expect(list(account, { ...btcUsdtSpec })).toEqual([])
    for (const [sizes, expected] of [
      [{ tickSize: "0.1", lotSize: "0.001", minQuantity: "0.001" }, 2],
      [{ tickSize: "0.05" }, 3]
    ] as const) {
      const changed = { ...btcUsdtSpec, ...sizes }
      expect(list(account, changed)).toEqual(["InstrumentListed"])
      expect(account.state.instruments.get(btcUsdt.id)).toMatchObject({ ...sizes, version: expected })
      expect(list(account, changed)).toEqual([])
    }
    expect(list(account, { ...coarse, version: 4 })).toEqual(["InstrumentListed"])
    expect(list(account, { ...btcUsdtSpec })).toEqual([])
    expect(version()).toBe(4)
  })

  it("is flagged where sizes change under the same version while an order is open or a position does not fit", () => {
    const account = new AccountFixture()
    const changed = { ...btcUsdtSpec, lotSize: "0.001", minQuantity: "0.001" }
    const id = account.working({ lots: 150 })
    expect(list(account, changed)).toEqual(["DifferenceFlagged"])
    account.run(account.filled(id, { lots: 150 }))
    expect(list(account, changed)).toEqual(["DifferenceFlagged"])
    expect(account.state.instruments.get(btcUsdt.id)).toMatchObject({ version: 1, lotSize: btcUsdtSpec.lotSize })
  })
})

describe("limits and trading state", () => {
  it("take the first limits given, whatever came before them", () => {
    const account = new AccountFixture({ limits: { openOrdersMax: 7 } })
    expect(account.state.limits).toEqual({ ...defaults, openOrdersMax: 7 })
  })

  it("take newer limits and edited ones, not older or equal ones", () => {
    const account = new AccountFixture()
    const set = (over: object): ReadonlyArray<string> =>
      account.types({ type: "SetLimits", limits: { ...defaults, ...over } })
    expect(set({})).toEqual([])
    expect(set({ openOrdersMax: 5 })).toEqual(["LimitsSet"])
    expect(set({ version: 3 })).toEqual(["LimitsSet"])
    expect(set({ version: 2 })).toEqual([])
  })

  it("change only when they change", () => {
    const account = new AccountFixture()
    const halt = { type: "SetTradingState", state: "halted", by: "operator", reason: "drill" } as const
    expect(account.types(halt)).toEqual(["TradingStateChanged"])
    expect(account.types(halt)).toEqual([])
  })
})

describe("memory", () => {
  it("is bounded for closed orders, fills and differences, and the newest are kept", () => {
    const account = new AccountFixture({ limits: { orderRateMax: 1_000_000 }, balances: { USDT: "100000000" } })
    let last = ""
    for (let i = 0; i < closedOrdersMax + 200; i++) {
      last = account.working({ lots: 10 })
      account.run(account.shown(last, { status: "canceled" }))
      account.now += 1
    }
    expect(account.state.closed.size).toBeLessThanOrEqual(closedOrdersMax)
    expect(account.state.venueOrderIds.get(btcUsdt.id)!.size).toBe(account.state.closed.size)
    expect(account.state.closed.has(last)).toBe(true)
    account.run({
      type: "SetLimits",
      limits: { ...account.state.limits, version: 2, positionNotionalMax: "1000000000", grossExposureMax: "1000000000" }
    })
    const id = account.working({ lots: fillKeysMax + 500 })
    for (let i = 0; i < fillKeysMax + 400; i++) account.run(account.filled(id, { lots: 1 }))
    expect(account.state.fillKeys.get(btcUsdt.id)!.size).toBeLessThanOrEqual(fillKeysMax)
    expect(account.state.positions.get(btcUsdt.id)?.fills).toBe(fillKeysMax + 400)
    for (let i = 0; i < flaggedMax + 300; i++) account.run(account.filled(`web_${i}`))
    expect(account.state.flagged.size).toBeLessThanOrEqual(flaggedMax)
    expect(invariants(account.state)).toEqual([])
  })

  it("of the fills of an order lasts for as long as the order does, however many others fill", () => {
    const account = new AccountFixture({ limits: { orderRateMax: 1_000_000 } })
    const resting = account.working()
    const part = account.filled(resting, { lots: 300 })
    account.run(part)
    const canceled = account.working()
    const late = account.filled(canceled, { lots: 200 })
    account.run(late)
    account.run(account.shown(canceled, { status: "canceled", filledLots: 200 }))
    const others = account.working({ lots: fillKeysMax + 2 })
    for (let i = 0; i < fillKeysMax + 1; i++) account.run(account.filled(others, { lots: 1 }))
    expect(account.state.fillKeys.get(btcUsdt.id)!.has(tradeKey(part))).toBe(false)
    const twin = Snapshot.decode(Snapshot.encode(account.state))
    for (const fill of [part, late]) {
      expect(account.run(fill)).toEqual([])
      expect(execute(twin, fill, account.circumstances)).toEqual([])
    }
    const { liquidity: _l, timeVenue: _t, venueOrderId: _v, ...made } = part
    expect(account.types({ ...made, type: "ReportBust", reason: "erroneous" })).toEqual(["FillBusted"])
    expect(invariants(account.state)).toEqual([])
  })
})

describe("the invariants", () => {
  it("catch a state that was bent", () => {
    const bend = (how: (account: AccountFixture, id: string) => void): ReadonlyArray<string> => {
      const account = new AccountFixture({ instruments: [btcUsdtSpec, ethUsdtSpec] })
      const id = account.working()
      expect(invariants(account.state)).toEqual([])
      how(account, id)
      return invariants(account.state)
    }
    expect(bend((account) => (account.state.balances.get("USDT")!.reserved += 1n))).toHaveLength(1)
    expect(bend((account) => (account.state.openLots.get(btcUsdt.id)!.buy -= 1))).toHaveLength(1)
    expect(bend((account) => (account.state.openLots.get(btcUsdt.id)!.unknownOrders += 1))).toHaveLength(1)
    expect(bend((account, id) => (account.state.orders.get(id)!.status = "canceled"))).toHaveLength(1)
    expect(bend((account) => (account.state.strategies.get("s1")!.placed += 1))).toHaveLength(1)
    expect(bend((account) => account.state.venueOrderIds.get(btcUsdt.id)!.set("x", "gone"))).toHaveLength(1)
  })
})

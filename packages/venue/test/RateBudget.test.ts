import { describe, expect, it } from "vitest"
import { RateBudget, type WantedLease } from "../src/RateBudget.ts"
import { limitName, type Purpose, type RateLimit } from "../src/RateLimit.ts"

const minuteUs = 60_000_000
const weight: RateLimit = { counts: "weight", windowUs: minuteUs, limit: 1_000 }
const orders: RateLimit = { counts: "orders", windowUs: 10_000_000, limit: 100 }

const grant = (budget: RateBudget, want: WantedLease | undefined, nowUs: number, granted = want?.wanted ?? 0) => {
  if (want === undefined) throw new Error("no lease is wanted")
  budget.granted({ granted, validForUs: minuteUs, blockedForUs: 0 }, want, nowUs, nowUs)
}

const leased = (rule = weight, purpose: Purpose = "place", amount = 50): RateBudget => {
  const budget = new RateBudget("b", rule)
  grant(budget, budget.wants(amount, purpose, 0), 0)
  return budget
}

describe("RateBudget", () => {
  it("lets nothing through that is not leased", () => {
    const budget = new RateBudget("b", weight)
    for (const purpose of ["cancel", "lookup", "place", "read"] as const) expect(budget.fits(1, purpose, 0)).toBe(false)
    expect(leased().fits(50, "place", 0)).toBe(true)
    expect(leased().fits(51, "place", 0)).toBe(false)
  })

  it("charges what was on its way when the window turned to the next one, in which the venue may have counted it", () => {
    const budget = leased(orders, "place", 95)
    for (let sent = 0; sent < 8; sent++) budget.take(1, "place", minuteUs - 1)
    budget.ended(1, true, minuteUs - 1)
    budget.ended(1, true, minuteUs)
    grant(budget, { wanted: 95, limit: 95, purpose: "place" }, minuteUs + 5_000)
    expect(budget.fits(88, "place", minuteUs + 5_000)).toBe(true)
    expect(budget.fits(89, "place", minuteUs + 5_000)).toBe(false)
    for (let sent = 0; sent < 6; sent++) budget.ended(1, true, minuteUs + 6_000)
    expect(budget.fits(89, "place", minuteUs + 7_000)).toBe(false)
    grant(budget, { wanted: 95, limit: 95, purpose: "place" }, 2 * minuteUs + 5_000)
    expect(budget.fits(95, "place", 2 * minuteUs + 5_000)).toBe(true)
  })

  it("forgets what was leased when its window ends", () => {
    const budget = leased()
    expect(budget.fits(1, "place", minuteUs - 1)).toBe(true)
    expect(budget.fits(1, "place", minuteUs)).toBe(false)
  })

  it("leaves a twentieth of a limit unleased, and of the rest to each purpose what those behind it may not lease", () => {
    const budget = new RateBudget("b", weight)
    expect(budget.wants(1, "read", 0)?.limit).toBe(665)
    expect(budget.wants(1, "place", 0)?.limit).toBe(760)
    expect(budget.wants(1, "lookup", 0)?.limit).toBe(855)
    expect(budget.wants(1, "cancel", 0)?.limit).toBe(950)
    expect(new RateBudget("b", orders).wants(1, "place", 0)?.limit).toBe(95)
  })

  it("lets each purpose use what was leased for those behind it, and for none before it", () => {
    const order = ["read", "place", "lookup", "cancel"] as const
    for (const [index, purpose] of order.entries()) {
      const budget = leased(weight, purpose)
      expect(order.map((each) => budget.fits(50, each, 0))).toEqual(order.map((_, place) => place >= index))
    }
  })

  it("spares what those behind could not use", () => {
    const budget = leased(weight, "read", 30)
    grant(budget, budget.wants(80, "cancel", 0), 0, 50)
    budget.take(40, "cancel", 0)
    expect(budget.fits(1, "read", 0)).toBe(false)
    expect(budget.fits(1, "lookup", 0)).toBe(false)
    expect(budget.fits(40, "cancel", 0)).toBe(true)
    expect(budget.fits(41, "cancel", 0)).toBe(false)
  })

  it("begins a long window with small leases, since each is lost with its process", () => {
    const day: RateLimit = { counts: "orders", windowUs: 86_400_000_000, limit: 200_000 }
    expect(new RateBudget("b", day).wants(1, "place", 0)?.wanted).toBe(50)
  })

  it("asks for as much as two seconds took of late, within bounds", () => {
    const budget = leased(weight, "place", 200)
    expect(new RateBudget("b", weight).wants(1, "place", 0)?.wanted).toBe(10)
    for (let taken = 0; taken < 200; taken++) budget.take(1, "place", 10_000_000)
    expect(budget.wants(1, "place", 10_000_000)?.wanted).toBe(40)
    // Twice as much in a tenth of a second would be 4000: a quarter of the limit at most.
    expect(budget.wants(1, "place", 100_000)?.wanted).toBe(250)
  })

  it("stops asking for leases of a window that is used up, also for reads, but not for cancels", () => {
    const budget = new RateBudget("b", weight)
    grant(budget, budget.wants(50, "place", 0), 0, 3)
    expect(budget.wants(50, "place", 1_000)).toBeUndefined()
    expect(budget.wants(50, "read", 1_000)).toBeUndefined()
    expect(budget.wants(50, "lookup", 1_000)?.limit).toBe(855)
    expect(budget.wants(50, "cancel", 1_000)?.limit).toBe(950)
    expect(budget.wants(50, "place", minuteUs)).toBeDefined()
  })

  it("believes the venue's own count where it is higher than ours, until the venue's window ends", () => {
    const budget = leased(weight, "place", 200)
    budget.observed(750, 5_000_000, 0)
    expect(budget.fits(50, "place", 1)).toBe(true)
    expect(budget.fits(51, "place", 1)).toBe(false)
    expect(budget.fits(200, "cancel", 1)).toBe(true)
    budget.take(40, "place", 1)
    expect(budget.fits(11, "place", 1)).toBe(false)
    budget.ended(40, false, 1)
    expect(budget.fits(11, "place", 1)).toBe(false)
    expect(budget.fits(10, "place", 1)).toBe(true)
    // Replies overtake one another: a lower count of the same window is an older one.
    budget.observed(600, 5_000_000, 2)
    expect(budget.fits(51, "place", 3)).toBe(false)
    expect(budget.fits(51, "place", 5_000_003)).toBe(true)
    expect(budget.usedRatio(3)).toBe(0.79)
    expect(budget.usedRatio(5_000_003)).toBe(0)
  })

  it("lets nothing through while it is blocked, and wants nothing", () => {
    const budget = leased()
    budget.block(1_000)
    budget.block(500)
    expect(budget.fits(1, "cancel", 999)).toBe(false)
    expect(budget.wants(100, "cancel", 999)).toBeUndefined()
    expect(budget.nextChangeUs(0)).toBe(1_000)
    expect(budget.fits(1, "cancel", 1_000)).toBe(true)
  })

  it("gives a node a few cancels in a window, and nothing else, while leases are out of reach", () => {
    const budget = new RateBudget("b", weight)
    budget.storeAway(0)
    expect(budget.fits(1, "lookup", 0)).toBe(false)
    expect(budget.fits(1, "place", 0)).toBe(false)
    let canceled = 0
    for (; budget.fits(1, "cancel", 1); canceled++) budget.take(1, "cancel", 1)
    expect(canceled).toBe(10)
    expect(budget.fits(1, "cancel", minuteUs)).toBe(false)
    expect(budget.fits(1, "cancel", minuteUs + 1)).toBe(true)
    expect(budget.wants(1, "cancel", 1)).toBeUndefined()
    grant(budget, budget.wants(1, "cancel", 100_000), 100_000)
    expect(budget.fits(10, "cancel", 100_001)).toBe(true)
  })

  it("never spends more than the limit in a window, whatever nodes ask and however they are cut off", () => {
    for (let seed = 1; seed <= 200; seed++) {
      let state = seed
      const random = (): number => {
        state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
        return state / 2 ** 32
      }
      const nodes = [1, 2, 3, 4, 5].map((node) => ({ budget: new RateBudget(String(node), weight), isAway: false }))
      const windows = new Map<number, number>()
      let leasedSum = 0
      let leaseWindow = 0
      for (let nowUs = 0; nowUs < 5 * minuteUs; nowUs += Math.ceil(random() * 400_000)) {
        const window = Math.floor(nowUs / minuteUs)
        if (window !== leaseWindow) leasedSum = 0
        leaseWindow = window
        const node = nodes[Math.floor(random() * nodes.length)]!
        if (random() < 0.01) node.isAway = !node.isAway
        const purpose = (["cancel", "lookup", "place", "read"] as const)[Math.floor(random() * 4)]!
        const amount = purpose === "read" ? 20 : 1
        const want = node.budget.wants(amount, purpose, nowUs)
        if (want !== undefined && node.isAway) node.budget.storeAway(nowUs)
        else if (want !== undefined) {
          const granted = Math.min(want.wanted, Math.max(0, want.limit - leasedSum))
          leasedSum += granted
          const validForUs = (window + 1) * minuteUs - nowUs
          node.budget.granted({ granted, validForUs, blockedForUs: 0 }, want, nowUs, nowUs)
        }
        if (!node.budget.fits(amount, purpose, nowUs)) continue
        node.budget.take(amount, purpose, nowUs)
        node.budget.ended(amount, false, nowUs)
        windows.set(window, (windows.get(window) ?? 0) + amount)
      }
      expect(windows.size).toBe(5)
      for (const used of windows.values()) expect(used, `seed ${seed}`).toBeLessThanOrEqual(1_000)
    }
  })

  it("is named as venues name windows", () => {
    expect([weight, orders].map(limitName)).toEqual(["weight-1m", "orders-10s"])
    expect(limitName({ counts: "orders", windowUs: 86_400_000_000, limit: 1 })).toBe("orders-1d")
    expect(limitName({ counts: "requests", windowUs: 300_000_000, limit: 1 })).toBe("requests-5m")
  })
})

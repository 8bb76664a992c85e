import { describe, expect, it } from "vitest"
import { Params } from "../src/Params.ts"
import { RateLimits } from "../src/RateLimits.ts"
import { requireFresh, requireSignature, sign } from "../src/Signature.ts"

const startMs = 1_700_000_040_000

describe("rate limits", () => {
  it("count an address's weight anew each minute and say how long to wait", () => {
    const limits = new RateLimits({ weightPerMinute: 10, ordersPerTenSeconds: 1, ordersPerDay: 2 })
    limits.requireWeight("one", limits.addWeight("one", 10, startMs), startMs)
    const used = limits.addWeight("one", 1, startMs + 15_000)
    expect(() => limits.requireWeight("one", used, startMs + 15_000)).toThrow(
      expect.objectContaining({ status: 429, code: -1003, retryAfter: 45 })
    )
    expect(limits.addWeight("two", 3, startMs + 15_000)).toBe(3)
    expect(limits.addWeight("one", 1, startMs + 60_000)).toBe(1)
  })

  it("ban an address that goes on after a 429, the next time for twice as long, and nobody else", () => {
    const limits = new RateLimits({ weightPerMinute: 10, ordersPerTenSeconds: 1, ordersPerDay: 2 })
    const ask = (nowMs: number): { readonly status: number; readonly retryAfter: number } => {
      try {
        limits.requireNotBanned("one", nowMs)
        limits.requireWeight("one", limits.addWeight("one", 11, nowMs), nowMs)
        return { status: 200, retryAfter: 0 }
      } catch (error) {
        return error as { status: number; retryAfter: number }
      }
    }
    const banAt = (nowMs: number) => {
      for (let request = 0; request < 20; request++) expect(ask(nowMs).status).toBe(429)
      return ask(nowMs)
    }
    expect(banAt(startMs)).toMatchObject({ status: 418, code: -1003, retryAfter: 120 })
    expect(ask(startMs + 90_000)).toMatchObject({ status: 418, retryAfter: 30 })
    limits.requireNotBanned("two", startMs + 90_000)
    limits.requireNotBanned("one", startMs + 120_000)
    expect(banAt(startMs + 180_000)).toMatchObject({ status: 418, retryAfter: 240 })
  })

  it("count an account's orders in ten seconds and in a day", () => {
    const limits = new RateLimits({ weightPerMinute: 10, ordersPerTenSeconds: 1, ordersPerDay: 2 })
    limits.addOrders("one", 1, startMs)
    expect(() => limits.addOrders("one", 1, startMs + 1)).toThrow(
      expect.objectContaining({ code: -1015, retryAfter: 10 })
    )
    limits.addOrders("two", 1, startMs + 1)
    expect(() => limits.addOrders("one", 1, startMs + 10_000)).toThrow(/1 DAY/)
    expect(limits.orderCounts("one", startMs + 10_000)).toEqual({ tenSeconds: 1, day: 3 })
  })
})

describe("signatures", () => {
  // The example of Binance's documentation of request security.
  const secret = "NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j"
  const payload =
    "symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=0.1&recvWindow=5000&timestamp=1499827319559"
  const signature = "c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71"

  it("are those of Binance's own example", () => {
    expect(sign(payload, secret)).toBe(signature)
    requireSignature(payload, secret, signature)
    expect(() => requireSignature(`${payload}0`, secret, signature)).toThrow(/-1022/)
    expect(() => requireSignature(payload, secret, "short")).toThrow(/-1022/)
  })

  it.each([
    [5_000, undefined, true],
    [5_001, undefined, false],
    [2_500, "2500", true],
    [2_501, "2500", false],
    [-999, undefined, true],
    [-1_000, undefined, false]
  ])("are fresh %i ms after their timestamp with the window %s: %s", (ageMs, recvWindow, fresh) => {
    const window = recvWindow === undefined ? [] : [["recvWindow", recvWindow] as const]
    const params = new Params([["timestamp", String(startMs)], ...window])
    const check = () => requireFresh(params, startMs + ageMs)
    if (fresh) check()
    else expect(check).toThrow(/-1021/)
  })
})

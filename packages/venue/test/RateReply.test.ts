import { describe, expect, it } from "vitest"
import { depthWeight, limitsOf, spotLimits } from "../src/binance/SpotLimits.ts"
import { blockOf, countsIn, type Reply } from "../src/RateReply.ts"

const reply = (status: number, headers: Reply["headers"] = {}, body = ""): Reply => ({ status, headers, body })
const nowUs = 1_795_000_000_000_000

describe("RateReply", () => {
  it("reads the venue's counts by the names of their windows", () => {
    const headers = { "x-mbx-used-weight-1m": "37", "x-mbx-order-count-10s": "4", "x-mbx-order-count-1d": "93" }
    const counts = spotLimits.map((limit) => countsIn(reply(200, headers), limit))
    expect(counts).toEqual([37, 4, 93, undefined])
    expect(countsIn(reply(200, { "x-mbx-used-weight-1m": "many" }), spotLimits[0]!)).toBeUndefined()
  })

  it.each([
    ["a success", reply(200, { "retry-after": "5" }), undefined],
    ["a 429 with Retry-After", reply(429, { "retry-after": "7" }), { forUs: 7_000_000, ordersOnly: false }],
    ["a 429 without", reply(429), { forUs: 10_000_000, ordersOnly: false }],
    ["a ban with Retry-After", reply(418, { "retry-after": "180" }), { forUs: 180_000_000, ordersOnly: false }],
    [
      "a ban that names its end",
      reply(418, {}, `{"code":-1003,"msg":"IP banned until ${nowUs / 1_000 + 90_000}."}`),
      { forUs: 90_000_000, ordersOnly: false }
    ],
    ["a ban that says nothing", reply(418), { forUs: 120_000_000, ordersOnly: false }],
    [
      "too many orders",
      reply(429, { "retry-after": "3" }, `{"code":-1015,"msg":"Too many new orders."}`),
      { forUs: 3_000_000, ordersOnly: true }
    ],
    ["an endless ban", reply(418, { "retry-after": "999999999" }), { forUs: 3 * 86_400_000_000, ordersOnly: false }]
  ])("reads from %s for how long to stay away", (_name, given, expected) => {
    expect(blockOf(given, nowUs)).toEqual(expected)
  })

  it("takes limits from what the venue publishes, and keeps to ours where it publishes none", () => {
    const rateLimits = [
      { rateLimitType: "REQUEST_WEIGHT", interval: "MINUTE", intervalNum: 1, limit: 6_000 },
      { rateLimitType: "ORDERS", interval: "SECOND", intervalNum: 10, limit: 100 },
      { rateLimitType: "ORDERS", interval: "DAY", intervalNum: 1, limit: 200_000 },
      { rateLimitType: "RAW_REQUESTS", interval: "MINUTE", intervalNum: 5, limit: 61_000 },
      { rateLimitType: "CONNECTIONS", interval: "MINUTE", intervalNum: 5, limit: 300 }
    ]
    expect(limitsOf({ rateLimits })).toEqual(spotLimits)
    expect(limitsOf({ rateLimits: [] })).toBeUndefined()
    expect(limitsOf("nothing")).toBeUndefined()
  })

  it("weighs the order book by its depth", () => {
    expect([5, 100, 101, 500, 1_000, 5_000].map(depthWeight)).toEqual([5, 5, 25, 25, 50, 250])
  })
})

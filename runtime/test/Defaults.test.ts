import { expect, it } from "vitest"
import * as Limits from "@outcry/model/Limits"
import { limits as wire } from "@outcry/client/Wire"
import { defaults } from "../src/FloorConfig.ts"
import { userErrors } from "../src/cli/UserError.ts"

it("keeps every default of a floor where users know it", () => {
  expect(defaults).toEqual({
    nodes: 3,
    host: "127.0.0.1",
    port: 4000,
    seed: 1,
    shards: 48,
    orderExpiryMs: 2_500,
    shardLockExpirationMs: 5_000,
    dataFolder: ".outcry",
    venue: "sim",
    instruments: ["sim:BTC/USDT", "sim:ETH/USDT"],
    accounts: ["paper-1", "paper-2"],
    balances: { USDT: "1000000", BTC: "20", ETH: "300" },
    runsKept: 3
  })
  expect(Limits.defaults).toMatchObject({
    priceCollarBps: 100,
    positionNotionalMax: "250000",
    grossExposureMax: "1000000",
    openOrdersMax: 200,
    orderRateMax: 50
  })
  expect(wire).toEqual({
    frameBytesMax: 16_384,
    depthMax: 8,
    subscriptionsMax: 64,
    authTimeoutMs: 5_000,
    heartbeatMs: 15_000
  })
})

it("gives every error a code of its own and keeps the exit codes", () => {
  const codes = Object.values(userErrors).map(({ code }) => code)
  expect(new Set(codes).size).toBe(codes.length)
  expect(Object.fromEntries(Object.values(userErrors).map(({ code, exitCode }) => [code, exitCode]))).toEqual({
    "OUTCRY-1001": 2,
    "OUTCRY-1002": 2,
    "OUTCRY-1003": 2,
    "OUTCRY-1004": 2,
    "OUTCRY-1005": 3,
    "OUTCRY-1006": 2,
    "OUTCRY-1007": 2,
    "OUTCRY-1008": 2,
    "OUTCRY-1020": 2,
    "OUTCRY-1021": 2,
    "OUTCRY-1022": 2,
    "OUTCRY-1023": 2,
    "OUTCRY-1030": 2,
    "OUTCRY-1031": 2,
    "OUTCRY-1032": 2,
    "OUTCRY-2001": 4,
    "OUTCRY-2002": 4,
    "OUTCRY-2003": 1,
    "OUTCRY-2004": 3,
    "OUTCRY-2005": 1,
    "OUTCRY-2006": 1,
    "OUTCRY-2007": 1,
    "OUTCRY-2008": 1,
    "OUTCRY-2009": 1,
    "OUTCRY-2010": 1,
    "OUTCRY-2011": 1,
    "OUTCRY-2030": 1,
    "OUTCRY-2031": 1,
    "OUTCRY-3001": 3,
    "OUTCRY-3002": 3,
    "OUTCRY-3003": 2,
    "OUTCRY-3004": 3,
    "OUTCRY-3005": 2,
    "OUTCRY-3006": 1,
    "OUTCRY-3007": 1,
    "OUTCRY-3008": 3,
    "OUTCRY-9001": 1
  })
})

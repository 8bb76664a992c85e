import { describe, expect, it } from "vitest"
import * as Classify from "../src/ccxt/Classify.ts"
import { attemptUntil } from "../src/ccxt/Transport.ts"

const attempt = (status: number, body: string, sent = true) => ({ ...attemptUntil(0), sent, status, body })
const refusal = (code: number, msg: string) => JSON.stringify({ code, msg })
const failure = new Error("ccxt threw")

describe("Classify", () => {
  it.each([
    ["nothing was sent", attempt(0, "", false), failure, "NotSent"],
    ["no reply came", attempt(0, ""), failure, "Unknown"],
    ["a reply was read", attempt(200, "{}"), undefined, "Answered"],
    ["a granted request's reply was unreadable", attempt(200, "<html>"), failure, "Unknown"],
    ["a 500 with a code", attempt(500, refusal(-1000, "unknown")), failure, "Unknown"],
    ["a 503 that says it is busy", attempt(503, refusal(-1008, "overloaded")), failure, "Unknown"],
    ["a 504", attempt(504, "<html>gateway</html>"), failure, "Unknown"],
    ["a 400 that is a time-out inside the venue", attempt(400, refusal(-1007, "Timeout")), failure, "Unknown"],
    ["a 400 with an unexpected inner reply", attempt(400, refusal(-1006, "status unknown")), failure, "Unknown"],
    ["a 400 that is no refusal of the venue", attempt(400, "bad request"), failure, "Unknown"],
    ["a 404 from something in between", attempt(404, "not found"), failure, "Unknown"],
    ["a 408", attempt(408, ""), failure, "Unknown"],
    ["a redirect", attempt(302, ""), failure, "Unknown"],
    ["insufficient balance", attempt(400, refusal(-2010, "Account has insufficient balance")), failure, "Refused"],
    ["a stale timestamp", attempt(400, refusal(-1021, "outside of the recvWindow")), failure, "Refused"],
    ["a bad signature", attempt(400, refusal(-1022, "Signature")), failure, "Refused"],
    ["a filter", attempt(400, refusal(-1013, "Filter failure: LOT_SIZE")), failure, "Refused"],
    ["too many requests, with a code", attempt(429, refusal(-1003, "Too much request weight")), failure, "Refused"],
    ["too many orders", attempt(429, refusal(-1015, "Too many new orders")), failure, "Refused"],
    ["too many requests, without one", attempt(429, ""), failure, "Refused"],
    ["a ban", attempt(418, "<html>"), failure, "Refused"],
    ["the firewall", attempt(403, "<html>"), failure, "Refused"]
  ])("on %s", (_name, given, thrown, expected) => {
    expect(Classify.ending(given, thrown)._tag).toBe(expected)
  })

  it("keeps the venue's code, or the status where there is none", () => {
    expect(Classify.ending(attempt(429, refusal(-1015, "x")), failure)).toMatchObject({ code: "-1015", reason: "x" })
    expect(Classify.ending(attempt(418, ""), failure)).toMatchObject({ code: "HTTP 418" })
  })

  it("tells a duplicate from the other meanings of -2010", () => {
    expect(Classify.isDuplicate("-2010", "Duplicate order sent.")).toBe(true)
    expect(Classify.isDuplicate("-4116", "ClientOrderId is duplicated.")).toBe(true)
    expect(Classify.isDuplicate("-2010", "Account has insufficient balance for requested action.")).toBe(false)
    expect(Classify.isDuplicate("-2010", "Order would immediately match and take.")).toBe(false)
    expect(Classify.isDuplicate("-2011", "Duplicate order sent.")).toBe(false)
  })

  it("keeps request parameters out of reasons", () => {
    const message = "binance GET http://host/api/v3/order?symbol=X&signature=abc request timed out (4000 ms)"
    const ending = Classify.ending(attempt(0, ""), new Error(message))
    expect(JSON.stringify(ending)).not.toContain("abc")
    expect(ending).toMatchObject({
      reason: "no reply: binance GET http://host/api/v3/order?… request timed out (4000 ms)"
    })
  })
})

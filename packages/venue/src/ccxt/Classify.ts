/**
 * What one request's ending means, from what really happened on the wire and the venue's raw code. ccxt's exception
 * classes are not used: it reports a duplicate id as `InvalidOrder` and −2010 as three different things.
 *
 * When in doubt the answer is `Unknown`: a wrong `Unknown` costs a look-up, a wrong `Rejected` loses an order.
 * Source: developers.binance.com, "Error codes for Binance" and "HTTP return codes" of the spot API, 2026-11.
 */
import type { Attempt } from "./Transport.ts"

export type Ending =
  /** The whole reply of a granted request is at hand. */
  | { readonly _tag: "Answered" }
  /** The venue refused it and has done nothing. `code` is its own, or `HTTP 429` where it sent none. */
  | { readonly _tag: "Refused"; readonly code: string; readonly reason: string }
  | { readonly _tag: "NotSent"; readonly reason: string }
  | { readonly _tag: "Unknown"; readonly reason: string }

/**
 * 4xx codes after which Binance itself does not say whether it acted: −1000 unknown error, −1001 disconnected,
 * −1006 unexpected response ("execution status unknown"), −1007 time-out ("send status unknown").
 */
const unclearCodes = new Set(["-1000", "-1001", "-1006", "-1007"])

/** Refused in front of the exchange, before any order is read: rate limit, ban, firewall. */
const gateStatuses = new Set([403, 418, 429])

/** Takes request parameters, and with them key, signature and sizes, out of what ccxt says. */
export const redact = (message: string): string => message.replace(/\?[^\s]*/g, "?…").slice(0, 300)

/** The venue's `{"code":…,"msg":…}`, if the body is one. */
export const refusalIn = (body: string): { readonly code: string; readonly reason: string } | undefined => {
  try {
    const parsed: unknown = JSON.parse(body)
    if (typeof parsed !== "object" || parsed === null || !("code" in parsed)) return undefined
    const { code } = parsed
    if (typeof code !== "number" && typeof code !== "string") return undefined
    const reason = "msg" in parsed && typeof parsed.msg === "string" ? parsed.msg : ""
    return { code: String(code), reason }
  } catch {
    return undefined
  }
}

/** `failure` is what ccxt threw, if it did. */
export const ending = (attempt: Attempt, failure: unknown): Ending => {
  const message = failure instanceof Error ? redact(failure.message) : redact(String(failure))
  if (!attempt.sent) return { _tag: "NotSent", reason: message }
  if (attempt.status === 0) return { _tag: "Unknown", reason: `no reply: ${message}` }
  if (attempt.status >= 200 && attempt.status < 300) {
    return failure === undefined ? { _tag: "Answered" } : { _tag: "Unknown", reason: `unreadable reply: ${message}` }
  }
  const refusal = refusalIn(attempt.body)
  if (attempt.status >= 400 && attempt.status < 500) {
    if (refusal !== undefined && !unclearCodes.has(refusal.code)) return { _tag: "Refused", ...refusal }
    if (refusal === undefined && gateStatuses.has(attempt.status)) {
      return { _tag: "Refused", code: `HTTP ${attempt.status}`, reason: "refused by the venue's gate" }
    }
  }
  return { _tag: "Unknown", reason: `HTTP ${attempt.status} ${refusal?.code ?? ""} ${refusal?.reason ?? ""}`.trimEnd() }
}

/**
 * Whether it speaks for a venue that is down or in maintenance: no connection, no whole reply, or a 5xx.
 * What was refused, or not sent for a reason of ours, does not.
 */
export const isSilent = ({ status, tried, withheld }: Attempt): boolean =>
  tried && !withheld && (status === 0 || status >= 500)

/** A timestamp outside the venue's receive window: late, or one of the clocks has moved. */
export const isClockOff = ({ body, status }: Attempt): boolean =>
  status >= 400 && status < 500 && refusalIn(body)?.code === "-1021"

/**
 * A placement whose client id is that of an order still open. Spot says it in the words of −2010, a code that also
 * stands for a lack of funds and other refusals; −4116 is the code of the derivatives.
 */
export const isDuplicate = (code: string, reason: string): boolean =>
  code === "-4116" || (code === "-2010" && /duplicate order/i.test(reason))

/** A cancel for which there is no open order. */
export const isNotOpen = (code: string): boolean => code === "-2011" || code === "-2013"

/** A look-up's clear "there is no such order". */
export const isAbsent = (code: string): boolean => code === "-2013"

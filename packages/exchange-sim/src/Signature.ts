/**
 * Who a signed request comes from and whether it is still valid: HMAC-SHA256 over the exact text that was sent, and
 * the timestamp within its receive window on the exchange's real clock.
 *
 * Source: developers.binance.com, "Request security" of the spot API (2026-11).
 */
import { createHmac, timingSafeEqual } from "node:crypto"
import * as ApiError from "./ApiError.ts"
import type { Params } from "./Params.ts"

const recvWindowMsDefault = 5_000
const recvWindowMsMost = 60_000
const aheadMsMost = 1_000

/** Hexadecimal HMAC-SHA256 of `payload`. */
export const sign = (payload: string, secret: string): string =>
  createHmac("sha256", secret).update(payload).digest("hex")

/** Throws -1022 unless `signature` is the one of `payload`; compares in constant time. */
export const requireSignature = (payload: string, secret: string, signature: string): void => {
  const expected = Buffer.from(sign(payload, secret))
  const given = Buffer.from(signature.toLowerCase())
  if (expected.length !== given.length || !timingSafeEqual(expected, given)) throw ApiError.badSignature()
}

/**
 * Throws -1021 where the timestamp is more than a second ahead or older than `recvWindow`. Binance asks a second time
 * when the order reaches its matching engine; the same call serves there.
 */
export const requireFresh = (params: Params, nowMs: number): void => {
  const timestamp = params.requiredInteger("timestamp")
  const window = params.text("recvWindow") ?? String(recvWindowMsDefault)
  if (!/^\d{1,6}(\.\d{1,3})?$/.test(window)) throw ApiError.illegalCharacters("recvWindow")
  const recvWindowMs = Number(window)
  if (recvWindowMs > recvWindowMsMost) throw ApiError.recvWindowTooLong()
  // Timestamps may come in microseconds; anything after the year 5138 in milliseconds is read as such.
  const timestampMs = timestamp > 1e14 ? timestamp / 1_000 : timestamp
  if (timestampMs >= nowMs + aheadMsMost) throw ApiError.timestampAhead()
  if (nowMs - timestampMs > recvWindowMs) throw ApiError.timestampTooOld()
}

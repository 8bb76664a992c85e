/**
 * What a reply of a venue of Binance's protocol says about its rate limits: its own counts, and for how long to stay away.
 * Source: developers.binance.com, spot "LIMITS" (2026-11): X-MBX-USED-WEIGHT-(interval), X-MBX-ORDER-COUNT-(interval),
 * Retry-After with 429 and 418.
 */
import { type RateLimit, windowName } from "./RateLimit.ts"

export interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string | ReadonlyArray<string> | undefined>>
  readonly body: string
}

const headerNames = { weight: "x-mbx-used-weight-", orders: "x-mbx-order-count-", requests: undefined } as const

const wholeNumber = (text: string | ReadonlyArray<string> | undefined): number | undefined =>
  typeof text === "string" && /^\d{1,12}$/.test(text) ? Number(text) : undefined

/** What the venue has counted of this limit in its present window. */
export const countsIn = ({ headers }: Reply, limit: RateLimit): number | undefined => {
  const prefix = headerNames[limit.counts]
  return prefix === undefined ? undefined : wholeNumber(headers[`${prefix}${windowName(limit.windowUs)}`])
}

/** Where the venue does not say how long: a little more than its shortest, and the least that a ban lasts. */
const waitUs = { 429: 10_000_000, 418: 120_000_000 }
/** Bans are said to last up to three days. */
const waitUsMost = 3 * 86_400_000_000

export interface Block {
  readonly forUs: number
  /** Too many orders of a key: nothing but its new orders need wait. */
  readonly ordersOnly: boolean
}

/** −1015: too many new orders. */
const isOrderLimit = (body: string): boolean => /"code"\s*:\s*-1015\b/.test(body)

/** `venueUs` is the venue's epoch µs. */
export const blockOf = (reply: Reply, venueUs: number): Block | undefined => {
  if (reply.status !== 429 && reply.status !== 418) return undefined
  const seconds = wholeNumber(reply.headers["retry-after"])
  // "… IP banned until 1573770000000."
  const banEndMs = Number(/until (\d{13})\b/.exec(reply.body)?.[1] ?? 0)
  const named = seconds === undefined ? banEndMs * 1_000 - venueUs : seconds * 1_000_000
  const forUs = Math.min(waitUsMost, named > 0 ? named : waitUs[reply.status])
  return { forUs, ordersOnly: reply.status === 429 && isOrderLimit(reply.body) }
}

/** A venue's rate limits as it counts them, and who comes first when they are short. */

/** In order of precedence. */
export const purposes = ["cancel", "lookup", "place", "read"] as const
/** `lookup` finds out what became of an order of ours; `read` is everything else that is asked. */
export type Purpose = (typeof purposes)[number]

export interface RateLimit {
  /** Request weight and raw requests are counted by address, orders by API key. */
  readonly counts: "weight" | "requests" | "orders"
  /** Windows are multiples of this since 1970 in UTC. */
  readonly windowUs: number
  readonly limit: number
}

const letters = [
  ["d", 86_400_000_000],
  ["h", 3_600_000_000],
  ["m", 60_000_000],
  ["s", 1_000_000]
] as const

/** `10s`, `1m`, `1d`: as venues name a window in their headers. */
export const windowName = (windowUs: number): string => {
  for (const [letter, unitUs] of letters) if (windowUs % unitUs === 0) return `${windowUs / unitUs}${letter}`
  return `${windowUs / 1_000}ms`
}

/** The end of a budget's name, and of the metric's label. */
export const limitName = ({ counts, windowUs }: RateLimit): string => `${counts}-${windowName(windowUs)}`

/** Whoever comes first always finds room that those behind it, however often they ask, could not use up. */
const ceilings: Readonly<Record<Purpose, number>> = { cancel: 1, lookup: 0.9, place: 0.8, read: 0.7 }

/** The share of a limit up to which a purpose may use it; only placements are orders, and they may use all. */
export const ceilingOf = (purpose: Purpose, { counts }: RateLimit): number =>
  counts === "orders" ? 1 : ceilings[purpose]

/** What a request costs of each limit. */
export interface Cost {
  readonly weight: number
  /** 1 where the request is a new order. */
  readonly orders: number
}

export const costOf = (cost: Cost, { counts }: RateLimit): number => (counts === "requests" ? 1 : cost[counts])

/**
 * The port to where the nodes of a cluster share a venue's rate limits. The sum of what is granted of one budget in one
 * window never exceeds the limit named, whoever asks; what is not used lapses with the window.
 */
import { Clock, Context, Effect, Layer } from "effect"

export interface LeaseRequest {
  readonly budget: string
  readonly windowUs: number
  /** The most that may be leased of this window in all, by anyone. */
  readonly limit: number
  readonly wanted: number
}

export interface Lease {
  readonly granted: number
  /** What is left of the window, µs, by the clock that cuts it. */
  readonly validForUs: number
  /** How long all must stay away from this budget, µs; 0: not. */
  readonly blockedForUs: number
}

/** Where they are kept cannot be reached. */
export class LeasesUnreachable extends Error {
  readonly _tag = "LeasesUnreachable"
  constructor(reason: string) {
    super(`Rate limits cannot be leased: ${reason}. Only what is leased is used until they can be.`)
  }
}

export class RateLeases extends Context.Service<
  RateLeases,
  {
    readonly lease: (request: LeaseRequest) => Effect.Effect<Lease, LeasesUnreachable>
    /** Keeps every node away from a budget. */
    readonly block: (budget: string, forUs: number) => Effect.Effect<void, LeasesUnreachable>
    /** The blocks that stand. */
    readonly blocked: (
      budgets: ReadonlyArray<string>
    ) => Effect.Effect<ReadonlyArray<{ readonly budget: string; readonly blockedForUs: number }>, LeasesUnreachable>
  }
>()("@outcry/venue/RateLeases") {
  /** For one process alone. */
  static readonly layerMemory = Layer.sync(RateLeases, () => {
    const rows = new Map<string, { window: number; leased: number; blockedUntilUs: number }>()
    const nowUs = Effect.map(Clock.currentTimeNanos, (nanos) => Number(nanos / 1000n))
    const rowOf = (budget: string) => {
      const row = rows.get(budget) ?? { window: 0, leased: 0, blockedUntilUs: 0 }
      rows.set(budget, row)
      return row
    }
    return RateLeases.of({
      lease: (request) =>
        Effect.map(nowUs, (now) => {
          const row = rowOf(request.budget)
          const window = Math.floor(now / request.windowUs)
          if (window !== row.window) Object.assign(row, { window, leased: 0 })
          const granted = Math.min(request.wanted, Math.max(0, request.limit - row.leased))
          row.leased += granted
          return {
            granted,
            validForUs: (window + 1) * request.windowUs - now,
            blockedForUs: Math.max(0, row.blockedUntilUs - now)
          }
        }),
      block: (budget, forUs) =>
        Effect.map(nowUs, (now) => {
          const row = rowOf(budget)
          row.blockedUntilUs = Math.max(row.blockedUntilUs, now + forUs)
        }),
      blocked: (budgets) =>
        Effect.map(nowUs, (now) =>
          budgets
            .map((budget) => ({ budget, blockedForUs: (rows.get(budget)?.blockedUntilUs ?? 0) - now }))
            .filter(({ blockedForUs }) => blockedForUs > 0)
        )
    })
  })
}

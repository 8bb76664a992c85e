/** The floor's database as the place where its nodes share their venues' rate limits. */
import { blockedRates, blockRate, leaseRate } from "@outcry/store/RateLeases"
import { LeasesUnreachable, RateLeases } from "@outcry/venue/RateLeases"
import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"

export const layer: Layer.Layer<RateLeases, never, SqlClient.SqlClient> = Layer.effect(
  RateLeases,
  Effect.map(SqlClient.SqlClient, (sql) => {
    const run = <A, E extends { readonly message: string }>(statement: Effect.Effect<A, E, SqlClient.SqlClient>) =>
      statement.pipe(
        Effect.provideService(SqlClient.SqlClient, sql),
        Effect.mapError((error) => new LeasesUnreachable(error.message))
      )
    return RateLeases.of({
      lease: (request) => run(leaseRate(request)),
      block: (budget, forUs) => run(blockRate(budget, forUs)),
      blocked: (budgets) => run(blockedRates(budgets))
    })
  })
)

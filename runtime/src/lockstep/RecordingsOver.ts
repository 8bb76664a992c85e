/** Waits until an exchange in lock-step has nothing more to tell, and whoever leads it has handled all that it told. */
import { StepState } from "@outcry/lockstep/StepProtocol"
import { Effect, Schedule } from "effect"
import { FetchHttpClient, HttpClient, HttpClientResponse } from "effect/http"

const lookEvery = "200 millis"

/** Why the run need not be equal to another, null where it is in order. `restUrl`: the exchange's; asked until it answers. */
export const recordingsOver = (restUrl: string): Effect.Effect<string | null> =>
  HttpClient.get(`${restUrl}/sim/lockstep`).pipe(
    Effect.flatMap(HttpClientResponse.schemaBodyJson(StepState)),
    Effect.catch(() => Effect.succeed({ finished: false, spoiled: null })),
    Effect.repeat({ until: ({ finished }) => finished, schedule: Schedule.spaced(lookEvery) }),
    Effect.map(({ spoiled }) => spoiled),
    Effect.provide(FetchHttpClient.layer)
  )

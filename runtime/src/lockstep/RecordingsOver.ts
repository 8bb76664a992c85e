/** Waits until an exchange in lock-step has nothing more to tell, and whoever leads it has handled all that it told. */
import { StepState } from "@outcry/lockstep/StepProtocol"
import { Effect, Schedule } from "effect"
import { FetchHttpClient, HttpClient, HttpClientResponse } from "effect/http"

const lookEvery = "200 millis"

/** `restUrl`: the exchange's. It may not answer for a while: it is asked again. */
export const recordingsOver = (restUrl: string): Effect.Effect<void> =>
  HttpClient.get(`${restUrl}/sim/lockstep`).pipe(
    Effect.flatMap(HttpClientResponse.schemaBodyJson(StepState)),
    Effect.map(({ finished }) => finished),
    Effect.catch(() => Effect.succeed(false)),
    Effect.repeat({ until: (finished) => finished, schedule: Schedule.spaced(lookEvery) }),
    Effect.asVoid,
    Effect.provide(FetchHttpClient.layer)
  )

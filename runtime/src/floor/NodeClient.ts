/** What the other commands ask of a node's gateway, over HTTP, each within a bound. */
import { AccountStatus } from "@outcry/actor-account/Protocol"
import { Effect, Schema } from "effect"
import { FetchHttpClient, HttpClient, HttpClientRequest, HttpClientResponse } from "effect/http"
import { type UserError, userError } from "../cli/UserError.ts"
import { FloorStatusJson } from "../gateway/FloorStatus.ts"
import { Readiness } from "../gateway/Readiness.ts"

const requestTimeoutMs = 6_000

const unreachable = (url: string, reason: string): UserError =>
  userError(
    "GatewayUnreachable",
    `The node at ${url} does not answer: ${reason}.`,
    "See `outcry status`, and the logs in the data folder."
  )

const send = (url: string, request: HttpClientRequest.HttpClientRequest) =>
  HttpClient.execute(request).pipe(
    Effect.timeout(requestTimeoutMs),
    Effect.provide(FetchHttpClient.layer),
    Effect.mapError((error) => unreachable(url, error.message))
  )

const decoded =
  <A, I>(url: string, schema: Schema.Codec<A, I>) =>
  (response: HttpClientResponse.HttpClientResponse) =>
    HttpClientResponse.schemaBodyJson(schema)(response).pipe(
      Effect.mapError((error) =>
        unreachable(url, `its answer cannot be read (${response.status}): ${error.message.split("\n")[0]}`)
      )
    )

/** Of one gateway address; `token` is the floor's. */
export const nodeClient = (url: string, token: string) => {
  const authorised = (path: string, method: "GET" | "POST" = "GET") =>
    Effect.flatMap(
      send(url, HttpClientRequest.make(method)(`${url}${path}`).pipe(HttpClientRequest.bearerToken(token))),
      (response): Effect.Effect<HttpClientResponse.HttpClientResponse, UserError> =>
        response.status === 401
          ? Effect.fail(
              userError(
                "TokenRefused",
                `The node at ${url} refused the token.`,
                "Another floor has taken its port; start yours again, or name its folder with --data."
              )
            )
          : response.status === 200
            ? Effect.succeed(response)
            : Effect.fail(unreachable(url, `status ${response.status}`))
    )
  return {
    /** Also where it is not ready. */
    readiness: Effect.flatMap(send(url, HttpClientRequest.get(`${url}/ready`)), decoded(url, Readiness)),
    /** As Prometheus reads them. */
    metrics: Effect.flatMap(send(url, HttpClientRequest.get(`${url}/metrics`)), (response) =>
      Effect.mapError(response.text, (error) => unreachable(url, error.message))
    ),
    status: Effect.flatMap(authorised("/api/v1/status"), decoded(url, FloorStatusJson)),
    /** With the state hash of every account, for who compares it: it costs each a hash of all it holds. */
    hashedStatus: Effect.flatMap(authorised("/api/v1/status?hashed=true"), decoded(url, FloorStatusJson)),
    account: (name: string, { hashed }: { readonly hashed: boolean }) =>
      Effect.flatMap(
        authorised(`/api/v1/account?name=${encodeURIComponent(name)}&hashed=${hashed}`),
        decoded(url, Schema.toCodecJson(AccountStatus))
      ),
    windDown: Effect.asVoid(authorised("/api/v1/wind-down", "POST"))
  }
}

/** The first answer of several gateways; fails with the last one's error. */
export const firstAnswer = <A>(attempts: ReadonlyArray<Effect.Effect<A, UserError>>): Effect.Effect<A, UserError> =>
  attempts.reduceRight<Effect.Effect<A, UserError>>(
    (rest, attempt) => attempt.pipe(Effect.catch(() => rest)),
    Effect.fail(
      userError(
        "GatewayUnreachable",
        "No node of the floor answers.",
        "Its nodes may be starting again; try in a few seconds."
      )
    )
  )

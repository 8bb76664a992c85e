/**
 * The HTTP API of the floor that runs from a data folder, asked at whichever of its nodes answers first. A change that may
 * have reached a node is not asked of another: it could be made twice.
 */
import { Problem } from "@outcry/client/Api"
import { Effect, Option, Predicate, Schema } from "effect"
import { FetchHttpClient, HttpClient, HttpClientRequest, type HttpClientResponse } from "effect/http"
import { type UserError, type UserErrorKind, userError } from "../cli/UserError.ts"
import { dataFolderAt } from "./DataFolder.ts"
import { type RunFile, runningFloor } from "./RunFile.ts"

const withinMs = 15_000
/** How long any of the nodes may take to say that it is up, before there is nobody to ask. */
const healthWithinMs = 5_000

interface NotReached {
  readonly reached: boolean
  readonly reason: string
}

/** Whether nobody took the connection: the request cannot have had an effect then. */
const wasRefused = (error: unknown): boolean => {
  for (let cause = error, depth = 0; depth < 6 && Predicate.isObject(cause); depth++) {
    if ("code" in cause && cause.code === "ECONNREFUSED") return true
    cause = "cause" in cause ? cause.cause : "reason" in cause ? cause.reason : undefined
  }
  return false
}

const kindOf = ({ errors, status }: Problem): UserErrorKind => {
  if (status === 401) return "TokenRefused"
  if (status >= 500) return "GatewayUnreachable"
  if (status === 422) return "Usage"
  const field = status === 404 ? errors?.[0]?.field : undefined
  return field === "order" ? "UnknownOrder" : field === "account" ? "UnknownAccount" : "RequestRefused"
}

const remedies: Partial<Record<UserErrorKind, string>> = {
  Usage: "Nothing was changed. Correct it; --help says what is accepted.",
  TokenRefused: "Another floor has taken its port; start yours again, or name its folder with --data.",
  GatewayUnreachable:
    "It may be recovering or moving between nodes; see `outcry status`, and try again in a few seconds.",
  UnknownOrder: "See `outcry orders --status all`.",
  UnknownAccount: "See `outcry accounts`."
}

const refusal = (problem: Problem): UserError => {
  const kind = kindOf(problem)
  return userError(
    kind,
    problem.detail,
    remedies[kind] ?? "Nothing was changed. See `outcry orders` and `outcry accounts`."
  )
}

const problemIn = Schema.decodeUnknownOption(Problem)

const answerOf = Effect.fnUntraced(function* <A, I>(
  url: string,
  response: HttpClientResponse.HttpClientResponse,
  schema: Schema.Codec<A, I>
) {
  const unreadable = (reason: string): UserError =>
    userError(
      "GatewayUnreachable",
      `The answer of ${url} cannot be read: ${reason}.`,
      "See the logs in the data folder."
    )
  const body = yield* Effect.mapError(response.json, ({ message }) => unreadable(message))
  if (response.status === 200)
    return yield* Effect.mapError(Schema.decodeUnknownEffect(schema)(body), ({ message }) =>
      unreadable(message.split("\n")[0] ?? "")
    )
  return yield* Option.match(problemIn(body), {
    onNone: () => unreadable(`status ${response.status}`),
    onSome: refusal
  })
})

const send = (request: HttpClientRequest.HttpClientRequest) =>
  HttpClient.execute(request).pipe(
    Effect.mapError((error): NotReached => ({ reached: !wasRefused(error), reason: error.message })),
    Effect.timeoutOrElse({
      duration: withinMs,
      orElse: () => Effect.fail<NotReached>({ reached: true, reason: `no answer within ${withinMs / 1_000} s` })
    }),
    Effect.provide(FetchHttpClient.layer)
  )

/**
 * The gateways, the one first that says before the others that it is up; none where nobody says so. A frozen node still
 * takes connections and never answers: nothing is asked of a node that has not answered this.
 */
const answering = (gateways: RunFile["gateways"]) => {
  const up = gateways.map((gateway) =>
    HttpClient.get(`${gateway.url}/health`).pipe(
      Effect.filterOrFail(({ status }) => status === 200),
      Effect.as([gateway, ...gateways.filter((other) => other !== gateway)])
    )
  )
  return Effect.raceAll(up).pipe(
    Effect.timeout(healthWithinMs),
    Effect.orElseSucceed((): RunFile["gateways"] => []),
    Effect.provide(FetchHttpClient.layer)
  )
}

const nobody = userError(
  "GatewayUnreachable",
  "No node of the floor answers.",
  "Its nodes may be starting again; try in a few seconds."
)

const unclear = (reason: string): UserError =>
  userError(
    "GatewayUnreachable",
    `The node did not answer: ${reason}. Whether it was done is open.`,
    "Look before you ask again: `outcry orders`, `outcry accounts`."
  )

export interface FloorApi {
  readonly run: RunFile
  /** A path below `/api/v1`. */
  readonly get: <A, I>(path: string, schema: Schema.Codec<A, I>) => Effect.Effect<A, UserError>
  readonly post: <A, I>(path: string, body: unknown, schema: Schema.Codec<A, I>) => Effect.Effect<A, UserError>
}

/** Fails with NoFloor where none runs from that folder. */
export const floorApi = Effect.fnUntraced(function* (folder: Option.Option<string>) {
  const run = yield* runningFloor(dataFolderAt(Option.getOrUndefined(folder)))
  const ask = Effect.fnUntraced(function* <A, I>(
    make: (url: string) => HttpClientRequest.HttpClientRequest,
    schema: Schema.Codec<A, I>,
    isChange: boolean
  ) {
    for (const { url } of yield* answering(run.gateways)) {
      const sent = yield* Effect.result(send(HttpClientRequest.bearerToken(make(`${url}/api/v1`), run.token)))
      if (sent._tag === "Success") return yield* answerOf(url, sent.success, schema)
      if (isChange && sent.failure.reached) return yield* unclear(sent.failure.reason)
    }
    return yield* nobody
  })
  const api: FloorApi = {
    run,
    get: (path, schema) => ask((base) => HttpClientRequest.get(`${base}${path}`), schema, false),
    post: (path, body, schema) =>
      ask((base) => HttpClientRequest.bodyJsonUnsafe(HttpClientRequest.post(`${base}${path}`), body), schema, true)
  }
  return api
})

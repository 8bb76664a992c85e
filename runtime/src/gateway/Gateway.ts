/**
 * The door of a node: `/health`, `/ready` and `/metrics` for whoever operates it, `/api/v1/*` and `/ws` for those who
 * have the token. Listens where it is told, loopback by default; speaks to browsers of its own origin only.
 *
 * Whatever changes something takes the token in its header only: an address lands in logs and histories.
 *
 * Bounded: connections, header and request time, frame size, request bodies.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import type { AddressInfo, Socket } from "node:net"
import { Account, AccountStatus } from "@outcry/actor-account/Protocol"
import { limits } from "@outcry/client/Wire"
import { httpRequest, wsClients } from "@outcry/telemetry/Metrics"
import { Context, Effect, Layer, Metric, Schema } from "effect"
import { PrometheusMetrics } from "effect/observability"
import { WebSocketServer } from "ws"
import { reasonOf, type UserError, userError } from "../cli/UserError.ts"
import type { FloorConfig, NodeConfig } from "../FloorConfig.ts"
import { makeAccountApi } from "./AccountApi.ts"
import { type Answer, answerJson, problem } from "./Answer.ts"
import { Channels } from "./Channels.ts"
import { Connection } from "./Connection.ts"
import { askTimeoutMs, FloorStatusJson, makeFloorStatus } from "./FloorStatus.ts"
import { makeReadiness } from "./Readiness.ts"
import { bearerOf, originAllowed, parameterOf, pathOf, tokenMatches, tokenOf } from "./Token.ts"
import { makeWindDown } from "./WindDown.ts"

const connectionsMax = 512
const webSocketsMax = 256
/** How long clients get to take the last frames when the node goes. */
const goodbyeMs = 500

const unauthorized = problem(
  401,
  "The token is missing or wrong. Send `Authorization: Bearer TOKEN`; `outcry start` prints it."
)
const foreignOrigin = problem(403, "Pages of other origins may not use this gateway.")

/** The gateway that runs on this node. */
export class Gateway extends Context.Service<Gateway, { readonly port: number }>()("@outcry/runtime/gateway/Gateway") {
  static readonly layer = (floor: FloorConfig, node: NodeConfig) => Layer.effect(Gateway, make(floor, node))
}

const listen = (server: Server, node: NodeConfig): Effect.Effect<number, UserError> =>
  Effect.callback((resume) => {
    server.once("error", (error) =>
      resume(
        Effect.fail(
          userError(
            "PortInUse",
            `The gateway of ${node.name} cannot listen on ${node.httpHost}:${node.httpPort}: ${error.message}.`,
            "Stop the program that uses the port, or choose other ports with --port (0 takes free ones)."
          )
        )
      )
    )
    server.listen(node.httpPort, node.httpHost, () => {
      const address = server.address() as AddressInfo
      resume(Effect.succeed(address.port))
    })
  })

const make = Effect.fnUntraced(function* (floor: FloorConfig, node: NodeConfig) {
  const channels = yield* Channels
  const { ask: status } = yield* makeFloorStatus(floor, node.name)
  const { ask: readiness } = yield* makeReadiness(floor, node.name)
  const { ask: windDown } = yield* makeWindDown(floor)
  const accountClient = yield* Account.client
  const encodeAccount = Schema.encodeEffect(Schema.toCodecJson(AccountStatus))
  const services = yield* Effect.context<never>()
  const encodeStatus = Schema.encodeEffect(FloorStatusJson)
  const accountApi = yield* makeAccountApi(floor, channels)
  const connections = new Set<Connection>()

  const askAccount = (name: string, hashed: boolean) =>
    accountClient(name).Status({ hashed }).pipe(Effect.timeout(askTimeoutMs), Effect.flatMap(encodeAccount))
  const wantsHash = (request: IncomingMessage): boolean => parameterOf(request, "hashed") === "true"

  const mayRead = (request: IncomingMessage): boolean => tokenMatches(tokenOf(request) ?? "", floor.token)
  const mayChange = (request: IncomingMessage): boolean => tokenMatches(bearerOf(request) ?? "", floor.token)

  const route = (request: IncomingMessage, path: string): Effect.Effect<Answer> => {
    if (!originAllowed(request)) return Effect.succeed(foreignOrigin)
    if (path === "/api/v1/wind-down") {
      if (request.method !== "POST") return Effect.succeed(problem(405, "Only POST is understood here."))
      return mayChange(request) ? Effect.map(windDown, (done) => answerJson(200, done)) : Effect.succeed(unauthorized)
    }
    const api = accountApi.route(request, path)
    if (api !== undefined) {
      const allowed = request.method === "GET" ? mayRead(request) : mayChange(request)
      return allowed
        ? Effect.catchTag(api, "Refusal", ({ answer }) => Effect.succeed(answer))
        : Effect.succeed(unauthorized)
    }
    if (request.method !== "GET" && request.method !== "HEAD")
      return Effect.succeed(problem(405, "Only GET is understood here."))
    switch (path) {
      case "/health":
        return Effect.succeed(answerJson(200, { node: node.name, status: "up", pid: process.pid }))
      case "/ready":
        return Effect.map(readiness, (state) => answerJson(state.ready ? 200 : 503, state))
      case "/metrics":
        return Effect.map(PrometheusMetrics.format(), (body) => ({
          status: 200,
          type: "text/plain; version=0.0.4; charset=utf-8",
          body
        }))
      case "/api/v1/status":
        if (!mayRead(request)) return Effect.succeed(unauthorized)
        return status(wantsHash(request)).pipe(
          Effect.flatMap(encodeStatus),
          Effect.map((body) => answerJson(200, body)),
          Effect.orDie
        )
      case "/api/v1/account": {
        if (!mayRead(request)) return Effect.succeed(unauthorized)
        const name = parameterOf(request, "name")
        if (!floor.accounts.some((account) => account.name === name))
          return Effect.succeed(problem(404, `There is no account ${name}.`))
        return askAccount(name, wantsHash(request)).pipe(
          Effect.map((body) => answerJson(200, body)),
          Effect.catch((error) => Effect.succeed(problem(503, reasonOf(error))))
        )
      }
      default:
        return Effect.succeed(
          problem(
            404,
            "Not here. Try /health, /ready, /metrics, /api/v1/status, /api/v1/orders, /api/v1/accounts or the WebSocket /ws."
          )
        )
    }
  }

  const routes = ["/health", "/ready", "/metrics", "/api/v1/status", "/api/v1/account", "/api/v1/wind-down", "/ws"]
  /** Ids of orders and names of accounts never become labels. */
  const routeOf = (path: string): string => {
    if (routes.includes(path)) return path
    return /^\/api\/v1\/(?:orders|accounts)(?=\/|$)/.exec(path)?.[0] ?? "other"
  }

  const respond = (request: IncomingMessage, response: ServerResponse): void => {
    const startedMs = performance.now()
    const pathname = pathOf(request)
    const answered = route(request, pathname).pipe(
      Effect.catchCause((cause) =>
        Effect.as(Effect.logError(`${pathname} failed`, cause), problem(500, "This failed; the node's log says why."))
      ),
      Effect.map((answer) => {
        response.writeHead(answer.status, {
          "content-type": answer.type,
          "content-length": Buffer.byteLength(answer.body),
          "cache-control": "no-store",
          "x-content-type-options": "nosniff",
          ...(answer.retryAfter === undefined ? {} : { "retry-after": String(answer.retryAfter) })
        })
        response.end(request.method === "HEAD" ? undefined : answer.body)
        Metric.withAttributes(httpRequest, {
          method: request.method ?? "",
          route: routeOf(pathname),
          status: String(answer.status)
        }).updateUnsafe((performance.now() - startedMs) / 1_000, services)
      })
    )
    Effect.runForkWith(services)(answered)
  }

  const server = createServer({ headersTimeout: 5_000, requestTimeout: 10_000, maxHeaderSize: 16_384 }, respond)
  server.maxConnections = connectionsMax
  const sockets = new WebSocketServer({ noServer: true, maxPayload: limits.frameBytesMax, perMessageDeflate: false })

  const refuseUpgrade = (socket: Socket, { body, status: code, type }: Answer): void => {
    const head = [
      `HTTP/1.1 ${code} Refused`,
      "Connection: close",
      `Content-Type: ${type}`,
      `Content-Length: ${Buffer.byteLength(body)}`
    ]
    socket.end(`${head.join("\r\n")}\r\n\r\n${body}`)
  }

  const gaugeClients = (): void => wsClients.updateUnsafe(connections.size, services)

  server.on("upgrade", (request, socket: Socket, head) => {
    socket.on("error", () => undefined)
    const pathname = pathOf(request)
    const token = tokenOf(request)
    if (pathname !== "/ws") return refuseUpgrade(socket, problem(404, "The WebSocket is at /ws."))
    if (!originAllowed(request)) return refuseUpgrade(socket, foreignOrigin)
    if (token !== undefined && !tokenMatches(token, floor.token)) return refuseUpgrade(socket, unauthorized)
    if (connections.size >= webSocketsMax)
      return refuseUpgrade(socket, problem(503, "Too many WebSocket clients; try another node."))
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      const connection = new Connection({
        socket: webSocket,
        channels,
        token: floor.token,
        authenticated: token !== undefined,
        node: node.name,
        onDefect: (defect) => Effect.runForkWith(services)(Effect.logError("a WebSocket request failed", defect))
      })
      connections.add(connection)
      gaugeClients()
      webSocket.once("close", () => {
        connections.delete(connection)
        gaugeClients()
      })
    })
  })

  const goodbye = Effect.gen(function* () {
    for (const connection of connections) connection.shutdown()
    server.close()
    server.closeIdleConnections()
    for (let waitedMs = 0; connections.size > 0 && waitedMs < goodbyeMs; waitedMs += 20) yield* Effect.sleep(20)
    for (const client of sockets.clients) client.terminate()
    server.closeAllConnections()
  })

  const port = yield* Effect.acquireRelease(listen(server, node), () => goodbye)
  return Gateway.of({ port })
})

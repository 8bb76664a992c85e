/**
 * The REST API over `node:http`: finds the route, reads parameters from query and body, answers with Binance's JSON,
 * errors and headers.
 */
import type { IncomingMessage, ServerResponse } from "node:http"
import { setTimeout as delay } from "node:timers/promises"
import * as ApiError from "./ApiError.ts"
import { type CallCounts, call, type Route, type Venue } from "./Api.ts"
import type { FaultKind, FaultRule } from "./Faults.ts"
import type { LockStepControl } from "./LockStepControl.ts"
import { listRoutes } from "./ListRoutes.ts"
import { marketRoutes } from "./MarketRoutes.ts"
import { Params } from "./Params.ts"
import { replaceRoutes } from "./ReplaceRoutes.ts"
import * as SimControl from "./SimControl.ts"
import { tradingRoutes } from "./TradingRoutes.ts"

export const routes: ReadonlyArray<Route> = [...marketRoutes, ...tradingRoutes, ...replaceRoutes, ...listRoutes]

const byPath = new Map(routes.map((route) => [`${route.method} ${route.path}`, route]))
const bodyBytesMost = 64 * 1024
const timeoutMsDefault = 60_000
const latencyMsDefault = 1_000
const beforeKinds: ReadonlyArray<FaultKind> = ["errorBeforeAccept", "resetBeforeAccept", "rateLimit", "ban"]
const afterKinds: ReadonlyArray<FaultKind> = [
  "timeoutAfterAccept",
  "errorAfterAccept",
  "resetAfterAccept",
  "garbageReply"
]

const readBody = async (request: IncomingMessage): Promise<string> => {
  const chunks: Array<Buffer> = []
  let bytes = 0
  for await (const chunk of request) {
    bytes += chunk.length
    if (bytes > bodyBytesMost)
      throw new ApiError.ApiError({ status: 413, code: -1000, msg: "Request entity too large." })
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString("utf8")
}

/** Splits off the signature; what is left, exactly as sent, is what was signed. */
const withoutSignature = (text: string): { readonly payload: string; readonly signature: string | undefined } => {
  let signature: string | undefined
  const kept = text.split("&").filter((part) => {
    if (!part.startsWith("signature=")) return part !== ""
    signature = decodeURIComponent(part.slice("signature=".length))
    return false
  })
  return { payload: kept.join("&"), signature }
}

const send = (response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void => {
  if (response.destroyed) return
  response.writeHead(status, { "content-type": "application/json;charset=UTF-8", ...headers })
  response.end(JSON.stringify(body))
}

/** A reply as it comes out of a proxy that has lost its mind: JSON that breaks off, or has only its first field. */
const sendGarbage = (response: ServerResponse, result: unknown, { shape = "text" }: FaultRule): void => {
  const text = JSON.stringify(result)
  if (shape === "missing" && typeof result === "object" && result !== null) {
    return send(response, 200, Object.fromEntries(Object.entries(result).slice(0, 1)))
  }
  response.writeHead(200, { "content-type": "application/json;charset=UTF-8" })
  response.end(text.slice(0, Math.ceil(text.length / 2)))
}

/** The order that a result is about, where it is about one. */
const orderOf = (result: unknown): { readonly clientOrderId?: string } => {
  if (typeof result !== "object" || result === null || !("clientOrderId" in result)) return {}
  const { clientOrderId } = result
  return typeof clientOrderId === "string" ? { clientOrderId } : {}
}

const headersOf = (counts: CallCounts): Record<string, string> => ({
  "x-mbx-used-weight": String(counts.weight),
  "x-mbx-used-weight-1m": String(counts.weight),
  ...(counts.orders !== undefined && {
    "x-mbx-order-count-10s": String(counts.orders.tenSeconds),
    "x-mbx-order-count-1d": String(counts.orders.day)
  })
})

const isLoopback = (address: string): boolean =>
  address === "::1" || address.startsWith("127.") || address.startsWith("::ffff:127.")

const codeOf = (status: number): { readonly code: number; readonly msg: string } => {
  if (status === 429) return { code: -1003, msg: "Too many requests queued." }
  if (status === 418) return { code: -1003, msg: "Way too many requests; IP banned." }
  if (status === 504)
    return {
      code: -1007,
      msg: "Timeout waiting for response from backend server. Send status unknown; execution status unknown."
    }
  if (status === 400) return { code: -1003, msg: "Too much request weight used." }
  return { code: -1000, msg: "An unknown error occurred while processing the request." }
}

export interface RestOptions {
  readonly venue: Venue
  readonly skew: SimControl.Skew
  readonly onDefect: (error: unknown) => void
  readonly lockStep?: LockStepControl | undefined
}

export const makeRest = ({ lockStep, onDefect, skew, venue }: RestOptions) => {
  const { faults } = venue
  const fail = (response: ServerResponse, rule: FaultRule): void => {
    const status = rule.status ?? (rule.kind === "rateLimit" ? 429 : rule.kind === "ban" ? 418 : 503)
    const limited = status === 429 || status === 418
    if (status >= 500 && status !== 504) {
      // What stands before Binance's servers answers in HTML when those do not.
      response.writeHead(status, { "content-type": "text/html" })
      response.end(`<html><head><title>${status} Service Unavailable</title></head></html>`)
      return
    }
    const waitS = Math.max(1, Math.ceil((rule.delayMs ?? 1_000) / 1_000))
    send(response, status, codeOf(status), limited ? { "retry-after": String(waitS) } : {})
  }

  const control = async (request: IncomingMessage, response: ServerResponse, path: string): Promise<void> => {
    if (faults === undefined || !isLoopback(request.socket.remoteAddress ?? "")) {
      send(response, 404, { error: "Not found. Start the exchange with --faults to control faults." })
      return
    }
    const options = { faults, exchange: venue.exchange, skew }
    const { body, status } = SimControl.control(options, request.method ?? "GET", path, await readBody(request))
    send(response, status, body)
  }

  const answer = (route: Route, request: IncomingMessage, query: string, body: string, counts: CallCounts): unknown => {
    const fromQuery = withoutSignature(query)
    const fromBody = withoutSignature(body)
    const params = new Params([...new URLSearchParams(fromQuery.payload), ...new URLSearchParams(fromBody.payload)])
    const apiKey = request.headers["x-mbx-apikey"]
    const credentials = {
      apiKey: Array.isArray(apiKey) ? apiKey[0] : apiKey,
      signature: fromBody.signature ?? fromQuery.signature,
      payload: fromQuery.payload + fromBody.payload
    }
    return call(venue, route, params, credentials, request.socket.remoteAddress ?? "", counts)
  }

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const [path = "/", ...rest] = (request.url ?? "/").split("?")
    if (lockStep !== undefined && path === "/sim/lockstep") return send(response, 200, lockStep.state())
    if (SimControl.isControl(path)) return control(request, response, path)
    const occasion = { method: request.method ?? "GET", path }
    const route = byPath.get(`${occasion.method} ${path}`)
    const body = await readBody(request)
    if (route === undefined) {
      const known = routes.some((each) => each.path === path)
      send(response, known ? 405 : 404, {
        code: -1000,
        msg: known ? "Request method not supported." : `No such path: ${path}`
      })
      return
    }
    const latency = faults?.strike(["latency"], occasion)
    if (latency !== undefined) await delay(latency.delayMs ?? latencyMsDefault)
    const before = faults?.strike(beforeKinds, occasion)
    if (before?.kind === "resetBeforeAccept") return void request.socket.destroy()
    if (before !== undefined) return fail(response, before)
    const counts: CallCounts = { weight: 0, orders: undefined }
    let result: unknown
    try {
      result = answer(route, request, rest.join("?"), body, counts)
    } catch (error) {
      const refused = error instanceof ApiError.ApiError ? error : undefined
      if (refused === undefined) onDefect(error)
      const { code, data, msg, retryAfter, status } = refused ?? ApiError.unknownFailure()
      if (status === 503) return fail(response, { kind: "maintenance" })
      const retry = retryAfter === undefined ? {} : { "retry-after": String(retryAfter) }
      const told = data === undefined ? { code, msg } : { code, msg, data }
      return send(response, status, told, { ...headersOf(counts), ...retry })
    }
    const replyLatency = faults?.strike(["replyLatency"], occasion)
    if (replyLatency !== undefined) await delay(replyLatency.delayMs ?? latencyMsDefault)
    const after = faults?.strike(afterKinds, { ...occasion, ...orderOf(result) })
    if (after?.kind === "resetAfterAccept") return void request.socket.destroy()
    if (after?.kind === "timeoutAfterAccept") {
      const held = setTimeout(() => request.socket.destroy(), after.delayMs ?? timeoutMsDefault)
      held.unref()
      return
    }
    if (after?.kind === "garbageReply") return sendGarbage(response, result, after)
    if (after !== undefined) return fail(response, after)
    send(response, 200, result, headersOf(counts))
  }

  return (request: IncomingMessage, response: ServerResponse): void => {
    serve(request, response).catch((error: unknown) => {
      if (error instanceof ApiError.ApiError) return send(response, error.status, { code: error.code, msg: error.msg })
      // A client that hung up in the middle of its request is no defect of ours.
      if (!request.destroyed || request.complete) onDefect(error)
      response.destroy()
    })
  }
}

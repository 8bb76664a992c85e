/**
 * Whether a caller of the gateway may be here: the floor's token, compared in constant time, and where a browser calls
 * from, the page it calls from.
 */
import { createHash, timingSafeEqual } from "node:crypto"
import type { IncomingMessage } from "node:http"

/** Requests carry only a path; the host is of no interest. */
const base = "http://gateway"

/** Hashed first, so that neither content nor length shows in the time it takes. */
export const tokenMatches = (given: string, expected: string): boolean => {
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest()
  return timingSafeEqual(digest(given), digest(expected))
}

/** From `Authorization: Bearer`; undefined where it is not there. */
export const bearerOf = (request: IncomingMessage): string | undefined =>
  /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? "")?.[1]

/** From `Authorization: Bearer` or `?token=`; undefined where neither is there. */
export const tokenOf = (request: IncomingMessage): string | undefined => {
  const header = bearerOf(request)
  if (header !== undefined) return header
  const parameter = parameterOf(request, "token")
  return parameter === "" ? undefined : parameter
}

/** A parameter of the query; empty where it is missing. */
export const parameterOf = (request: IncomingMessage, name: string): string =>
  URL.parse(request.url ?? "/", base)?.searchParams.get(name) ?? ""

/** Path of a request; empty where its address makes no sense. */
export const pathOf = (request: IncomingMessage): string => URL.parse(request.url ?? "/", base)?.pathname ?? ""

/**
 * Programs send no Origin. A browser does, and a page from elsewhere must not use a gateway on this machine: only pages
 * that this gateway's own host served are let in.
 */
export const originAllowed = (request: IncomingMessage): boolean => {
  const { host, origin } = request.headers
  if (origin === undefined) return true
  return URL.canParse(origin) && host !== undefined && new URL(origin).host === host
}

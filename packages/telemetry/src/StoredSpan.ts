/**
 * Owns the shape in which a span is kept, listed and drawn, and its decoding from OTLP/JSON (opentelemetry-proto 1.x,
 * `ExportTraceServiceRequest`).
 * Decoding is lenient with what it does not need and strict with ids and times: a span without them is counted as
 * rejected, never half kept. Pure.
 */
import { ORDER_ID } from "./Attributes.ts"
import { isSpanId, isTraceId } from "./TraceContext.ts"

/** What an attribute of a kept span holds. 64-bit integers beyond 2^53 stay text. */
export type StoredValue = string | number | boolean | ReadonlyArray<string | number | boolean>

/** A span as kept by the collector: one line of a span file. */
export interface StoredSpan {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  readonly kind: "unspecified" | "internal" | "server" | "client" | "producer" | "consumer"
  /** Epoch microseconds. */
  readonly startUs: number
  /** Microseconds, with fractions. */
  readonly durationUs: number
  readonly service: string
  /** The resource's `service.instance.id`. */
  readonly node: string
  /** The resource's `process.pid`, 0 when it named none. */
  readonly pid: number
  readonly attributes: { readonly [key: string]: StoredValue }
  readonly links: ReadonlyArray<{ readonly traceId: string; readonly spanId: string }>
  readonly error?: string
}

/** The outcome of decoding a request. */
export interface DecodedSpans {
  readonly spans: ReadonlyArray<StoredSpan>
  /** Spans left out as malformed. */
  readonly rejected: number
}

const kinds = ["unspecified", "internal", "server", "client", "producer", "consumer"] as const

/** The text may be longer than is worth keeping; what is cut says so. */
const maxText = 4096

const isObject = (value: unknown): value is { readonly [key: string]: unknown } =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const listOf = (value: unknown): ReadonlyArray<unknown> => (Array.isArray(value) ? value : [])

const cut = (text: string): string => (text.length <= maxText ? text : `${text.slice(0, maxText)}…`)

const integer = (value: unknown): number | string | undefined => {
  if (typeof value === "number") return value
  if (typeof value !== "string" || !/^-?\d{1,20}$/.test(value)) return undefined
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value
}

const scalar = (value: unknown): string | number | boolean | undefined => {
  if (!isObject(value)) return undefined
  if (typeof value["stringValue"] === "string") return cut(value["stringValue"])
  if (typeof value["boolValue"] === "boolean") return value["boolValue"]
  if (typeof value["doubleValue"] === "number") return value["doubleValue"]
  return integer(value["intValue"])
}

const anyValue = (value: unknown): StoredValue | undefined => {
  if (isObject(value) && isObject(value["arrayValue"])) {
    return listOf(value["arrayValue"]["values"])
      .map(scalar)
      .filter((item) => item !== undefined)
  }
  return scalar(value)
}

const attributesOf = (list: unknown): Record<string, StoredValue> => {
  const attributes: Record<string, StoredValue> = Object.create(null)
  for (const item of listOf(list)) {
    if (!isObject(item) || typeof item["key"] !== "string") continue
    const value = anyValue(item["value"])
    if (value !== undefined) attributes[item["key"]] = value
  }
  return { ...attributes }
}

const nanos = (value: unknown): bigint | undefined => {
  if (typeof value === "string" && /^\d{1,20}$/.test(value)) return BigInt(value)
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? BigInt(value) : undefined
}

interface Origin {
  readonly service: string
  readonly node: string
  readonly pid: number
}

const originOf = (resource: unknown): Origin => {
  const attributes = attributesOf(isObject(resource) ? resource["attributes"] : undefined)
  const text = (key: string, otherwise: string): string => {
    const value = attributes[key]
    return typeof value === "string" ? value : otherwise
  }
  const pid = attributes["process.pid"]
  return {
    service: text("service.name", "unknown_service"),
    node: text("service.instance.id", text("outcry.node", "?")),
    pid: typeof pid === "number" ? pid : 0
  }
}

const errorOf = (status: unknown): { readonly error?: string } => {
  if (!isObject(status) || (status["code"] !== 2 && status["code"] !== "STATUS_CODE_ERROR")) return {}
  return { error: typeof status["message"] === "string" ? cut(status["message"]) : "" }
}

const linksOf = (links: unknown): StoredSpan["links"] =>
  listOf(links).flatMap((link) => {
    if (!isObject(link)) return []
    const { traceId, spanId } = link
    return typeof traceId === "string" && typeof spanId === "string" && isTraceId(traceId) && isSpanId(spanId)
      ? [{ traceId, spanId }]
      : []
  })

const spanOf = (span: unknown, origin: Origin): StoredSpan | undefined => {
  if (!isObject(span)) return undefined
  const { traceId, spanId, parentSpanId, name, kind } = span
  const start = nanos(span["startTimeUnixNano"])
  const end = nanos(span["endTimeUnixNano"])
  if (typeof traceId !== "string" || typeof spanId !== "string" || typeof name !== "string") return undefined
  const ids = { traceId: traceId.toLowerCase(), spanId: spanId.toLowerCase() }
  if (!isTraceId(ids.traceId) || !isSpanId(ids.spanId) || start === undefined || end === undefined) return undefined
  const parent = typeof parentSpanId === "string" ? parentSpanId.toLowerCase() : ""
  return {
    ...ids,
    ...(isSpanId(parent) ? { parentSpanId: parent } : {}),
    name: cut(name),
    kind: typeof kind === "number" ? (kinds[kind] ?? "unspecified") : "unspecified",
    startUs: Number(start / 1000n),
    durationUs: end > start ? Number(end - start) / 1000 : 0,
    ...origin,
    attributes: attributesOf(span["attributes"]),
    links: linksOf(span["links"]),
    ...errorOf(span["status"])
  }
}

/** Reads the JSON body of `POST /v1/traces`; undefined when it is not such a request at all. */
export const decodeTraces = (body: unknown): DecodedSpans | undefined => {
  if (!isObject(body) || !Array.isArray(body["resourceSpans"])) return undefined
  const spans: Array<StoredSpan> = []
  let rejected = 0
  for (const group of listOf(body["resourceSpans"])) {
    if (!isObject(group)) continue
    const origin = originOf(group["resource"])
    for (const scope of listOf(group["scopeSpans"])) {
      if (!isObject(scope)) continue
      for (const raw of listOf(scope["spans"])) {
        const span = spanOf(raw, origin)
        if (span === undefined) rejected++
        else spans.push(span)
      }
    }
  }
  return { spans, rejected }
}

/** The client order ids a span names; most name none. */
export const orderIdsOf = (span: StoredSpan): ReadonlyArray<string> => {
  const value = span.attributes[ORDER_ID]
  if (typeof value === "string") return value === "" ? [] : [value]
  return Array.isArray(value) ? value.filter((id) => typeof id === "string") : []
}

/** Reads one line of a span file; undefined when it is not one (a torn last line after a crash). */
export const decodeLine = (line: string): StoredSpan | undefined => {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    return undefined
  }
  if (!isObject(value) || !isObject(value["attributes"]) || !Array.isArray(value["links"])) return undefined
  const { traceId, spanId, name, startUs, durationUs, node, pid } = value
  const whole =
    typeof traceId === "string" &&
    isTraceId(traceId) &&
    typeof spanId === "string" &&
    isSpanId(spanId) &&
    typeof name === "string" &&
    typeof startUs === "number" &&
    typeof durationUs === "number" &&
    typeof node === "string" &&
    typeof pid === "number"
  // Lines are written by this module alone: once the fields that are computed with are sound, the rest is.
  return whole ? (value as unknown as StoredSpan) : undefined
}

/**
 * Owns the meaning of the `OTEL_*` settings we honour, as plain values: runtime reads the environment and passes them.
 * Follows the OpenTelemetry specification, "OTLP Exporter Configuration" and "SDK environment variables".
 * It opens nothing.
 */
import { Redacted } from "effect"
import type { SpanEndpoint } from "./SpanPipeline.ts"

/** The settings, each named after its variable. */
export interface OtlpSettings {
  /** `OTEL_EXPORTER_OTLP_ENDPOINT`: a base URL; `/v1/traces` is appended. */
  readonly endpoint?: string
  /** `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`: used as it is, before `endpoint`. */
  readonly tracesEndpoint?: string
  /** `OTEL_EXPORTER_OTLP_HEADERS` or its `_TRACES_` form: `key=value,key=value`, percent-encoded. */
  readonly headers?: Redacted.Redacted<string>
}

/** `key=value,key2=value2` with percent-encoded values, as in W3C baggage; parts that are not pairs are left out. */
export const parsePairs = (text: string): Record<string, string> => {
  const pairs: Record<string, string> = {}
  for (const part of text.split(",")) {
    const at = part.indexOf("=")
    if (at <= 0) continue
    const key = part.slice(0, at).trim()
    const value = part.slice(at + 1).trim()
    if (key === "") continue
    try {
      pairs[key] = decodeURIComponent(value)
    } catch {
      // A stray percent sign is not worth losing the credentials for: take the value as written.
      pairs[key] = value
    }
  }
  return pairs
}

const join = (base: string): string => `${base.replace(/\/+$/, "")}/v1/traces`

/**
 * The endpoints to export to: the local collector if there is one, and the user's own if one is set.
 * Two settings that name the same URL yield one endpoint, so that no span is sent twice to one place.
 *
 * @param collectorUrl  base URL of the local collector, as the start command passes it
 */
export const endpointsOf = (collectorUrl: string | undefined, otlp: OtlpSettings = {}): ReadonlyArray<SpanEndpoint> => {
  const endpoints: Array<SpanEndpoint> = []
  const target = otlp.tracesEndpoint ?? (otlp.endpoint === undefined ? undefined : join(otlp.endpoint))
  if (target !== undefined && target !== "") {
    endpoints.push({
      name: "otlp",
      url: target,
      ...(otlp.headers === undefined ? {} : { headers: parsePairs(Redacted.value(otlp.headers)) })
    })
  }
  if (collectorUrl !== undefined && join(collectorUrl) !== target) {
    endpoints.unshift({ name: "collector", url: join(collectorUrl) })
  }
  return endpoints
}

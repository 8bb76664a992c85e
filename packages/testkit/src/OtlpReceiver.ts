/**
 * An OTLP/HTTP endpoint that is not ours: it reads the requests by itself and keeps every span it was sent, so that what
 * our own collector shows can be held against what any other backend would have got.
 */
import { once } from "node:events"
import { createServer, type Server } from "node:http"

export interface ReceivedSpan {
  readonly traceId: string
  readonly spanId: string
  readonly name: string
  readonly pid: number
  /** Client order ids it names. */
  readonly orders: ReadonlyArray<string>
}

interface WireValue {
  readonly stringValue?: string
  readonly intValue?: string | number
  readonly arrayValue?: { readonly values: ReadonlyArray<WireValue> }
}
interface WireAttributes {
  readonly attributes: ReadonlyArray<{ readonly key: string; readonly value: WireValue }>
}
interface WireSpan extends WireAttributes {
  readonly traceId: string
  readonly spanId: string
  readonly name: string
}
interface WireRequest {
  readonly resourceSpans: ReadonlyArray<{
    readonly resource: WireAttributes
    readonly scopeSpans: ReadonlyArray<{ readonly spans: ReadonlyArray<WireSpan> }>
  }>
}

const valueOf = ({ attributes }: WireAttributes, key: string): WireValue | undefined =>
  attributes.find((attribute) => attribute.key === key)?.value

const textsOf = (value: WireValue | undefined): ReadonlyArray<string> =>
  (value?.arrayValue?.values ?? (value === undefined ? [] : [value])).flatMap(({ stringValue }) => stringValue ?? [])

export class OtlpReceiver {
  readonly spans: Array<ReceivedSpan> = []
  readonly #server: Server

  private constructor() {
    this.#server = createServer((request, response) => {
      let text = ""
      request.setEncoding("utf8").on("data", (part: string) => {
        text += part
      })
      request.on("end", () => {
        if (request.url === "/v1/traces") this.#take(JSON.parse(text))
        response.setHeader("content-type", "application/json").end("{}")
      })
    })
  }

  static async start(): Promise<OtlpReceiver> {
    const receiver = new OtlpReceiver()
    receiver.#server.listen(0, "127.0.0.1")
    await once(receiver.#server, "listening")
    return receiver
  }

  /** Base address, for OTEL_EXPORTER_OTLP_ENDPOINT. */
  get url(): string {
    const address = this.#server.address()
    return `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`
  }

  /** The traces received so far. */
  get traces(): ReadonlyMap<string, ReadonlyArray<ReceivedSpan>> {
    return Map.groupBy(this.spans, ({ traceId }) => traceId)
  }

  async close(): Promise<void> {
    this.#server.close()
    this.#server.closeAllConnections()
    await once(this.#server, "close")
  }

  #take(request: WireRequest): void {
    for (const { resource, scopeSpans } of request.resourceSpans) {
      const pid = Number(valueOf(resource, "process.pid")?.intValue ?? 0)
      for (const { spans } of scopeSpans)
        for (const span of spans) {
          const { name, spanId, traceId } = span
          this.spans.push({ traceId, spanId, name, pid, orders: textsOf(valueOf(span, "outcry.order.id")) })
        }
    }
  }
}

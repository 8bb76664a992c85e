/**
 * `outcry node`: one node of a floor until it is asked to stop. Then it leaves in order: the gateway says goodbye, the
 * actors end what they are at, the cluster is told, the last spans go out. All of that within a bound.
 */
import * as Logging from "@outcry/telemetry/Logging"
import { endpointsOf } from "@outcry/telemetry/OtlpSettings"
import * as Tracing from "@outcry/telemetry/Tracing"
import { Effect, Layer, Queue, Redacted, Schema } from "effect"
import { readFileSync } from "node:fs"
import * as NodeLayer from "../cluster/NodeLayer.ts"
import { FloorFile, type NodeConfig } from "../FloorConfig.ts"
import { Channels } from "../gateway/Channels.ts"
import { Gateway } from "../gateway/Gateway.ts"
import { environment } from "./Output.ts"
import { stopRequests } from "./StopSignal.ts"
import { exitCodes, reasonOf, userError } from "./UserError.ts"

/** Longest time from the wish to stop to the end of the process. */
const drainMs = 8_000

interface NodeOptions {
  readonly config: string
  readonly name: string
  readonly lifeline: boolean
}

const readFloor = Effect.fnUntraced(function* (path: string) {
  const invalid = (reason: string) =>
    userError(
      "InvalidConfiguration",
      `The configuration ${path} cannot be used: ${reason}.`,
      "Take the floor.json that `outcry start` writes into its data folder."
    )
  const text = yield* Effect.try({ try: () => readFileSync(path, "utf8"), catch: (cause) => invalid(reasonOf(cause)) })
  return yield* Schema.decodeUnknownEffect(Schema.fromJsonString(FloorFile))(text).pipe(
    // A schema error could quote a secret: only its place is told.
    Effect.mapError((error) =>
      invalid(`it does not fit its schema ${/at (\[.*)$/s.exec(error.message)?.[1] ?? ""}`.trim())
    )
  )
})

const tracing = (floor: FloorFile, node: NodeConfig) => {
  const { OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_HEADERS, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT } = environment()
  const [collector, ...others] = floor.otlpEndpoints
  const endpoints = endpointsOf(collector, {
    ...(OTEL_EXPORTER_OTLP_ENDPOINT === undefined ? {} : { endpoint: OTEL_EXPORTER_OTLP_ENDPOINT }),
    ...(OTEL_EXPORTER_OTLP_TRACES_ENDPOINT === undefined ? {} : { tracesEndpoint: OTEL_EXPORTER_OTLP_TRACES_ENDPOINT }),
    ...(OTEL_EXPORTER_OTLP_HEADERS === undefined ? {} : { headers: Redacted.make(OTEL_EXPORTER_OTLP_HEADERS) })
  })
  const further = others.map((base, index) => ({
    name: `otlp-${index + 2}`,
    url: `${base.replace(/\/+$/, "")}/v1/traces`
  }))
  return Tracing.layer({ node: node.name, endpoints: [...endpoints, ...further] })
}

const nodeLayer = (floor: FloorFile, node: NodeConfig) => {
  const level = environment()["OUTCRY_LOG_LEVEL"] === "debug" ? "Debug" : "Info"
  return Gateway.layer(floor, node).pipe(
    Layer.provide(Channels.layer(floor)),
    Layer.provide(NodeLayer.layer(floor, node)),
    Layer.provide(tracing(floor, node)),
    Layer.provide(Logging.layer({ node: node.name, format: "json", level }))
  )
}

/** Should the drain hang, the process ends all the same. */
const endAfterBound = (): void => void setTimeout(() => process.exit(exitCodes.failed), drainMs).unref()

export const run = Effect.fnUntraced(function* (options: NodeOptions) {
  const floor = yield* readFloor(options.config)
  const node = floor.nodes.find(({ name }) => name === options.name)
  if (node === undefined) {
    const names = floor.nodes.map(({ name }) => name).join(", ")
    return yield* userError(
      "InvalidConfiguration",
      `${options.config} has no node ${options.name}.`,
      `Its nodes are ${names}.`
    )
  }
  yield* Effect.scoped(
    Effect.gen(function* () {
      const requests = yield* stopRequests({ lifeline: options.lifeline })
      yield* Effect.raceFirst(
        Layer.launch(nodeLayer(floor, node)),
        Effect.andThen(Queue.take(requests), Effect.sync(endAfterBound))
      )
    })
  )
})

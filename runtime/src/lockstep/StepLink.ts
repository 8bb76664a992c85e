/**
 * The control socket to an exchange in lock-step. Opens with the market's time; then one question at a time. An exchange
 * that is not in lock-step, is led by another node already or goes away is a defect of the floor: the node ends with it.
 */
import { StepReply, type StepRequest, StepState } from "@outcry/lockstep/StepProtocol"
import { Effect, Queue, Schema } from "effect"
import WebSocket, { type RawData } from "ws"

const openWithin = "10 seconds"

const decodeState = Schema.decodeUnknownEffect(Schema.fromJsonString(StepState))
const decodeReply = Schema.decodeUnknownEffect(Schema.fromJsonString(StepReply))

/** The exchange cannot be led; says why. */
class NotLed extends Error {
  readonly _tag = "NotLed"
}

const textOf = (data: RawData): string => Buffer.from(data as Buffer).toString("utf8")

export interface StepLink {
  /** Market time when the link was opened, epoch µs. */
  readonly timeUs: number
  /** Outputs that the exchange had let out before. */
  readonly step: number
  readonly ask: (request: StepRequest) => Effect.Effect<StepReply>
}

/** As long as the scope lives. `wsUrl`: the venue's. */
export const openStepLink = Effect.fnUntraced(function* (wsUrl: string) {
  const url = `${wsUrl}/sim/lockstep`
  const answers = yield* Queue.unbounded<string | NotLed>()
  const socket = yield* Effect.acquireRelease(
    Effect.sync(() => new WebSocket(url, { perMessageDeflate: false })),
    (open) =>
      Effect.sync(() => {
        open.removeAllListeners("message")
        open.terminate()
      })
  )
  const lose = (why: string): void => {
    Queue.offerUnsafe(answers, new NotLed(`The exchange at ${url} cannot be led in lock-step: ${why}.`))
  }
  socket.on("message", (data: RawData) => Queue.offerUnsafe(answers, textOf(data)))
  socket.on("error", (error) => lose(error.message))
  socket.on("close", (code, reason) => lose(`it closed the connection (${code} ${reason.toString()})`.trim()))
  const next = Effect.flatMap(Queue.take(answers), (answer) =>
    typeof answer === "string" ? Effect.succeed(answer) : Effect.fail(answer)
  )
  const { step, timeUs } = yield* Effect.flatMap(next, decodeState).pipe(Effect.timeout(openWithin), Effect.orDie)
  const ask = (request: StepRequest) =>
    Effect.suspend(() => {
      socket.send(JSON.stringify(request))
      return Effect.flatMap(next, decodeReply)
    }).pipe(Effect.orDie)
  const link: StepLink = { step, timeUs, ask }
  return link
})

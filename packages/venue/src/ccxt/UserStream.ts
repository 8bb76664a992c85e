/**
 * An account's order reports, pushed by Binance's WebSocket API (`userDataStream.subscribe.signature`), read raw.
 *
 * Not through ccxt: its `watchOrders` keeps one entry an order and hands over the latest state, so reports between two
 * reads are lost, and it drops what it holds when the socket ends. Reconnects with back-off; every interruption is said.
 */
import type { LockStep } from "@outcry/lockstep/LockStep"
import { createHmac } from "node:crypto"
import { Effect, Option, Schema, type Scope, Stream } from "effect"
import { pause } from "../Backoff.ts"
import { EventBuffer } from "../EventBuffer.ts"
import type { ExecutionEvent, VenueAccount } from "../Execution.ts"
import { weights } from "../binance/SpotLimits.ts"
import type { VenueAddress } from "../VenueAddress.ts"
import * as VenueSocket from "../VenueSocket.ts"
import * as AccountReads from "./AccountReads.ts"
import { recvWindowMs } from "./BinanceConfig.ts"
import { redact } from "./Classify.ts"
import { ReportWatch } from "./ReportWatch.ts"
import { known, type Venue } from "./VenueCall.ts"
import { executionReport, MalformedReport } from "./VenueReport.ts"

export interface UserStreamOptions {
  readonly handshakeMs: number
  readonly silenceMs: number
  /** Within which an order that the venue has answered about must be reported. */
  readonly reportMs: number
  /** Reports a reader may lag behind. */
  readonly lagMost: number
  /** Markers between reports are passed on. */
  readonly lockStep?: LockStep
}

export const defaultOptions: UserStreamOptions = {
  handshakeMs: 5_000,
  silenceMs: 3_000,
  reportMs: 3_000,
  lagMost: 8_192
}

export interface UserStream {
  readonly events: Stream.Stream<ExecutionEvent>
  /** The venue answered a request, sent at monotonic `sentUs`, that changed this order: a report must come. */
  readonly expect: (clientOrderId: string, sentUs: number) => void
}

const subscriptionId = "subscribe"
/** A connection that lived so long had succeeded: the next back-off starts anew. */
const settledUs = 10_000_000

const Message = Schema.Struct({
  id: Schema.optionalKey(Schema.Unknown),
  status: Schema.optionalKey(Schema.Number),
  error: Schema.optionalKey(Schema.Unknown),
  event: Schema.optionalKey(Schema.Struct({ e: Schema.String }))
})
const decodeMessage = Schema.decodeUnknownOption(Message)

/** The signed subscription: HMAC-SHA256 over the parameters in alphabetical order. */
export const subscribeRequest = (account: VenueAccount, timestampMs: number): string => {
  const params: Record<string, string | number> = {
    apiKey: account.apiKey,
    recvWindow: recvWindowMs,
    timestamp: timestampMs
  }
  const payload = Object.entries(params)
    .map(([name, value]) => `${name}=${value}`)
    .join("&")
  const signature = createHmac("sha256", account.secret).update(payload).digest("hex")
  const method = "userDataStream.subscribe.signature"
  return JSON.stringify({ id: subscriptionId, method, params: { ...params, signature } })
}

/** Connects at once and stays connected as long as its scope lives; each run of the stream is a reader of its own. */
export const make = (
  venue: Venue,
  address: VenueAddress,
  account: VenueAccount,
  options: UserStreamOptions = defaultOptions
): Effect.Effect<UserStream, never, Scope.Scope> =>
  Effect.gen(function* () {
    const readers = new Set<EventBuffer<ExecutionEvent>>()
    let state: ExecutionEvent = { _tag: "Disconnected", reason: "not yet connected" }
    const watch = new ReportWatch(options.reportMs * 1_000)
    let isSubscribed = false
    /** Monotonic. */
    let subscribedUs = 0
    let isAnswering = !(yield* venue.gate.breaker.isOpen)
    const publish = (events: ReadonlyArray<ExecutionEvent>): void => {
      for (const reader of readers) reader.push(events)
    }
    const become = (next: ExecutionEvent): void => {
      if (next._tag === state._tag) return
      state = next
      publish([next])
    }
    /** Connected means that reports come and that the venue can be asked about what was missed. */
    const settle = (reason: string): void =>
      become(isSubscribed && isAnswering ? { _tag: "Connected" } : { _tag: "Disconnected", reason })
    const missed = (reason: string): ReadonlyArray<ExecutionEvent> =>
      state._tag === "Connected" ? [{ _tag: "Disconnected", reason }, state] : [state]

    const receive = (text: string, cut: (reason: string) => void): void => {
      let json: unknown
      try {
        json = JSON.parse(text)
      } catch {
        json = undefined
      }
      const message = decodeMessage(json)
      if (Option.isNone(message)) return publish(missed("a report could not be read"))
      const { event, id, status } = message.value
      if (id === subscriptionId) {
        if (status === 200) {
          isSubscribed = true
          subscribedUs = venue.clock.read().monotonicUs
          return settle("the venue does not answer requests")
        }
        return cut(`subscription refused: ${redact(JSON.stringify(message.value.error ?? status))}`)
      }
      if (event === undefined) return
      if (event.e === "eventStreamTerminated") return cut("the venue ended the stream")
      if (event.e !== "executionReport") return options.lockStep?.marker(event.e)
      const raw = (json as { readonly event: unknown }).event
      const report = executionReport(raw, known(venue))
      // Something happened that we cannot tell: the account has to ask.
      if (report instanceof MalformedReport) return publish(missed(report.message))
      watch.saw(report.order.clientOrderId, venue.clock.read().monotonicUs)
      // The fill first: an order must not be seen filled before what filled it.
      if (report.fill !== undefined) publish([{ _tag: "Filled", fill: report.fill }])
      publish([{ _tag: "OrderChanged", order: report.order }])
    }

    const connect: Effect.Effect<string> = Effect.gen(function* () {
      const ready = yield* AccountReads.prepared(venue, "lookup")
      if (ready._tag === "Unreachable") return ready.reason
      yield* venue.clock.ready
      const passage = { purpose: "lookup", weight: weights.subscribe, orders: 0, key: venue.key } as const
      const admission = yield* venue.gate.rates.admit(passage, venue.clock.read().monotonicUs + settledUs)
      if (admission._tag === "Refused") return admission.reason
      yield* admission.ended(undefined)
      const { offsetUs } = yield* venue.clock.estimate
      let end = (_reason: string): void => {}
      let unanswered: NodeJS.Timeout | undefined
      let overdue: NodeJS.Timeout | undefined
      watch.reset()
      const url = `${address.wsApiUrl ?? address.wsUrl}/ws-api/v3`
      return yield* VenueSocket.run(
        { url, handshakeMs: options.handshakeMs, silenceMs: options.silenceMs },
        {
          opened: (send, cut) => {
            end = cut
            send(subscribeRequest(account, Math.floor((venue.clock.read().epochUs + offsetUs) / 1_000)))
            unanswered = setTimeout(() => {
              if (!isSubscribed) cut("no reply to the subscription")
            }, options.handshakeMs)
            overdue = setInterval(() => {
              const missing = watch.overdue(venue.clock.read().monotonicUs)
              if (missing !== undefined) cut(`no report of order ${missing}, which the venue has answered about`)
            }, options.reportMs / 4)
          },
          received: (text) => receive(text, end)
        }
      ).pipe(
        Effect.ensuring(
          Effect.sync(() => {
            clearTimeout(unanswered)
            clearInterval(overdue)
          })
        )
      )
    })

    yield* venue.gate.breaker.changes.pipe(
      Stream.runForEach((closed) =>
        Effect.sync(() => {
          isAnswering = closed
          settle("the venue does not answer requests")
        })
      ),
      Effect.forkScoped({ startImmediately: true })
    )

    yield* Effect.gen(function* () {
      for (let attempt = 0; ;) {
        const startedUs = venue.clock.read().monotonicUs
        const reason = yield* connect
        isSubscribed = false
        settle(reason)
        attempt = venue.clock.read().monotonicUs - startedUs > settledUs ? 0 : attempt + 1
        yield* Effect.logWarning(`User stream disconnected: ${reason}. Reconnecting.`, {
          venue: venue.id,
          account: account.account,
          attempt
        })
        yield* pause(attempt)
      }
    }).pipe(Effect.forkScoped)

    const events = Stream.unwrap(
      Effect.acquireRelease(
        Effect.sync(() => {
          const reader: EventBuffer<ExecutionEvent> = new EventBuffer(options.lagMost, () =>
            missed("reports overran the reader")
          )
          reader.push([state])
          readers.add(reader)
          return reader
        }),
        (reader) => Effect.sync(() => readers.delete(reader))
      ).pipe(Effect.map((reader) => reader.chunks.pipe(Stream.flatMap(Stream.fromIterable))))
    )
    return {
      events,
      expect: (clientOrderId, sentUs) => {
        // Of what was sent before, the report may have been made before anybody was subscribed.
        if (isSubscribed && sentUs >= subscribedUs) watch.expect(clientOrderId, sentUs, venue.clock.read().monotonicUs)
      }
    }
  })

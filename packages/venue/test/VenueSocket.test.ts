import { assert, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import * as VenueSocket from "../src/VenueSocket.ts"
import * as ExchangeProcess from "./ExchangeProcess.ts"

const silenceMs = 500

/** This process stops, as under SIGSTOP. */
const standStill = (ms: number): void => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)

it.live("does not take its own standstill for the venue's silence, and notices the venue's", () =>
  Effect.gen(function* () {
    const exchange = yield* Effect.acquireRelease(
      Effect.promise(() => ExchangeProcess.start([])),
      ({ stop }) => Effect.promise(() => stop())
    )
    // Nothing is subscribed: only pongs come.
    const url = `${exchange.address.wsUrl}/ws`
    const socket = yield* VenueSocket.run(
      { url, handshakeMs: 5_000, silenceMs },
      { opened: () => undefined, received: () => undefined }
    ).pipe(Effect.forkScoped({ startImmediately: true }))
    // The ping goes out between the two, and its pong waits in the socket when the next look is due.
    setTimeout(() => standStill(40), silenceMs - 20)
    setTimeout(() => setImmediate(() => standStill(2 * silenceMs)), silenceMs + 10)
    yield* Effect.sleep(4 * silenceMs)
    assert.isUndefined(socket.pollUnsafe())
    exchange.freeze()
    assert.strictEqual(yield* Fiber.join(socket), `silent for ${silenceMs} ms`)
  }).pipe(Effect.scoped)
)

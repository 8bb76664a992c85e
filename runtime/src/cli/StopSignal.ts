/** Being asked to stop: by a signal, or because whoever started this process is gone. */
import { Effect, Queue, type Scope } from "effect"

export type StopReason = "SIGINT" | "SIGTERM" | "SIGHUP" | "lifeline"

/** Launchers and terminals may deliver one key press twice. */
const sameGestureMs = 300

/**
 * Every wish to stop while the scope is open. With `lifeline` the end of standard input is one: the kernel closes that
 * pipe whatever became of its other end.
 */
export const stopRequests = (options: {
  readonly lifeline: boolean
}): Effect.Effect<Queue.Dequeue<StopReason>, never, Scope.Scope> =>
  Effect.gen(function* () {
    const queue = yield* Queue.sliding<StopReason>(8)
    let lastMs = -Infinity
    const request = (reason: StopReason) => () => {
      const nowMs = performance.now()
      if (nowMs - lastMs < sameGestureMs) return
      lastMs = nowMs
      Queue.offerUnsafe(queue, reason)
    }
    const signals = (["SIGINT", "SIGTERM", "SIGHUP"] as const).map((name) => [name, request(name)] as const)
    for (const [name, listener] of signals) process.on(name, listener)
    const onEnd = request("lifeline")
    if (options.lifeline) {
      for (const event of ["end", "close", "error"]) process.stdin.on(event, onEnd)
      process.stdin.resume()
    }
    yield* Effect.addFinalizer(() =>
      Effect.sync(() => {
        for (const [name, listener] of signals) process.off(name, listener)
        if (options.lifeline) process.stdin.destroy()
      })
    )
    return queue
  })

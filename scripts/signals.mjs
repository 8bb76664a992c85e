/** Passing on the signals that ask a program to stop, each once. */

/** A signal repeated within this time is the same key press or the same `kill`, seen twice (npm repeats them). */
const sameGestureMs = 1_000

const stopSignals = ["SIGINT", "SIGTERM", "SIGHUP"]

/**
 * Hands every SIGINT, SIGTERM, SIGHUP (once per gesture) and each change of the terminal's size to `send`. `first` is
 * the first stop signal seen so far; `end` stops the forwarding.
 */
export const forwardSignals = (send) => {
  const lastAt = new Map()
  const stop = (signal) => {
    const now = performance.now()
    if (now - (lastAt.get(signal) ?? -Infinity) < sameGestureMs) return
    lastAt.set(signal, now)
    send(signal)
  }
  const resize = () => send("SIGWINCH")
  for (const signal of stopSignals) process.on(signal, stop)
  process.on("SIGWINCH", resize)
  return {
    first: () => lastAt.keys().next().value,
    end: () => {
      for (const signal of stopSignals) process.off(signal, stop)
      process.off("SIGWINCH", resize)
    }
  }
}

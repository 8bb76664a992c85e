/**
 * Preloaded into what launch.mjs runs: asks the process to stop when its launcher is gone without having said so
 * (kill -9, a crash), so that nothing of its tree outlives it. Children that inherit the flag hold no such pipe.
 */
import { Socket } from "node:net"
import { isMainThread } from "node:worker_threads"

const descriptor = process.env.OUTCRY_LIFELINE_FD
if (isMainThread && descriptor !== undefined) {
  delete process.env.OUTCRY_LIFELINE_FD
  const stop = () => process.kill(process.pid, "SIGTERM")
  const pipe = new Socket({ fd: Number(descriptor), readable: true, writable: false })
  pipe.on("end", stop).on("error", stop).resume().unref()
}

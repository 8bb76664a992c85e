/**
 * Runs a program on the Node 24 that the packages bring, and stands between it and the terminal.
 *
 * The child leads a session of its own, so that Ctrl-C (which a terminal sends to every process of the group, and
 * which npm then sends once more) reaches it exactly once: from here. The parent stays until the child has ended,
 * however long its shutdown takes, and exits with its code. Should the parent be killed outright, the child sees
 * its end of a pipe close and stops itself (lifeline.mjs).
 *
 * What Node has compiled it keeps beside the packages, for every process that the child starts too: where that folder
 * cannot be written, Node goes without.
 */
import { spawn } from "node:child_process"
import { constants } from "node:os"
import { join } from "node:path"
import { nodeBinary, root } from "./install.mjs"
import { forwardSignals } from "./signals.mjs"

const compiled = join(root, "node_modules", ".cache", "compiled")

/** Runs `node ARGS` and resolves with its exit code (128 + number where a signal ended it). */
export const launch = async (args, env = {}) => {
  const lifeline = `--import=${new URL("lifeline.mjs", import.meta.url).href}`
  const path = [join(root, "node_modules", ".bin"), process.env.PATH].join(":")
  const child = spawn(nodeBinary(), [lifeline, ...args], {
    detached: true,
    stdio: ["inherit", "inherit", "inherit", "pipe"],
    env: { NODE_COMPILE_CACHE: compiled, ...process.env, PATH: path, OUTCRY_LIFELINE_FD: "3", ...env }
  })
  const forwarding = forwardSignals((signal) => child.kill(signal))
  const npmWatch = watchNpm(() => {
    if (forwarding.first() === undefined) child.kill("SIGTERM")
  })
  try {
    return await new Promise((resolve, reject) => {
      child.on("error", reject)
      child.on("exit", (code, signal) => resolve(code ?? 128 + constants.signals[signal]))
    })
  } finally {
    forwarding.end()
    clearInterval(npmWatch)
  }
}

/** Under `npm start` the parent is npm (the scripts `exec`): when it is killed outright, its floor goes with it. */
const watchNpm = (onGone) => {
  if (process.env.npm_lifecycle_event === undefined) return undefined
  const npm = process.ppid
  const watch = setInterval(() => {
    if (process.ppid === npm) return
    clearInterval(watch)
    onGone()
  }, 500)
  return watch
}

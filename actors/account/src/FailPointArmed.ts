/**
 * Fail points under the import condition `faults`: on SIGUSR2 the process reads the name of a point from the file
 * `OUTCRY_FAILPOINT_FILE`, and the next time it passes there it writes a line to `OUTCRY_FAILPOINT_LOG` and kills itself.
 */
import { appendFileSync, readFileSync } from "node:fs"
import type { FailPointName } from "./FailPoint.ts"

let armed: string | undefined

const controlFile = process.env["OUTCRY_FAILPOINT_FILE"]
const logFile = process.env["OUTCRY_FAILPOINT_LOG"]

if (controlFile !== undefined)
  process.on("SIGUSR2", () => {
    armed = readFileSync(controlFile, "utf8").trim()
  })

export const failPoint = (name: FailPointName, clientOrderId: string): void => {
  if (armed !== name) return
  if (logFile !== undefined)
    appendFileSync(logFile, `${JSON.stringify({ point: name, clientOrderId, pid: process.pid, timeMs: Date.now() })}\n`)
  process.kill(process.pid, "SIGKILL")
  // The signal may be delivered a moment later: nothing more may happen here.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
}

/**
 * Fail points under the import condition `faults`: on SIGUSR2 the process reads `NAME kill` or `NAME freeze` from the file
 * `OUTCRY_FAILPOINT_FILE`, and the next time it passes there it writes a line to `OUTCRY_FAILPOINT_LOG` and kills or stops
 * itself. A stopped process goes on where it was when it is continued. `OUTCRY_PLANTED` names a bug to plant in it.
 */
import { arm } from "@outcry/model/PlantedArmed"
import type { JournalRow } from "@outcry/store/JournalRow"
import { appendFileSync, existsSync, readFileSync } from "node:fs"
import type { FailPointName } from "./FailPoint.ts"

let armed: { readonly point: string; readonly freeze: boolean } | undefined

const controlFile = process.env["OUTCRY_FAILPOINT_FILE"]
const logFile = process.env["OUTCRY_FAILPOINT_LOG"]
arm(process.env["OUTCRY_PLANTED"])
/** A signal to oneself may be delivered a moment later: nothing more may happen here until then. */
const deliveryMs = 100

if (controlFile !== undefined)
  process.on("SIGUSR2", () => {
    const [point = "", action = "kill"] = existsSync(controlFile)
      ? readFileSync(controlFile, "utf8").trim().split(" ")
      : []
    armed = point === "" ? undefined : { point, freeze: action === "freeze" }
  })

export const failPoint = (point: FailPointName, clientOrderId: string): void => {
  if (armed === undefined || armed.point !== point) return
  const { freeze } = armed
  armed = undefined
  if (logFile !== undefined)
    appendFileSync(logFile, `${JSON.stringify({ point, clientOrderId, pid: process.pid, timeMs: Date.now() })}\n`)
  process.kill(process.pid, freeze ? "SIGSTOP" : "SIGKILL")
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, freeze ? deliveryMs : Infinity)
}

const before: Readonly<Record<string, FailPointName>> = {
  OrderIntended: "intent.deciding",
  OrderAccepted: "ack.appending",
  OrderFilled: "fill.appending"
}
const after: Readonly<Record<string, FailPointName>> = {
  OrderAccepted: "ack.appended",
  CancelRequested: "cancel.committed",
  OrderReleased: "order.released"
}

const idOf = ({ payload }: JournalRow): string =>
  typeof payload === "object" && payload !== null && "clientOrderId" in payload ? String(payload.clientOrderId) : ""

export const failPointRows = (when: "before" | "after", rows: ReadonlyArray<JournalRow>): void => {
  if (armed === undefined) return
  const points = when === "before" ? before : after
  for (const row of rows) {
    const point = points[row.type]
    if (point !== undefined) failPoint(point, idOf(row))
  }
}

/** A worker of bench `event`: runs over a tape in shared memory whenever it is told to, and says which hash it came to. */
import type { MarketTape } from "@outcry/backtest/MarketTape"
import { make, type InstrumentSpec } from "@outcry/model/Instrument"
import { parentPort, workerData } from "node:worker_threads"
import { runOver } from "./EventRuns.ts"

const { specs, tape } = workerData as { readonly tape: MarketTape; readonly specs: ReadonlyArray<InstrumentSpec> }
const listed = specs.map(make)

parentPort?.on("message", () => {
  parentPort?.postMessage(runOver(tape, listed, 2).hash, [])
})

/**
 * Peers of bench `event`, in the Python that OUTCRY_BENCH_PYTHON names: the same quotes and trades and the same rule in
 * NautilusTrader and in backtrader. Where it is not named, or lacks a peer, the row is left out and the bench says so.
 */
import { type MarketTape, tapeCodes } from "@outcry/backtest/MarketTape"
import { spawnSync } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type BenchRow, median, spread } from "./Bench.ts"
import { fastLength, slowLength } from "./EventStrategy.ts"

/** Events that a peer is given: they are slower, and each start costs. */
const peerEvents = 300_000
const peers = ["nautilus_trader", "backtrader"] as const
const timesFaster = 10

/** Rows of the tape as a table of float64: time in ns, place, 1 for a quote, a, b, c, d. */
const table = (tape: MarketTape): Float64Array => {
  const rows = Math.min(tape.length, peerEvents)
  const flat = new Float64Array(rows * 7)
  for (let row = 0; row < rows; row++)
    flat.set(
      [
        tape.time[row]! * 1000,
        tape.instrument[row]!,
        tape.code[row] === tapeCodes.quote ? 1 : 0,
        tape.a[row]!,
        tape.b[row]!,
        tape.c[row]!,
        tape.d[row]!
      ],
      row * 7
    )
  return flat
}

const said = (what: string): ReadonlyArray<BenchRow> => {
  console.error(`event: no peers: ${what}`)
  return []
}

export const peerRows = (tape: MarketTape, ours: ReadonlyArray<number>): ReadonlyArray<BenchRow> => {
  const python = process.env["OUTCRY_BENCH_PYTHON"]
  if (python === undefined) return said("OUTCRY_BENCH_PYTHON names no Python that has nautilus_trader and backtrader")
  const folder = mkdtempSync(join(tmpdir(), "outcry-bench-"))
  try {
    const file = join(folder, "events.f64")
    writeFileSync(file, new Uint8Array(table(tape).buffer))
    return peers.flatMap((peer): ReadonlyArray<BenchRow> => {
      const script = join(import.meta.dirname, "EventPeer.py")
      const given = [script, peer, file, String(fastLength), String(slowLength)]
      const { status, stderr, stdout } = spawnSync(python, given, { encoding: "utf8", timeout: 240_000 })
      if (status !== 0) return said(`${peer}: ${stderr.trim().split("\n").at(-1) ?? ""}`)
      const answer = JSON.parse(stdout.trim().split("\n").at(-1)!) as {
        name: string
        rates: ReadonlyArray<number>
        fills: number
      }
      if (answer.fills === 0) return said(`${peer} never traded`)
      const [value, yardstickValue] = [median(ours), median(answer.rates)]
      const ratio = value / yardstickValue
      return [
        {
          case: "recorded quotes and trades, one thread",
          value,
          unit: "events/s",
          spread: spread(ours),
          yardstick: answer.name,
          yardstickValue,
          ratio,
          goal: `>= ${timesFaster} x ${answer.name}`,
          met: ratio >= timesFaster
        }
      ]
    })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

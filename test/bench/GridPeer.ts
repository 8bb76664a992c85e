/**
 * The grid of bench `grid` in Python, where OUTCRY_BENCH_PYTHON names an interpreter that has the peer: numpy with numba,
 * or vectorbt. What is absent is left out, and said.
 */
import { spawnSync } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { BarColumns } from "@outcry/signals/BarColumns"

const script = join(import.meta.dirname, "peers/grid.py")

export interface GridPeer {
  readonly version: string
  /** Pairs a second, by run. */
  readonly rates: ReadonlyArray<number>
  /** Mean total return over the pairs: that it did the same. */
  readonly mean: number
}

/** Undefined where there is no interpreter, or none with that peer. */
export const gridPeer = (
  peer: "numba" | "vectorbt",
  bars: BarColumns,
  fast: ReadonlyArray<number>,
  slow: ReadonlyArray<number>,
  runs: number
): GridPeer | undefined => {
  const python = process.env["OUTCRY_BENCH_PYTHON"]
  if (python === undefined) {
    console.error(`grid: no row for ${peer}: OUTCRY_BENCH_PYTHON names no Python that has it`)
    return undefined
  }
  const folder = mkdtempSync(join(tmpdir(), "grid-peer-"))
  try {
    const file = join(folder, "bars.bin")
    const both = new Float64Array(bars.open.length * 2)
    both.set(bars.open)
    both.set(bars.close, bars.open.length)
    writeFileSync(file, new Uint8Array(both.buffer))
    const { error, status, stderr, stdout } = spawnSync(
      python,
      [script, peer, file, fast.join(), slow.join(), String(runs)],
      { encoding: "utf8" }
    )
    if (error !== undefined || status !== 0) {
      console.error(`grid: no row for ${peer}: ${error?.message ?? stderr.trim().split("\n").at(-1)}`)
      return undefined
    }
    const lines = stdout.split("\n").flatMap((line) => {
      const [word, rate, mean] = line.split(" ")
      return word === "RATE" ? [[Number(rate), Number(mean)] as const] : []
    })
    return {
      version: /^VERSION (.+)$/m.exec(stdout)?.[1] ?? peer,
      rates: lines.map(([rate]) => rate),
      mean: lines[0]?.[1] ?? Number.NaN
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

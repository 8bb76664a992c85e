/**
 * TA-Lib in a process of Python beside this one: `OUTCRY_BENCH_PYTHON` names a Python that has numpy and TA-Lib (a virtual
 * environment after `pip install TA-Lib`). Columns and answers go through files in a temporary folder.
 */
import { spawnSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Bars } from "./PeerBars.ts"
import type { TalibCall } from "./TalibCalls.ts"

/** Undefined where no Python with TA-Lib has been named. */
export const talibPython: string | undefined = process.env["OUTCRY_BENCH_PYTHON"]

export const talibAbsent =
  "OUTCRY_BENCH_PYTHON names no Python with TA-Lib (pip install TA-Lib in a virtual environment)"

interface Told {
  readonly talib: string
  readonly core: string
  readonly numpy: string
  /** Outputs of each call. */
  readonly outputs?: ReadonlyArray<number>
  readonly functions?: ReadonlyArray<string>
  /** Seconds of a pass over all calls, by run. */
  readonly passes?: ReadonlyArray<number>
}

const bytesOf = (columns: ReadonlyArray<Float64Array>): Uint8Array =>
  Buffer.concat(columns.map((each) => new Uint8Array(each.buffer, each.byteOffset, each.byteLength)))

const asked = <A>(
  bars: Bars,
  calls: ReadonlyArray<TalibCall>,
  more: Readonly<Record<string, number>>,
  read: (told: Told, folder: string) => A
): A => {
  if (talibPython === undefined) throw new Error(talibAbsent)
  const folder = mkdtempSync(join(tmpdir(), "talib-peer-"))
  try {
    const names = Object.keys(bars) as ReadonlyArray<keyof Bars>
    writeFileSync(join(folder, "columns.bin"), bytesOf(names.map((name) => bars[name])))
    writeFileSync(
      join(folder, "request.json"),
      JSON.stringify({ columns: names, rows: bars.close.length, calls, ...more })
    )
    const script = join(import.meta.dirname, "talib_peer.py")
    const { error, status, stderr } = spawnSync(talibPython, [script, folder], { encoding: "utf8" })
    if (error !== undefined) throw new Error(`${talibPython} cannot be run: ${error.message}. ${talibAbsent}.`)
    if (status !== 0) throw new Error(`${script} failed: ${stderr.slice(-2_000)}`)
    return read(JSON.parse(readFileSync(join(folder, "answers.json"), "utf8")) as Told, folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

export interface TalibAnswers {
  readonly version: string
  readonly functions: ReadonlyArray<string>
  /** The outputs of each call, each as long as the bars. */
  readonly outputs: ReadonlyArray<ReadonlyArray<Float64Array>>
}

export const talibAnswers = (bars: Bars, calls: ReadonlyArray<TalibCall>): TalibAnswers =>
  asked(bars, calls, {}, (told, folder) => {
    const rows = bars.close.length
    const bytes = readFileSync(join(folder, "answers.bin"))
    const all = new Float64Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength))
    let next = 0
    const take = () => all.subarray(rows * next, rows * ++next)
    return {
      version: `${told.core} (Python package ${told.talib})`,
      functions: told.functions ?? [],
      outputs: (told.outputs ?? []).map((count) => Array.from({ length: count }, take))
    }
  })

export interface TalibTimes {
  readonly version: string
  /** Seconds of the thread on the processor for one pass over all calls, by run. */
  readonly passes: ReadonlyArray<number>
}

/** Times `runs` runs of `repeats` passes, warm, inside Python: what starts and converts does not count. */
export const talibTimes = (bars: Bars, calls: ReadonlyArray<TalibCall>, runs: number, repeats: number): TalibTimes =>
  asked(bars, calls, { runs, repeats }, ({ core, passes = [], talib }) => ({
    version: `TA-Lib ${core} (Python package ${talib})`,
    passes
  }))

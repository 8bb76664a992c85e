/** The exchange as a process of its own, for tests: starts it, reads its lines, and leaves none behind. */
import { type ChildProcess, spawn } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"

const program = new URL("../src/main.ts", import.meta.url).pathname

export class ExchangeRuns {
  readonly folder = mkdtempSync(join(tmpdir(), "exchange-run-"))
  private readonly children: Array<ChildProcess> = []
  private count = 0

  start(...args: ReadonlyArray<string>) {
    const log = join(this.folder, `log-${++this.count}.jsonl`)
    // Tests look at the whole book more often than the weight of a minute allows.
    const usual = ["--log", log, "--warm-up", "5", "--weight-limit", "1000000"]
    const child = spawn(process.execPath, [program, ...usual, ...args], { stdio: "pipe" })
    this.children.push(child)
    const lines: Array<Record<string, unknown>> = []
    const reader = createInterface({ input: child.stdout })
    reader.on("line", (text) => lines.push(JSON.parse(text) as Record<string, unknown>))
    let errors = ""
    child.stderr.on("data", (data: Buffer) => (errors += data.toString()))
    const ended = new Promise<number | null>((resolve) => child.once("close", (code) => resolve(code)))
    /** The first line with that field; rejects where the process ends without it. */
    const line = (name: string) =>
      new Promise<Record<string, unknown>>((resolve, reject) => {
        const look = (): void => {
          const found = lines.find((each) => name in each)
          if (found !== undefined) resolve(found)
        }
        look()
        reader.on("line", look)
        void ended.then((code) => reject(new Error(`it ended with ${code}: ${errors}`)))
      })
    const ready = async (): Promise<number> => Number((await line("ready"))["port"])
    return { child, ended, errors: () => errors, line, log, ready }
  }

  /** Kills those that still run; resolves when they are gone. */
  async end(): Promise<void> {
    const running = this.children.splice(0).filter((child) => child.exitCode === null && child.signalCode === null)
    await Promise.all(
      running.map((child) => {
        const gone = new Promise((resolve) => child.once("close", resolve))
        child.kill("SIGKILL")
        return gone
      })
    )
  }

  removeFolder(): void {
    rmSync(this.folder, { recursive: true })
  }
}

export type ExchangeRun = ReturnType<ExchangeRuns["start"]>

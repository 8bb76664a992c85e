/** Temporary folders and child processes for the tests of the house's own scripts. */
import { type ChildProcess, spawn } from "node:child_process"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { onTestFinished } from "vitest"

export const root = join(import.meta.dirname, "../..")

export interface Ended {
  readonly code: number | null
  readonly output: string
}

/** A folder with the given files, removed when the test ends. */
export const folderWith = (files: Readonly<Record<string, string>>): string => {
  const folder = mkdtempSync(join(tmpdir(), "outcry-house-"))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text, { mode: 0o755 })
  }
  return folder
}

/** A running `node ARGS`; `until` waits for a line, `ended` for its end and that of all that hold its output. */
export class NodeProcess {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
  private output = ""
  private readonly waiting = new Set<() => void>()

  constructor(args: ReadonlyArray<string>, cwd: string, env: NodeJS.ProcessEnv = {}) {
    this.child = spawn(process.execPath, args, {
      cwd,
      env: { ...process.env, npm_lifecycle_event: undefined, ...env },
      stdio: ["ignore", "pipe", "pipe"]
    })
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => {
        this.output += text
        for (const check of this.waiting) check()
      })
    }
    this.ended = new Promise((resolve) => {
      this.child.on("close", (code) => resolve({ code, output: this.output }))
    })
    onTestFinished(() => {
      this.child.kill("SIGKILL")
    })
  }

  /** Resolves once the output matches; rejects with what there is when the process ends without it. */
  until(pattern: RegExp): Promise<RegExpExecArray> {
    return new Promise((resolve, reject) => {
      const check = (): void => {
        const match = pattern.exec(this.output)
        if (match === null) return
        this.waiting.delete(check)
        resolve(match)
      }
      this.waiting.add(check)
      check()
      void this.ended.then(({ output }) => reject(new Error(`ended without ${String(pattern)}:\n${output}`)))
    })
  }
}

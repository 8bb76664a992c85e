/**
 * The `outcry` program as a user runs it, for tests: each in a data folder of its own, whose path marks every process of
 * its tree, so that a test can say that none is left.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { seedPostgres } from "./PostgresTemplate.ts"

const root = join(import.meta.dirname, "..", "..", "..")
const program = join(root, "runtime", "src", "main.ts")
/** Generous: the machine may be busy. A test that waits this long fails by its own time limit first. */
const patienceMs = 90_000
const pollMs = 50

export interface Result {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface Running {
  readonly process: ChildProcess
  readonly stdout: () => string
  readonly stderr: () => string
  readonly ended: Promise<Result>
}

export type Environment = Readonly<Record<string, string | undefined>>

/** `run.json`, as far as tests look at it. */
export interface RunNotes {
  readonly runId: string
  readonly phase: string
  readonly token: string
  readonly collectorUrl: string
  readonly gateways: ReadonlyArray<{ readonly node: string; readonly url: string }>
  readonly children: ReadonlyArray<{ readonly name: string; readonly pid: number }>
}

/** Postgres' own user gets there, too: where it does not, root's databases are kept elsewhere and outlive the test. */
const reachableFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), "outcry-cli-"))
  chmodSync(folder, 0o755)
  return folder
}

export class Outcry {
  readonly folder = reachableFolder()
  readonly data = join(this.folder, "data")
  readonly #running: Array<Running> = []

  /** Spares the first command that needs it the making of the floor's database, or of another below the data folder. */
  seedDatabase(folder = "postgres"): void {
    seedPostgres(join(this.data, folder))
  }

  spawn(args: ReadonlyArray<string>, environment: Environment = {}): Running {
    return this.spawnProgram(program, args, environment)
  }

  /** Any program of the workspace, on this floor's data folder. */
  spawnProgram(path: string, args: ReadonlyArray<string>, environment: Environment = {}): Running {
    const child = spawn(process.execPath, [path, ...args], {
      cwd: this.folder,
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, NO_COLOR: "1", DATABASE_URL: "", OUTCRY_DATA_DIR: this.data, ...environment }
    })
    let [stdout, stderr] = ["", ""]
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text
    })
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text
    })
    const ended = new Promise<Result>((resolve) => {
      child.once("close", (code) => resolve({ code, stdout, stderr }))
    })
    const running = { process: child, stdout: () => stdout, stderr: () => stderr, ended }
    this.#running.push(running)
    return running
  }

  run(args: ReadonlyArray<string>, environment: Environment = {}): Promise<Result> {
    return this.spawn(args, environment).ended
  }

  /** Command lines of live processes that name this folder, whoever started them. */
  processes(): ReadonlyArray<string> {
    return readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .flatMap((pid) => {
        try {
          const line = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim()
          return line.includes(this.folder) ? [`${pid} ${line}`] : []
        } catch {
          return []
        }
      })
  }

  /** The process that a line of `run.json` names. */
  child(name: string): number {
    const found = this.runFile().children.find((each) => each.name === name)
    if (found === undefined) throw new Error(`run.json names no ${name}`)
    return found.pid
  }

  runFile(): RunNotes {
    return JSON.parse(readFileSync(join(this.data, "run.json"), "utf8"))
  }

  /** Whether the floor is in that phase; false while there is no readable `run.json`. */
  isIn(phase: string): boolean {
    try {
      return this.runFile().phase === phase
    } catch {
      return false
    }
  }

  async close(): Promise<void> {
    for (const { process: child } of this.#running)
      if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL")
    await Promise.all(this.#running.map(({ ended }) => ended))
    for (const line of this.processes()) {
      try {
        process.kill(Number(line.split(" ", 1)[0]), "SIGKILL")
      } catch {
        // It ended by itself in the meantime.
      }
    }
    if (existsSync(this.folder)) rmSync(this.folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 })
  }
}

/** Looks until it is true, or fails saying what it last saw. */
export const until = async (
  what: string,
  look: () => boolean | Promise<boolean>,
  saw: () => unknown = () => ""
): Promise<void> => {
  const deadline = performance.now() + patienceMs
  while (!(await look())) {
    if (performance.now() > deadline) throw new Error(`${what} did not come; last seen: ${String(saw())}`)
    await new Promise((resolve) => setTimeout(resolve, pollMs))
  }
}

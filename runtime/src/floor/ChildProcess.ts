/**
 * A process of the floor. It gets a pipe as its standard input and nothing else from us: when we are gone, however that
 * came, the pipe closes and the child stops by itself. Its output goes to a log file. The scope ends it.
 *
 * It leads a process group of its own: Ctrl-C at the terminal reaches the start command alone, which stops in order.
 */
import { Deferred, Effect, type Scope } from "effect"
import { spawn } from "node:child_process"
import { closeSync, existsSync, openSync, readFileSync } from "node:fs"
import { environment } from "../cli/Output.ts"
import { endProcesses, identityOf, type ProcessIdentity } from "./ProcessIdentity.ts"

export interface Ended {
  /** Undefined where a signal ended it. */
  readonly code: number | undefined
  readonly signal: string | undefined
  /** Epoch ms at which we saw it. */
  readonly atMs: number
}

export interface ChildProcess {
  readonly name: string
  readonly identity: ProcessIdentity
  readonly logFile: string
  readonly ended: Deferred.Deferred<Ended>
  readonly signal: (name: NodeJS.Signals) => Effect.Effect<void>
  /** First line of its standard output, where `firstLine` was asked for. */
  readonly firstLine: Deferred.Deferred<string>
}

export interface ChildOptions {
  readonly name: string
  /** Program of the workspace and its arguments. */
  readonly args: ReadonlyArray<string>
  readonly logFile: string
  readonly environment?: Readonly<Record<string, string>>
  /** Reads standard output up to the first line instead of logging it. */
  readonly firstLine?: boolean
  /** How long it may take to stop when the scope closes, before it is killed. */
  readonly graceMs: number
}

const firstLineMax = 64 * 1024

/** Options of this very node that its children need too: fault points exist only under an import condition. */
const inheritedOptions = (): ReadonlyArray<string> =>
  process.execArgv.flatMap((option, index) => {
    if (/^(?:--conditions=|-C=)/.test(option)) return [option]
    return option === "--conditions" || option === "-C" ? [option, process.execArgv[index + 1] ?? ""] : []
  })

export const endedText = ({ code, signal }: Ended): string =>
  code === undefined ? `ended by ${signal ?? "a signal"}` : `ended with ${code}`

/** The last lines of a log, for an error that names it. */
export const logTail = (file: string, lines = 8): string =>
  existsSync(file) ? readFileSync(file, "utf8").slice(-16_384).trimEnd().split("\n").slice(-lines).join("\n") : ""

/** Starts it. Whether it works is for the caller to find out; `ended` tells when it does not any more. */
export const startChild = (options: ChildOptions): Effect.Effect<ChildProcess, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.gen(function* () {
      const ended = yield* Deferred.make<Ended>()
      const firstLine = yield* Deferred.make<string>()
      const log = openSync(options.logFile, "a", 0o600)
      const child = spawn(process.execPath, [...inheritedOptions(), ...options.args], {
        detached: true,
        stdio: ["pipe", options.firstLine === true ? "pipe" : log, log],
        env: { ...environment(), ...options.environment }
      })
      closeSync(log)
      const finish = (code: number | null, signal: string | null) =>
        void Deferred.doneUnsafe(
          ended,
          Effect.succeed({
            code: code ?? undefined,
            signal: signal ?? undefined,
            atMs: performance.timeOrigin + performance.now()
          })
        )
      child.once("exit", finish)
      child.once("error", () => finish(127, null))
      // Its end shows as an exit; a write to a pipe that closed must not end us.
      child.stdin?.on("error", () => undefined)
      let text = ""
      child.stdout?.setEncoding("utf8").on("data", (chunk: string) => {
        if (text.length > firstLineMax || text.includes("\n")) return
        text += chunk
        const end = text.indexOf("\n")
        if (end !== -1) Deferred.doneUnsafe(firstLine, Effect.succeed(text.slice(0, end)))
      })
      const identity = identityOf(child.pid ?? 0)
      const handle: ChildProcess = {
        name: options.name,
        identity,
        logFile: options.logFile,
        ended,
        firstLine,
        signal: (name) => Effect.sync(() => void child.kill(name))
      }
      return handle
    }),
    (child) => endProcesses([child.identity], options.graceMs)
  )

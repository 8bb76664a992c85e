/** The real exchange as a process of its own on a free port, its faults at hand and its log readable. */
import { Effect } from "effect"
import { type ChildProcess, spawn } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"

const main = fileURLToPath(import.meta.resolve("@outcry/exchange-sim/main"))

/** Keys of an account, as both sides know them. */
export const credentials = (name: string) => ({
  account: name,
  venue: "sim",
  apiKey: `${name}-key-0123456789`,
  secret: `${name}-secret`
})

export interface LogLine {
  readonly type: string
  readonly timeMs: number
  readonly clientOrderId?: string
}

const ready = (child: ChildProcess): Effect.Effect<number> =>
  Effect.callback((resume) => {
    const complaints: Array<string> = []
    child.stderr?.on("data", (text: Buffer) => complaints.push(text.toString()))
    child.once("exit", (code) =>
      resume(Effect.die(new Error(`the exchange ended with ${code}: ${complaints.join("")}`)))
    )
    createInterface({ input: child.stdout! }).once("line", (line) =>
      resume(Effect.succeed((JSON.parse(line) as { readonly port: number }).port))
    )
  })

const putFaults = async (host: string, rules: ReadonlyArray<Record<string, unknown>>): Promise<void> => {
  const reply = await fetch(`http://${host}/sim/faults`, { method: "PUT", body: JSON.stringify({ rules }) })
  if (!reply.ok) throw new Error(await reply.text())
}

/** Runs as long as the scope, with these accounts funded; `args` are further options of the exchange. */
export const startExchange = Effect.fnUntraced(function* (
  names: ReadonlyArray<string>,
  args: ReadonlyArray<string> = []
) {
  const folder = mkdtempSync(join(tmpdir(), "outcry-exchange-"))
  const log = join(folder, "exchange.jsonl")
  const accounts = names.map((name) => {
    const { apiKey, secret } = credentials(name)
    return { name, apiKey, secret, balances: { USDT: "1000000", BTC: "10", ETH: "100" } }
  })
  const options = [
    "--port",
    "0",
    "--seed",
    "7",
    "--log",
    log,
    "--accounts",
    JSON.stringify(accounts),
    "--faults",
    "--parent-stdin",
    ...args
  ]
  const child = yield* Effect.acquireRelease(
    Effect.sync(() => spawn(process.execPath, [main, ...options], { stdio: ["pipe", "pipe", "pipe"] })),
    (running) =>
      Effect.callback<void>((resume) => {
        const gone = (): void => {
          rmSync(folder, { recursive: true, force: true })
          resume(Effect.void)
        }
        if (running.exitCode !== null) return gone()
        running.once("exit", gone)
        running.kill("SIGTERM")
      })
  )
  const host = `127.0.0.1:${yield* ready(child)}`
  return {
    address: { id: "sim", restUrl: `http://${host}`, wsUrl: `ws://${host}` },
    faults: (rules: ReadonlyArray<Record<string, unknown>>) => Effect.promise(() => putFaults(host, rules)),
    /** Lines of the exchange's own log about a client id. */
    logOf: (clientOrderId: string): ReadonlyArray<LogLine> =>
      readFileSync(log, "utf8")
        .split("\n")
        .filter((line) => line.includes(clientOrderId))
        .map((line) => JSON.parse(line) as LogLine)
  }
})

/** The real exchange as a child process on a free port, with its faults at hand and its log readable. */
import { type ChildProcess, spawn } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import type { VenueAccount } from "../src/Execution.ts"
import type { VenueAddress } from "../src/VenueAddress.ts"

const main = fileURLToPath(new URL("../../exchange-sim/src/main.ts", import.meta.url))

export const account = (name: string): VenueAccount => ({
  account: name,
  venue: "sim",
  apiKey: `${name}-key-0123456789`,
  secret: `${name}-secret`
})

const funded = (name: string) => {
  const { apiKey, secret } = account(name)
  return { name, apiKey, secret, balances: { USDT: "1000000", BTC: "10", ETH: "100" } }
}

export interface LogLine {
  readonly type: string
  readonly clientOrderId?: string
  readonly quantity?: string
}

export interface ExchangeProcess {
  readonly address: VenueAddress
  readonly faults: (rules: ReadonlyArray<Record<string, unknown>>) => Promise<void>
  /** Lines of the exchange's own log about a client id. */
  readonly logOf: (clientOrderId: string) => ReadonlyArray<LogLine>
  readonly freeze: () => void
  readonly thaw: () => void
  readonly stop: () => Promise<void>
}

const readyLine = (child: ChildProcess): Promise<{ readonly port: number }> =>
  new Promise((resolve, reject) => {
    const complaints: Array<string> = []
    child.stderr!.on("data", (text: Buffer) => complaints.push(text.toString()))
    child.once("exit", (code) => reject(new Error(`the exchange ended with ${code}: ${complaints.join("")}`)))
    createInterface({ input: child.stdout! }).once("line", (line) => resolve(JSON.parse(line)))
  })

export const start = async (
  names: ReadonlyArray<string>,
  args: ReadonlyArray<string> = []
): Promise<ExchangeProcess> => {
  const folder = mkdtempSync(join(tmpdir(), "outcry-venue-"))
  const log = join(folder, "exchange.jsonl")
  const accounts = JSON.stringify(names.map(funded))
  const options = ["--port", "0", "--seed", "7", "--log", log, "--accounts", accounts, "--faults", "--parent-stdin"]
  const child = spawn(process.execPath, [main, ...options, ...args], { stdio: ["pipe", "pipe", "pipe"] })
  const { port } = await readyLine(child)
  const host = `127.0.0.1:${port}`
  return {
    address: { id: "sim", restUrl: `http://${host}`, wsUrl: `ws://${host}` },
    faults: async (rules) => {
      const reply = await fetch(`http://${host}/sim/faults`, { method: "PUT", body: JSON.stringify({ rules }) })
      if (!reply.ok) throw new Error(await reply.text())
    },
    logOf: (clientOrderId) =>
      readFileSync(log, "utf8")
        .trimEnd()
        .split("\n")
        .map((line): LogLine => JSON.parse(line))
        .filter((line) => line.clientOrderId === clientOrderId),
    freeze: () => void child.kill("SIGSTOP"),
    thaw: () => void child.kill("SIGCONT"),
    stop: () =>
      new Promise((resolve) => {
        child.once("exit", () => {
          rmSync(folder, { recursive: true, force: true })
          resolve()
        })
        child.kill("SIGCONT")
        child.kill("SIGTERM")
      })
  }
}

/**
 * A floor started by `outcry start` that a test looks at from outside: its gateways, its report, and the exchange's own
 * log of what it accepted, which owes nothing to the floor.
 */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import type { Environment, Outcry, Result, Running } from "./Outcry.ts"
import { until } from "./Outcry.ts"

interface Placed {
  readonly node: string
}

/** What the gateway says of the floor, as far as tests look at it. */
export interface LiveStatus {
  readonly feeds: ReadonlyArray<Placed & { readonly instrument: string }>
  readonly accounts: ReadonlyArray<
    Placed & {
      readonly account: string
      readonly condition: string
      readonly positions: ReadonlyArray<{
        readonly strategy: string
        readonly instrument: string
        readonly fills: number
      }>
    }
  >
  readonly strategies: ReadonlyArray<
    Placed & { readonly strategy: string; readonly intents: number; readonly fills: number }
  >
}

/** A fill as the exchange logged it. Quantities are decimals. */
export interface LoggedFill {
  readonly timeMs: number
  readonly account: string
  readonly symbol: string
  readonly clientOrderId: string
  readonly side: "buy" | "sell"
  readonly quantity: string
  readonly tradeId: string
}

const isFill = (line: LoggedFill & { readonly type: string }): boolean => line.type === "fill"

export class LiveFloor {
  readonly outcry: Outcry
  readonly running: Running

  private constructor(outcry: Outcry, running: Running) {
    this.outcry = outcry
    this.running = running
  }

  /** Starts it with a report in `r.json` and gateways on free ports; returns when every node is ready. */
  static async start(outcry: Outcry, args: ReadonlyArray<string>, environment: Environment = {}): Promise<LiveFloor> {
    outcry.seedDatabase()
    const running = outcry.spawn(["start", "--port", "0", "--report", "r.json", ...args], environment)
    const hasEnded = () => running.process.exitCode !== null || running.process.signalCode !== null
    const hasStarted = () => ["running", "stopping", "ended"].some((phase) => outcry.isIn(phase))
    await until("the floor", () => hasStarted() || hasEnded(), running.stderr)
    if (!hasStarted()) throw new Error(`the floor did not start:\n${running.stderr()}`)
    return new LiveFloor(outcry, running)
  }

  /** As the first node that answers sees it. */
  async status(): Promise<LiveStatus> {
    const { gateways, token } = this.outcry.runFile()
    const headers = { authorization: `Bearer ${token}` }
    const asked = gateways.map(async ({ url }) => {
      const response = await fetch(`${url}/api/v1/status`, { headers })
      if (!response.ok) throw new Error(`${url} answered ${response.status}`)
      return (await response.json()) as LiveStatus
    })
    return Promise.any(asked)
  }

  /** Waits until the status satisfies; an unanswered question is asked again. */
  async waitFor(what: string, satisfied: (status: LiveStatus) => boolean): Promise<LiveStatus> {
    let last: LiveStatus | undefined
    await until(
      what,
      async () => {
        last = await this.status().catch(() => undefined)
        return last !== undefined && satisfied(last)
      },
      () => `${JSON.stringify(last)}\n${this.running.stderr()}`
    )
    return last!
  }

  /** Asks it to stop, as Ctrl-C does, and returns how it ended. */
  stop(): Promise<Result> {
    this.running.process.kill("SIGINT")
    return this.running.ended
  }

  /** The exchange's own list of our accounts' fills, in its order. */
  loggedFills(): ReadonlyArray<LoggedFill> {
    const file = join(this.outcry.data, "runs", this.outcry.runFile().runId, "exchange.jsonl")
    return readFileSync(file, "utf8")
      .trimEnd()
      .split("\n")
      .map((line): LoggedFill & { readonly type: string } => JSON.parse(line))
      .filter(isFill)
  }

  report(): unknown {
    return JSON.parse(readFileSync(join(this.outcry.folder, "r.json"), "utf8"))
  }
}

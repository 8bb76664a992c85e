/** Places that may read the clock, chance or the environment outside `runtime`, each with its reason. */

export interface Allowance {
  readonly path: string
  /** The calls it may make, as their rule names them. */
  readonly calls: ReadonlyArray<string>
  readonly reason: string
}

export const allowances: ReadonlyArray<Allowance> = [
  {
    path: "packages/store/src/EmbeddedPostgres.ts",
    calls: ["process.env"],
    reason: "hands the PATH, and nothing else of the environment, on to the Postgres child process"
  },
  {
    path: "packages/exchange-sim/src/main.ts",
    calls: ["Date.now"],
    reason: "the entry point of the exchange's process: stamps when it started"
  },
  {
    path: "packages/exchange-sim/src/Server.ts",
    calls: ["Date.now", "performance.now"],
    reason: "the shell of a process of its own: the exchange's clock is the machine's, as a real venue's would be"
  },
  {
    path: "packages/exchange-sim/src/ClientSocket.ts",
    calls: ["performance.now"],
    reason: "the exchange's own limit of messages a second, by the monotonic clock of its process"
  },
  {
    path: "actors/account/src/FailPointArmed.ts",
    calls: ["Date.now", "process.env"],
    reason: "reached only under --conditions=faults, where a test arms it through the environment of a node"
  }
]

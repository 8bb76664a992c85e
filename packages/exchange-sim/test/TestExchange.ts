/**
 * A whole exchange in this process for tests: a port of its own, two instruments, three accounts, the log in memory.
 */
import type { MarketListener } from "@outcry/matching/MarketListener"
import type * as Instrument from "@outcry/model/Instrument"
import * as AcceptLog from "../src/AcceptLog.ts"
import { AgentMarket } from "../src/AgentMarket.ts"
import { listings } from "../src/Listings.ts"
import * as Server from "../src/Server.ts"

export const [btcUsdt, ethUsdt] = listings.map(({ instrument }) => instrument) as [
  Instrument.Instrument,
  Instrument.Instrument
]

export const accounts = ["alpha", "beta", "poor"].map((name) => ({
  name,
  apiKey: `${name}-key-0123456789`,
  secret: `${name}-secret`,
  balances: name === "poor" ? { USDT: "20" } : { USDT: "1000000", BTC: "10", ETH: "100" }
}))

export const [alpha, beta, poor] = accounts as [
  (typeof accounts)[number],
  (typeof accounts)[number],
  (typeof accounts)[number]
]

const startUs = 1_700_000_000_000_000

export const start = async (options: Partial<Server.ServerOptions> = {}) => {
  const log = AcceptLog.memory()
  const failures: Array<unknown> = []
  const server = await Server.start({
    port: 0,
    accounts,
    markets: listings.map(
      (listing) => (listener: MarketListener) => new AgentMarket({ ...listing, seed: 7, startUs, listener })
    ),
    warmUpUs: 120_000_000,
    faults: true,
    log,
    onFailure: (error) => failures.push(error),
    ...options
  })
  const setFaults = async (rules: ReadonlyArray<Record<string, unknown>>): Promise<void> => {
    const reply = await fetch(`http://127.0.0.1:${server.port}/sim/faults`, {
      method: "PUT",
      body: JSON.stringify({ rules })
    })
    if (!reply.ok) throw new Error(await reply.text())
  }
  return { ...server, log, failures, setFaults }
}

export type TestExchange = Awaited<ReturnType<typeof start>>

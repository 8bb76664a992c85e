/**
 * A whole exchange in this process for tests: a port of its own, two instruments, three accounts, the log in memory.
 */
import * as Instrument from "@outcry/model/Instrument"
import * as AcceptLog from "../src/AcceptLog.ts"
import { AgentMarket } from "../src/AgentMarket.ts"
import * as Server from "../src/Server.ts"

const spec = {
  venue: "sim",
  quote: "USDT",
  version: 1,
  tickSize: "0.01",
  maxQuantity: "9000",
  minNotional: "5",
  maxNotional: "9000000"
}

export const btcUsdt = Instrument.make({
  ...spec,
  symbol: "BTC/USDT",
  base: "BTC",
  lotSize: "0.00001",
  minQuantity: "0.00001"
})
export const ethUsdt = Instrument.make({
  ...spec,
  symbol: "ETH/USDT",
  base: "ETH",
  lotSize: "0.0001",
  minQuantity: "0.0001"
})

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
    markets: [
      (listener) => new AgentMarket({ instrument: btcUsdt, seed: 7, startUs, priceTicks: 6_000_000, listener }),
      (listener) => new AgentMarket({ instrument: ethUsdt, seed: 7, startUs, priceTicks: 300_000, listener })
    ],
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

import http from "node:http"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { binanceConfig } from "../src/ccxt/BinanceConfig.ts"
import * as Transport from "../src/ccxt/Transport.ts"
import { account, type ExchangeProcess, start } from "./ExchangeProcess.ts"
import * as LoopbackGuard from "@outcry/testkit/LoopbackGuard"

interface Ccxt {
  readonly urls: { readonly api: unknown }
  readonly loadMarkets: () => Promise<Record<string, unknown>>
  readonly fetchBalance: () => Promise<Record<string, unknown>>
  readonly fetchTime: () => Promise<number>
  readonly authenticate: (params: { readonly type: string }) => Promise<unknown>
  readonly close: () => Promise<void>
  readonly watchTrades: (symbol: string) => Promise<ReadonlyArray<unknown>>
  readonly watchOrders: () => Promise<ReadonlyArray<unknown>>
  readonly createOrder: (...order: ReadonlyArray<string | undefined>) => Promise<{ readonly id: string }>
}

const load = async (file: string, config: Record<string, unknown>): Promise<Ccxt> => {
  const { default: Binance }: { default: new (config: Record<string, unknown>) => Ccxt } = await import(
    new URL(file, import.meta.resolve("ccxt")).href
  )
  return new Binance(config)
}

const leaves = (tree: unknown): ReadonlyArray<string> =>
  typeof tree === "string" ? [tree] : Object.values(tree ?? {}).flatMap(leaves)

describe("BinanceConfig", () => {
  let exchange: ExchangeProcess
  const { apiKey, secret } = account("alpha")
  const config = () => binanceConfig({ venue: exchange.address, apiKey, secret, replyMs: 2_000 })

  beforeAll(async () => {
    exchange = await start(["alpha"])
  })
  afterAll(() => exchange.stop())

  it("replaces every address that ccxt and ccxt.pro know", async () => {
    for (const file of ["./src/binance.js", "./src/pro/binance.js"]) {
      const addresses = leaves((await load(file, config())).urls.api)
      expect(addresses.length).toBeGreaterThan(20)
      for (const address of addresses) expect(address).toMatch(/^(http|ws):\/\/127\.0\.0\.1:\d+\//)
    }
  })

  it("lets unmodified ccxt and ccxt.pro work with keys without a connection that leaves this machine", async () => {
    const guard = LoopbackGuard.install()
    try {
      const rest = await load("./src/binance.js", config())
      expect(Object.keys(await rest.loadMarkets()).toSorted()).toEqual(["BTC/USDT", "ETH/USDT"])
      expect(await rest.fetchBalance()).toHaveProperty("USDT")
      // ccxt.pro wants an agent of its own for plain `ws://` addresses.
      const pro = await load("./src/pro/binance.js", { ...config(), httpAgent: new http.Agent() })
      expect((await pro.watchTrades("BTC/USDT")).length).toBeGreaterThan(0)
      await pro.authenticate({ type: "spot" })
      const pushed = pro.watchOrders()
      const order = await pro.createOrder("BTC/USDT", "market", "buy", "0.001", undefined)
      expect(order.id).not.toBe("")
      expect((await pushed).length).toBeGreaterThan(0)
      await pro.close()
      expect(guard.violations).toEqual([])
      expect(guard.allowed()).toBeGreaterThan(0)
    } finally {
      guard.remove()
    }
  })

  it("refuses another host, a request without a deadline, one past it and a second one, before anything is sent", async () => {
    const transport = Transport.make({
      restUrl: exchange.address.restUrl,
      read: () => ({ epochUs: 1_000, monotonicUs: 1_000 })
    })
    const url = `${exchange.address.restUrl}/api/v3/time`
    const get = (address = url) =>
      transport.fetch(address, { method: "GET", headers: {}, signal: new AbortController().signal })
    try {
      await expect(get()).rejects.toThrow(/without a deadline/)
      const late = Transport.attemptUntil(1_000)
      await expect(transport.during(late, () => get())).rejects.toThrow(/deadline had passed/)
      expect(late.sent).toBe(false)
      const attempt = Transport.attemptUntil(1_001)
      await expect(transport.during(attempt, () => get("https://api.binance.com/api/v3/time"))).rejects.toThrow(
        /is not the venue/
      )
      expect(attempt.sent).toBe(false)
      const reply = await transport.during(attempt, () => get())
      expect(reply.status).toBe(200)
      expect(attempt).toMatchObject({ sent: true, status: 200 })
      await expect(transport.during(attempt, () => get())).rejects.toThrow(/second request/)
    } finally {
      transport.close()
    }
  })
})

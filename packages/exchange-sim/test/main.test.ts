import { writeFileSync } from "node:fs"
import net from "node:net"
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import { afterAll, afterEach, describe, expect, it } from "vitest"
import * as AcceptLog from "../src/AcceptLog.ts"
import * as CcxtBinance from "./CcxtBinance.ts"
import { ExchangeRuns } from "./ExchangeRun.ts"
import { alpha } from "./TestExchange.ts"

const runs = new ExchangeRuns()
const { folder } = runs
const run = (...args: ReadonlyArray<string>) => runs.start(...args)
afterEach(() => runs.end())
afterAll(() => runs.removeFolder())

describe("the exchange process", () => {
  it("trades with ccxt, logs it, and ends with 0 on SIGTERM", async () => {
    const exchange = run("--accounts", JSON.stringify([alpha]))
    const { port } = await exchange.line("ready")
    const client = CcxtBinance.rest(Number(port), alpha)
    const order = await client.createOrder("ETH/USDT", "market", "buy", 0.5, undefined, { clientOrderId: "by-process" })
    const lines = AcceptLog.read(exchange.log)
    expect(lines.filter((line) => line.type === "order")).toMatchObject([
      { clientOrderId: "by-process", venueOrderId: order.id, symbol: "ETHUSDT", quantity: "0.5000" }
    ])
    expect(lines.some((line) => line.type === "fill")).toBe(true)
    await client.close()
    exchange.child.kill("SIGTERM")
    expect(await exchange.ended).toBe(0)
    expect(exchange.errors()).toBe("")
  })

  it("ends when its parent's pipe closes, if so asked", async () => {
    const exchange = run("--parent-stdin")
    await exchange.line("ready")
    exchange.child.stdin.end()
    expect(await exchange.ended).toBe(0)
  })

  it("replays a recording to its end and says so", async () => {
    const file = join(folder, "recording.gz")
    const startNs = 1_723_161_256_000_000_000n
    const stamp = (ms: number) => String(startNs + BigInt(ms) * 1_000_000n)
    const wrap = (data: Record<string, unknown>, stream: string) => JSON.stringify({ stream, data })
    const frames = [
      `${stamp(0)} ${JSON.stringify({ lastUpdateId: 10, bids: [["60000.00", "1.00000"]], asks: [["60001.00", "1.00000"]] })}`,
      ...Array.from({ length: 20 }, (_, index) =>
        [
          `${stamp(100 * (index + 1))} `,
          wrap(
            {
              e: "depthUpdate",
              E: 1_723_161_256_000 + 100 * index,
              s: "BTCUSDT",
              U: 11 + index,
              u: 11 + index,
              b: [["59999.00", `${index + 1}.00000`]],
              a: []
            },
            "btcusdt@depth@100ms"
          )
        ].join("")
      )
    ]
    writeFileSync(file, gzipSync(`${frames.join("\n")}\n`))
    const exchange = run("--replay", file, "--speed", "max", "--accounts", JSON.stringify([alpha]))
    const { port, symbols } = await exchange.line("ready")
    expect(symbols).toEqual(["BTCUSDT"])
    await exchange.line("ended")
    const client = CcxtBinance.rest(Number(port), alpha)
    const book = await client.fetchOrderBook("BTC/USDT")
    expect(book.bids.slice(0, 2)).toEqual([
      [60_000, 1],
      [59_999, 20]
    ])
    const order = await client.createOrder("BTC/USDT", "limit", "buy", 1.5, 60_001)
    expect(order).toMatchObject({ filled: 1, remaining: 0.5, status: "open" })
    await client.close()
    exchange.child.kill("SIGINT")
    expect(await exchange.ended).toBe(0)
  })

  it.each([
    [["--port", "never"], /--port: "never" is not a whole number/],
    [["--wish"], /Option --wish: Unknown option/],
    [["--speed", "max"], /--speed: max needs --replay/],
    [["--loop"], /--loop: needs --replay/],
    [["--accounts", "[{}]"], /--accounts: must be a list/],
    [["--accounts", "nowhere.json"], /the file nowhere.json cannot be read/],
    [["--accounts", '[{"name":"a","apiKey":"x","secret":"hush-hush","balances":{}}]'], /apiKey of a must have/],
    [["--replay", "nowhere.gz"], /nowhere.gz: there is no such file/],
    [["--keep-idle"], /--keep-idle: needs --replay/],
    [["--live", "binanse"], /--live: "binanse" is neither binance nor two addresses/],
    [["--live", "http://127.0.0.1:1"], /--live: "http:.* is neither/],
    [["--live", "binance", "--replay", "nowhere.gz"], /--live: does not go with --replay/],
    [["--live", "binance", "--speed", "2x"], /--speed: does not go with --live/],
    [["--lockstep"], /--lockstep: needs --replay FILE/],
    [["--lockstep", "--replay", "nowhere.gz", "--speed", "2x"], /--lockstep: does not go with --speed/],
    [["--live", "binance", "--loop"], /--loop: needs --replay FILE: a live source never ends/]
  ])("ends with 2 and one message for %j", async (args, message) => {
    const exchange = run(...args)
    expect(await exchange.ended).toBe(2)
    expect(exchange.errors()).toMatch(message)
    expect(exchange.errors().trim().split("\n").length).toBe(1)
    expect(exchange.errors()).not.toContain("hush-hush")
  })

  it("says that its port is in use", async () => {
    const other = net.createServer()
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve))
    const { port } = other.address() as net.AddressInfo
    const exchange = run("--port", String(port))
    expect(await exchange.ended).toBe(2)
    expect(exchange.errors()).toContain(`Port ${port} of 127.0.0.1 is in use`)
    other.close()
  })
})

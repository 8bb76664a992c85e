/** The exchange as a mirror of another one: both processes of their own, over real sockets of this machine. */
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { join } from "node:path"
import { writeFileSync } from "node:fs"
import ccxt from "ccxt"
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest"
import { WebSocket } from "ws"
import { LiveSource } from "../src/LiveSource.ts"
import * as CcxtBinance from "./CcxtBinance.ts"
import { type ExchangeRun, ExchangeRuns } from "./ExchangeRun.ts"
import * as LoopbackGuard from "@outcry/testkit/LoopbackGuard"
import { diff, snapshot, trade } from "./RecordingFiles.ts"
import * as TestExchange from "./TestExchange.ts"

const runs = new ExchangeRuns()
afterEach(() => runs.end())
afterAll(() => runs.removeFolder())

const addressOf = (port: number) => `http://127.0.0.1:${port},ws://127.0.0.1:${port}`
const accounts = ["--accounts", JSON.stringify([TestExchange.alpha, TestExchange.beta])]

/** A quiet source: the book of a recording that is over, with accounts that move it. */
const quietSource = (...args: ReadonlyArray<string>): ExchangeRun => {
  const file = join(runs.folder, "quiet.txt")
  const bids = [6_000_000, 5_999_900].map((ticks) => [ticks, 100_000] as const)
  const asks = [6_000_100, 6_000_300].map((ticks) => [ticks, 100_000] as const)
  const lines = [snapshot(0, 10, bids, asks), trade(10, "buy", 6_000_100, 5), diff(100, [11, 11], [[5_999_000, 7]], [])]
  writeFileSync(file, lines.join("\n"))
  return runs.start("--replay", file, "--speed", "max", ...args)
}

const get = async (port: number, request: string): Promise<unknown> =>
  (await fetch(`http://127.0.0.1:${port}/api/v3/${request}`)).json()

interface Book {
  readonly lastUpdateId: number
  readonly bids: ReadonlyArray<unknown>
  readonly asks: ReadonlyArray<unknown>
}
const bookOf = async (port: number, symbol = "BTCUSDT"): Promise<Book> =>
  (await get(port, `depth?symbol=${symbol}&limit=1000`)) as Book

/** The source's update id where both show the same whole book at this moment, else undefined. */
const agreedOn = async (source: number, mirror: number, symbol = "BTCUSDT"): Promise<number | undefined> => {
  const [theirs, ours] = await Promise.all([bookOf(source, symbol), bookOf(mirror, symbol)])
  if (theirs.bids.length < 2 || theirs.asks.length < 2) throw new Error(`${symbol} is hardly a book`)
  const same = JSON.stringify([theirs.bids, theirs.asks]) === JSON.stringify([ours.bids, ours.asks])
  return same ? theirs.lastUpdateId : undefined
}

const statuses = async (port: number): Promise<ReadonlyArray<string>> => {
  const info = (await get(port, "exchangeInfo")) as { symbols: ReadonlyArray<{ status: string }> }
  return info.symbols.map(({ status }) => status)
}

interface Print {
  readonly p: string
  readonly q: string
  readonly m: boolean
}

/** Prints as a client of that exchange sees them. */
const printsOf = async (port: number) => {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws/btcusdt@trade`)
  const prints: Array<string> = []
  socket.on("message", (data: Buffer) => {
    const { m, p, q } = JSON.parse(data.toString()) as Print
    prints.push(`${p} ${q} ${m}`)
  })
  await new Promise((resolve) => socket.once("open", resolve))
  return { prints, close: () => socket.terminate() }
}

const soon = { timeout: 25_000, interval: 50 }

describe("a mirror of a live source", () => {
  it("shows the source's own book and ticks, and prints each trade once", async () => {
    const source = await runs.start("--activity", "0.3", "--seed", "5").ready()
    const mirroring = runs.start("--live", addressOf(source))
    const mirror = await mirroring.ready()
    const [theirs, ours] = [await printsOf(source), await printsOf(mirror)]
    for (const symbol of ["BTCUSDT", "ETHUSDT"]) {
      const agreed = new Set<number>()
      const look = async () => {
        const id = await agreedOn(source, mirror, symbol)
        if (id !== undefined) agreed.add(id)
        return agreed.size
      }
      await expect.poll(look, soon).toBeGreaterThanOrEqual(8)
    }
    await expect.poll(() => ours.prints.length, soon).toBeGreaterThanOrEqual(20)
    // The first may have been made before we listened at the source.
    const seen = ours.prints.slice(5, 20)
    const from = theirs.prints.findIndex((_, index) => theirs.prints.slice(index, index + 15).join() === seen.join())
    expect([from >= 0, seen, theirs.prints]).toEqual([true, expect.anything(), expect.arrayContaining(seen)])
    const filters = async (port: number) => {
      const info = (await get(port, "exchangeInfo")) as { symbols: ReadonlyArray<{ symbol: string; filters: unknown }> }
      return info.symbols.map(({ symbol, filters }) => [symbol, filters])
    }
    expect(await filters(mirror)).toEqual(await filters(source))
    theirs.close()
    ours.close()
    mirroring.child.kill("SIGTERM")
    expect([await mirroring.ended, mirroring.errors()]).toEqual([0, ""])
  })

  it("fills a taker at the mirrored touch and a maker when the source prints through it", async () => {
    const sourcing = quietSource(...accounts)
    const source = await sourcing.ready()
    await sourcing.line("ended")
    const mirror = await runs.start("--live", addressOf(source), ...accounts).ready()
    const there = CcxtBinance.rest(source, TestExchange.alpha)
    const here = CcxtBinance.rest(mirror, TestExchange.beta)
    await expect.poll(() => agreedOn(source, mirror), soon).toBeDefined()

    const bought = await here.createOrder("BTC/USDT", "market", "buy", 1.25)
    expect(bought.trades.map(({ amount, price }) => [price, amount])).toEqual([
      [60_001, 1],
      [60_003, 0.25]
    ])
    // The source knows nothing of it, and what was taken here is gone here.
    expect((await bookOf(source)).asks.length).toBe(2)
    expect((await bookOf(mirror)).asks).toEqual([["60003.00000000", "0.75000000"]])

    const behind = await here.createOrder("BTC/USDT", "limit", "buy", 0.5, 60_000)
    const { prints, close } = await printsOf(mirror)
    await there.createOrder("BTC/USDT", "market", "sell", 0.75)
    await expect.poll(() => prints, soon).toEqual(["60000.00000000 0.75000000 true"])
    expect(await here.fetchOrder(String(behind.id), "BTC/USDT")).toMatchObject({ filled: 0, status: "open" })
    await there.createOrder("BTC/USDT", "market", "sell", 0.5)
    await expect.poll(async () => (await here.fetchOrder(String(behind.id), "BTC/USDT")).filled, soon).toBe(0.25)
    expect(prints.slice(1).toSorted()).toEqual(["60000.00000000 0.25000000 true", "60000.00000000 0.25000000 true"])
    await there.createOrder("BTC/USDT", "limit", "sell", 0.1, 59_999)
    await expect.poll(async () => (await here.fetchOrder(String(behind.id), "BTC/USDT")).filled, soon).toBe(0.35)
    close()
    await Promise.all([there.close(), here.close()])
  })

  it("closes for matching while its source is gone, and is whole again when it is back", async () => {
    const sourcing = quietSource()
    const source = await sourcing.ready()
    const mirroring = runs.start("--live", addressOf(source), ...accounts)
    const mirror = await mirroring.ready()
    const client = CcxtBinance.rest(mirror, TestExchange.alpha)
    const kept = await client.createOrder("BTC/USDT", "limit", "buy", 0.5, 50_000)
    const canceled = await client.createOrder("BTC/USDT", "limit", "buy", 0.5, 50_001)
    const before = await bookOf(mirror)

    sourcing.child.kill("SIGKILL")
    await sourcing.ended
    await expect.poll(() => statuses(mirror), soon).toEqual(["BREAK"])
    await expect(client.createOrder("BTC/USDT", "market", "buy", 0.1)).rejects.toBeInstanceOf(ccxt.MarketClosed)
    await expect(client.createOrder("BTC/USDT", "limit", "buy", 0.1, 1_000)).rejects.toThrow("Market is closed.")
    expect((await bookOf(mirror)).asks).toEqual(before.asks)
    expect(await client.cancelOrder(String(canceled.id), "BTC/USDT")).toMatchObject({ status: "canceled" })

    await runs.start("--activity", "0.1", "--port", String(source)).ready()
    await expect.poll(() => statuses(mirror), soon).toEqual(["TRADING"])
    await client.cancelOrder(String(kept.id), "BTC/USDT")
    await expect.poll(() => agreedOn(source, mirror), soon).toBeDefined()
    expect((await client.createOrder("BTC/USDT", "market", "buy", 0.001)).status).toBe("closed")
    expect(mirroring.errors().trim().split("\n")).toEqual([
      expect.stringMatching(`^The live source ws://127.0.0.1:${source} is lost: .* Nothing matches until it is back.$`),
      "The live source is back: every book is whole and open for matching."
    ])
    await client.close()
  })

  describe("whose stream is at fault", () => {
    const lasting = new ExchangeRuns()
    let [source, mirror] = [0, 0]
    let mirroring: ExchangeRun
    beforeAll(async () => {
      source = await lasting.start("--activity", "0.5", "--faults").ready()
      mirroring = lasting.start("--live", addressOf(source))
      mirror = await mirroring.ready()
    })
    afterAll(async () => {
      await lasting.end()
      lasting.removeFolder()
    })
    const setFaults = async (...rules: ReadonlyArray<unknown>): Promise<void> => {
      const url = `http://127.0.0.1:${source}/sim/faults`
      expect((await fetch(url, { method: "PUT", body: JSON.stringify({ rules }) })).status).toBe(200)
    }

    it.each([
      ["streamDisconnect", {}, /is lost: the connection was closed/],
      ["depthDrop", {}, /The book of BTCUSDT cannot be trusted: update \d+ is followed by/],
      ["depthGap", {}, /The book of BTCUSDT cannot be trusted: update \d+ is followed by/],
      ["depthBack", {}, /The book of BTCUSDT cannot be trusted: update \d+ is followed by/],
      ["depthCrossed", {}, /The book of BTCUSDT cannot be trusted: its best bid is not below its best ask/],
      ["streamFreeze", { delayMs: 600_000 }, /is lost: nothing has come from it, not even pongs/]
    ])("says so and builds its book anew after %s", async (kind, more, says) => {
      await expect.poll(() => agreedOn(source, mirror), soon).toBeDefined()
      const before = mirroring.errors().length
      const said = () => mirroring.errors().slice(before).trim().split("\n")
      const whole = "The live source is back: every book is whole and open for matching."
      // A crossed update that a newer best bid and ask has overtaken does no harm, and nothing is said of it.
      let struckMs = -Infinity
      const look = async () => {
        if (said()[0] === "" && performance.now() - struckMs > 8_000) {
          struckMs = performance.now()
          await setFaults({ kind, symbol: "BTCUSDT", count: 1, ...more })
        }
        return said().slice(0, 2)
      }
      await expect.poll(look, soon).toEqual([expect.stringMatching(says), whole])
      await expect.poll(() => statuses(mirror), soon).toEqual(["TRADING", "TRADING"])
      await expect.poll(() => agreedOn(source, mirror), soon).toBeDefined()
      // A machine at work on much else may lose the connection afterwards, and nothing but that; the run then shows it.
      const after = said().slice(2)
      if (after.length > 0) console.log(`after ${kind}: ${after.join("\n")}`)
      expect(after.filter((line) => line !== whole && !line.includes("is lost: "))).toEqual([])
    })

    it("does not take it for live when it sends prints but no longer the book", async () => {
      await setFaults({ kind: "depthDrop", symbol: "BTCUSDT" })
      const says = "the stream of BTCUSDT has stopped while its book moved on"
      await expect.poll(() => mirroring.errors(), soon).toContain(says)
      await setFaults()
      await expect.poll(() => statuses(mirror), soon).toEqual(["TRADING", "TRADING"])
      await expect.poll(() => agreedOn(source, mirror), soon).toBeDefined()
    })
  })
})

describe("a live source that is of no use", () => {
  /** A web server that answers every request alike. */
  const web = async (status: number, body: string) => {
    const server = createServer((_, response) => response.writeHead(status).end(body))
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
    return { port: (server.address() as AddressInfo).port, close: () => server.close() }
  }

  // It tries for ten seconds: the other tests run meanwhile.
  const lasting = new ExchangeRuns()
  let [nobody, unanswered]: [number, ExchangeRun | undefined] = [0, undefined]
  beforeAll(async () => {
    const { close, port } = await web(200, "")
    close()
    nobody = port
    unanswered = lasting.start("--live", addressOf(port))
  })
  afterAll(async () => {
    await lasting.end()
    lasting.removeFolder()
  })

  it.each([
    [404, "", "it answered with HTTP 404. Check that the address"],
    [200, "<html>", "what it says of BTCUSDT cannot be read"],
    [
      200,
      '{"symbols":[{"symbol":"BTCUSDT","baseAsset":"BTC","quoteAsset":"USDT","filters":[]}]}',
      "tickSize is missing"
    ],
    [400, '{"code":-1121,"msg":"Invalid symbol."}', "it lists none of BTCUSDT, ETHUSDT"]
  ])("ends the exchange at once where it answers %i %s", async (status, body, says) => {
    const server = await web(status, body)
    const exchange = runs.start("--live", addressOf(server.port))
    expect(await exchange.ended).toBe(2)
    expect(exchange.errors()).toContain(says)
    expect(exchange.errors().trim().split("\n").length).toBe(1)
    server.close()
  })

  it("says what keeps its streams from being read, and lets go of everything", async () => {
    const guard = LoopbackGuard.install()
    const exchange = await TestExchange.start()
    const { close, port } = await web(404, "")
    const options = {
      symbols: ["BTCUSDT"],
      nowUs: () => Date.now() * 1_000,
      random: () => 0.5,
      notify: () => {}
    }
    const restUrl = `http://127.0.0.1:${exchange.port}`
    const wrong = { restUrl, streamUrl: `ws://127.0.0.1:${port}` }
    await expect(LiveSource.open({ ...options, address: wrong, startWithinMs: 700 })).rejects.toThrow(
      `Live source ws://127.0.0.1:${port}: it cannot be used within 0.7 s (Unexpected server response: 404)`
    )
    const source = await LiveSource.open({
      ...options,
      address: { restUrl, streamUrl: `ws://127.0.0.1:${exchange.port}` }
    })
    expect([source.symbols, source.instruments.map(({ tickSize }) => tickSize)]).toEqual([["btcusdt"], ["0.01"]])
    expect(exchange.streams.clientCount).toBe(1)
    await source.close()
    await expect.poll(() => exchange.streams.clientCount).toBe(0)
    expect([guard.violations, guard.allowed() > 0]).toEqual([[], true])
    guard.remove()
    close()
    await exchange.close()
  })

  it("ends the exchange when its ticks or lots have changed, since orders cannot follow", async () => {
    const { symbols } = (await get(await runs.start().ready(), "exchangeInfo")) as {
      symbols: ReadonlyArray<Record<string, unknown>>
    }
    const sourcing = runs.start()
    const source = await sourcing.ready()
    const mirroring = runs.start("--live", addressOf(source))
    await mirroring.ready()
    sourcing.child.kill("SIGKILL")
    await sourcing.ended
    const changed = JSON.stringify({ symbols }).replaceAll(/"tickSize":"[^"]+"/g, '"tickSize":"0.10"')
    const server = createServer((_, response) => response.end(changed))
    await new Promise<void>((resolve) => server.listen(source, "127.0.0.1", resolve))
    expect(await mirroring.ended).toBe(2)
    expect(mirroring.errors()).toContain("it no longer lists BTC/USDT with the ticks, lots and limits it had")
    server.close()
  })

  it("ends the exchange with 2 and one message where nobody answers", async () => {
    expect(await unanswered!.ended).toBe(2)
    expect(unanswered!.errors()).toMatch(`Live source http://127.0.0.1:${nobody}: it does not answer (connect ECONN`)
    expect(unanswered!.errors().trim().split("\n").length).toBe(1)
  })
})

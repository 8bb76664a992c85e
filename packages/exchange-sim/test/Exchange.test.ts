import * as Amount from "@outcry/model/Amount"
import { SeededRandom } from "@outcry/model/SeededRandom"
import { describe, expect, it } from "vitest"
import { isOpen } from "../src/ExchangeOrder.ts"
import { assets, limit, makeExchange, type Symbol } from "./Heart.ts"
import { btcUsdt } from "./TestExchange.ts"

/** A seeded client that sends anything, sensible or not; refusals are part of it. */
const trade = (seed: number, steps: number) => {
  const made = makeExchange(seed)
  const { advance, exchange } = made
  const random = new SeededRandom(seed)
  const pick = <A>(items: ReadonlyArray<A>): A => items[Math.floor(random.fraction() * items.length)]!
  let refused = 0
  for (let step = 0; step < steps; step++) {
    const account = pick(exchange.accounts)
    const symbol = pick<Symbol>(["BTCUSDT", "ETHUSDT"])
    const { instrument } = exchange.market(symbol)
    const top = exchange.market(symbol).top()
    const ticks = Math.max(1, top.bidTicks + Math.round((random.fraction() - 0.5) * top.bidTicks * 0.002))
    const lots = 1 + Math.floor(random.fraction() ** 3 * (symbol === "BTCUSDT" ? 60_000 : 90_000))
    const type = pick(["LIMIT", "LIMIT", "LIMIT_MAKER", "MARKET"] as const)
    const byQuote = type === "MARKET" && random.fraction() < 0.5
    try {
      if (random.fraction() < 0.25) {
        exchange.cancel(account, pick(exchange.history(account).open(undefined)), `cancel-${step}`)
      } else {
        exchange.place(account, {
          symbol,
          side: pick(["buy", "sell"] as const),
          type,
          timeInForce: type === "LIMIT" ? pick(["GTC", "GTC", "IOC", "FOK"] as const) : "GTC",
          price: type === "MARKET" ? undefined : Amount.format(BigInt(ticks) * instrument.tick),
          quantity: byQuote ? undefined : Amount.format(BigInt(lots) * instrument.lot),
          quoteOrderQty: byQuote
            ? Amount.format(BigInt(1 + Math.floor(random.fraction() * 20_000)) * Amount.from("1"))
            : undefined,
          clientOrderId: `random-${seed}-${step}`
        })
      }
    } catch (error) {
      if (!(error instanceof Error) || !("code" in error)) throw error
      refused++
    }
    advance(Math.floor(random.fraction() * 40))
  }
  return { ...made, refused }
}

describe("the exchange's money", () => {
  it.each([1, 2, 3, 4, 5, 6])("is conserved under seed %i: accounts, crowd and fees sum to what there was", (seed) => {
    const { exchange, executions, refused } = trade(seed, 400)
    expect(executions.length).toBeGreaterThan(50)
    expect(refused).toBeGreaterThan(0)
    const initial: Record<string, Amount.Amount> = {
      USDT: Amount.from("300000"),
      BTC: Amount.from("6"),
      ETH: Amount.from("90")
    }
    for (const asset of assets) {
      let total = exchange.crowd(asset) + exchange.fees(asset)
      for (const account of exchange.accounts) {
        const { free, locked } = account.balance(asset)
        expect(free).toBeGreaterThanOrEqual(0n)
        expect(locked).toBeGreaterThanOrEqual(0n)
        total += free + locked
      }
      expect(total).toBe(initial[asset])
    }
  })

  it.each([11, 12, 13])(
    "is where the executions say, under seed %i, and open orders lock exactly what they need",
    (seed) => {
      const { exchange, executions, log } = trade(seed, 300)
      for (const account of exchange.accounts) {
        const expected = new Map<string, Amount.Amount>([
          ["USDT", Amount.from("100000")],
          ["BTC", Amount.from("2")],
          ["ETH", Amount.from("30")]
        ])
        const move = (asset: string, amount: Amount.Amount) => expected.set(asset, expected.get(asset)! + amount)
        for (const execution of executions) {
          const { order } = execution
          if (order.accountId !== account.id) continue
          const sign = order.side === "buy" ? 1n : -1n
          move(order.instrument.base, sign * BigInt(execution.lots) * order.instrument.lot)
          move("USDT", -sign * BigInt(execution.lots) * BigInt(execution.priceTicks) * order.instrument.tickLot)
          move(execution.commissionAsset, -execution.commission)
        }
        for (const asset of assets) {
          const { free, locked } = account.balance(asset)
          expect(free + locked).toBe(expected.get(asset))
          const needed = exchange
            .history(account)
            .open(undefined)
            .filter((order) => order.reserveAsset === asset)
            .map((order) => {
              const left = BigInt(order.lots - order.executedLots)
              return order.side === "buy"
                ? left * BigInt(order.priceTicks) * order.instrument.tickLot
                : left * order.instrument.lot
            })
          expect(locked).toBe(needed.reduce((sum, amount) => sum + amount, 0n))
        }
      }
      expect(log.lines.filter((line) => line.type === "fill").length).toBe(executions.length)
      expect(new Set(executions.map(({ order, venueTradeId }) => `${order.venueOrderId} ${venueTradeId}`)).size).toBe(
        executions.length
      )
    }
  )
})

describe("the exchange's orders", () => {
  it("locks at the order's price and frees what a better price saves", () => {
    const { exchange } = makeExchange(1)
    const account = exchange.accounts[0]!
    const order = exchange.place(account, limit("buy", "70000", "0.1"))
    expect(order.status).toBe("FILLED")
    expect(account.balance("USDT").locked).toBe(0n)
    expect(account.balance("USDT").free).toBe(Amount.from("100000") - order.executedQuote)
    expect(order.executedQuote).toBeLessThan(Amount.from("7000"))
  })

  it("keeps locked only what the rest of a partly filled order needs", () => {
    const { exchange } = makeExchange(1)
    const account = exchange.accounts[0]!
    const priceTicks = exchange.market("BTCUSDT").top().askTicks + 100
    const order = exchange.place(account, limit("buy", Amount.format(BigInt(priceTicks) * btcUsdt.tick), "1.5"))
    expect(order.status).toBe("PARTIALLY_FILLED")
    expect(order.executedQuote).toBeLessThan(BigInt(order.executedLots) * BigInt(priceTicks) * btcUsdt.tickLot)
    const rest = BigInt(order.lots - order.executedLots) * BigInt(priceTicks) * btcUsdt.tickLot
    expect(account.balance("USDT").locked).toBe(rest)
    expect(account.balance("USDT").free).toBe(Amount.from("100000") - order.executedQuote - rest)
    exchange.cancel(account, order, "cancel")
    expect(account.balance("USDT").locked).toBe(0n)
  })

  it("refuses an order it has no money for, and one whose id is open, leaving nothing behind", () => {
    const { exchange, log } = makeExchange(1)
    const account = exchange.accounts[0]!
    expect(() => exchange.place(account, limit("buy", "50000", "2.1"))).toThrow(/insufficient balance/)
    exchange.place(account, limit("buy", "50000", "0.1", { clientOrderId: "twice" }))
    expect(() => exchange.place(account, limit("buy", "50000", "0.1", { clientOrderId: "twice" }))).toThrow(/Duplicate/)
    expect(log.lines.filter((line) => line.type === "order").length).toBe(1)
    expect(account.balance("USDT").locked).toBe(Amount.from("5000"))
  })

  it("lets another account have the same client id", () => {
    const { exchange } = makeExchange(1)
    const [one, two] = exchange.accounts
    exchange.place(one!, limit("buy", "50000", "0.1", { clientOrderId: "shared" }))
    expect(exchange.place(two!, limit("buy", "50000", "0.1", { clientOrderId: "shared" })).status).toBe("NEW")
  })

  it("does not let one account cancel another's order", () => {
    const { exchange } = makeExchange(1)
    const [one, two] = exchange.accounts
    const order = exchange.place(one!, limit("buy", "50000", "0.1"))
    expect(() => exchange.cancel(two!, order, "theft")).toThrow(/Unknown order/)
    expect(isOpen(order)).toBe(true)
  })

  it("fills two accounts against each other at the resting price, each with its own fee", () => {
    const { exchange } = makeExchange(1)
    const [one, two] = exchange.accounts
    const top = exchange.market("BTCUSDT").top()
    const between = Amount.format(BigInt(top.askTicks - 1) * btcUsdt.tick)
    exchange.place(one!, limit("sell", between, "0.1", { type: "LIMIT_MAKER" }))
    const taken = exchange.place(two!, limit("buy", between, "0.1"))
    expect(taken.status).toBe("FILLED")
    const sold = exchange.history(one!).executions("BTCUSDT")[0]!
    const bought = exchange.history(two!).executions("BTCUSDT")[0]!
    expect(sold).toMatchObject({ maker: true, commissionAsset: "USDT", venueTradeId: bought.venueTradeId })
    expect(bought).toMatchObject({ maker: false, commissionAsset: "BTC", commission: Amount.from("0.0001") })
    expect(exchange.crowd("BTC")).toBe(0n)
  })

  it("logs an order's acceptance before its fills, numbered without a gap", () => {
    const { exchange, log } = makeExchange(1)
    exchange.place(exchange.accounts[0]!, limit("buy", "70000", "1", { timeInForce: "IOC" }))
    expect(log.lines[0]!.type).toBe("order")
    expect(log.lines.slice(1).map(({ type }) => type)).toContain("fill")
    expect(log.lines.map(({ seq }) => seq)).toEqual(log.lines.map((_, index) => index + 1))
  })
})

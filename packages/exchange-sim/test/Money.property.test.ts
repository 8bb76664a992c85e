/** Accounts that send every kind of order there is, sensible or not, and lose nothing by it. */
import * as Amount from "@outcry/model/Amount"
import * as Instrument from "@outcry/model/Instrument"
import { SeededRandom } from "@outcry/model/SeededRandom"
import { describe, expect, it } from "vitest"
import type { Account } from "../src/Account.ts"
import { orderTypes, isMarket, isConditional, isOpen } from "../src/ExchangeOrder.ts"
import type { OrderRequest } from "../src/Filters.ts"
import { assets, makeExchange, type Symbol } from "./Heart.ts"

const modes = ["NONE", "NONE", "EXPIRE_TAKER", "EXPIRE_MAKER", "EXPIRE_BOTH", undefined] as const

const tradeAnything = (seed: number, steps: number) => {
  const made = makeExchange(seed)
  const { advance, exchange } = made
  const random = new SeededRandom(seed)
  const statuses = new Set<string>()
  let count = 0

  const request = (symbol: Symbol, side: "buy" | "sell"): OrderRequest => {
    const { instrument } = exchange.market(symbol)
    const { bidTicks } = exchange.market(symbol).top()
    const near = (reach: number): string =>
      Amount.format(BigInt(bidTicks + Math.round((random.fraction() - 0.5) * bidTicks * reach)) * instrument.tick)
    const type = random.pick(orderTypes)
    const market = isMarket(type)
    const trails = isConditional(type) && random.chance(0.4)
    const byQuote = type === "MARKET" && random.chance(0.4)
    const lots = 1 + Math.floor(random.fraction() ** 3 * (symbol === "BTCUSDT" ? 60_000 : 90_000))
    return {
      symbol,
      side,
      type,
      timeInForce: type === "LIMIT" ? random.pick(["GTC", "GTC", "IOC", "FOK"]) : "GTC",
      price: market ? undefined : near(0.002),
      quantity: byQuote ? undefined : Amount.format(BigInt(lots) * instrument.lot),
      quoteOrderQty: byQuote ? Amount.format(BigInt(random.between(1, 20_000)) * Amount.from("1")) : undefined,
      stopPrice: isConditional(type) && (!trails || random.chance(0.5)) ? near(0.002) : undefined,
      trailingDelta: trails ? random.between(10, 30) : undefined,
      icebergQty:
        !market && random.chance(0.3)
          ? Amount.format(BigInt(Math.ceil(lots / random.between(1, 8))) * instrument.lot)
          : undefined,
      selfTradePreventionMode: random.pick(modes),
      clientOrderId: `random-${seed}-${++count}`
    }
  }

  const act = (account: Account): void => {
    const history = exchange.history(account)
    const open = history.open(undefined)
    const symbol = random.pick<Symbol>(["BTCUSDT", "ETHUSDT"])
    const side = random.pick(["buy", "sell"] as const)
    const what = random.fraction()
    if (what < 0.15) exchange.cancel(account, open.length === 0 ? undefined : random.pick(open), `cancel-${++count}`)
    else if (what < 0.22) {
      const order = open.length === 0 ? undefined : random.pick(open)
      const lots = random.between(1, Math.max(1, order?.lots ?? 1))
      const quantity = order === undefined ? "1" : Instrument.quantityText(order.instrument, lots)
      exchange.amend(account, order, quantity, `amended-${++count}`)
    } else if (what < 0.32) {
      const legs = [request(symbol, side), request(symbol, side)].map((leg) => ({ ...leg, quantity: "0.05" }))
      const types = [random.pick(["LIMIT_MAKER", "TAKE_PROFIT"] as const), "STOP_LOSS" as const]
      const { bidTicks } = exchange.market(symbol).top()
      const { instrument } = exchange.market(symbol)
      const at = (offset: number): string => Amount.format(BigInt(bidTicks + offset) * instrument.tick)
      const away = Math.round(bidTicks * 0.0008) * (side === "buy" ? -1 : 1)
      exchange.placeList(account, {
        listClientOrderId: `list-${++count}`,
        contingencyType: random.chance(0.5) ? "OCO" : "OTO",
        working: undefined,
        ...(random.chance(0.5) && {
          contingencyType: "OTO" as const,
          working: {
            ...request(symbol, side === "buy" ? "sell" : "buy"),
            type: "LIMIT" as const,
            price: at(0),
            quantity: "0.05",
            icebergQty: undefined,
            quoteOrderQty: undefined,
            stopPrice: undefined,
            trailingDelta: undefined
          }
        }),
        legs: legs.map((leg, index) => ({
          ...leg,
          type: types[index]!,
          quoteOrderQty: undefined,
          icebergQty: undefined,
          trailingDelta: undefined,
          price: types[index] === "LIMIT_MAKER" ? at(away) : undefined,
          stopPrice: types[index] === "LIMIT_MAKER" ? undefined : at(index === 0 ? away : -away)
        }))
      })
    } else if (what < 0.36) {
      const executions = history.executions(symbol)
      if (executions.length > 0) exchange.bust(symbol, random.pick(executions).venueTradeId)
    } else exchange.place(account, request(symbol, side))
  }

  for (let step = 0; step < steps; step++) {
    try {
      act(random.pick(exchange.accounts))
    } catch (error) {
      if (!(error instanceof Error) || !("code" in error)) throw error
    }
    for (const { change, order } of made.changes.splice(0)) statuses.add(`${change} ${order.type}`)
    advance(Math.floor(random.fraction() * 40))
  }
  return { ...made, statuses }
}

describe("with every kind of order", () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])("money is conserved and locked only by open orders, under seed %i", (seed) => {
    const { exchange, log, statuses } = tradeAnything(seed, 600)
    const initial: Record<string, string> = { USDT: "300000", BTC: "6", ETH: "90" }
    for (const asset of assets) {
      let total = exchange.crowd(asset) + exchange.fees(asset)
      for (const account of exchange.accounts) {
        const { free, locked } = account.balance(asset)
        const held = exchange
          .history(account)
          .open(undefined)
          .filter((order) => order.reserveAsset === asset)
          .reduce((sum, order) => sum + order.reserved, 0n)
        expect(locked).toBe(held)
        expect(free).toBeGreaterThanOrEqual(0n)
        total += free + locked
      }
      expect(Amount.format(total)).toBe(initial[asset])
    }
    for (const kind of ["EXPIRED_IN_MATCH LIMIT", "REPLACED LIMIT", "EXPIRED LIMIT_MAKER", "NEW TAKE_PROFIT_LIMIT"])
      expect([...statuses]).toContain(kind)
    // What the log says of each order is what the exchange says.
    const traded = new Map<string, bigint>()
    for (const line of log.lines) {
      if (line.type !== "fill" && line.type !== "bust") continue
      const sign = line.type === "fill" ? 1n : -1n
      const key = `${line.account} ${line.venueOrderId}`
      traded.set(key, (traded.get(key) ?? 0n) + sign * Amount.from(line.quantity))
    }
    for (const account of exchange.accounts) {
      for (const symbol of exchange.symbols) {
        for (const order of exchange.history(account).orders(symbol)) {
          const executed = Instrument.baseAmount(order.instrument, order.executedLots)
          expect(traded.get(`${account.name} ${order.venueOrderId}`) ?? 0n).toBe(executed)
        }
      }
    }
    // Nothing stays locked once nothing is open.
    for (const account of exchange.accounts) {
      for (const order of exchange.history(account).open(undefined))
        if (isOpen(order)) exchange.cancel(account, order, "end")
      for (const asset of assets) expect(account.balance(asset).locked).toBe(0n)
    }
  })
})

/** The exchange's heart with two agents' markets, three accounts and a clock of its own. */
import * as AcceptLog from "../src/AcceptLog.ts"
import { AgentMarket } from "../src/AgentMarket.ts"
import { Exchange } from "../src/Exchange.ts"
import type { Execution, ExchangeOrder } from "../src/ExchangeOrder.ts"
import type { OrderRequest } from "../src/Filters.ts"
import type { OrderList } from "../src/OrderLists.ts"
import type { OrderChange } from "../src/OrderWork.ts"
import { btcUsdt, ethUsdt } from "./TestExchange.ts"

const startUs = 1_700_000_000_000_000
const instruments = { BTCUSDT: btcUsdt, ETHUSDT: ethUsdt }
export const assets = ["USDT", "BTC", "ETH"]
export type Symbol = keyof typeof instruments

export const makeExchange = (seed: number, balances = { USDT: "100000", BTC: "2", ETH: "30" }) => {
  let nowUs = startUs
  const log = AcceptLog.memory()
  const executions: Array<Execution> = []
  const changes: Array<{ readonly order: ExchangeOrder; readonly change: OrderChange }> = []
  const lists: Array<OrderList> = []
  const exchange: Exchange = new Exchange({
    accounts: ["one", "two", "three"].map((name) => ({ name, apiKey: `key-of-${name}`, secret: name, balances })),
    makerFeeBps: 7,
    takerFeeBps: 10,
    idBase: 1_000_000,
    log,
    listener: {
      onOrder: (_, order, change) => changes.push({ order: { ...order }, change }),
      onBalances: () => undefined,
      onList: (_, list) => lists.push({ ...list }),
      onExecution: (_, execution) => executions.push(execution)
    },
    nowMs: () => nowUs / 1_000
  })
  for (const [symbol, instrument] of Object.entries(instruments)) {
    const priceTicks = symbol === "BTCUSDT" ? 6_000_000 : 300_000
    const market = new AgentMarket({
      instrument,
      seed,
      startUs,
      priceTicks,
      listener: {
        onBookEvent: (event) => exchange.onBookEvent(symbol, event),
        onDepthChanged: () => undefined,
        onTrade: ({ priceTicks }) => exchange.onTrade(symbol, priceTicks),
        onTop: () => undefined,
        onSettled: (timeUs) => exchange.onSettled(timeUs)
      }
    })
    exchange.list(symbol, market, () => nowUs)
  }
  const advance = (ms: number): void => {
    nowUs += ms * 1_000
    for (const symbol of exchange.symbols) exchange.market(symbol).advanceTo(nowUs)
  }
  advance(2_000)
  return { exchange, log, executions, changes, lists, advance }
}

let ids = 0

/** An order for BTC/USDT, of type LIMIT unless it says another. */
export const limit = (
  side: "buy" | "sell",
  price: string | undefined,
  quantity: string,
  more: Partial<OrderRequest> = {}
): OrderRequest => ({
  symbol: "BTCUSDT",
  side,
  type: "LIMIT",
  timeInForce: "GTC",
  price,
  quantity,
  quoteOrderQty: undefined,
  clientOrderId: `order-${++ids}`,
  ...more
})

/**
 * What an account has ordered and traded, by every key it can be asked for. Bounded: the oldest closed orders and
 * executions are forgotten past their limits; open orders never are.
 */
import type { Execution, ExchangeOrder } from "./ExchangeOrder.ts"
import { isOpen } from "./ExchangeOrder.ts"

const ordersMost = 100_000
const executionsMost = 200_000

export class OrderHistory {
  readonly #open = new Map<number, ExchangeOrder>()
  readonly #openByClientId = new Map<string, ExchangeOrder>()
  readonly #byVenueId = new Map<number, ExchangeOrder>()
  readonly #latestByClientId = new Map<string, ExchangeOrder>()
  #executions: Array<Execution> = []

  add(order: ExchangeOrder): void {
    this.#byVenueId.set(order.venueOrderId, order)
    this.#latestByClientId.set(order.clientOrderId, order)
    this.#open.set(order.venueOrderId, order)
    this.#openByClientId.set(order.clientOrderId, order)
    if (this.#byVenueId.size <= ordersMost) return
    for (const [id, oldest] of this.#byVenueId) {
      if (isOpen(oldest)) continue
      this.#byVenueId.delete(id)
      if (this.#latestByClientId.get(oldest.clientOrderId) === oldest) {
        this.#latestByClientId.delete(oldest.clientOrderId)
      }
      break
    }
  }

  /** To be called once an order is no longer open: its client id may be used again. */
  close(order: ExchangeOrder): void {
    this.#open.delete(order.venueOrderId)
    if (this.#openByClientId.get(order.clientOrderId) === order) this.#openByClientId.delete(order.clientOrderId)
  }

  /** An amendment may give an open order another client id. */
  rename(order: ExchangeOrder, clientOrderId: string): void {
    if (this.#openByClientId.get(order.clientOrderId) === order) this.#openByClientId.delete(order.clientOrderId)
    if (this.#latestByClientId.get(order.clientOrderId) === order) this.#latestByClientId.delete(order.clientOrderId)
    order.clientOrderId = clientOrderId
    this.#openByClientId.set(clientOrderId, order)
    this.#latestByClientId.set(clientOrderId, order)
  }

  addExecution(execution: Execution): void {
    this.#executions.push(execution)
    if (this.#executions.length > 2 * executionsMost) this.#executions = this.#executions.slice(-executionsMost)
  }

  /** Takes an execution out that was busted; undefined where there is none of that id. */
  removeExecution(symbol: string, venueTradeId: number): Execution | undefined {
    const index = this.#executions.findLastIndex(
      (execution) => execution.venueTradeId === venueTradeId && execution.order.symbol === symbol
    )
    return index < 0 ? undefined : this.#executions.splice(index, 1)[0]
  }

  /** The latest execution of that id. */
  execution(symbol: string, venueTradeId: number): Execution | undefined {
    return this.#executions.findLast(
      (execution) => execution.venueTradeId === venueTradeId && execution.order.symbol === symbol
    )
  }

  openByClientId(clientOrderId: string): ExchangeOrder | undefined {
    return this.#openByClientId.get(clientOrderId)
  }

  /** By the venue's id, which then must bear the client id if that is given too; else the latest of that client id. */
  find(symbol: string, venueOrderId: number | undefined, clientOrderId: string | undefined): ExchangeOrder | undefined {
    const order =
      venueOrderId === undefined ? this.#latestByClientId.get(clientOrderId ?? "") : this.#byVenueId.get(venueOrderId)
    if (order === undefined || order.symbol !== symbol) return undefined
    if (clientOrderId !== undefined && order.clientOrderId !== clientOrderId) return undefined
    return order
  }

  get openCount(): number {
    return this.#open.size
  }

  open(symbol: string | undefined): ReadonlyArray<ExchangeOrder> {
    return [...this.#open.values()].filter((order) => symbol === undefined || order.symbol === symbol)
  }

  /** Oldest first. */
  orders(symbol: string): ReadonlyArray<ExchangeOrder> {
    return [...this.#byVenueId.values()].filter((order) => order.symbol === symbol)
  }

  /** Oldest first. */
  executions(symbol: string): ReadonlyArray<Execution> {
    return this.#executions.filter((execution) => execution.order.symbol === symbol)
  }

  /** Oldest first; searched from the latest, where those of a new order are. */
  executionsOf(order: ExchangeOrder): ReadonlyArray<Execution> {
    const found: Array<Execution> = []
    let lots = 0
    for (let index = this.#executions.length - 1; index >= 0 && lots < order.executedLots; index--) {
      const execution = this.#executions[index]!
      if (execution.order !== order) continue
      found.push(execution)
      lots += execution.lots
    }
    return found.toReversed()
  }
}

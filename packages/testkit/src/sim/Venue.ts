/**
 * The venue of a simulated world: the exchange's own core in memory behind a gate that fails as real ones do. It refuses
 * requests outside their window by its own clock, answers errors before and after it worked them, limits, goes down, lists
 * orders and fills a little late, and pushes reports twice, late, out of order or not at all.
 */
import { ApiError } from "@outcry/exchange-sim/ApiError"
import type { AccountSpec } from "@outcry/exchange-sim/Account"
import type { Execution, ExchangeOrder } from "@outcry/exchange-sim/ExchangeOrder"
import type { OrderRequest } from "@outcry/exchange-sim/Filters"
import { InMemoryExchange, type OrderName, type UserEvent } from "@outcry/exchange-sim/InMemoryExchange"
import type { Instrument } from "@outcry/model/Instrument"
import type { SeededRandom } from "@outcry/model/SeededRandom"
import type { World } from "./World.ts"

/** How the gate behaves; chances per request or per report. */
export interface GateWeather {
  /** 5xx before anything was worked. */
  errorBefore: number
  /** 5xx although it was worked. */
  errorAfter: number
  limited: number
  reportLost: number
  reportRepeated: number
  reportLate: number
}

export const fair: GateWeather = {
  errorBefore: 0,
  errorAfter: 0,
  limited: 0,
  reportLost: 0,
  reportRepeated: 0,
  reportLate: 0
}

export type Served<A> =
  | { readonly _tag: "Ok"; readonly value: A; readonly venueUs: number }
  | { readonly _tag: "Refused"; readonly code: string; readonly reason: string; readonly venueUs: number }
  | { readonly _tag: "Unclear"; readonly reason: string }

export interface Worked {
  readonly order: ExchangeOrder
  readonly fills: ReadonlyArray<Execution>
}

/** Until when a request may be worked, by the venue's clock. */
export interface Stamp {
  readonly timestampMs: number
  readonly recvWindowMs: number
}

type Push = (report: Worked) => void

const pumpUs = 25_000
const lateUsMax = 900_000
/** How far in the venue's future a request's time may be. */
const aheadMs = 1_000

export class SimulatedVenue {
  readonly exchange: InMemoryExchange
  weather: GateWeather = fair
  isDown = false
  private readonly world: World
  private readonly random: SeededRandom
  private readonly listeners = new Map<string, Set<Push>>()
  /** Orders and fills are listed this much after they happened. */
  private readonly lagMs: number
  private pushed: Array<UserEvent> = []

  constructor(world: World, accounts: ReadonlyArray<AccountSpec>, instruments: 1 | 2) {
    this.world = world
    this.random = world.chanceFor("venue")
    this.lagMs = this.random.pick([0, 20, 400])
    this.exchange = new InMemoryExchange({
      seed: this.random.bits(),
      startMs: Math.floor(world.nowUs / 1000),
      accounts,
      instruments,
      activity: 0.6,
      onEvent: (event) => this.pushed.push(event)
    })
    this.pump()
  }

  get instruments(): ReadonlyArray<Instrument> {
    return this.exchange.instruments
  }

  listen(account: string, push: Push): () => void {
    const set = this.listeners.get(account) ?? new Set()
    this.listeners.set(account, set)
    set.add(push)
    return () => set.delete(push)
  }

  place(account: string, request: OrderRequest, stamp: Stamp): Served<Worked> {
    return this.serve(stamp, () => {
      const order = this.exchange.place(account, request)
      this.world.note("venue", `accepts ${request.clientOrderId} of ${account}`)
      return { order, fills: this.fillsOf(account, order, Infinity) }
    })
  }

  cancel(account: string, name: OrderName, stamp: Stamp): Served<ExchangeOrder> {
    return this.serve(stamp, () => {
      const order = this.exchange.cancel(account, name, "")
      this.world.note("venue", `cancels ${order.clientOrderId}`)
      return order
    })
  }

  /** What is listed of orders in an instrument, then the order asked for, as a client would ask one after the other. */
  lookup(account: string, name: OrderName, stamp: Stamp): Served<ReadonlyArray<Worked>> {
    return this.serve(stamp, () => {
      const asked = this.exchange.query(account, name)
      const orders = [...this.exchange.openOrders(account, name.symbol), ...(asked === undefined ? [] : [asked])]
      const listedMs = this.listedMs
      return orders
        .filter((order) => order.timeMs <= listedMs)
        .map((order) => ({ order, fills: this.fillsOf(account, order, listedMs) }))
    })
  }

  openOrders(account: string, stamp: Stamp): Served<ReadonlyArray<ExchangeOrder>> {
    return this.serve(stamp, () => {
      const listedMs = this.listedMs
      return this.exchange.openOrders(account).filter((order) => order.timeMs <= listedMs)
    })
  }

  fills(account: string, symbol: string, fromId: number, stamp: Stamp): Served<ReadonlyArray<Execution>> {
    return this.serve(stamp, () => {
      const listedMs = this.listedMs
      return this.exchange.myTrades(account, symbol, fromId).filter((execution) => execution.timeMs <= listedMs)
    })
  }

  balances(account: string, stamp: Stamp) {
    return this.serve(stamp, () => this.exchange.balances(account))
  }

  private get listedMs(): number {
    return this.exchange.nowMs - this.lagMs
  }

  private fillsOf(account: string, order: ExchangeOrder, untilMs: number): ReadonlyArray<Execution> {
    if (order.executedLots === 0) return []
    return this.exchange
      .myTrades(account, order.symbol)
      .filter(({ order: of, timeMs }) => of.venueOrderId === order.venueOrderId && timeMs <= untilMs)
  }

  private serve<A>({ recvWindowMs, timestampMs }: Stamp, work: () => A): Served<A> {
    const { random, weather } = this
    this.advance()
    if (this.isDown) return { _tag: "Unclear", reason: "HTTP 503" }
    const { nowMs } = this.exchange
    const venueUs = this.world.nowUs
    const refused = (code: string, reason: string): Served<A> => ({ _tag: "Refused", code, reason, venueUs })
    if (random.chance(weather.limited)) return refused("-1003", "Too much request weight used.")
    if (timestampMs > nowMs + aheadMs || nowMs - timestampMs > recvWindowMs)
      return refused("-1021", "Timestamp for this request is outside of the recvWindow.")
    if (random.chance(weather.errorBefore)) return { _tag: "Unclear", reason: "HTTP 503" }
    try {
      const value = work()
      this.deliver()
      return this.isDown || random.chance(weather.errorAfter)
        ? { _tag: "Unclear", reason: "HTTP 504" }
        : { _tag: "Ok", value, venueUs }
    } catch (error) {
      if (error instanceof ApiError) return refused(String(error.code), error.msg)
      throw error
    }
  }

  private advance(): void {
    this.exchange.advance(Math.floor(this.world.nowUs / 1000))
    this.deliver()
  }

  private pump(): void {
    this.advance()
    this.world.after(pumpUs, () => this.pump())
  }

  private deliver(): void {
    if (this.pushed.length === 0) return
    const events = this.pushed
    this.pushed = []
    for (const event of events) {
      if (event.type === "balances") continue
      const report: Worked =
        event.type === "execution"
          ? { order: event.execution.order, fills: [event.execution] }
          : { order: event.order, fills: [] }
      if (event.type === "execution")
        this.world.note("venue", `fills ${report.order.clientOrderId} ${event.execution.venueTradeId}`)
      for (const push of this.listeners.get(event.account) ?? []) this.push(report, push)
    }
  }

  private push(report: Worked, push: Push): void {
    const { random, weather, world } = this
    if (this.isDown || random.chance(weather.reportLost)) return
    for (let copies = random.chance(weather.reportRepeated) ? 2 : 1; copies > 0; copies--) {
      const delayUs = random.chance(weather.reportLate) ? random.between(1_000, lateUsMax) : random.between(100, 800)
      world.after(delayUs, () => push(report))
    }
  }
}

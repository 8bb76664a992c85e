/**
 * The work of bench `matching`: commands for one book in the mix that exchange-core publishes of its own tests (9 % new
 * GTC limit orders, 3 % new IOC, 6 % cancels, 82 % moves), made by running them once, so that each names an order that
 * rests at that moment. Reproducible from its seed. Packed: a command is five whole numbers.
 */
import type { BookEvent, MatchingEngine, NewOrder } from "@outcry/matching/MatchingEngine"
import { OrderBook } from "@outcry/matching/OrderBook"
import { SeededRandom } from "@outcry/model/SeededRandom"

export interface MatchingFlow {
  /** Limit orders that rest before the first command, `[id, buy?, ticks, lots, …]`. */
  readonly resting: Int32Array
  /** `[kind, id, buy?, ticks, lots, …]`. */
  readonly commands: Int32Array
  /** Of the book after all commands. */
  readonly hash: string
  /** Commands that traded, as a part of all. */
  readonly trading: number
}

export const kinds = { limit: 0, ioc: 1, cancel: 2, move: 3 } as const
const fields = 5
const middleTicks = 1_000_000

/** The side's price so many ticks away from the middle; most orders are near it. */
const priceOf = (random: SeededRandom, buys: boolean, width: number, middle: number): number => {
  const away = 1 + Math.floor(width * random.fraction() ** 2)
  return buys ? middle - away : middle + away
}

type Scratch = { -readonly [Key in keyof NewOrder]: NewOrder[Key] }

const scratch = (): Scratch => ({
  orderId: 0,
  ownerId: 1,
  side: "buy",
  type: "limit",
  priceTicks: 0,
  lots: 0,
  quoteTickLots: 0,
  timeInForce: "GTC",
  postOnly: false,
  displayLots: 0,
  selfTrade: "NONE"
})

/** Puts the resting orders of a flow into a book. */
export const fill = (engine: MatchingEngine, { resting }: MatchingFlow): void => {
  const order = scratch()
  for (let at = 0; at < resting.length; at += 4) {
    order.orderId = resting[at]!
    order.side = resting[at + 1] === 1 ? "buy" : "sell"
    order.priceTicks = resting[at + 2]!
    order.lots = resting[at + 3]!
    engine.submit(order, () => undefined)
  }
}

/** Works through the first `count` commands and gives their number. */
export const work = (
  engine: MatchingEngine,
  { commands }: MatchingFlow,
  count: number,
  emit: (event: BookEvent) => void
): number => {
  const order = scratch()
  const end = Math.min(commands.length, count * fields)
  for (let at = 0; at < end; at += fields) {
    const kind = commands[at]!
    const orderId = commands[at + 1]!
    if (kind === kinds.move) engine.move(orderId, commands[at + 3]!, commands[at + 4]!, emit)
    else if (kind === kinds.cancel) engine.cancel(orderId, emit)
    else {
      order.orderId = orderId
      order.timeInForce = kind === kinds.ioc ? "IOC" : "GTC"
      order.side = commands[at + 2] === 1 ? "buy" : "sell"
      order.priceTicks = commands[at + 3]!
      order.lots = commands[at + 4]!
      engine.submit(order, emit)
    }
  }
  return end / fields
}

/** `resting` orders stand at the start, and about as many all the time; three quarters as many prices, as published. */
export const matchingFlow = (seed: number, resting: number, commands: number): MatchingFlow => {
  const random = new SeededRandom(seed)
  const width = Math.max(20, Math.round(resting * 0.6))
  const book = new OrderBook({ maxOrders: resting * 4 + 1_000 })
  const live: Array<number> = []
  const places = new Map<number, number>()
  let trades = 0
  let traded = false
  const gone = (orderId: number): void => {
    const place = places.get(orderId)
    if (place === undefined) return
    places.delete(orderId)
    const last = live.pop()!
    if (last === orderId) return
    live[place] = last
    places.set(last, place)
  }
  const emit = (event: BookEvent): void => {
    if (event.type === "match") {
      traded = true
      if (event.makerRemainingLots === 0) gone(event.makerOrderId)
      if (event.takerRemainingLots === 0) gone(event.takerOrderId)
    } else if (event.type === "removed") gone(event.orderId)
    else if (event.type === "rested" && !places.has(event.orderId)) {
      places.set(event.orderId, live.length)
      live.push(event.orderId)
    }
  }
  let middle = middleTicks
  let nextId = 0
  const order = scratch()
  const standing = new Int32Array(resting * 4)
  for (let at = 0; at < standing.length; at += 4) {
    const buys = random.chance(0.5)
    order.orderId = ++nextId
    order.side = buys ? "buy" : "sell"
    order.priceTicks = priceOf(random, buys, width, middle)
    order.lots = random.between(1, 100)
    standing.set([order.orderId, buys ? 1 : 0, order.priceTicks, order.lots], at)
    book.submit(order, emit)
  }
  const packed = new Int32Array(commands * fields)
  for (let at = 0; at < packed.length; at += fields) {
    if (random.chance(0.01)) middle += random.pick([-1, 1])
    const choice = random.fraction()
    traded = false
    const kind = choice < 0.09 ? kinds.limit : choice < 0.12 ? kinds.ioc : choice < 0.18 ? kinds.cancel : kinds.move
    const known = kind === kinds.cancel || kind === kinds.move ? live[random.between(0, live.length - 1)] : undefined
    const found = known === undefined ? undefined : book.find(known)
    const buys = found === undefined ? random.chance(0.5) : found.side === "buy"
    // Trades take away what new orders bring beyond the cancels, so that the book keeps its size.
    const full = live.length >= resting
    const crossing = kind === kinds.ioc || (kind === kinds.move && full && random.chance(0.06))
    const ticks = crossing
      ? ((buys ? book.bestAskTicks() : book.bestBidTicks()) ?? middle)
      : priceOf(random, buys, width, middle)
    const lots = found?.lots ?? random.between(1, kind === kinds.ioc && !full ? 20 : 100)
    const one = new Int32Array([kind, found?.orderId ?? ++nextId, buys ? 1 : 0, ticks, lots])
    packed.set(one, at)
    work(book, { resting: standing, commands: one, hash: "", trading: 0 }, 1, emit)
    if (traded) trades += 1
  }
  return { resting: standing, commands: packed, hash: book.hash(), trading: trades / commands }
}

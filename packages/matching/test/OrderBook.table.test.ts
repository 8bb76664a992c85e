/**
 * The matching rules as tables: a book, what arrives, what trades, the book after.
 *
 * A book is written best price last for asks and first for bids, as on a screen: `ask 103  5:1 2:2` is a level at 103 with
 * order 1 of 5 lots before order 2 of 2 lots (`lots:orderId`).
 */
import { describe, expect, it } from "vitest"
import { type BookEvent, type MatchingEngine, type NewOrder, selfTradePreventions } from "../src/MatchingEngine.ts"
import { NaiveBook } from "../src/NaiveBook.ts"
import { OrderBook } from "../src/OrderBook.ts"

const order = (text: string, orderId: number): NewOrder => {
  const [side, size, priceOrMarket, ...flags] = text.split(" ")
  const market = priceOrMarket === "market"
  const byQuote = size!.startsWith("$")
  const timeInForce = flags.includes("FOK") ? "FOK" : flags.includes("IOC") ? "IOC" : "GTC"
  return {
    orderId,
    ownerId: 1,
    side: side === "buy" ? "buy" : "sell",
    type: market ? "market" : "limit",
    priceTicks: market ? 0 : Number(priceOrMarket),
    lots: byQuote ? 0 : Number(size),
    quoteTickLots: byQuote ? Number(size!.slice(1)) : 0,
    timeInForce,
    postOnly: flags.includes("post-only"),
    displayLots: Number(flags.find((flag) => flag.startsWith("shows-"))?.slice("shows-".length) ?? 0),
    selfTrade: selfTradePreventions.find((mode) => flags.includes(mode)) ?? "NONE"
  }
}

/** Fills a fresh engine from the picture of a book. */
const stand = (engine: MatchingEngine, picture: ReadonlyArray<string>): void => {
  for (const line of picture) {
    const [side, priceTicks, ...queue] = line.split(/\s+/)
    for (const entry of queue) {
      const [lots, orderId, shows] = entry.split(":")
      const shown = shows === undefined ? "" : ` shows-${shows}`
      engine.submit(
        order(`${side === "bid" ? "buy" : "sell"} ${lots} ${priceTicks}${shown}`, Number(orderId)),
        () => {}
      )
    }
  }
}

/** The picture of a book, level by level; queues are read by taking them apart. */
const picture = (engine: MatchingEngine): ReadonlyArray<string> => {
  const { bids, asks } = engine.depth(100)
  const drain = (side: "bid" | "ask", levels: ReadonlyArray<number>): ReadonlyArray<string> => {
    const lines: Array<string> = []
    for (let index = 0; index < levels.length; index += 2) {
      const queue: Array<string> = []
      const taker = order(`${side === "bid" ? "sell" : "buy"} ${levels[index + 1]} ${levels[index]} IOC`, 999)
      engine.submit(taker, (event) => {
        if (event.type === "match") queue.push(`${event.lots}:${event.makerOrderId}`)
      })
      lines.push(`${side} ${levels[index]}  ${queue.join(" ")}`)
    }
    return lines
  }
  return [...drain("ask", asks).toReversed(), ...drain("bid", bids)]
}

const told = (event: BookEvent): string => {
  if (event.type === "match") return `${event.lots} at ${event.priceTicks} with ${event.makerOrderId}`
  if (event.type === "rested") return `rests ${event.lots} at ${event.priceTicks}`
  if (event.type === "prevented") return `prevented ${event.lots} of ${event.orderId} with ${event.counterOrderId}`
  if (event.type === "removed") return `${event.reason} ${event.lots}`
  return event.type === "reduced" ? `reduced to ${event.lots}` : event.reason
}

interface Row {
  readonly rule: string
  readonly before: ReadonlyArray<string>
  /** An order, `cancel ID`, `reduce ID LOTS` or `move ID PRICE LOTS`. What arrives has id 9. */
  readonly arrives: string
  readonly tells: ReadonlyArray<string>
  readonly after: ReadonlyArray<string>
}

const book = ["ask 103  4:4", "ask 102  5:1 2:2", "ask 101  1:3", "bid 99  6:5 3:6", "bid 98  8:7"]
const asks = book.slice(0, 3)
const bids = book.slice(3)

const table: ReadonlyArray<Row> = [
  {
    rule: "a limit order behind the touch rests",
    before: book,
    arrives: "buy 2 97",
    tells: ["rests 2 at 97"],
    after: [...book, "bid 97  2:9"]
  },
  {
    rule: "a limit order at a price that has a queue rests at its end",
    before: book,
    arrives: "buy 2 99",
    tells: ["rests 2 at 99"],
    after: [...asks, "bid 99  6:5 3:6 2:9", "bid 98  8:7"]
  },
  {
    rule: "a better limit order opens a level inside the spread",
    before: book,
    arrives: "sell 2 100",
    tells: ["rests 2 at 100"],
    after: [...asks, "ask 100  2:9", ...bids]
  },
  {
    rule: "a crossing limit order takes the best price first, at the makers' prices",
    before: book,
    arrives: "buy 3 102",
    tells: ["1 at 101 with 3", "2 at 102 with 1"],
    after: ["ask 103  4:4", "ask 102  3:1 2:2", ...bids]
  },
  {
    rule: "a maker filled in part keeps its place in the queue",
    before: book,
    arrives: "sell 5 99",
    tells: ["5 at 99 with 5"],
    after: [...asks, "bid 99  1:5 3:6", "bid 98  8:7"]
  },
  {
    rule: "a crossing order that sweeps its limit rests with what is left",
    before: book,
    arrives: "sell 10 99",
    tells: ["6 at 99 with 5", "3 at 99 with 6", "rests 1 at 99"],
    after: [...asks, "ask 99  1:9", "bid 98  8:7"]
  },
  {
    rule: "a market order goes through the levels",
    before: book,
    arrives: "buy 7 market",
    tells: ["1 at 101 with 3", "5 at 102 with 1", "1 at 102 with 2"],
    after: ["ask 103  4:4", "ask 102  1:2", ...bids]
  },
  {
    rule: "a market order larger than the book expires with its rest",
    before: book,
    arrives: "sell 20 market",
    tells: ["6 at 99 with 5", "3 at 99 with 6", "8 at 98 with 7", "expired 3"],
    after: asks
  },
  {
    rule: "a market order without anyone to trade with is refused",
    before: asks,
    arrives: "sell 1 market",
    tells: ["NoLiquidity"],
    after: asks
  },
  {
    rule: "a market order by quote amount buys whole lots for it and keeps the change",
    before: book,
    arrives: "buy $400 market",
    tells: ["1 at 101 with 3", "2 at 102 with 1"],
    after: ["ask 103  4:4", "ask 102  3:1 2:2", ...bids]
  },
  {
    rule: "a market order by quote amount too small for one lot expires",
    before: book,
    arrives: "buy $100 market",
    tells: ["expired 0"],
    after: book
  },
  {
    rule: "a market order by quote amount expires where the book runs out",
    before: book,
    arrives: "sell $99999 market",
    tells: ["6 at 99 with 5", "3 at 99 with 6", "8 at 98 with 7", "expired 0"],
    after: asks
  },
  {
    rule: "an IOC order never rests",
    before: book,
    arrives: "buy 4 101 IOC",
    tells: ["1 at 101 with 3", "expired 3"],
    after: ["ask 103  4:4", "ask 102  5:1 2:2", ...bids]
  },
  {
    rule: "an IOC order that reaches nothing expires whole",
    before: book,
    arrives: "buy 4 100 IOC",
    tells: ["expired 4"],
    after: book
  },
  {
    rule: "a FOK order that can be filled is filled",
    before: book,
    arrives: "buy 8 102 FOK",
    tells: ["1 at 101 with 3", "5 at 102 with 1", "2 at 102 with 2"],
    after: ["ask 103  4:4", ...bids]
  },
  {
    rule: "a FOK order one lot too large does nothing",
    before: book,
    arrives: "buy 9 102 FOK",
    tells: ["FillOrKillUnfilled"],
    after: book
  },
  {
    rule: "a post-only order that would trade is refused",
    before: book,
    arrives: "buy 1 101 post-only",
    tells: ["PostOnlyWouldTrade"],
    after: book
  },
  {
    rule: "a post-only order that does not trade rests",
    before: book,
    arrives: "buy 1 100 post-only",
    tells: ["rests 1 at 100"],
    after: [...asks, "bid 100  1:9", ...bids]
  },
  {
    rule: "a cancel takes the order out of the middle of its queue",
    before: ["bid 99  1:1 2:2 3:3"],
    arrives: "cancel 2",
    tells: ["canceled 2"],
    after: ["bid 99  1:1 3:3"]
  },
  {
    rule: "a cancel of the last order of a level removes the level",
    before: book,
    arrives: "cancel 3",
    tells: ["canceled 1"],
    after: [book[0]!, book[1]!, ...bids]
  },
  { rule: "a cancel of an unknown order does nothing", before: book, arrives: "cancel 77", tells: [], after: book },
  {
    rule: "a reduced order keeps its place",
    before: book,
    arrives: "reduce 5 2",
    tells: ["reduced to 2"],
    after: [...asks, "bid 99  2:5 3:6", "bid 98  8:7"]
  },
  {
    rule: "an order cannot be reduced to as much or more",
    before: book,
    arrives: "reduce 5 6",
    tells: [],
    after: book
  },
  { rule: "an order cannot be reduced to nothing", before: book, arrives: "reduce 5 0", tells: [], after: book },
  {
    rule: "a move to fewer lots at its price keeps its place",
    before: book,
    arrives: "move 5 99 2",
    tells: ["reduced to 2"],
    after: [...asks, "bid 99  2:5 3:6", "bid 98  8:7"]
  },
  {
    rule: "a move to more lots loses its place",
    before: book,
    arrives: "move 5 99 7",
    tells: ["rests 7 at 99"],
    after: [...asks, "bid 99  3:6 7:5", "bid 98  8:7"]
  },
  {
    rule: "a move to another price goes to the end of the queue there",
    before: book,
    arrives: "move 5 98 6",
    tells: ["rests 6 at 98"],
    after: [...asks, "bid 99  3:6", "bid 98  8:7 6:5"]
  },
  {
    rule: "a move across the spread trades and rests with what is left",
    before: book,
    arrives: "move 5 101 6",
    tells: ["1 at 101 with 3", "rests 5 at 101"],
    after: [book[0]!, book[1]!, "bid 101  5:5", "bid 99  3:6", "bid 98  8:7"]
  },
  { rule: "a move of an unknown order does nothing", before: book, arrives: "move 77 99 1", tells: [], after: book },
  {
    rule: "an iceberg shows a part and its refills go to the end of the queue",
    before: ["bid 99  6:1:2 3:2"],
    arrives: "sell 4 99 IOC",
    tells: ["2 at 99 with 1", "2 at 99 with 2"],
    // Order 1 stands behind order 2 with what it shows; the picture takes only what is shown.
    after: ["bid 99  1:2 2:1"]
  },
  {
    rule: "a large taker gets the hidden lots too, round by round",
    before: ["bid 99  5:1:2 1:2"],
    arrives: "sell 9 99 IOC",
    tells: ["2 at 99 with 1", "1 at 99 with 2", "2 at 99 with 1", "1 at 99 with 1", "expired 3"],
    after: []
  },
  {
    rule: "a FOK order counts on hidden lots",
    before: ["bid 99  5:1:2"],
    arrives: "sell 5 99 FOK",
    tells: ["2 at 99 with 1", "2 at 99 with 1", "1 at 99 with 1"],
    after: []
  },
  {
    rule: "EXPIRE_TAKER ends the taker before it trades with its owner",
    before: book,
    arrives: "buy 3 102 EXPIRE_TAKER",
    tells: ["prevented 3 of 9 with 3"],
    after: book
  },
  {
    rule: "EXPIRE_MAKER takes the owner's orders out of the way",
    before: book,
    arrives: "buy 3 101 EXPIRE_MAKER",
    tells: ["prevented 1 of 3 with 9", "rests 3 at 101"],
    after: [book[0]!, book[1]!, "bid 101  3:9", ...bids]
  },
  {
    rule: "EXPIRE_BOTH ends both",
    before: book,
    arrives: "buy 3 102 EXPIRE_BOTH",
    tells: ["prevented 1 of 3 with 9", "prevented 3 of 9 with 3"],
    after: [book[0]!, book[1]!, ...bids]
  },
  {
    rule: "a FOK order that self-trade prevention would end does nothing",
    before: book,
    arrives: "buy 3 102 FOK EXPIRE_TAKER",
    tells: ["FillOrKillUnfilled"],
    after: book
  }
]

describe.each([
  ["OrderBook", () => new OrderBook()],
  ["NaiveBook", () => new NaiveBook()]
] as const)("%s", (_, make) => {
  it.each(table)("$rule", ({ before, arrives, tells, after }) => {
    const engine = make()
    stand(engine, before)
    const events: Array<BookEvent> = []
    const emit = (event: BookEvent): void => void events.push({ ...event })
    const [verb, id, lots, moved] = arrives.split(" ")
    if (verb === "cancel") expect(engine.cancel(Number(id), emit)).toBe(tells.length > 0)
    else if (verb === "reduce") expect(engine.reduce(Number(id), Number(lots), emit)).toBe(tells.length > 0)
    else if (verb === "move") expect(engine.move(Number(id), Number(lots), Number(moved), emit)).toBe(tells.length > 0)
    else engine.submit(order(arrives, 9), emit)
    expect(events.map(told)).toEqual(tells)
    expect(picture(engine)).toEqual(after)
  })

  it("numbers trades without gaps from the first id it was given", () => {
    const engine = make()
    stand(engine, book)
    const ids: Array<number> = []
    engine.submit(order("buy 12 market", 9), (event) => void (event.type === "match" && ids.push(event.tradeId)))
    expect(ids).toEqual([1, 2, 3, 4])
  })

  it("refuses what only a mistake of the program can send", () => {
    const engine = make()
    stand(engine, book)
    const none = (): void => {}
    expect(() => engine.submit(order("buy 1 97", 5), none)).toThrow("Order 5 already rests")
    expect(() => engine.submit(order("buy 0 97", 9), none)).toThrow("lots must be a positive whole number, not 0")
    expect(() => engine.submit(order("buy 1 97.5", 9), none)).toThrow("priceTicks must be a positive whole number")
    expect(() => engine.submit(order("buy 1 97", 0), none)).toThrow("id must be a whole number")
    expect(picture(engine)).toEqual(book)
  })
})

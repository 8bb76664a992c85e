/**
 * A seeded journal for the books: orders of two strategies, fills with fees in every kind of asset, funding, transfers,
 * busts, and instruments whose lots change. And what it must add up to, computed the slow and obvious way.
 */
import { btcUsdtSpec, ethUsdtSpec } from "@outcry/testkit/Instruments"
import { type AccountEvent, fillKey, type OrderFilled } from "../../src/AccountEvent.ts"
import type { Entry } from "../../src/accounting/Statement.ts"
import * as Amount from "../../src/Amount.ts"
import * as Instrument from "../../src/Instrument.ts"
import { SeededRandom } from "../../src/SeededRandom.ts"

export const startUs = 1_750_000_000_000_000
export const second = 1_000_000

const terms = { type: "limit", timeInForce: "GTC", postOnly: false } as const

export const intended = (
  clientOrderId: string,
  strategy: string,
  over: Partial<Extract<AccountEvent, { readonly type: "OrderIntended" }>> = {}
): Extract<AccountEvent, { readonly type: "OrderIntended" }> => ({
  type: "OrderIntended",
  clientOrderId,
  instrument: "sim:BTC/USDT",
  instrumentVersion: 1,
  strategy,
  intentSeq: 1,
  terms: { ...terms, side: "buy", priceTicks: 1, lots: 1 },
  cause: { instrument: "sim:BTC/USDT", feedEpoch: 1, seq: 1 },
  trace: undefined,
  timeIntent: startUs,
  deadlineUs: startUs,
  reserveTicks: 1,
  mark: { bidTicks: 1, askTicks: 1, timeReceived: startUs },
  limitsVersion: 1,
  placement: "venue",
  emulated: false,
  contingency: undefined,
  attempt: 1,
  resubmitUntilUs: 0,
  timeDecided: 0,
  otherMarks: [],
  ...over
})

export const filled = (over: Partial<OrderFilled> = {}): OrderFilled => ({
  type: "OrderFilled",
  clientOrderId: "o1",
  venueTradeId: "1",
  instrument: "sim:BTC/USDT",
  instrumentVersion: 1,
  side: "buy",
  priceTicks: 6_000_000,
  lots: 100,
  fee: 0n,
  feeAsset: "USDT",
  liquidity: "taker",
  timeVenue: startUs,
  ...over
})

export const bustOf = (fill: OrderFilled): AccountEvent => {
  const { liquidity: _, timeVenue: __, ...rest } = fill
  return { ...rest, type: "FillBusted", reason: "erroneous" }
}

/** Lots of these sizes are whole numbers of the smallest one. */
const sizes = ["0.00001", "0.00002", "0.0001"]

export const journal = (seed: number, count: number): ReadonlyArray<Entry> => {
  const random = new SeededRandom(seed)
  const entries: Array<Entry> = []
  const specs = new Map(
    [btcUsdtSpec, { ...ethUsdtSpec, lotSize: "0.00001" }].map((spec) => [`${spec.base}/USDT`, spec])
  )
  let timeUs = startUs
  const put = (event: AccountEvent): void => {
    timeUs += random.between(1, 60) * second
    entries.push({ timeUs, event })
  }
  for (const spec of specs.values()) put({ type: "InstrumentListed", spec })
  const balances = ["USDT", "BTC", "ETH", "BNB"].map((asset) => ({ asset, amount: Amount.from("1000") }))
  put({ type: "BalancesAdopted", balances })
  const live: Array<OrderFilled> = []
  for (let index = 1; index <= count; index++) {
    const symbol = random.pick([...specs.keys()])
    const spec = specs.get(symbol)!
    const clientOrderId = `o${index}`
    const chance = random.fraction()
    if (chance < 0.05 && live.length > 0) {
      const [fill] = live.splice(random.between(0, live.length - 1), 1)
      put(bustOf(fill!))
    } else if (chance < 0.1) {
      const amount = BigInt(random.between(-1000, 1000)) * 10n ** 10n
      put({
        type: "FundingPaid",
        instrument: `sim:${symbol}`,
        asset: "USDT",
        amount,
        venueFundingId: `f${index}`,
        timeVenue: timeUs
      })
    } else if (chance < 0.15) {
      const adjustment = random.pick(["deposit", "withdrawal", "venueCorrection", "operator"] as const)
      const amount = BigInt(random.between(1, 10 ** 9)) * (adjustment === "withdrawal" ? -1n : 1n)
      put({ type: "BalanceAdjusted", asset: random.pick(["USDT", "EUR"]), amount, adjustment, by: "test", reason: "" })
    } else if (chance < 0.17) {
      const next = { ...spec, version: spec.version + 1, lotSize: random.pick(sizes) }
      specs.set(symbol, next)
      put({ type: "InstrumentListed", spec: next })
    } else {
      put(
        intended(clientOrderId, random.pick(["maker", "cross"]), {
          instrument: `sim:${symbol}`,
          instrumentVersion: spec.version
        })
      )
      const fill = filled({
        clientOrderId,
        venueTradeId: String(index),
        instrument: `sim:${symbol}`,
        instrumentVersion: spec.version,
        side: random.pick(["buy", "sell"]),
        priceTicks: random.between(1, 7_000_000),
        lots: random.between(1, 50),
        fee: random.chance(0.7) ? BigInt(random.between(-100, 10 ** 9)) : 0n,
        feeAsset: random.pick(["USDT", spec.base, "BNB"]),
        timeVenue: timeUs
      })
      live.push(fill)
      put(fill)
    }
  }
  return entries
}

/** One position added up lot by lot, of the smallest size there is; its average cost in plain floating point. */
export interface Expected {
  quantity: bigint
  /** −Σ sign × value. */
  cash: bigint
  realisedFifo: bigint
  /** Signed number of smallest lots, and what they cost together at average prices, in 10^-12. */
  lots: number
  cost: number
  fees: Map<string, bigint>
}

const smallest = Amount.from("0.00001")

/** By `owner instrument`, and the balances: sums over the fills that were never busted. */
export const expectedOf = (
  entries: ReadonlyArray<Entry>
): { readonly balances: Map<string, bigint>; readonly positions: Map<string, Expected> } => {
  const balances = new Map<string, bigint>()
  const positions = new Map<string, Expected>()
  const add = (sums: Map<string, bigint>, key: string, amount: bigint): void => {
    sums.set(key, (sums.get(key) ?? 0n) + amount)
  }
  const events = entries.map(({ event }) => event)
  const busted = new Set(events.flatMap((event) => (event.type === "FillBusted" ? [fillKey(event)] : [])))
  const strategies = new Map(
    events.flatMap((event) => (event.type === "OrderIntended" ? [[event.clientOrderId, event.strategy] as const] : []))
  )
  const versions = new Map(
    events.flatMap((event) => {
      if (event.type !== "InstrumentListed") return []
      const instrument = Instrument.make(event.spec)
      return [[`${instrument.id}@${instrument.version}`, instrument] as const]
    })
  )
  const queues = new Map<string, Array<bigint>>()
  for (const event of events) {
    if (event.type === "BalancesAdopted") for (const { amount, asset } of event.balances) add(balances, asset, amount)
    if (event.type === "BalanceAdjusted" || event.type === "FundingPaid") add(balances, event.asset, event.amount)
    if (event.type !== "OrderFilled") continue
    const gone = busted.has(fillKey(event))
    const instrument = versions.get(`${event.instrument}@${event.instrumentVersion}`)!
    const sign = event.side === "buy" ? 1n : -1n
    const quantity = BigInt(event.lots) * instrument.lot
    const price = (BigInt(event.priceTicks) * instrument.tick * smallest) / 10n ** 12n
    const owners = ["", strategies.get(event.clientOrderId)!]
    for (const owner of owners) {
      const key = `${owner} ${event.instrument}`
      const expected = positions.get(key) ?? {
        quantity: 0n,
        cash: 0n,
        realisedFifo: 0n,
        lots: 0,
        cost: 0,
        fees: new Map()
      }
      positions.set(key, expected)
      if (gone) continue
      expected.quantity += sign * quantity
      // Signed prices of single smallest lots: what they were opened at, oldest first.
      const queue = queues.get(key) ?? []
      queues.set(key, queue)
      for (let lot = 0n; lot < quantity / smallest; lot++) {
        expected.cash -= sign * price
        if (expected.lots * Number(sign) >= 0) expected.cost += Number(sign * price)
        else expected.cost -= expected.cost / Math.abs(expected.lots)
        expected.lots += Number(sign)
        const oldest = queue[0]
        if (oldest === undefined || oldest > 0n === sign > 0n) queue.push(sign * price)
        else expected.realisedFifo -= queue.shift()! + sign * price
      }
      if (event.fee !== 0n) add(expected.fees, event.feeAsset, event.fee)
    }
    if (gone) continue
    add(balances, instrument.base, sign * quantity)
    add(balances, instrument.quote, -sign * price * (quantity / smallest))
    add(balances, event.feeAsset, -event.fee)
  }
  return { balances, positions }
}

/** Random order flow for the properties: reproducible from its seed, mostly near the touch, with every kind of order. */
import { type BookEvent, type MatchingEngine, type NewOrder, selfTradePreventions } from "../src/MatchingEngine.ts"
import { SeededRandom } from "@outcry/model/SeededRandom"

export type Step =
  | { readonly type: "submit"; readonly order: NewOrder }
  | { readonly type: "cancel"; readonly orderId: number }
  | { readonly type: "reduce"; readonly orderId: number; readonly lots: number }
  | { readonly type: "move"; readonly orderId: number; readonly priceTicks: number; readonly lots: number }

/** Steps of one flow. Prices span a few ticks, so that levels fill up, run out and cross all the time. */
export const orderFlow = (seed: number, steps: number): ReadonlyArray<Step> => {
  const random = new SeededRandom(seed)
  const spread = random.between(2, 12)
  const lotsMax = random.pick([3, 20, 1_000_000])
  const flow: Array<Step> = []
  for (let orderId = 1; flow.length < steps; orderId++) {
    const kind = random.fraction()
    const earlier = random.between(Math.max(1, orderId - 40), orderId)
    if (kind < 0.15) flow.push({ type: "cancel", orderId: earlier })
    else if (kind < 0.22) flow.push({ type: "reduce", orderId: earlier, lots: random.between(0, lotsMax) })
    else if (kind < 0.32) {
      const priceTicks = 100 + random.between(-spread, spread)
      flow.push({ type: "move", orderId: earlier, priceTicks, lots: random.between(0, lotsMax) })
    } else flow.push({ type: "submit", order: randomOrder(random, orderId, spread, lotsMax) })
  }
  return flow
}

const randomOrder = (random: SeededRandom, orderId: number, spread: number, lotsMax: number): NewOrder => {
  const market = random.chance(0.15)
  const byQuote = market && random.chance(0.4)
  const lots = random.between(1, lotsMax)
  return {
    orderId,
    ownerId: random.between(0, 3),
    side: random.pick(["buy", "sell"]),
    type: market ? "market" : "limit",
    priceTicks: market ? 0 : 100 + random.between(-spread, spread),
    lots: byQuote ? 0 : lots,
    quoteTickLots: byQuote ? random.between(1, lotsMax * 100) : 0,
    timeInForce: random.pick(["GTC", "GTC", "GTC", "IOC", "FOK"]),
    postOnly: !market && random.chance(0.2),
    displayLots: random.chance(0.3) ? random.between(1, Math.max(1, lots >> 1)) : 0,
    selfTrade: random.chance(0.5) ? "NONE" : random.pick(selfTradePreventions)
  }
}

/** Runs one step and returns what the engine emitted. */
export const run = (engine: MatchingEngine, step: Step): ReadonlyArray<BookEvent> => {
  const events: Array<BookEvent> = []
  const emit = (event: BookEvent): void => void events.push({ ...event })
  if (step.type === "submit") engine.submit(step.order, emit)
  else if (step.type === "cancel") engine.cancel(step.orderId, emit)
  else if (step.type === "move") engine.move(step.orderId, step.priceTicks, step.lots, emit)
  else engine.reduce(step.orderId, step.lots, emit)
  return events
}

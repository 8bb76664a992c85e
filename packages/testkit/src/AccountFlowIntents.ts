/** What the strategies of an account flow ask for: good and bad orders of every kind, brackets, groups, changes, cancels. */
import type { Mark } from "@outcry/model/AccountEvent"
import type { AccountState } from "@outcry/model/AccountState"
import { idOf } from "@outcry/model/ClientOrderId"
import type { Intent, PlaceIntent } from "@outcry/model/Intent"
import { opposite } from "@outcry/model/MarketData"
import type { Contingency, OrderTerms } from "@outcry/model/Order"
import type { SeededRandom } from "@outcry/model/SeededRandom"

export interface FlowScene {
  readonly random: SeededRandom
  readonly state: AccountState
  readonly instruments: ReadonlyArray<string>
  readonly now: number
  readonly mark: (instrument: string) => Mark
}

export const flowId = idOf("flow", "flow")

const wildTicks = [0, -1, 0.5, 1, 9e15]
const wildLots = [0, -3, 1.5, 1, 900_000_001]

/** A plain order, now and then with figures that nobody should ask for. */
const plainTerms = ({ mark, random }: FlowScene, id: string): OrderTerms => {
  const market = random.chance(0.2)
  const priceTicks = random.chance(0.08) ? random.pick(wildTicks) : mark(id).askTicks - random.between(-50, 50)
  return {
    side: random.chance(0.5) ? "buy" : "sell",
    type: market ? "market" : "limit",
    priceTicks: market ? 0 : priceTicks,
    lots: random.chance(0.05) ? random.pick(wildLots) : random.between(50, 40_000),
    timeInForce: market ? "IOC" : random.pick(["GTC", "IOC", "FOK"] as const),
    postOnly: false
  }
}

/** An order that waits for a price, mostly on the side of the market where it has to wait. */
const waitingTerms = ({ mark, random }: FlowScene, id: string, side: OrderTerms["side"]): OrderTerms => {
  const type = random.pick(["stop", "stopLimit", "takeProfit", "takeProfitLimit", "trailingStop"] as const)
  const isStop = type !== "takeProfit" && type !== "takeProfitLimit"
  const { askTicks, bidTicks } = mark(id)
  const distance = Math.round(askTicks * random.fraction() * 0.008) + random.between(-20, 20)
  const triggerTicks = (side === "sell") === isStop ? bidTicks - distance : askTicks + distance
  const limited = type === "stopLimit" || type === "takeProfitLimit"
  const trail = random.chance(0.5) ? { trailTicks: random.between(0, 20_000) } : { trailBps: random.between(1, 60) }
  return {
    side,
    type,
    priceTicks: limited ? triggerTicks + random.between(-30, 30) : 0,
    lots: random.between(50, 40_000),
    timeInForce: "GTC",
    postOnly: false,
    ...(type === "trailingStop" ? trail : { triggerTicks })
  }
}

const dressed = ({ now, random }: FlowScene, terms: OrderTerms): OrderTerms => ({
  ...terms,
  ...(random.chance(0.25) ? { reduceOnly: true } : {}),
  ...(random.chance(0.05) ? { displayLots: random.between(0, 100) } : {}),
  ...(random.chance(0.1) && terms.timeInForce === "GTC"
    ? { timeInForce: "GTD" as const, expiresUs: now + random.between(-100_000, 20_000_000) }
    : {})
})

/** The intents of one batch of a strategy; `next` counts them. */
export const flowIntents = (scene: FlowScene, strategy: string, next: () => number): ReadonlyArray<Intent> => {
  const { instruments, random, state } = scene
  const instrument = random.chance(0.02) ? "sim:DOGE/USDT" : random.pick(instruments)
  const known = instruments.includes(instrument) ? instrument : instruments[0]!
  const place = (terms: OrderTerms, contingency?: Contingency): PlaceIntent => {
    const intentSeq = next()
    return {
      kind: "place",
      intentSeq,
      clientOrderId: flowId(strategy, intentSeq, 1),
      instrument,
      terms,
      ...(contingency === undefined ? {} : { contingency }),
      ...(random.chance(0.3) ? { resubmitUntilUs: scene.now + random.between(0, 10_000_000) } : {})
    }
  }
  const open = [...state.orders.values()]
  const chance = random.fraction()
  if (open.length > 0 && chance < 0.15)
    return [{ kind: "cancel", intentSeq: next(), clientOrderId: random.pick(open).clientOrderId }]
  if (open.length > 0 && chance < 0.3) {
    const own = open.filter((order) => order.strategy === strategy)
    const old = random.pick(own.length > 0 ? own : open)
    const intentSeq = next()
    const { lots, priceTicks, triggerTicks } = old.terms
    return [
      {
        kind: "modify",
        intentSeq,
        clientOrderId: flowId(strategy, intentSeq, 1),
        replaces: old.clientOrderId,
        ...(priceTicks > 0 && random.chance(0.7) ? { priceTicks: priceTicks + random.between(-40, 40) } : {}),
        ...(triggerTicks === undefined ? {} : { triggerTicks: triggerTicks + random.between(-400, 400) }),
        ...(random.chance(0.4) ? { lots: random.between(0, lots * 2) } : {})
      }
    ]
  }
  if (chance < 0.42) {
    // A bracket: an entry and its two exits.
    const entry = place({ ...plainTerms(scene, known), lots: random.between(50, 20_000) })
    const side = opposite(entry.terms.side)
    const exits = { parent: entry.clientOrderId, group: entry.clientOrderId }
    const { askTicks } = scene.mark(known)
    const profitTicks = askTicks + (side === "sell" ? 1 : -1) * random.between(1, 30_000)
    const stopTicks = askTicks - (side === "sell" ? 1 : -1) * random.between(100, 30_000)
    const common = { side, lots: entry.terms.lots, timeInForce: "GTC", postOnly: false, reduceOnly: true } as const
    return [
      entry,
      place({ ...common, type: "limit", priceTicks: profitTicks }, exits),
      place({ ...common, type: "stop", priceTicks: 0, triggerTicks: stopTicks }, exits)
    ]
  }
  if (chance < 0.5) {
    const group = `${strategy}-${random.between(1, 1000)}-${scene.now}`
    const side = random.chance(0.5) ? "buy" : "sell"
    return [
      place(plainTerms(scene, known), { group }),
      place(waitingTerms(scene, known, side), { group }),
      ...(random.chance(0.3) ? [place(waitingTerms(scene, known, opposite(side)), { group })] : [])
    ]
  }
  if (chance < 0.6) {
    const held = state.positions.get(known)?.lots ?? 0
    return [place({ ...waitingTerms(scene, known, held > 0 ? "sell" : "buy"), reduceOnly: true })]
  }
  if (chance < 0.68) return [place(dressed(scene, waitingTerms(scene, known, random.chance(0.5) ? "buy" : "sell")))]
  if (chance < 0.74 && open.length > 0)
    return [place(dressed(scene, plainTerms(scene, known)), { parent: random.pick(open).clientOrderId })]
  return Array.from({ length: random.between(1, 3) }, () => place(dressed(scene, plainTerms(scene, known))))
}

/**
 * Tells what happened in a book through one object for each kind of event, used again every time: nothing is allocated,
 * and who keeps an event copies it.
 */
import type { Side } from "@outcry/model/MarketData"
import type { BookEvent, NewOrder, RefusalReason } from "./MatchingEngine.ts"

type Emit = (event: BookEvent) => void
type Writable<A> = { -readonly [Key in keyof A]: A[Key] }
type EventOf<Type extends BookEvent["type"]> = Writable<Extract<BookEvent, { type: Type }>>

export class BookVoice {
  readonly #rested: EventOf<"rested"> = { type: "rested", orderId: 0, side: "buy", priceTicks: 0, lots: 0 }
  readonly #refused: EventOf<"refused"> = { type: "refused", orderId: 0, reason: "NoLiquidity" }
  readonly #removed: EventOf<"removed"> = { type: "removed", orderId: 0, lots: 0, reason: "canceled" }
  readonly #reduced: EventOf<"reduced"> = { type: "reduced", orderId: 0, lots: 0 }
  readonly #prevented: EventOf<"prevented"> = {
    type: "prevented",
    orderId: 0,
    counterOrderId: 0,
    priceTicks: 0,
    lots: 0
  }
  readonly #match: EventOf<"match"> = {
    type: "match",
    tradeId: 0,
    makerOrderId: 0,
    takerOrderId: 0,
    makerOwnerId: 0,
    takerOwnerId: 0,
    takerSide: "buy",
    priceTicks: 0,
    lots: 0,
    makerRemainingLots: 0,
    takerRemainingLots: 0
  }

  rested(orderId: number, side: Side, priceTicks: number, lots: number, emit: Emit): void {
    const event = this.#rested
    event.orderId = orderId
    event.side = side
    event.priceTicks = priceTicks
    event.lots = lots
    emit(event)
  }

  refused(orderId: number, reason: RefusalReason, emit: Emit): void {
    const event = this.#refused
    event.orderId = orderId
    event.reason = reason
    emit(event)
  }

  removed(orderId: number, lots: number, reason: "canceled" | "expired", emit: Emit): void {
    const event = this.#removed
    event.orderId = orderId
    event.lots = lots
    event.reason = reason
    emit(event)
  }

  reduced(orderId: number, lots: number, emit: Emit): void {
    const event = this.#reduced
    event.orderId = orderId
    event.lots = lots
    emit(event)
  }

  prevented(orderId: number, counterOrderId: number, priceTicks: number, lots: number, emit: Emit): void {
    const event = this.#prevented
    event.orderId = orderId
    event.counterOrderId = counterOrderId
    event.priceTicks = priceTicks
    event.lots = lots
    emit(event)
  }

  matched(
    taker: NewOrder,
    tradeId: number,
    makerOrderId: number,
    makerOwnerId: number,
    priceTicks: number,
    lots: number,
    makerRemainingLots: number,
    takerRemainingLots: number,
    emit: Emit
  ): void {
    const event = this.#match
    event.tradeId = tradeId
    event.makerOrderId = makerOrderId
    event.takerOrderId = taker.orderId
    event.makerOwnerId = makerOwnerId
    event.takerOwnerId = taker.ownerId
    event.takerSide = taker.side
    event.priceTicks = priceTicks
    event.lots = lots
    event.makerRemainingLots = makerRemainingLots
    event.takerRemainingLots = takerRemainingLots
    emit(event)
  }
}

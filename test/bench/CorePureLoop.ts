/**
 * The yardstick of bench `core`: the least that booking the same orders takes. An order is put in a table, its funds are
 * held; accepted, it gets the venue's id; filled, funds are released, balances, position and fee move, and it leaves.
 * Exact amounts as ours; nothing is checked, remembered or told.
 */
import type { AccountEvent } from "@outcry/model/AccountEvent"
import type { OrderTerms } from "@outcry/model/Order"
import { btcUsdt } from "@outcry/testkit/Instruments"
import type { CoreFlow } from "./CoreFlow.ts"

interface Resting {
  readonly terms: OrderTerms
  venueOrderId: string
  readonly held: bigint
}

class Books {
  readonly orders = new Map<string, Resting>()
  quote = 0n
  base = 0n
  held = 0n
  fees = 0n
  lots = 0

  place(clientOrderId: string, terms: OrderTerms): void {
    const held =
      terms.side === "buy"
        ? BigInt(terms.priceTicks) * BigInt(terms.lots) * btcUsdt.tickLot
        : BigInt(terms.lots) * btcUsdt.lot
    this.held += held
    this.orders.set(clientOrderId, { terms, venueOrderId: "", held })
  }

  accept(clientOrderId: string, venueOrderId: string): void {
    this.orders.get(clientOrderId)!.venueOrderId = venueOrderId
  }

  fill(clientOrderId: string, priceTicks: number, lots: number, fee: bigint): void {
    const order = this.orders.get(clientOrderId)!
    const value = BigInt(priceTicks) * BigInt(lots) * btcUsdt.tickLot
    const amount = BigInt(lots) * btcUsdt.lot
    const buys = order.terms.side === "buy"
    this.held -= order.held
    this.quote += buys ? -value : value
    this.base += buys ? amount : -amount
    this.lots += buys ? lots : -lots
    this.fees += fee
    this.orders.delete(clientOrderId)
  }
}

/** Works through the commands and gives their number. */
export const pureCommands = (flow: CoreFlow): number => {
  const books = new Books()
  for (const command of flow.commands) {
    switch (command.type) {
      case "SubmitIntents":
        for (const intent of command.intents)
          if (intent.kind === "place") books.place(intent.clientOrderId, intent.terms)
        break
      case "ReportOrder":
        books.accept(command.clientOrderId, command.venueOrderId)
        break
      case "ReportFill":
        books.fill(command.clientOrderId, command.priceTicks, command.lots, command.fee)
        break
      default:
        throw new Error(`The flow of the bench has no ${command.type}`)
    }
  }
  if (books.orders.size > 0 || books.held !== 0n) throw new Error("The pure loop left something open")
  return flow.commands.length
}

/** Works through the events and gives their number. */
export const pureEvents = (events: ReadonlyArray<AccountEvent>): number => {
  const books = new Books()
  for (const event of events) {
    if (event.type === "OrderIntended") books.place(event.clientOrderId, event.terms)
    else if (event.type === "OrderAccepted") books.accept(event.clientOrderId, event.venueOrderId)
    else if (event.type === "OrderFilled") books.fill(event.clientOrderId, event.priceTicks, event.lots, event.fee)
  }
  if (books.orders.size > 0 || books.held !== 0n) throw new Error("The pure loop left something open")
  return events.length
}

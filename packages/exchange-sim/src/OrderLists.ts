/**
 * Order lists: one-cancels-the-other pairs, and orders that place others once they are filled. Keeps which orders belong
 * together; what follows when one of them trades or ends is the exchange's to do. Bounded: the oldest that are done are
 * forgotten.
 */
import type { Account } from "./Account.ts"
import { type ExchangeOrder, isOpen } from "./ExchangeOrder.ts"
import type { OrderRequest } from "./Filters.ts"

export const contingencyTypes = ["OCO", "OTO"] as const
export type ContingencyType = (typeof contingencyTypes)[number]

/** What is asked for: a pair of legs, or a working order and the one leg or pair that it places. */
export interface ListRequest {
  readonly listClientOrderId: string
  readonly contingencyType: ContingencyType
  /** Of OTO alone. */
  readonly working: OrderRequest | undefined
  readonly legs: ReadonlyArray<OrderRequest>
}

export interface OrderList {
  readonly orderListId: number
  readonly accountId: number
  readonly symbol: string
  readonly contingencyType: ContingencyType
  readonly listClientOrderId: string
  readonly working: ExchangeOrder | undefined
  /** One of two ends the other. */
  readonly legs: ReadonlyArray<ExchangeOrder>
  transactionTimeMs: number
  done: boolean
}

const listsMost = 50_000

export const ordersOf = (list: OrderList): ReadonlyArray<ExchangeOrder> =>
  list.working === undefined ? list.legs : [list.working, ...list.legs]

export class OrderLists {
  readonly #lists = new Map<number, OrderList>()

  add(list: OrderList): void {
    this.#lists.set(list.orderListId, list)
    if (this.#lists.size <= listsMost) return
    for (const [id, oldest] of this.#lists) {
      if (!oldest.done) continue
      this.#lists.delete(id)
      break
    }
  }

  of(order: ExchangeOrder): OrderList | undefined {
    return order.orderListId < 0 ? undefined : this.#lists.get(order.orderListId)
  }

  find(
    account: Account,
    orderListId: number | undefined,
    listClientOrderId: string | undefined
  ): OrderList | undefined {
    const mine = this.all(account)
    return orderListId === undefined
      ? mine.findLast((list) => list.listClientOrderId === listClientOrderId)
      : mine.find((list) => list.orderListId === orderListId)
  }

  /** Oldest first. */
  all(account: Account): ReadonlyArray<OrderList> {
    return [...this.#lists.values()].filter((list) => list.accountId === account.id)
  }

  /** The open leg that shares the fate of this one. */
  siblingOf(order: ExchangeOrder): ExchangeOrder | undefined {
    const legs = this.of(order)?.legs ?? []
    return legs.includes(order) ? legs.find((leg) => leg !== order && isOpen(leg)) : undefined
  }
}

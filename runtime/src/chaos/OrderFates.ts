/**
 * What an account's journal says of each order, read from its rows alone: who intended it, when, and who was the first to
 * write down that it is settled. An order that no row of its own owner settles was in flight when that owner ended.
 */
import type { StoredRow } from "@outcry/store/JournalRow"

export interface OrderFate {
  readonly clientOrderId: string
  /** Epoch of the owner that committed what may be on the wire: the intent, or the release of a held order. */
  readonly epoch: number
  /** Epoch ms of the intent. */
  readonly intendedMs: number
  /** The first row that says what the venue made of it. */
  readonly settled: { readonly type: string; readonly epoch: number; readonly timeMs: number } | undefined
}

const settling: ReadonlyArray<string> = [
  "OrderAccepted",
  "OrderRejected",
  "OrderNotPlaced",
  "OrderFilled",
  "OrderCanceled",
  "OrderExpired"
]

/** Whether the row is the commit after which an order may be on the wire: a held one is so only when it is released. */
export const isSent = ({ payload, type }: StoredRow): boolean =>
  type === "OrderReleased" ||
  (type === "OrderIntended" &&
    !(typeof payload === "object" && payload !== null && "placement" in payload && payload.placement === "held"))

const idOf = (row: StoredRow): string => {
  const { payload } = row
  const id = typeof payload === "object" && payload !== null && "clientOrderId" in payload ? payload.clientOrderId : ""
  return typeof id === "string" ? id : ""
}

/** The orders that went out within these rows, in order. */
export const orderFates = (rows: ReadonlyArray<StoredRow>): ReadonlyArray<OrderFate> => {
  const fates = new Map<string, OrderFate>()
  for (const row of rows) {
    const clientOrderId = idOf(row)
    const timeMs = row.timeUs / 1000
    if (isSent(row))
      fates.set(clientOrderId, { clientOrderId, epoch: row.epoch, intendedMs: timeMs, settled: undefined })
    else if (settling.includes(row.type)) {
      const fate = fates.get(clientOrderId)
      if (fate !== undefined && fate.settled === undefined)
        fates.set(clientOrderId, { ...fate, settled: { type: row.type, epoch: row.epoch, timeMs } })
    }
  }
  return Array.from(fates.values())
}

/** Orders that this owner committed and did not see settled: between commit and acknowledgement when it ended. */
export const leftInFlight = (fates: ReadonlyArray<OrderFate>, epoch: number): ReadonlyArray<OrderFate> =>
  fates.filter((fate) => fate.epoch === epoch && (fate.settled === undefined || fate.settled.epoch > epoch))

/**
 * An operator's word on an order whose fate the venue does not tell. Only such an order can be resolved; a report of the
 * venue that comes later is judged as any other.
 */
import type * as Command from "./AccountCommand.ts"
import type { AccountEvent } from "./AccountEvent.ts"
import type { AccountState } from "./AccountRecord.ts"
import { remainingLots } from "./Order.ts"
import { instrumentAt } from "./OrderLedger.ts"
import { isCount } from "./OrderTermsCheck.ts"

const vouched = "operator:"

/** Trade id of the fill that an operator vouches for. */
const vouchedTradeId = (clientOrderId: string): string => `${vouched}${clientOrderId}`

export const isVouched = ({ venueTradeId }: { readonly venueTradeId: string }): boolean =>
  venueTradeId.startsWith(vouched)

export const resolveOrder = (
  state: AccountState,
  command: Command.ResolveOrder,
  take: (event: AccountEvent) => void
): void => {
  const { as, by, clientOrderId, reason } = command
  const order = state.orders.get(clientOrderId)
  if (order?.status !== "unknown") return
  const priceTicks = command.priceTicks ?? order.terms.priceTicks
  if (as === "filled" && !isCount(priceTicks)) return
  take({ type: "OrderResolved", clientOrderId, as, by, reason })
  if (as !== "filled") return
  take({
    type: "OrderFilled",
    clientOrderId,
    venueTradeId: vouchedTradeId(clientOrderId),
    instrument: order.instrument,
    instrumentVersion: order.instrumentVersion,
    side: order.terms.side,
    priceTicks,
    lots: remainingLots(order),
    fee: 0n,
    feeAsset: instrumentAt(state, order.instrument, order.instrumentVersion).quote,
    liquidity: "taker",
    timeVenue: order.timeIntent
  })
}

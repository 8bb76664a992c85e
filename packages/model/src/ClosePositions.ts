/**
 * Brings positions to zero: what is open on the instruments is canceled, and one order per instrument waits for that and
 * then sells or buys back whatever is held, at the market.
 */
import type * as Command from "./AccountCommand.ts"
import type { AccountEvent } from "./AccountEvent.ts"
import { accountStrategy, type AccountState, flagKey } from "./AccountState.ts"
import { dustDetail } from "./HeldOrders.ts"
import { type Instrument, notional } from "./Instrument.ts"
import type { Side } from "./MarketData.ts"
import { isEnding, type Order } from "./Order.ts"
import { endOrder, intended } from "./OrderDecision.ts"
import { lotsAtOnce } from "./PreTrade.ts"

type Take = (event: AccountEvent) => void

/** Orders that one position is closed in, at most. */
const ordersMax = 20

const isClosing = (order: Order): boolean => order.strategy === accountStrategy

/** What there is to close, or could be by the time that the cancels have gone through. */
const exitOf = (
  state: AccountState,
  id: string
): { readonly side: Side; readonly lots: number; readonly held: boolean } | undefined => {
  const lots = state.positions.get(id)?.lots ?? 0
  const open = state.openLots.get(id)
  if (lots !== 0) return { side: lots > 0 ? "sell" : "buy", lots: Math.abs(lots), held: true }
  if ((open?.buy ?? 0) > 0) return { side: "sell", lots: open!.buy, held: false }
  if ((open?.sell ?? 0) > 0) return { side: "buy", lots: open!.sell, held: false }
  return undefined
}

const isTooSmall = (instrument: Instrument, lots: number, circumstances: Command.Circumstances): boolean => {
  if (lots < instrument.minQuantityLots) return true
  const bidTicks = circumstances.mark(instrument.id)?.bidTicks ?? 0
  return bidTicks > 0 && notional(instrument, bidTicks, lots) < instrument.minNotionalAmount
}

const close = (
  state: AccountState,
  instrument: Instrument,
  command: Command.ClosePositions,
  circumstances: Command.Circumstances,
  take: Take
): void => {
  const { id } = instrument
  const exit = exitOf(state, id)
  const standing = Array.from(state.orders.values()).filter((order) => order.instrument === id && !isClosing(order))
  const closing = Array.from(state.orders.values()).some((order) => order.instrument === id && isClosing(order))
  const after = standing.map((order) => order.clientOrderId)
  for (const order of standing) if (!isEnding(order)) endOrder(order, command.by, command.reason, circumstances, take)
  if (exit === undefined || closing) return
  const open = after.filter((clientOrderId) => state.orders.has(clientOrderId))
  if (exit.held && open.length === 0 && isTooSmall(instrument, exit.lots, circumstances)) {
    const detail = `${id}: ${dustDetail(instrument, exit.lots)}`
    if (!state.flagged.has(flagKey("", detail))) take({ type: "DifferenceFlagged", clientOrderId: "", detail })
    return
  }
  const mark = circumstances.mark(id)
  const most = mark === undefined ? instrument.maxQuantityLots : lotsAtOnce(state, instrument, exit.side, mark)
  // What the venue does not take at once goes in several orders.
  const count = Math.min(ordersMax, Math.ceil(exit.lots / most))
  for (let order = 0; order < count; order++) {
    const intentSeq = (state.strategies.get(accountStrategy)?.intentSeq ?? 0) + 1
    take(
      intended(
        state,
        {
          strategy: accountStrategy,
          intentSeq,
          clientOrderId: circumstances.idOf(accountStrategy, intentSeq, 1),
          instrument: id,
          terms: {
            side: exit.side,
            type: "market",
            priceTicks: 0,
            lots: Math.min(exit.lots, most),
            timeInForce: "IOC",
            postOnly: false,
            reduceOnly: true
          },
          contingency: open.length === 0 ? undefined : { after: open },
          cause: { instrument: id, feedEpoch: 0, seq: intentSeq },
          trace: undefined,
          timeDecided: 0,
          attempt: 1,
          resubmitUntilUs: 0
        },
        circumstances,
        instrument,
        { held: true, emulated: false, mark, otherMarks: [] }
      )
    )
  }
}

/** Closes each named position, or all. An instrument that is not listed has none. */
export const closePositions = (
  state: AccountState,
  command: Command.ClosePositions,
  circumstances: Command.Circumstances,
  take: Take
): void => {
  const ids = command.instruments === "all" ? Array.from(state.instruments.keys()) : command.instruments
  for (const id of ids) {
    const instrument = state.instruments.get(id)
    if (instrument !== undefined) close(state, instrument, command, circumstances, take)
  }
}

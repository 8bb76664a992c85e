/** What operators ask of an account, as its handlers: each goes through the mailbox and replies after the commit. */
import type { AccountCommand } from "@outcry/model/AccountCommand"
import type { AccountEvent } from "@outcry/model/AccountEvent"
import { type AccountState, findOrder, instrumentAt } from "@outcry/model/AccountState"
import * as Amount from "@outcry/model/Amount"
import { type Instrument, priceText, quantityText, ticksOf } from "@outcry/model/Instrument"
import { balanceOf } from "@outcry/model/OrderLedger"
import { Deferred, Effect } from "effect"
import type { Message } from "./Incarnation.ts"
import type { AdjustBalance, Busy, Cancel, ClosePositions, NotReady, Resolve, SetTradingState } from "./Protocol.ts"
import { Refused } from "./Protocol.ts"

/** Sends a message through the mailbox and waits for its reply. */
type Send = <A, E>(
  lane: "fast" | "normal",
  make: (reply: Deferred.Deferred<A, E | NotReady>, receivedUs: number) => Message
) => Effect.Effect<A, E | NotReady | Busy>

type Payload<R extends { readonly payloadSchema: { readonly Type: unknown } }> = {
  readonly payload: R["payloadSchema"]["Type"]
}

interface Done {
  readonly events: ReadonlyArray<AccountEvent>
  readonly state: AccountState
}

const openedBy = "operator"

export const operations = (account: string, send: Send) => {
  const refused = (field: string, reason: string) => new Refused({ account, field, reason })

  /** Decided on the state of its turn: a command, or why there is none. */
  const run = (commandOf: (state: AccountState) => AccountCommand | Refused) =>
    send<Done, Refused>("fast", (reply, receivedUs) => {
      let command: AccountCommand | undefined
      return {
        command: () => command!,
        receivedUs,
        admit: ({ ledger }) => {
          const found = commandOf(ledger.state)
          if (found instanceof Refused) {
            Deferred.doneUnsafe(reply, Effect.fail(found))
            return false
          }
          command = found
          return true
        },
        done: (events, { ledger }) => Deferred.doneUnsafe(reply, Effect.succeed({ events, state: ledger.state }))
      }
    })

  const tell = (command: AccountCommand) =>
    send<ReadonlyArray<AccountEvent>, never>("fast", (reply, receivedUs) => ({
      command,
      receivedUs,
      done: (events) => Deferred.doneUnsafe(reply, Effect.succeed(events))
    }))

  const quoted = (state: AccountState, event: { readonly instrument: string; readonly instrumentVersion: number }) =>
    instrumentAt(state, event.instrument, event.instrumentVersion)

  return {
    Cancel: ({ payload }: Payload<typeof Cancel>) =>
      Effect.map(
        tell({
          type: "CancelOrders",
          clientOrderIds: payload.clientOrderIds,
          by: payload.by ?? openedBy,
          reason: payload.reason ?? ""
        }),
        (events) => events.filter(({ type }) => type === "CancelRequested").length
      ),

    SetTradingState: ({ payload }: Payload<typeof SetTradingState>) =>
      Effect.asVoid(tell({ type: "SetTradingState", ...payload })),

    ClosePositions: ({ payload: { by, instruments, reason } }: Payload<typeof ClosePositions>) =>
      run((state) => {
        const strange = instruments === "all" ? undefined : instruments.find((id) => !state.instruments.has(id))
        if (strange !== undefined)
          return refused(
            "instruments",
            `names ${strange}, which this account does not list; it has ${[...state.instruments.keys()].join(", ")}`
          )
        return { type: "ClosePositions", instruments, by, reason }
      }).pipe(
        Effect.map(({ events, state }) => ({
          canceled: events.filter(({ type }) => type === "CancelRequested").length,
          closing: events.flatMap((event) =>
            event.type === "OrderIntended"
              ? [
                  {
                    instrument: event.instrument,
                    clientOrderId: event.clientOrderId,
                    side: event.terms.side,
                    quantity: quantityText(quoted(state, event), event.terms.lots)
                  }
                ]
              : []
          ),
          left: events.flatMap((event) =>
            event.type === "DifferenceFlagged" || event.type === "IntentRefused" ? [event.detail] : []
          )
        }))
      ),

    Resolve: ({ payload: { as, by, clientOrderId, price, reason } }: Payload<typeof Resolve>) =>
      run((state) => {
        const order = findOrder(state, clientOrderId)
        if (order === undefined)
          return refused("clientOrderId", `${clientOrderId} is no order that this account keeps; see its status`)
        if (order.status !== "unknown")
          return refused("clientOrderId", `${clientOrderId} is ${order.status}: only an unknown order can be resolved`)
        const command = { type: "ResolveOrder", clientOrderId, as, by, reason } as const
        if (as !== "filled") return command
        const instrument = quoted(state, order)
        const priceTicks = price === undefined ? undefined : ticksOf(instrument, price)
        if (priceTicks === undefined || priceTicks <= 0) return refused("price", priceFault(instrument, price))
        return { ...command, priceTicks }
      }).pipe(
        Effect.map(({ state }) => {
          const order = findOrder(state, clientOrderId)
          return {
            status: order?.status ?? "",
            filledQuantity:
              order === undefined
                ? ""
                : quantityText(instrumentAt(state, order.instrument, order.instrumentVersion), order.filledLots)
          }
        })
      ),

    AdjustBalance: ({ payload: { adjustment, amount, asset, by, reason } }: Payload<typeof AdjustBalance>) =>
      run(() => {
        const parsed = Amount.parse(amount)
        if (asset === "") return refused("asset", "is empty; name one, for instance USDT")
        if (parsed === undefined || parsed === 0n)
          return refused("amount", `"${amount}" is not a signed decimal other than 0, for instance -12.5`)
        return { type: "AdjustBalance", asset, amount: parsed, adjustment, by, reason }
      }).pipe(Effect.map(({ state }) => ({ total: Amount.format(balanceOf(state, asset).total) })))
  }
}

const priceFault = (instrument: Instrument, price: string | undefined): string => {
  const example = priceText(instrument, 100)
  return price === undefined
    ? `is missing: say what the order was filled at, for instance ${example}`
    : `"${price}" is not a positive multiple of ${instrument.tickSize}, for instance ${example}`
}

/** `outcry account …`: what an operator does about an account as a whole; each is journalled with who and why. */
import { Adjusted, Closing, TradingStateRequest } from "@outcry/client/Api"
import { Effect, type Option, Schema } from "effect"
import { floorApi } from "../floor/FloorApi.ts"
import { confirm } from "./Confirm.ts"
import { data, json, message, onStderr, table } from "./Output.ts"

interface Common {
  readonly account: string
  readonly by: string
  readonly reason: string
  readonly data: Option.Option<string>
  readonly json: boolean
}

const pathOf = (account: string, verb: string): string => `/accounts/${encodeURIComponent(account)}/${verb}`

const state = TradingStateRequest.fields.state

const consequences = {
  active: "it trades without restriction",
  reducing: "only orders that bring a position nearer to zero are accepted",
  halted: "no order that opens or enlarges a position is accepted; open orders stay, and may be canceled"
} as const

export const setState = Effect.fnUntraced(function* (options: Common & { readonly state: typeof state.Type }) {
  const { account, by, reason, state: wanted } = options
  const api = yield* floorApi(options.data)
  const answer = yield* api.post(
    pathOf(account, "trading-state"),
    { state: wanted, by, reason },
    Schema.Struct({ state })
  )
  if (options.json) return yield* json({ account, ...answer })
  yield* data(`${account} is ${answer.state}: ${consequences[answer.state]}`)
  const hint = wanted === "active" ? "accounts" : `order cancel --all --account ${account}, account resume ${account}`
  yield* message(onStderr.dim(`\nNext: ${hint}`))
})

interface CloseOptions extends Common {
  readonly instruments: ReadonlyArray<string>
  readonly yes: boolean
}

export const close = Effect.fnUntraced(function* (options: CloseOptions) {
  const { account, by, instruments, reason } = options
  const api = yield* floorApi(options.data)
  const where = instruments.length === 0 ? "every instrument" : instruments.join(", ")
  yield* confirm(
    `Every open order of ${account} on ${where} is canceled, strategies' too, and its positions there are sold or bought back at the market.`,
    options.yes
  )
  const body = { instruments: instruments.length === 0 ? "all" : instruments, by, reason }
  const closing = yield* api.post(pathOf(account, "close"), body, Closing)
  if (options.json) return yield* json({ account, ...closing })
  yield* data(`${account}: ${closing.canceled} cancels asked for, ${closing.closing.length} positions closing`)
  if (closing.closing.length > 0)
    yield* data(
      table(
        ["instrument", "side", "quantity", "order"],
        closing.closing.map((each) => [each.instrument, each.side, each.quantity, each.clientOrderId]),
        [2]
      )
    )
  for (const left of closing.left) yield* data(`left as it is: ${left}`)
  yield* message(
    onStderr.dim(
      `\nStrategies go on trading: halt the account first to keep it flat. Next: orders --account ${account}, accounts`
    )
  )
})

interface AdjustOptions extends Common {
  readonly asset: string
  readonly amount: string
  readonly as: "deposit" | "withdrawal" | "venueCorrection" | "operator"
  readonly yes: boolean
}

export const adjust = Effect.fnUntraced(function* (options: AdjustOptions) {
  const { account, amount, as, asset, by, reason } = options
  const api = yield* floorApi(options.data)
  yield* confirm(
    `The balance of ${asset} of ${account} is changed by ${amount} in our books (${as}); nothing moves at the venue.`,
    options.yes
  )
  const adjusted = yield* api.post(pathOf(account, "adjust"), { asset, amount, adjustment: as, by, reason }, Adjusted)
  if (options.json) return yield* json({ account, ...adjusted })
  yield* data(`${account} has ${adjusted.total} ${adjusted.asset} in our books`)
  yield* message(onStderr.dim(`\nNext: account statement ${account}`))
})

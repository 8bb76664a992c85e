/** The work of bench `core`: accounts under a steady flow of orders that are submitted, accepted and filled. */
import { execute } from "@outcry/model/Account"
import type { AccountCommand, Circumstances } from "@outcry/model/AccountCommand"
import type { AccountEvent } from "@outcry/model/AccountEvent"
import { type AccountState, initial } from "@outcry/model/AccountState"
import * as Amount from "@outcry/model/Amount"
import { derive, idOf } from "@outcry/model/ClientOrderId"
import { defaults } from "@outcry/model/Limits"
import type { OrderTerms } from "@outcry/model/Order"
import { btcUsdt, btcUsdtSpec, ethUsdtSpec } from "@outcry/testkit/Instruments"

export interface CoreFlow {
  readonly commands: ReadonlyArray<AccountCommand>
  readonly circumstances: Circumstances
}

const now = 1_750_000_000_000_000
/** One clock for all flows: an order rate counts in time, so it moves on far enough for no order to be refused. */
let at = now
const mark = { bidTicks: 5_999_990, askTicks: 6_000_000, timeReceived: now }
const native = (): boolean => true
const circumstances: Circumstances = {
  now,
  expiryUs: 2_000_000,
  mark: () => mark,
  idOf: idOf("bench", "bench"),
  native
}

/** Limits wide enough that nothing is refused: every check still runs. */
const limits = {
  ...defaults,
  openOrdersMax: 1_000_000,
  orderRateMax: 50,
  positionNotionalMax: "1000000000",
  grossExposureMax: "1000000000"
}

/** An account that is listed, limited and funded. */
export const funded = (): { readonly state: AccountState; readonly events: Array<AccountEvent> } => {
  const state = initial("bench")
  const balances = Object.entries({ USDT: "1000000000", BTC: "10000", ETH: "10000" })
  const commands: ReadonlyArray<AccountCommand> = [
    { type: "ListInstruments", specs: [btcUsdtSpec, ethUsdtSpec] },
    { type: "SetLimits", limits },
    { type: "AdoptBalances", balances: balances.map(([asset, text]) => ({ asset, amount: Amount.from(text) })) }
  ]
  return { state, events: commands.flatMap((command) => execute(state, command, circumstances)) }
}

/** Cycles of three commands: submit a limit order, its acceptance, its fill. Buys and sells by turns, by `strategies`. */
export const cycles = (count: number, strategies: number, name = "s"): CoreFlow => {
  const commands: Array<AccountCommand> = []
  for (let i = 0; i < count; i++) {
    const strategy = `${name}${i % strategies}`
    const intentSeq = Math.floor(i / strategies) + 1
    const clientOrderId = derive("bench", "bench", strategy, intentSeq)
    const side = i % 2 === 0 ? "buy" : "sell"
    const priceTicks = side === "buy" ? 6_000_000 - (i % 50) : 5_999_990 + (i % 50)
    const terms: OrderTerms = {
      side,
      type: "limit",
      priceTicks,
      lots: 100 + (i % 7),
      timeInForce: "GTC",
      postOnly: false
    }
    const order = { clientOrderId, venueOrderId: `${name}${i}`, instrument: btcUsdt.id }
    commands.push({
      type: "SubmitIntents",
      strategy,
      cause: { instrument: btcUsdt.id, feedEpoch: 1, seq: i + 1 },
      trace: undefined,
      intents: [{ kind: "place", intentSeq, clientOrderId, instrument: btcUsdt.id, terms }]
    })
    commands.push({ type: "ReportOrder", ...order, status: "open", terms, filledLots: 0, timeVenue: now })
    commands.push({
      type: "ReportFill",
      ...order,
      venueTradeId: `${name}${i}`,
      side,
      priceTicks,
      lots: terms.lots,
      fee: 123_456_789n,
      feeAsset: side === "buy" ? "BTC" : "USDT",
      liquidity: "taker",
      timeVenue: now
    })
  }
  return {
    commands,
    circumstances: {
      get now() {
        return (at += 25_000)
      },
      expiryUs: 2_000_000,
      idOf: idOf("bench", "bench"),
      native,
      mark: () => ({ bidTicks: mark.bidTicks, askTicks: mark.askTicks, timeReceived: at })
    }
  }
}

/** Runs a flow and says how many facts followed; a command that is refused would measure something else, and throws. */
export const runAll = (state: AccountState, flow: CoreFlow, events?: Array<AccountEvent>): number => {
  let facts = 0
  for (const command of flow.commands) {
    for (const event of execute(state, command, flow.circumstances)) {
      if (event.type === "IntentRefused" || event.type === "DifferenceFlagged")
        throw new Error(`The flow of the bench was refused: ${event.detail}`)
      events?.push(event)
      facts++
    }
  }
  return facts
}

/**
 * An account of a recorded run: the live account's own decisions, and around them what the live actor does with facts and
 * with the venue's answers, without a journal or a wire. Requests wait until they are let go.
 */
import { type HeldRecording } from "@outcry/exchange-sim/HeldMarket"
import type { Execution, ExchangeOrder } from "@outcry/exchange-sim/ExchangeOrder"
import { orderTypes as venueTypes } from "@outcry/exchange-sim/ExchangeOrder"
import { type OrderRequest, published } from "@outcry/exchange-sim/Filters"
import { wireSymbol } from "@outcry/exchange-sim/Listings"
import { execute } from "@outcry/model/Account"
import type { AccountCommand, Circumstances, ReportFill, ReportOrder } from "@outcry/model/AccountCommand"
import type { AccountEvent, Mark } from "@outcry/model/AccountEvent"
import { encode } from "@outcry/model/AccountEventCodec"
import { type AccountState, findOrder, initial, instrumentAt, versionKey } from "@outcry/model/AccountState"
import * as Amount from "@outcry/model/Amount"
import * as Instrument from "@outcry/model/Instrument"
import type { Limits } from "@outcry/model/Limits"
import type { FeedPosition } from "@outcry/model/MarketData"
import { named } from "@outcry/model/NamedIntents"
import { hasLimit, type Order, type OrderTerms } from "@outcry/model/Order"
import type { RunnerIntent } from "@outcry/model/RunnerIntent"
import { isNativeHere, rulesOf, wireTypes } from "@outcry/venue/binance/OrderRules"
import { Option } from "effect"
import type { RecordedFact } from "./RecordedFacts.ts"
import type { Placed, RecordedVenue } from "./RecordedVenue.ts"

export interface RecordedAccountOptions {
  readonly name: string
  readonly limits: Limits
  readonly balances: Readonly<Record<string, string>>
  readonly recordings: ReadonlyArray<HeldRecording>
  /** How long after its intent an order may still reach the venue, µs. */
  readonly orderExpiryUs: number
  readonly mark: (instrument: string) => Mark | undefined
  readonly venue: RecordedVenue
  /** Hears the facts of each command. */
  readonly told: (facts: ReadonlyArray<RecordedFact>) => void
}

interface Request {
  readonly kind: "place" | "cancel"
  readonly order: Order
}

const statuses = {
  PENDING_NEW: "open",
  NEW: "open",
  PARTIALLY_FILLED: "open",
  FILLED: "filled",
  CANCELED: "canceled",
  EXPIRED: "expired",
  EXPIRED_IN_MATCH: "expired"
} as const

const idOf = (strategy: string, intentSeq: number, attempt: number): string => `${strategy}:${intentSeq}:${attempt}`

export class RecordedAccount {
  readonly name: string
  readonly state: AccountState
  readonly facts: Array<RecordedFact> = []
  readonly #options: RecordedAccountOptions
  readonly #requests: Array<Request> = []
  readonly #circumstances: () => Circumstances

  constructor(options: RecordedAccountOptions) {
    this.#options = options
    this.name = options.name
    this.state = initial(options.name)
    const { mark, orderExpiryUs: expiryUs, recordings, venue } = options
    const rules = new Map(
      recordings.map(({ instrument }) => {
        const symbol = wireSymbol(instrument)
        const filters = published(instrument)
        const found = rulesOf({ symbol, status: "TRADING", orderTypes: venueTypes, filters })
        return [instrument.id, Option.getOrUndefined(found)] as const
      })
    )
    const native = (id: string, terms: OrderTerms): boolean => isNativeHere(terms, rules.get(id))
    this.#circumstances = () => ({ now: venue.timeUs, expiryUs, mark, idOf, native })
    this.#run({ type: "ListInstruments", specs: recordings.map(({ instrument }) => Instrument.specOf(instrument)) })
    this.#run({ type: "SetLimits", limits: options.limits })
    const balances = Object.entries(options.balances).map(([asset, text]) => ({ asset, amount: Amount.from(text) }))
    this.#run({ type: "AdoptBalances", balances })
  }

  /** A strategy's batch of one cause. */
  submit(strategy: string, cause: FeedPosition, intents: ReadonlyArray<RunnerIntent>, timeDecided: number): void {
    const numbered = named(this.state, strategy, intents, idOf)
    this.#run({ type: "SubmitIntents", strategy, cause, timeDecided, trace: undefined, intents: numbered })
  }

  /** The venue tells of an order, and of an execution of it. */
  hear(order: ExchangeOrder, execution: Execution | undefined): void {
    if (execution !== undefined) this.#run(reportFill(execution))
    this.#report(order, [])
  }

  /** Whether time and prices alone may make it act. */
  get isWatching(): boolean {
    return this.state.watched.size > 0 || this.state.unprotected.size > 0
  }

  look(): void {
    this.#run({ type: "Tick" })
  }

  /** Sends the first request that waits; false where none does. */
  letGo(): boolean {
    const request = this.#requests.shift()
    if (request === undefined) return false
    if (request.kind === "place") this.#place(request.order)
    else this.#cancel(request.order)
    return true
  }

  #place(order: Order): void {
    const { clientOrderId } = order
    if (findOrder(this.state, clientOrderId)?.status !== "intended") return
    if (order.cancelRequested)
      return this.#run({ type: "ReportNotPlaced", clientOrderId, reason: "canceled before it was sent" })
    const instrument = instrumentAt(this.state, order.instrument, order.instrumentVersion)
    const placed = this.#options.venue.place(this.#options.name, requestOf(instrument, order))
    if ("order" in placed) this.#report(placed.order, placed.executions)
    else this.#run({ type: "ReportRejected", clientOrderId, code: placed.code, reason: placed.reason })
  }

  #cancel(order: Order): void {
    const { clientOrderId } = order
    const known = findOrder(this.state, clientOrderId)
    if (known?.status !== "pendingCancel") return
    const { name, venue } = this.#options
    const symbol = wireSymbol(instrumentAt(this.state, order.instrument, order.instrumentVersion))
    const canceled: Placed = venue.cancel(name, symbol, clientOrderId)
    if ("order" in canceled && canceled.order.executedLots <= known.filledLots) return this.#report(canceled.order, [])
    const found = venue.lookup(name, symbol, clientOrderId)
    if (found === undefined) throw new RangeError(`The venue does not know ${clientOrderId}, which it had accepted`)
    this.#report(found.order, found.executions)
    if (statuses[found.order.status] !== "open") return
    this.#run({ type: "ReportCancelRefused", clientOrderId, code: "code" in canceled ? canceled.code : "" })
  }

  /** First that it is there, then what it traded, then how it ended. */
  #report(order: ExchangeOrder, executions: ReadonlyArray<Execution>): void {
    const whole = reportOrder(order)
    this.#run({ ...whole, status: "open" })
    for (const execution of executions) this.#run(reportFill(execution))
    if (whole.status === "canceled" || whole.status === "expired") this.#run(whole)
  }

  #run(command: AccountCommand): void {
    const { state } = this
    const firstSeq = state.seq + 1
    const circumstances = this.#circumstances()
    const events = execute(state, command, circumstances)
    if (events.length === 0) return
    const facts = events.map((event, index): RecordedFact => ({
      seq: firstSeq + index,
      type: event.type,
      timeUs: circumstances.now,
      payload: encode(event, (id, version) => state.versions.get(versionKey(id, version)))
    }))
    for (const fact of facts) this.facts.push(fact)
    for (const event of events) this.#follow(event)
    this.#options.told(facts)
  }

  /** What a fact sets in motion. */
  #follow(event: AccountEvent): void {
    if (event.type === "OrderReleased" || (event.type === "OrderIntended" && event.placement === "venue"))
      this.#requests.push({ kind: "place", order: findOrder(this.state, event.clientOrderId)! })
    else if (event.type === "CancelRequested" || event.type === "OrderAccepted") {
      const order = this.state.orders.get(event.clientOrderId)
      if (order?.status === "pendingCancel") this.#requests.push({ kind: "cancel", order })
    }
  }
}

/** An order in the words of the venue's protocol. */
const requestOf = (instrument: Instrument.Instrument, { clientOrderId, terms }: Order): OrderRequest => {
  const { displayLots, lots, postOnly, priceTicks, side, timeInForce, trailBps, triggerTicks, type } = terms
  const priced = hasLimit(type)
  const named = priced && postOnly && type === "limit" ? "LIMIT_MAKER" : wireTypes[type]
  return {
    symbol: wireSymbol(instrument),
    side,
    type: venueTypes.find((each) => each === named)!,
    timeInForce: priced && timeInForce !== "GTD" ? timeInForce : "GTC",
    price: priced ? Instrument.priceText(instrument, priceTicks) : undefined,
    quantity: Instrument.quantityText(instrument, lots),
    quoteOrderQty: undefined,
    clientOrderId,
    stopPrice:
      type === "trailingStop" || triggerTicks === undefined
        ? undefined
        : Instrument.priceText(instrument, triggerTicks),
    trailingDelta: type === "trailingStop" ? trailBps : undefined,
    icebergQty: displayLots === undefined ? undefined : Instrument.quantityText(instrument, displayLots)
  }
}

/** As the live account reads an order; its terms count only for orders that nobody here has placed. */
const reportOrder = (order: ExchangeOrder): ReportOrder => ({
  type: "ReportOrder",
  clientOrderId: order.acceptedAs,
  venueOrderId: String(order.venueOrderId),
  instrument: order.instrument.id,
  status: statuses[order.status],
  terms: {
    side: order.side,
    type: "limit",
    priceTicks: order.priceTicks,
    lots: order.lots,
    timeInForce: "GTC",
    postOnly: false
  },
  filledLots: order.executedLots,
  timeVenue: order.updateTimeMs * 1_000
})

const reportFill = (execution: Execution): ReportFill => ({
  type: "ReportFill",
  clientOrderId: execution.order.acceptedAs,
  venueOrderId: String(execution.order.venueOrderId),
  venueTradeId: String(execution.venueTradeId),
  instrument: execution.order.instrument.id,
  side: execution.order.side,
  priceTicks: execution.priceTicks,
  lots: execution.lots,
  fee: execution.commission,
  feeAsset: execution.commissionAsset,
  liquidity: execution.maker ? "maker" : "taker",
  timeVenue: execution.timeMs * 1_000
})

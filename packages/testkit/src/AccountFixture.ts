/**
 * An account as tests need it: listed, limited and funded through its own commands, with short ways to say what a
 * strategy asks and what the venue reports. Nothing is set behind the account's back.
 */
import * as Account from "@outcry/model/Account"
import type {
  AccountCommand,
  Circumstances,
  ReportFill,
  ReportOrder,
  SubmitIntents
} from "@outcry/model/AccountCommand"
import type { AccountEvent, Mark } from "@outcry/model/AccountEvent"
import { type AccountState, findOrder, initial } from "@outcry/model/AccountState"
import * as Amount from "@outcry/model/Amount"
import { idOf } from "@outcry/model/ClientOrderId"
import type { InstrumentSpec } from "@outcry/model/Instrument"
import type { Intent, ModifyIntent, PlaceIntent } from "@outcry/model/Intent"
import { defaults, type Limits } from "@outcry/model/Limits"
import type { OrderTerms } from "@outcry/model/Order"
import { btcUsdt, btcUsdtSpec, ethUsdtSpec } from "./Instruments.ts"

export interface AccountFixtureOptions {
  readonly instruments?: ReadonlyArray<InstrumentSpec>
  readonly limits?: Partial<Limits>
  /** Decimal amounts by asset. */
  readonly balances?: Readonly<Record<string, string>>
}

const funds = { USDT: "1000000", BTC: "10", ETH: "100" }

/** Limit buy of 0.01 BTC at 60,000, the mark's ask; override what matters to the test. */
export const terms = (over: Partial<OrderTerms> = {}): OrderTerms => ({
  side: "buy",
  type: "limit",
  priceTicks: 6_000_000,
  lots: 1000,
  timeInForce: "GTC",
  postOnly: false,
  ...over
})

export class AccountFixture {
  readonly state: AccountState = initial("alpha")
  /** Every fact so far, as a journal would hold it. */
  readonly events: Array<AccountEvent> = []
  now = 1_750_000_000_000_000
  readonly marks = new Map<string, Mark>()
  private readonly intentSeqs = new Map<string, number>()
  /** Whether the venue works every kind of order by itself. */
  native = true
  private causeSeq = 0
  private trades = 0

  constructor(options: AccountFixtureOptions = {}) {
    this.mark(btcUsdt.id, 5_999_990, 6_000_000)
    this.mark("sim:ETH/USDT", 299_999, 300_000)
    this.run({ type: "ListInstruments", specs: options.instruments ?? [btcUsdtSpec, ethUsdtSpec] })
    this.run({ type: "SetLimits", limits: { ...defaults, ...options.limits } })
    const balances = Object.entries(options.balances ?? funds)
    this.run({
      type: "AdoptBalances",
      balances: balances.map(([asset, amount]) => ({ asset, amount: Amount.from(amount) }))
    })
  }

  get circumstances(): Circumstances {
    return {
      now: this.now,
      expiryUs: 2_000_000,
      mark: (id) => this.marks.get(id),
      idOf: idOf("journal", "alpha"),
      native: () => this.native
    }
  }

  mark(instrument: string, bidTicks: number, askTicks: number): void {
    this.marks.set(instrument, { bidTicks, askTicks, timeReceived: this.now })
  }

  run(command: AccountCommand): ReadonlyArray<AccountEvent> {
    const events = Account.execute(this.state, command, this.circumstances)
    this.events.push(...events)
    return events
  }

  /** The types of the facts a command gives rise to. */
  types(command: AccountCommand): ReadonlyArray<string> {
    return this.run(command).map((event) => event.type)
  }

  batch(strategy: string, intents: ReadonlyArray<Intent>, cause?: Partial<SubmitIntents["cause"]>): SubmitIntents {
    return {
      type: "SubmitIntents",
      strategy,
      cause: { instrument: btcUsdt.id, feedEpoch: 1, seq: ++this.causeSeq, ...cause },
      trace: undefined,
      intents
    }
  }

  nextIntentSeq(strategy: string): number {
    const next = (this.intentSeqs.get(strategy) ?? 0) + 1
    this.intentSeqs.set(strategy, next)
    return next
  }

  placing(over: Partial<OrderTerms> = {}, strategy = "s1", instrument: string = btcUsdt.id): PlaceIntent {
    const intentSeq = this.nextIntentSeq(strategy)
    return {
      kind: "place",
      intentSeq,
      clientOrderId: idOf("journal", "alpha")(strategy, intentSeq, 1),
      instrument,
      terms: terms(over)
    }
  }

  /** Submits one order and returns the one fact that follows. */
  place(over: Partial<OrderTerms> = {}, strategy = "s1", instrument: string = btcUsdt.id): AccountEvent {
    return this.run(this.batch(strategy, [this.placing(over, strategy, instrument)]))[0]!
  }

  /** Submits one order that must pass; gives its client id. */
  placed(over: Partial<OrderTerms> = {}, strategy = "s1", instrument: string = btcUsdt.id): string {
    const event = this.place(over, strategy, instrument)
    if (event.type !== "OrderIntended") throw new Error(`The order was not placed: ${JSON.stringify(event)}`)
    return event.clientOrderId
  }

  /** Submits one order that the venue accepts under the id `v-<client id>`. */
  working(over: Partial<OrderTerms> = {}, strategy = "s1", instrument: string = btcUsdt.id): string {
    const id = this.placed(over, strategy, instrument)
    this.run(this.shown(id))
    return id
  }

  /** Submits one order that waits for others or shares their fate; it must pass; gives its client id. */
  linked(
    over: Partial<OrderTerms>,
    link: Pick<PlaceIntent, "contingency" | "resubmitUntilUs">,
    strategy = "s1",
    instrument: string = btcUsdt.id
  ): string {
    const intent = { ...this.placing(over, strategy, instrument), ...link }
    const [event] = this.run(this.batch(strategy, [intent]))
    if (event?.type !== "OrderIntended") throw new Error(`The order was not placed: ${JSON.stringify(event)}`)
    return event.clientOrderId
  }

  /** Replaces an open order; gives the facts and the id of the one in its place. */
  modify(
    replaces: string,
    change: Pick<ModifyIntent, "priceTicks" | "triggerTicks" | "lots">,
    strategy = "s1"
  ): { readonly clientOrderId: string; readonly events: ReadonlyArray<AccountEvent> } {
    const intentSeq = this.nextIntentSeq(strategy)
    const clientOrderId = idOf("journal", "alpha")(strategy, intentSeq, 1)
    const events = this.run(this.batch(strategy, [{ kind: "modify", intentSeq, clientOrderId, replaces, ...change }]))
    return { clientOrderId, events }
  }

  /** The price moves and the account looks: the types of the facts that follow. */
  tick(bidTicks?: number, instrument: string = btcUsdt.id): ReadonlyArray<string> {
    const bid = bidTicks ?? this.marks.get(instrument)!.bidTicks
    this.mark(instrument, bid, bid + 10)
    return this.types({ type: "Tick" })
  }

  cancel(clientOrderId: string, strategy = "s1"): ReadonlyArray<AccountEvent> {
    const intentSeq = this.nextIntentSeq(strategy)
    return this.run(this.batch(strategy, [{ kind: "cancel", intentSeq, clientOrderId }]))
  }

  /** The venue's view of an order of ours. */
  shown(clientOrderId: string, over: Partial<ReportOrder> = {}): ReportOrder {
    const order = findOrder(this.state, clientOrderId)
    return {
      type: "ReportOrder",
      clientOrderId,
      venueOrderId: `v-${clientOrderId}`,
      instrument: order?.instrument ?? btcUsdt.id,
      status: "open",
      terms: order?.terms ?? terms(),
      filledLots: order?.filledLots ?? 0,
      timeVenue: this.now,
      ...over
    }
  }

  /** A fill of an order of ours, of all that is left at its price unless said otherwise. */
  filled(clientOrderId: string, over: Partial<ReportFill> = {}): ReportFill {
    const order = findOrder(this.state, clientOrderId)
    return {
      type: "ReportFill",
      clientOrderId,
      venueOrderId: `v-${clientOrderId}`,
      venueTradeId: String(++this.trades),
      instrument: order?.instrument ?? btcUsdt.id,
      side: order?.terms.side ?? "buy",
      priceTicks: order === undefined || order.terms.priceTicks === 0 ? 6_000_000 : order.terms.priceTicks,
      lots: order === undefined ? 1 : order.terms.lots - order.filledLots,
      fee: 0n,
      feeAsset: "USDT",
      liquidity: "taker",
      timeVenue: this.now,
      ...over
    }
  }

  statusOf(clientOrderId: string): string | undefined {
    return findOrder(this.state, clientOrderId)?.status
  }

  /** Decimal amount that is held back. */
  reserved(asset: string): string {
    return Amount.format(this.state.balances.get(asset)?.reserved ?? 0n)
  }
}

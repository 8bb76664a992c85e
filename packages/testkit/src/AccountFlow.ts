/**
 * A seeded stream of commands for one account: several strategies and instruments, good and bad intents of every kind,
 * operators who cancel, close and resolve, orders placed by hand, changed sizes and limits, and a venue whose reports come
 * late, twice and out of order, and that takes some of its fills back.
 *
 * The same seed gives the same commands. `settle` delivers all that is outstanding until nothing new follows.
 */
import * as Account from "@outcry/model/Account"
import type { AccountCommand, Circumstances, SubmitIntents } from "@outcry/model/AccountCommand"
import { type AccountEvent, type Mark, resolutions } from "@outcry/model/AccountEvent"
import { type AccountState, initial } from "@outcry/model/AccountState"
import * as Amount from "@outcry/model/Amount"
import type { InstrumentSpec } from "@outcry/model/Instrument"
import { defaults, type Limits } from "@outcry/model/Limits"
import { hasLimit, type Order, type OrderTerms } from "@outcry/model/Order"
import { SeededRandom } from "@outcry/model/SeededRandom"
import { flowId, flowIntents } from "./AccountFlowIntents.ts"
import { btcUsdtSpec, ethUsdtSpec } from "./Instruments.ts"
import { fateOf, lifeOf, type ScriptedOrder, type VenueManners } from "./VenueScript.ts"

export interface AccountFlowOptions {
  /** Without fills taken back and changes of trading state: every fill of the venue must end up booked. */
  readonly tidy?: boolean
  /** As tidy, and what the venue says it never had stays away. */
  readonly honest?: boolean
}

const strategies = ["cross", "maker", "pairs"]
const specs = [btcUsdtSpec, ethUsdtSpec]
const usualTicks: Readonly<Record<string, number>> = { "sim:BTC/USDT": 6_000_000, "sim:ETH/USDT": 300_000 }
const ids = Object.keys(usualTicks)

export class AccountFlow {
  readonly state: AccountState = initial("flow")
  readonly events: Array<AccountEvent> = []
  /** Every fill the venue made, delivered or not. */
  readonly venueFills: Array<Extract<AccountCommand, { readonly type: "ReportFill" }>> = []
  private readonly random: SeededRandom
  private readonly tidy: boolean
  private readonly manners: VenueManners
  private readonly pending: Array<AccountCommand> = []
  private readonly delivered: Array<AccountCommand> = []
  private readonly batches: Array<SubmitIntents> = []
  private readonly intentSeqs = new Map<string, number>()
  private readonly marks = new Map<string, Mark>()
  private now = 1_750_000_000_000_000
  private causeSeq = 0
  private orders = 0
  private trades = 0

  constructor(seed: number, options: AccountFlowOptions = {}) {
    this.random = new SeededRandom(seed)
    this.manners = options.honest === true ? "honest" : options.tidy === true ? "tidy" : "wild"
    this.tidy = this.manners !== "wild"
    this.tick()
    this.run({ type: "ListInstruments", specs })
    this.run({ type: "SetLimits", limits: { ...defaults, openOrdersMax: 12, orderRateMax: 12 } })
    const balances = { USDT: "300000", BTC: "1.5", ETH: "20", BNB: "1" }
    const amounts = Object.entries(balances).map(([asset, amount]) => ({ asset, amount: Amount.from(amount) }))
    this.run({ type: "AdoptBalances", balances: amounts })
  }

  get circumstances(): Circumstances {
    return {
      now: this.now,
      expiryUs: 2_000_000,
      mark: (id) => this.marks.get(id),
      idOf: flowId,
      // One venue works stops by itself, the other leaves them to us.
      native: (id) => id === ids[0]
    }
  }

  /** The next command; run it, or look at it first. */
  next(): AccountCommand {
    this.tick()
    const chance = this.random.fraction()
    if (chance < 0.32) return this.submit()
    if (chance < 0.72 && this.pending.length > 0) return this.deliver()
    if (chance < 0.8) return { type: "Tick" }
    if (chance < 0.83 && this.delivered.length > 0) return this.random.pick(this.delivered)
    if (chance < 0.85 && this.batches.length > 0) return this.random.pick(this.batches)
    if (chance < 0.86) return { type: "CancelOrders", clientOrderIds: "all", by: "operator", reason: "drill" }
    if (chance < 0.89) return this.external()
    if (chance < 0.9) return this.resize()
    if (chance < 0.91) return { type: "SetLimits", limits: this.otherLimits() }
    if (chance < 0.925) return this.close()
    if (chance < 0.94) return this.money()
    if (chance < 0.96) return this.executed()
    if (this.tidy) return { type: "CancelOrders", clientOrderIds: ["gone"] }
    if (chance < 0.975) return this.bust()
    if (chance < 0.985) return this.resolve()
    if (chance < 0.99) return this.forget()
    const state = this.random.pick(["active", "active", "reducing", "halted"] as const)
    return { type: "SetTradingState", state, by: "flow", reason: "drill" }
  }

  run(command: AccountCommand): ReadonlyArray<AccountEvent> {
    const events = Account.execute(this.state, command, this.circumstances)
    for (const event of events) this.observe(event)
    this.events.push(...events)
    return events
  }

  /** Delivers every report, again and again, until none says anything new and nothing waits any more. */
  settle(): void {
    for (let round = 0, before = -1; before !== this.events.length; round++) {
      if (round > 100) throw new Error("The account never settles")
      before = this.events.length
      this.run({ type: "CancelOrders", clientOrderIds: "all" })
      this.delivered.push(...this.pending.splice(0))
      for (const report of this.delivered) this.run(report)
    }
  }

  /** Time passes, with fresh prices, and the account looks: what it has to try again is tried. */
  wait(ticks: number): void {
    for (let i = 0; i < ticks; i++) {
      this.now += 500_000
      this.tick()
      this.run({ type: "Tick" })
      while (this.pending.length > 0) this.run(this.deliver())
    }
  }

  private tick(): void {
    this.now += this.random.between(1, 400_000)
    for (const id of ids) {
      if (this.random.chance(0.02) && this.marks.has(id)) continue
      const askTicks = Math.round(usualTicks[id]! * (0.99 + this.random.fraction() * 0.02))
      this.marks.set(id, { bidTicks: askTicks - this.random.between(1, 20), askTicks, timeReceived: this.now })
    }
  }

  private submit(): SubmitIntents {
    const { random } = this
    const strategy = random.pick(strategies)
    const intents = flowIntents(
      { random, state: this.state, instruments: ids, now: this.now, mark: (id) => this.marks.get(id)! },
      strategy,
      () => {
        const intentSeq = (this.intentSeqs.get(strategy) ?? 0) + 1
        this.intentSeqs.set(strategy, intentSeq)
        return intentSeq
      }
    )
    const seq = random.chance(0.05) ? random.between(1, this.causeSeq + 1) : ++this.causeSeq
    const cause = { instrument: random.pick(ids), feedEpoch: random.chance(0.02) ? 2 : 1, seq }
    const timeDecided = random.chance(0.9) ? {} : { timeDecided: this.now - random.between(0, 6_000_000) }
    const batch: SubmitIntents = { type: "SubmitIntents", strategy, cause, trace: undefined, intents, ...timeDecided }
    this.batches.push(batch)
    return batch
  }

  private close(): AccountCommand {
    const instruments = this.random.chance(0.3) ? "all" : [this.random.pick(ids)]
    return { type: "ClosePositions", instruments, by: "operator", reason: "drill" }
  }

  private money(): AccountCommand {
    const { now, random } = this
    const amount = BigInt(random.between(-1_000_000_000, 1_000_000_000))
    return random.chance(0.5)
      ? { type: "AdjustBalance", asset: "USDT", amount, adjustment: "operator", by: "operator", reason: "drill" }
      : {
          type: "ReportFunding",
          instrument: random.pick(ids),
          asset: "USDT",
          amount,
          venueFundingId: `f${random.between(1, 50)}`,
          timeVenue: now
        }
  }

  private pickOrder(of: (order: Order) => boolean): Order | undefined {
    const orders = [...this.state.orders.values()].filter(of)
    return orders.length === 0 ? undefined : this.random.pick(orders)
  }

  private executed(): AccountCommand {
    const order = this.pickOrder(({ status }) => status === "working")
    if (order === undefined) return { type: "Tick" }
    return {
      type: "ReportExecuted",
      clientOrderId: order.clientOrderId,
      filledLots: this.random.between(order.filledLots, order.terms.lots),
      averageTicks: this.marks.get(order.instrument)!.askTicks,
      timeVenue: this.now
    }
  }

  private bust(): AccountCommand {
    const fill = this.random.pick(this.events.filter((event) => event.type === "OrderFilled"))
    if (fill === undefined) return { type: "Tick" }
    const { liquidity: _l, timeVenue: _t, instrumentVersion: _v, type: _, ...booked } = fill
    return { type: "ReportBust", ...booked, reason: "clearly erroneous" }
  }

  private resolve(): AccountCommand {
    const order = this.pickOrder(({ status }) => status === "unknown")
    return {
      type: "ResolveOrder",
      clientOrderId: order?.clientOrderId ?? "gone",
      as: this.random.pick(resolutions),
      priceTicks: usualTicks[order?.instrument ?? ids[0]!]!,
      by: "operator",
      reason: "drill"
    }
  }

  private forget(): AccountCommand {
    const order = this.pickOrder(({ status }) => status === "working")
    return { type: "ReportForgotten", clientOrderId: order?.clientOrderId ?? "gone", reason: "not listed" }
  }

  private deliver(): AccountCommand {
    // Mostly the oldest; now and then one overtakes.
    const at = this.random.chance(0.75) ? 0 : this.random.between(0, this.pending.length - 1)
    const report = this.pending.splice(at, 1)[0]!
    this.delivered.push(report)
    return report
  }

  private external(): AccountCommand {
    const instrument = this.random.pick(ids)
    const order = this.script(`web_${++this.orders}`, instrument, {
      side: this.random.chance(0.5) ? "buy" : "sell",
      type: "limit",
      priceTicks: this.marks.get(instrument)!.askTicks,
      lots: this.random.between(10, 200),
      timeInForce: "GTC",
      postOnly: false
    })
    this.send(lifeOf(order, this.random))
    return this.deliver()
  }

  private resize(): AccountCommand {
    const current = this.state.instruments.get(this.random.pick(ids))!
    // An order that comes to life in lots that are no more cannot be booked.
    const absent = [...this.state.closed.values()].some(
      ({ instrument, status }) => instrument === current.id && status === "notPlaced"
    )
    if (this.tidy && absent) return { type: "Tick" }
    const [lotSize, tickSize] = this.random.pick([
      ["0.00001", "0.01"],
      ["0.0001", "0.05"],
      ["0.001", "0.01"]
    ] as const)
    const spec: InstrumentSpec = { ...current, version: current.version + 1, lotSize, tickSize, minQuantity: lotSize }
    return { type: "ListInstruments", specs: [spec] }
  }

  private otherLimits(): Limits {
    const { random, state } = this
    const orderRateMax = random.between(3, 20)
    return { ...state.limits, version: state.limits.version + random.between(-1, 1), orderRateMax }
  }

  private script(clientOrderId: string, instrument: string, terms: OrderTerms): ScriptedOrder {
    const { base, quote } = this.state.instruments.get(instrument)!
    return {
      clientOrderId,
      venueOrderId: String(1000 + ++this.orders),
      instrument,
      terms,
      priceTicks: hasLimit(terms.type) ? terms.priceTicks : this.marks.get(instrument)!.askTicks,
      baseAsset: base,
      quoteAsset: quote,
      now: this.now,
      nextTradeId: () => String(++this.trades)
    }
  }

  private send(reports: ReadonlyArray<AccountCommand>): void {
    for (const report of reports) if (report.type === "ReportFill") this.venueFills.push(report)
    this.pending.push(...reports)
  }

  private observe(event: AccountEvent): void {
    const sent = event.type === "OrderReleased" || (event.type === "OrderIntended" && event.placement === "venue")
    if (sent)
      this.send(fateOf(this.script(event.clientOrderId, event.instrument, event.terms), this.random, this.manners))
    if (event.type !== "CancelRequested" || !this.random.chance(0.3)) return
    this.pending.push({ type: "ReportCancelRefused", clientOrderId: event.clientOrderId, code: "-2011" })
  }
}

/**
 * A seeded stream of commands for one account: several strategies and instruments, good and bad intents, cancels,
 * hands-on orders, changed sizes and limits, and a venue whose reports come late, twice and out of order.
 *
 * The same seed gives the same commands. `settle` delivers all that is outstanding until nothing new follows.
 */
import * as Account from "@outcry/model/Account"
import type { AccountCommand, Circumstances, SubmitIntents } from "@outcry/model/AccountCommand"
import type { AccountEvent, Mark } from "@outcry/model/AccountEvent"
import { type AccountState, initial } from "@outcry/model/AccountState"
import * as Amount from "@outcry/model/Amount"
import { derive } from "@outcry/model/ClientOrderId"
import type { InstrumentSpec } from "@outcry/model/Instrument"
import type { Intent } from "@outcry/model/Intent"
import { defaults, type Limits } from "@outcry/model/Limits"
import type { OrderTerms } from "@outcry/model/Order"
import { SeededRandom } from "@outcry/model/SeededRandom"
import { btcUsdtSpec, ethUsdtSpec } from "./Instruments.ts"
import { fateOf, lifeOf, type ScriptedOrder } from "./VenueScript.ts"

export interface AccountFlowOptions {
  /** Without busts and changes of trading state: every fill of the venue must end up booked. */
  readonly tidy?: boolean
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
    this.tidy = options.tidy ?? false
    this.tick()
    this.run({ type: "ListInstruments", specs })
    this.run({ type: "SetLimits", limits: { ...defaults, openOrdersMax: 8, orderRateMax: 12 } })
    const balances = { USDT: "300000", BTC: "1.5", ETH: "20", BNB: "1" }
    const amounts = Object.entries(balances).map(([asset, amount]) => ({ asset, amount: Amount.from(amount) }))
    this.run({ type: "AdoptBalances", balances: amounts })
  }

  get circumstances(): Circumstances {
    return { now: this.now, expiryUs: 2_000_000, mark: (id) => this.marks.get(id) }
  }

  /** The next command; run it, or look at it first. */
  next(): AccountCommand {
    this.tick()
    const chance = this.random.fraction()
    if (chance < 0.34) return this.submit()
    if (chance < 0.84 && this.pending.length > 0) return this.deliver()
    if (chance < 0.88 && this.delivered.length > 0) return this.random.pick(this.delivered)
    if (chance < 0.9 && this.batches.length > 0) return this.random.pick(this.batches)
    if (chance < 0.92) return { type: "CancelOrders", clientOrderIds: "all" }
    if (chance < 0.95) return this.external()
    if (chance < 0.97) return this.resize()
    if (chance < 0.98) return { type: "SetLimits", limits: this.otherLimits() }
    if (this.tidy) return { type: "CancelOrders", clientOrderIds: ["gone"] }
    const state = this.random.pick(["active", "active", "reducing", "halted"] as const)
    return { type: "SetTradingState", state, by: "flow", reason: "drill" }
  }

  run(command: AccountCommand): ReadonlyArray<AccountEvent> {
    const events = Account.execute(this.state, command, this.circumstances)
    for (const event of events) this.observe(event)
    this.events.push(...events)
    return events
  }

  /** Delivers every report, again and again, until none says anything new. */
  settle(): void {
    this.delivered.push(...this.pending.splice(0))
    for (let round = 0, before = -1; before !== this.events.length; round++) {
      if (round > 100) throw new Error("The account never settles")
      before = this.events.length
      for (const report of this.delivered) this.run(report)
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

  private terms(id: string): OrderTerms {
    const { random } = this
    const market = random.chance(0.2)
    const wild = random.chance(0.08)
    const priceTicks = wild
      ? random.pick([0, -1, 0.5, 1, 9e15])
      : this.marks.get(id)!.askTicks - random.between(-50, 50)
    return {
      side: random.chance(0.5) ? "buy" : "sell",
      type: market ? "market" : "limit",
      priceTicks: market ? 0 : priceTicks,
      lots: random.chance(0.05) ? random.pick([0, -3, 1.5, 1, 900_000_001]) : random.between(50, 40_000),
      timeInForce: market ? "IOC" : random.pick(["GTC", "IOC", "FOK"] as const),
      postOnly: false
    }
  }

  private submit(): SubmitIntents {
    const { random } = this
    const strategy = random.pick(strategies)
    const intents: Array<Intent> = []
    for (let count = random.between(1, 3); count > 0; count--) {
      const intentSeq = (this.intentSeqs.get(strategy) ?? 0) + 1
      this.intentSeqs.set(strategy, intentSeq)
      const open = [...this.state.orders.values()]
      if (open.length > 0 && random.chance(0.25))
        intents.push({ kind: "cancel", intentSeq, clientOrderId: random.pick(open).clientOrderId })
      else {
        const instrument = random.chance(0.02) ? "sim:DOGE/USDT" : random.pick(ids)
        const terms = this.terms(ids.includes(instrument) ? instrument : ids[0]!)
        const clientOrderId = derive("flow", "flow", strategy, intentSeq)
        intents.push({ kind: "place", intentSeq, clientOrderId, instrument, terms })
      }
    }
    const seq = random.chance(0.05) ? random.between(1, this.causeSeq + 1) : ++this.causeSeq
    const cause = { instrument: random.pick(ids), feedEpoch: random.chance(0.02) ? 2 : 1, seq }
    const batch: SubmitIntents = { type: "SubmitIntents", strategy, cause, trace: undefined, intents }
    this.batches.push(batch)
    return batch
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
      priceTicks: terms.type === "limit" ? terms.priceTicks : this.marks.get(instrument)!.askTicks,
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
    if (event.type === "OrderIntended")
      this.send(fateOf(this.script(event.clientOrderId, event.instrument, event.terms), this.random, this.tidy))
    if (event.type === "CancelRequested" && this.random.chance(0.3))
      this.pending.push({ type: "ReportCancelRefused", clientOrderId: event.clientOrderId, code: "-2011" })
  }
}

/** An account beside a venue that agrees with it unless a test says otherwise, looked at once and again. */
import { AccountFixture, terms } from "@outcry/testkit/AccountFixture"
import { btcUsdt } from "@outcry/testkit/Instruments"
import type { ReportFill } from "../src/AccountCommand.ts"
import * as Amount from "../src/Amount.ts"
import { reconcile } from "../src/Reconciliation.ts"
import { type Finding, noMemory, type ReconciliationMemory } from "../src/ReconciliationFinding.ts"
import type { SeenOrder, VenueView } from "../src/ReconciliationView.ts"

const second = 1_000_000
export const lagUs = 2 * second
export const btc = btcUsdt.id
/** A client id of our form that no journal knows. */
export const foreignId = "ocaaaaaaaaaaaaaaaa"

export class Desk {
  readonly account = new AccountFixture()
  /** What the venue lists, where the test does not leave it to the account. */
  orders: Array<SeenOrder> | undefined
  listed: Array<ReportFill> = []
  balances: Record<string, string> = {}
  afterTradeId = ""
  complete = true
  memory: ReconciliationMemory = noMemory

  seen(order: Partial<SeenOrder> & { readonly clientOrderId: string }): SeenOrder {
    return { ...this.account.shown(order.clientOrderId), averageTicks: 0, ...order }
  }

  view(over: Partial<VenueView> = {}): VenueView {
    const ours = Array.from(this.account.state.orders.values()).filter(
      ({ status }) => status === "working" || status === "pendingCancel"
    )
    const totals = new Map(Array.from(this.account.state.balances, ([asset, { total }]) => [asset, total]))
    for (const [asset, amount] of Object.entries(this.balances)) totals.set(asset, Amount.from(amount))
    return {
      time: this.account.now,
      lagUs,
      openOrders: this.orders ?? ours.map(({ clientOrderId }) => this.seen({ clientOrderId })),
      executions: new Map(
        Array.from(this.account.state.instruments.keys(), (id) => [
          id,
          {
            afterTradeId: this.afterTradeId,
            complete: this.complete,
            fills: this.listed.filter(({ instrument }) => instrument === id)
          }
        ])
      ),
      balances: Array.from(totals, ([asset, total]) => ({ asset, total })),
      ...over
    }
  }

  /** One view, `afterSeconds` later; its commands are not given to the account. */
  look(afterSeconds = 5, over: Partial<VenueView> = {}): ReadonlyArray<Finding> {
    this.account.now += afterSeconds * second
    const { findings, memory } = reconcile(this.account.state, this.view(over), this.memory)
    this.memory = memory
    return findings
  }

  /** As `looks`, in short words. */
  words(afterSeconds = 5, over: Partial<VenueView> = {}): ReadonlyArray<string> {
    return this.look(afterSeconds, over).map((finding) =>
      finding.kind === "explained" ? `explained ${finding.why}` : `${finding.kind} ${finding.command.type}`
    )
  }

  obey(findings: ReadonlyArray<Finding>): void {
    for (const finding of findings) if (finding.kind !== "explained") this.account.run(finding.command)
  }
}

export const external = (over: Partial<SeenOrder> = {}): SeenOrder => ({
  type: "ReportOrder",
  clientOrderId: "by-hand",
  venueOrderId: "v-hand",
  instrument: btc,
  status: "open",
  terms: terms(),
  filledLots: 0,
  timeVenue: 0,
  averageTicks: 0,
  ...over
})

/**
 * One look at the venue, as reconciliation takes it in: orders and executions in the shape of the account's own commands.
 * `undefined` stands for what the venue did not answer, which is never "nothing there".
 */
import type { ReportFill, ReportOrder } from "./AccountCommand.ts"
import type { Amount } from "./Amount.ts"
import type { InstrumentId } from "./Instrument.ts"

/** An order as the venue lists it among the open ones. */
export interface SeenOrder extends ReportOrder {
  /** Average price of what was filled; 0 where nothing was or the venue does not say. */
  readonly averageTicks: number
}

/** The executions of one instrument that the venue listed. */
export interface SeenExecutions {
  /** Everything after this trade id was asked for; empty: from some time on. */
  readonly afterTradeId: string
  /** Whether the list goes on to the present. Where it does not, an execution's absence proves nothing. */
  readonly complete: boolean
  readonly fills: ReadonlyArray<ReportFill>
}

/** One round of questions to the venue; `undefined` stands for what it did not answer. */
export interface VenueView {
  /** When the first question was asked, epoch µs. */
  readonly time: number
  /** How long the venue may take to list what it has done. */
  readonly lagUs: number
  readonly openOrders: ReadonlyArray<SeenOrder> | undefined
  readonly executions: ReadonlyMap<InstrumentId, SeenExecutions | undefined>
  readonly balances: ReadonlyArray<{ readonly asset: string; readonly total: Amount }> | undefined
}

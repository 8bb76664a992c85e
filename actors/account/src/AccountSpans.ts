/** The spans of an order's way through its account. They cost only where an order is: nothing here runs per tick. */
import type { Order } from "@outcry/model/Order"
import * as Attributes from "@outcry/telemetry/Attributes"
import * as Names from "@outcry/telemetry/SpanNames"
import type { SpanRecorder } from "@outcry/telemetry/SpanRecorder"
import { attachTo, type TraceContext } from "@outcry/telemetry/TraceContext"

/** Spans of the requests under way, so that acknowledgement and fills find their parent. Bounded. */
const submitsKept = 2000

const keep = <A>(kept: Map<string, A>, key: string, value: A): void => {
  kept.set(key, value)
  if (kept.size <= submitsKept) return
  for (const oldest of kept.keys()) {
    kept.delete(oldest)
    return
  }
}

export interface AppendTimes {
  readonly receivedUs: number
  readonly decidedUs: number
  readonly appendStartUs: number
  readonly committedUs: number
  /** What the venue's clock is ahead of ours: orders are timed by the venue's. */
  readonly offsetUs: number
}

export class AccountSpans {
  private readonly recorder: SpanRecorder["Service"]
  private readonly batches = new Map<string, TraceContext>()
  private readonly submits = new Map<string, { readonly context: TraceContext; readonly startUs: number }>()

  constructor(recorder: SpanRecorder["Service"]) {
    this.recorder = recorder
  }

  /** The batch an order came with: mailbox to commit, with the checks and the append as children. */
  decided(order: Order, account: string, times: AppendTimes): void {
    const { trace } = order
    if (trace === undefined) return
    const attributes = {
      ...this.attributes(order, account),
      ...Attributes.messaging({ actorType: "Account", message: "Submit", operation: "process" })
    }
    const parent = this.recorder.recordUnsafe({
      name: Names.ACCOUNT_SUBMIT,
      traceId: trace.traceId,
      parentSpanId: trace.spanId,
      startUs: times.receivedUs,
      endUs: times.committedUs,
      kind: "consumer",
      attributes
    })
    const child = { traceId: trace.traceId, parentSpanId: parent.spanId, attributes: this.attributes(order, account) }
    this.recorder.recordUnsafe({
      ...child,
      name: Names.ACCOUNT_RISK,
      startUs: times.receivedUs,
      endUs: times.decidedUs
    })
    this.recorder.recordUnsafe({
      ...child,
      name: Names.JOURNAL_APPEND,
      startUs: times.appendStartUs,
      endUs: times.committedUs,
      kind: "client"
    })
    keep(this.batches, order.clientOrderId, parent)
  }

  /** The request to the venue, under the batch it came with. */
  submitted(order: Order, account: string, startUs: number, endUs: number, outcome: string): void {
    const parent = this.batches.get(order.clientOrderId)
    if (parent === undefined) return
    this.batches.delete(order.clientOrderId)
    const context = this.recorder.recordUnsafe({
      name: Names.VENUE_SUBMIT,
      traceId: parent.traceId,
      parentSpanId: parent.spanId,
      startUs,
      endUs,
      kind: "client",
      attributes: { ...this.attributes(order, account), "outcry.outcome": outcome }
    })
    keep(this.submits, order.clientOrderId, { context, startUs })
  }

  /** The acknowledgement or a fill, from its arrival to its commit. A late one links to the request instead. */
  reported(
    name: typeof Names.VENUE_ACK | typeof Names.VENUE_FILL,
    order: Order,
    account: string,
    receivedUs: number,
    committedUs: number
  ): void {
    const submit = this.submits.get(order.clientOrderId) ?? this.remembered(order)
    if (submit === undefined) return
    this.recorder.recordUnsafe({
      name,
      ...attachTo(submit.context, submit.startUs, receivedUs),
      startUs: receivedUs,
      endUs: committedUs,
      attributes: this.attributes(order, account)
    })
  }

  /** After a move the request's span belongs to another node: hang on to the intent's, which the journal kept. */
  private remembered(order: Order) {
    return order.trace === undefined ? undefined : { context: order.trace, startUs: order.timeIntent }
  }

  private attributes(order: Order, account: string) {
    return Attributes.order({
      orderId: order.clientOrderId,
      side: order.terms.side,
      instrument: order.instrument,
      venue: order.instrument.slice(0, order.instrument.indexOf(":")),
      account,
      strategy: order.strategy
    })
  }
}

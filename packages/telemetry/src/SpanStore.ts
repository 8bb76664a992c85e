/**
 * Owns the spans kept in memory: by trace, and by the orders a trace carries.
 * Bounded by a number of spans. When it is full, traces without an order go first, oldest first, then the oldest traces
 * with one; a single trace cannot grow beyond its own bound. What was evicted is counted.
 * Adding the same span again (an exporter's retry) changes nothing. Plain data, no I/O.
 */
import { orderIdsOf, type StoredSpan } from "./StoredSpan.ts"

/** The bounds of a store. */
export interface SpanStoreLimits {
  readonly maxSpans: number
  readonly maxSpansPerTrace: number
}

/** About 50 MB when full. */
export const defaultStoreLimits: SpanStoreLimits = { maxSpans: 50_000, maxSpansPerTrace: 2_000 }

interface Trace {
  readonly spans: Map<string, StoredSpan>
  readonly orders: Set<string>
}

/** What an addition changed, for the files. */
export interface Added {
  /** New spans of traces that carry an order, with the earlier spans of traces that only now turned out to. */
  readonly ofOrders: ReadonlyArray<StoredSpan>
  /** New spans of other traces. */
  readonly others: ReadonlyArray<StoredSpan>
}

/** The sizes of a store. */
export interface SpanStoreStats {
  readonly spans: number
  readonly traces: number
  readonly orderTraces: number
  readonly orders: number
  readonly evictedSpans: number
  /** Spans refused because their trace was full. */
  readonly overfullSpans: number
}

/** The index. Not shared between processes. */
export class SpanStore {
  readonly #limits: SpanStoreLimits
  /** Both in order of the last addition, so that the first is the oldest. */
  readonly #plain = new Map<string, Trace>()
  readonly #ordered = new Map<string, Trace>()
  readonly #byOrder = new Map<string, Set<string>>()
  #spans = 0
  #evicted = 0
  #overfull = 0

  constructor(limits: SpanStoreLimits = defaultStoreLimits) {
    this.#limits = limits
  }

  /** Adds spans, evicts what no longer fits, and says what was new. */
  add(spans: ReadonlyArray<StoredSpan>): Added {
    const ofOrders: Array<StoredSpan> = []
    const others: Array<StoredSpan> = []
    const fresh: Array<StoredSpan> = []
    for (const span of spans) {
      const known = this.#ordered.has(span.traceId)
      const outcome = this.#insert(span)
      if (outcome === "known") continue
      if (!known && outcome.orders.size > 0) {
        // The trace turned out to be an order's: everything seen of it so far is now worth keeping.
        for (const earlier of outcome.spans.values()) ofOrders.push(earlier)
      } else if (known) ofOrders.push(span)
      else fresh.push(span)
    }
    for (const span of fresh) if (!this.#ordered.has(span.traceId)) others.push(span)
    this.#evict()
    return { ofOrders, others }
  }

  /** The spans of a trace, by start time; empty when it is not known. */
  trace(traceId: string): ReadonlyArray<StoredSpan> {
    const trace = this.#ordered.get(traceId) ?? this.#plain.get(traceId)
    return trace === undefined ? [] : [...trace.spans.values()].toSorted(byStart)
  }

  /** The spans of every trace that carries the order. */
  traceOfOrder(orderId: string): ReadonlyArray<StoredSpan> {
    const traces = this.#byOrder.get(orderId)
    return traces === undefined ? [] : [...traces].flatMap((traceId) => this.trace(traceId)).toSorted(byStart)
  }

  /** The newest spans, newest first, of a given name if one is given. */
  newest(limit: number, name?: string): ReadonlyArray<StoredSpan> {
    const found: Array<StoredSpan> = []
    for (const traces of [this.#plain, this.#ordered]) {
      for (const trace of traces.values()) {
        for (const span of trace.spans.values()) if (name === undefined || span.name === name) found.push(span)
      }
    }
    return found.toSorted((a, b) => byStart(b, a)).slice(0, limit)
  }

  /** The orders whose traces are kept, newest last. */
  orders(limit: number): ReadonlyArray<string> {
    return [...this.#byOrder.keys()].slice(-limit)
  }

  /** Sizes and losses. */
  get stats(): SpanStoreStats {
    return {
      spans: this.#spans,
      traces: this.#plain.size + this.#ordered.size,
      orderTraces: this.#ordered.size,
      orders: this.#byOrder.size,
      evictedSpans: this.#evicted,
      overfullSpans: this.#overfull
    }
  }

  #insert(span: StoredSpan): Trace | "known" {
    const trace = this.#ordered.get(span.traceId) ?? this.#plain.get(span.traceId) ?? emptyTrace()
    if (trace.spans.has(span.spanId)) return "known"
    if (trace.spans.size >= this.#limits.maxSpansPerTrace) {
      this.#overfull++
      return "known"
    }
    trace.spans.set(span.spanId, span)
    this.#spans++
    for (const orderId of orderIdsOf(span)) {
      trace.orders.add(orderId)
      const traces = this.#byOrder.get(orderId)
      if (traces === undefined) this.#byOrder.set(orderId, new Set([span.traceId]))
      else traces.add(span.traceId)
    }
    this.#plain.delete(span.traceId)
    this.#ordered.delete(span.traceId)
    ;(trace.orders.size > 0 ? this.#ordered : this.#plain).set(span.traceId, trace)
    return trace
  }

  #evict(): void {
    while (this.#spans > this.#limits.maxSpans) {
      const from = this.#plain.size > 0 ? this.#plain : this.#ordered
      const oldest = from.entries().next()
      if (oldest.done === true) return
      const [traceId, trace] = oldest.value
      from.delete(traceId)
      this.#spans -= trace.spans.size
      this.#evicted += trace.spans.size
      for (const orderId of trace.orders) {
        const traces = this.#byOrder.get(orderId)
        traces?.delete(traceId)
        if (traces?.size === 0) this.#byOrder.delete(orderId)
      }
    }
  }
}

const emptyTrace = (): Trace => ({ spans: new Map(), orders: new Set() })

const byStart = (a: StoredSpan, b: StoredSpan): number => a.startUs - b.startUs

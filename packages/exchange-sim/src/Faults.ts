/**
 * Faults that the exchange commits on request: rules with a kind, a chance by seed and a number of times. Asked by
 * REST, the user stream and the market streams at the places where real venues fail. Only present where the exchange
 * was started with `--faults`.
 */
import { Schema } from "effect"

export const faultKinds = [
  // REST: the order is worked, the reply never comes; or is a 5xx; or the connection is cut instead of a reply.
  "timeoutAfterAccept",
  "errorAfterAccept",
  "resetAfterAccept",
  // REST: nothing is worked.
  "errorBeforeAccept",
  "resetBeforeAccept",
  "rateLimit",
  "ban",
  // REST: the request waits, or the reply does.
  "latency",
  "replyLatency",
  // REST: the order is worked, and the reply cannot be read or lacks what it should have (see `shape`).
  "garbageReply",
  // Both APIs, for as long as the rule stands or `delayMs` says: signed calls answer 503, instruments are on BREAK.
  "maintenance",
  // Queries: executions are listed only `delayMs` after they happened.
  "tradesLag",
  // Queries of one order: an order that is there is said not to be; another of the account's orders is shown.
  "lookupAbsent",
  "lookupWrongOrder",
  // User stream, for each event.
  "userDuplicate",
  "userDelay",
  "userReorder",
  "userDrop",
  "userDisconnect",
  // User stream, for an account: nothing more is sent for `delayMs`, default 10 s, on a connection that stays healthy.
  "userFreeze",
  // Market streams, for each depth frame: left out; ids skip; ids go back; best bid above best ask.
  "depthDrop",
  "depthGap",
  "depthBack",
  "depthCrossed",
  // Market streams, for each frame: the connection stays open and falls silent; or is cut.
  "streamFreeze",
  "streamDisconnect"
] as const
export type FaultKind = (typeof faultKinds)[number]

export const FaultRule = Schema.Struct({
  kind: Schema.Literals(faultKinds),
  /** How often it strikes at most; absent: without end. */
  count: Schema.optionalKey(Schema.Int.check(Schema.isGreaterThanOrEqualTo(1))),
  /** Chance of each occasion, 0 to 1; default 1. */
  probability: Schema.optionalKey(Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 }))),
  /** Occasions to let pass first; default 0. */
  skip: Schema.optionalKey(Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))),
  seed: Schema.optionalKey(Schema.Int),
  /** Only requests of this method and path; REST faults default to `POST /api/v3/order`. `*` is any. */
  method: Schema.optionalKey(Schema.String),
  path: Schema.optionalKey(Schema.String),
  /** Only this wire symbol's frames or events. */
  symbol: Schema.optionalKey(Schema.String),
  /** HTTP status of the error kinds; default 503 (429 for rateLimit, 418 for ban). */
  status: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 400, maximum: 599 }))),
  /** Of garbageReply: a text that is cut off (the default), or JSON without most of its fields. */
  shape: Schema.optionalKey(Schema.Literals(["text", "missing"])),
  /** How long latency, delay, lag, a time-out or a freeze lasts; default 1000 ms, for a time-out 60 s. */
  delayMs: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 600_000 })))
})
export type FaultRule = typeof FaultRule.Type

export const FaultRules = Schema.Struct({ rules: Schema.Array(FaultRule).check(Schema.isMaxLength(100)) })

/** Where a fault could strike. */
export interface Occasion {
  readonly method?: string
  readonly path?: string
  readonly symbol?: string
  /** The order that was worked, where it is one's reply that may be struck. */
  readonly clientOrderId?: string
}

/** Orders that a rule remembers to have struck. */
const ordersMost = 1_000

interface Armed {
  readonly rule: FaultRule
  readonly random: () => number
  readonly setMs: number
  readonly orders: Array<string>
  occasions: number
  struck: number
}

/** A rule with how often it had the chance and how often it struck, and the orders whose replies it struck. */
export interface FaultReport extends FaultRule {
  readonly occasions: number
  readonly struck: number
  readonly orders: ReadonlyArray<string>
}

/** Mulberry32: 32 bits of state are enough to decide whether a fault strikes. */
const randomOf = (seed: number): (() => number) => {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

export class Faults {
  readonly #nowMs: () => number
  #armed: ReadonlyArray<Armed> = []

  /** `nowMs`: by which a fault that lasts is over. */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs
  }

  /** Replaces all rules; counts begin anew. */
  set(rules: ReadonlyArray<FaultRule>): void {
    this.#armed = rules.map((rule, index) => ({
      rule,
      random: randomOf(rule.seed ?? index + 1),
      setMs: this.#nowMs(),
      orders: [],
      occasions: 0,
      struck: 0
    }))
  }

  /** The first rule of these kinds that strikes now, if any. */
  strike(kinds: ReadonlyArray<FaultKind>, occasion: Occasion): FaultRule | undefined {
    for (const armed of this.#armed) {
      const { rule } = armed
      if (!kinds.includes(rule.kind) || !applies(rule, occasion)) continue
      if (rule.count !== undefined && armed.struck >= rule.count) continue
      if (armed.occasions++ < (rule.skip ?? 0)) continue
      if (rule.probability !== undefined && armed.random() >= rule.probability) continue
      armed.struck++
      if (occasion.clientOrderId !== undefined && armed.orders.length < ordersMost)
        armed.orders.push(occasion.clientOrderId)
      return rule
    }
    return undefined
  }

  /** Whether a lasting fault lasts: from the moment it was set, for `delayMs` or until the rules are replaced. */
  active(kind: "maintenance"): boolean {
    return this.#armed.some((armed) => {
      const { delayMs, kind: armedKind } = armed.rule
      if (armedKind !== kind || (delayMs !== undefined && this.#nowMs() >= armed.setMs + delayMs)) return false
      armed.occasions++
      armed.struck++
      return true
    })
  }

  report(): ReadonlyArray<FaultReport> {
    return this.#armed.map(({ occasions, orders, rule, struck }) => ({ ...rule, occasions, struck, orders }))
  }
}

const applies = (rule: FaultRule, occasion: Occasion): boolean => {
  if (rule.symbol !== undefined && rule.symbol !== occasion.symbol) return false
  if (occasion.path === undefined) return true
  const method = rule.method ?? "POST"
  const path = rule.path ?? "/api/v3/order"
  return (method === "*" || method === occasion.method) && (path === "*" || path === occasion.path)
}

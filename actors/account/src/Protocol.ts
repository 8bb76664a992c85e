/**
 * Account: one per broker account, the single writer of its orders, fills, positions and balances.
 *
 * Entity id: the account's name. Ordering: one mailbox with a fast lane for cancels and venue reports.
 * Durable messages: none ride on the cluster's storage; a reply to `Submit` means its facts are committed to the journal.
 * Idempotency: the intent sequence per strategy; a repeated batch says what became of it the first time.
 * Surviving a crash: everything acknowledged. Callers: strategies bound to it, the gateway, the keeper.
 */
import { orderTypes, timesInForce } from "@outcry/model/Order"
import { sides } from "@outcry/model/MarketData"
import { adjustments, resolutions, tradingStates } from "@outcry/model/AccountEvent"
import { Schema } from "effect"
import { Entity } from "effect/cluster"
import { Rpc } from "effect/rpc"

/** The mailbox is full: the caller keeps its intents and tries again. */
export class Busy extends Schema.TaggedError<Busy>()("Busy", { account: Schema.String }) {
  override get message() {
    return `Account ${this.account} is busy; send the same intents again.`
  }
}

/** What an operator asked for cannot be done; the field that is wrong and what to do about it. */
export class Refused extends Schema.TaggedError<Refused>()("Refused", {
  account: Schema.String,
  field: Schema.String,
  reason: Schema.String
}) {
  override get message() {
    return `Account ${this.account} refuses this: ${this.field} ${this.reason}.`
  }
}

/** The account cannot work at present: it is recovering, frozen, or its venue or journal is out of reach. */
export class NotReady extends Schema.TaggedError<NotReady>()("NotReady", {
  account: Schema.String,
  reason: Schema.String
}) {
  override get message() {
    return `Account ${this.account} is not ready: ${this.reason}. Send the same command again shortly.`
  }
}

/** A later run of the same strategy has joined: this one is left over and must stop. */
export class Superseded extends Schema.TaggedError<Superseded>()("Superseded", {
  strategy: Schema.String,
  epoch: Schema.Int
}) {
  override get message() {
    return `A later run of strategy ${this.strategy} has taken over from run ${this.epoch}; stop this one.`
  }
}

/** This run has not joined the account's present life: what it knows may be old. */
export class NotJoined extends Schema.TaggedError<NotJoined>()("NotJoined", {
  strategy: Schema.String,
  epoch: Schema.Int
}) {
  override get message() {
    return `Run ${this.epoch} of strategy ${this.strategy} has not joined the account since it last recovered; join it anew.`
  }
}

export const Position = Schema.Struct({ instrument: Schema.String, feedEpoch: Schema.Int, seq: Schema.Int })
const Trace = Schema.Struct({ traceId: Schema.String, spanId: Schema.String })

export const Terms = Schema.Struct({
  side: Schema.Literals(sides),
  type: Schema.Literals(orderTypes),
  priceTicks: Schema.Number,
  lots: Schema.Number,
  timeInForce: Schema.Literals(timesInForce),
  postOnly: Schema.Boolean,
  triggerTicks: Schema.optionalKey(Schema.Number),
  trailTicks: Schema.optionalKey(Schema.Number),
  trailBps: Schema.optionalKey(Schema.Number),
  reduceOnly: Schema.optionalKey(Schema.Boolean),
  displayLots: Schema.optionalKey(Schema.Number),
  expiresUs: Schema.optionalKey(Schema.Number)
})

/** What an order waits for and whose fate it shares, by the numbers of its strategy's own orders. */
const Contingency = Schema.Struct({
  parent: Schema.optionalKey(Schema.Int),
  group: Schema.optionalKey(Schema.String),
  after: Schema.optionalKey(Schema.Array(Schema.Int))
})

export const Intent = Schema.Union([
  Schema.Struct({
    kind: Schema.Literal("place"),
    intentSeq: Schema.Int,
    instrument: Schema.String,
    terms: Terms,
    contingency: Schema.optionalKey(Contingency),
    /** Epoch µs until which it is submitted again when the venue never had it. */
    resubmitUntilUs: Schema.optionalKey(Schema.Finite)
  }),
  Schema.Struct({ kind: Schema.Literal("cancel"), intentSeq: Schema.Int, orderSeq: Schema.Int }),
  Schema.Struct({
    kind: Schema.Literal("modify"),
    intentSeq: Schema.Int,
    /** The order that is replaced; the one that takes its place bears the intent's number. */
    orderSeq: Schema.Int,
    priceTicks: Schema.optionalKey(Schema.Number),
    triggerTicks: Schema.optionalKey(Schema.Number),
    lots: Schema.optionalKey(Schema.Number)
  })
])

/** What became of one intent at the gate. */
export const Decision = Schema.Struct({
  intentSeq: Schema.Int,
  clientOrderId: Schema.String,
  /** Empty where it passed; else the reason code. `DuplicateOrder`: its number stands for something else already. */
  refused: Schema.String,
  detail: Schema.String
})

/**
 * All intents of one cause. Replies after the commit; the wire is worked afterwards. Only the run that joined last may
 * submit, and only to the life of the account that it joined: else its numbers could be those of another's intents.
 */
export const Submit = Rpc.make("Submit", {
  payload: {
    strategy: Schema.String,
    /** Epoch of the strategy's run. */
    epoch: Schema.Int,
    cause: Position,
    /** When the strategy decided, epoch µs: an intent to place that waited too long is refused. */
    timeDecided: Schema.Number,
    trace: Schema.NullOr(Trace),
    intents: Schema.Array(Intent)
  },
  success: Schema.Array(Decision),
  error: Schema.Union([Busy, NotReady, NotJoined, Superseded])
})

/** Asks for the cancel of the named orders or of all open ones; replies how many that were. */
export const Cancel = Rpc.make("Cancel", {
  payload: {
    clientOrderIds: Schema.Union([Schema.Literal("all"), Schema.Array(Schema.String)]),
    by: Schema.optionalKey(Schema.String),
    reason: Schema.optionalKey(Schema.String)
  },
  success: Schema.Int,
  error: Schema.Union([Busy, NotReady])
})

/** Cancels what is open on these instruments, then brings their positions to zero at the market. */
export const ClosePositions = Rpc.make("ClosePositions", {
  payload: {
    instruments: Schema.Union([Schema.Literal("all"), Schema.Array(Schema.String)]),
    by: Schema.String,
    reason: Schema.String
  },
  success: Schema.Struct({
    /** Orders whose cancel was asked for. */
    canceled: Schema.Int,
    closing: Schema.Array(
      Schema.Struct({
        instrument: Schema.String,
        clientOrderId: Schema.String,
        side: Schema.Literals(sides),
        quantity: Schema.String
      })
    ),
    /** What is left as it is, and why. */
    left: Schema.Array(Schema.String)
  }),
  error: Schema.Union([Busy, NotReady, Refused])
})

/** Says what became of an order whose fate the venue does not tell. */
export const Resolve = Rpc.make("Resolve", {
  payload: {
    clientOrderId: Schema.String,
    as: Schema.Literals(resolutions),
    /** Decimal, with `filled`: what the rest was filled at. */
    price: Schema.optionalKey(Schema.String),
    by: Schema.String,
    reason: Schema.String
  },
  success: Schema.Struct({
    /** The order as it stands afterwards. */
    status: Schema.String,
    filledQuantity: Schema.String
  }),
  error: Schema.Union([Busy, NotReady, Refused])
})

/** Takes over a difference to the venue's balance that no order explains. */
export const AdjustBalance = Rpc.make("AdjustBalance", {
  payload: {
    asset: Schema.String,
    /** Signed decimal. */
    amount: Schema.String,
    adjustment: Schema.Literals(adjustments),
    by: Schema.String,
    reason: Schema.String
  },
  /** The balance afterwards. */
  success: Schema.Struct({ total: Schema.String }),
  error: Schema.Union([Busy, NotReady, Refused])
})

export const SetTradingState = Rpc.make("SetTradingState", {
  payload: { state: Schema.Literals(tradingStates), by: Schema.String, reason: Schema.String },
  error: Schema.Union([Busy, NotReady])
})

export const OpenOrder = Schema.Struct({
  clientOrderId: Schema.String,
  strategy: Schema.String,
  intentSeq: Schema.Int,
  instrument: Schema.String,
  terms: Terms,
  price: Schema.String,
  quantity: Schema.String,
  filledLots: Schema.Number,
  status: Schema.String,
  cancelRequested: Schema.Boolean,
  timeIntent: Schema.Number,
  /** Decimal, of an order with a trigger. */
  trigger: Schema.optionalKey(Schema.String),
  /** Its trigger is watched here and not at the venue. */
  emulated: Schema.optionalKey(Schema.Boolean),
  attempt: Schema.optionalKey(Schema.Int),
  /** By client order ids. */
  contingency: Schema.optionalKey(
    Schema.Struct({
      parent: Schema.optionalKey(Schema.String),
      group: Schema.optionalKey(Schema.String),
      after: Schema.optionalKey(Schema.Array(Schema.String)),
      replaces: Schema.optionalKey(Schema.String)
    })
  ),
  /** Filled by the venue's count, with the executions still missing. */
  inferredLots: Schema.optionalKey(Schema.Number),
  /** Of an order whose fate is not known: why, since when (epoch µs), and what to do if it lasts. */
  unknown: Schema.optionalKey(Schema.Struct({ reason: Schema.String, sinceUs: Schema.Number, remedy: Schema.String }))
})

/** What a strategy needs to go on where it stopped. */
export const Joined = Schema.Struct({
  intentSeq: Schema.Int,
  /** Orders and fills of this strategy so far, over all its runs. */
  placed: Schema.Int,
  fills: Schema.Int,
  seq: Schema.Int,
  causes: Schema.Array(Position),
  positions: Schema.Array(Schema.Struct({ instrument: Schema.String, lots: Schema.Number })),
  openOrders: Schema.Array(OpenOrder),
  /** The latest ended orders, oldest first: a fill may come after the end. */
  endedOrders: Schema.Array(
    Schema.Struct({
      clientOrderId: Schema.String,
      intentSeq: Schema.Int,
      instrument: Schema.String,
      filledLots: Schema.Number
    })
  )
})

export const Join = Rpc.make("Join", {
  payload: { strategy: Schema.String, epoch: Schema.Int },
  success: Joined,
  error: Schema.Union([Busy, NotReady, Superseded])
})

/** A journal row as it left the account, payload in stored form. */
export const Fact = Schema.Struct({
  seq: Schema.Int,
  type: Schema.String,
  version: Schema.Int,
  timeUs: Schema.Number,
  payload: Schema.Json
})
export type Fact = typeof Fact.Type

/** Every fact after `afterSeq`, from the journal and then live; ends when the account moves. */
export const Watch = Rpc.make("Watch", {
  payload: { afterSeq: Schema.Int },
  success: Schema.Array(Fact),
  error: NotReady,
  stream: true
})

export const StrategyFunnel = Schema.Struct({
  strategy: Schema.String,
  intentSeq: Schema.Int,
  placed: Schema.Int,
  refused: Schema.Array(Schema.Struct({ reason: Schema.String, count: Schema.Int })),
  outcomes: Schema.Array(Schema.Struct({ status: Schema.String, count: Schema.Int }))
})

export const PositionRow = Schema.Struct({
  /** Empty for the account's net position. */
  strategy: Schema.String,
  instrument: Schema.String,
  quantity: Schema.String,
  averagePrice: Schema.String,
  mark: Schema.String,
  realised: Schema.String,
  unrealised: Schema.String,
  fills: Schema.Int
})

export class AccountStatus extends Schema.Class<AccountStatus>("AccountStatus")({
  account: Schema.String,
  venue: Schema.String,
  node: Schema.String,
  epoch: Schema.Int,
  seq: Schema.Int,
  /** `recovering` until the journal is replayed and the venue asked; `frozen`: its journal is damaged. */
  condition: Schema.Literals(["recovering", "ready", "frozen"]),
  /** Why it is not ready and what to do, where that is known. */
  reason: Schema.optionalKey(Schema.String),
  remedy: Schema.optionalKey(Schema.String),
  tradingState: Schema.Literals(tradingStates),
  balances: Schema.Array(Schema.Struct({ asset: Schema.String, total: Schema.String, reserved: Schema.String })),
  positions: Schema.Array(PositionRow),
  fees: Schema.Array(Schema.Struct({ asset: Schema.String, amount: Schema.String })),
  openOrders: Schema.Array(OpenOrder),
  strategies: Schema.Array(StrategyFunnel),
  unknownOrders: Schema.Int,
  /** Nothing new is placed on them until an unknown order is settled. */
  frozenInstruments: Schema.optionalKey(Schema.Array(Schema.String)),
  differences: Schema.Int,
  /** Of the whole state at `seq`, for who holds it against the journal; empty unless it was asked for. */
  stateHash: Schema.String
}) {}

export const Status = Rpc.make("Status", {
  payload: { hashed: Schema.optionalKey(Schema.Boolean) },
  success: AccountStatus
})

export const Account = Entity.make("Account", [
  Submit,
  Cancel,
  ClosePositions,
  Resolve,
  AdjustBalance,
  SetTradingState,
  Join,
  Watch,
  Status
])

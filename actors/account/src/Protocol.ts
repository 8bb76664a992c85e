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
import { tradingStates } from "@outcry/model/AccountEvent"
import { Schema } from "effect"
import { Entity } from "effect/cluster"
import { Rpc } from "effect/rpc"

/** The mailbox is full: the caller keeps its intents and tries again. */
export class Busy extends Schema.TaggedError<Busy>()("Busy", { account: Schema.String }) {
  override get message() {
    return `Account ${this.account} is busy; send the same intents again.`
  }
}

/** The account cannot work at present: it is recovering, or its venue or journal is out of reach. */
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
  postOnly: Schema.Boolean
})

export const Intent = Schema.Union([
  Schema.Struct({ kind: Schema.Literal("place"), intentSeq: Schema.Int, instrument: Schema.String, terms: Terms }),
  Schema.Struct({ kind: Schema.Literal("cancel"), intentSeq: Schema.Int, orderSeq: Schema.Int })
])

/** What became of one intent at the gate. */
export const Decision = Schema.Struct({
  intentSeq: Schema.Int,
  clientOrderId: Schema.String,
  /** Empty where it passed; else the reason code. */
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

export const Cancel = Rpc.make("Cancel", {
  payload: { clientOrderIds: Schema.Union([Schema.Literal("all"), Schema.Array(Schema.String)]) },
  success: Schema.Int,
  error: Schema.Union([Busy, NotReady])
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
  timeIntent: Schema.Number
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
  /** `recovering` until the journal is replayed and the venue asked. */
  condition: Schema.Literals(["recovering", "ready"]),
  tradingState: Schema.Literals(tradingStates),
  balances: Schema.Array(Schema.Struct({ asset: Schema.String, total: Schema.String, reserved: Schema.String })),
  positions: Schema.Array(PositionRow),
  fees: Schema.Array(Schema.Struct({ asset: Schema.String, amount: Schema.String })),
  openOrders: Schema.Array(OpenOrder),
  strategies: Schema.Array(StrategyFunnel),
  unknownOrders: Schema.Int,
  differences: Schema.Int,
  stateHash: Schema.String
}) {}

export const Status = Rpc.make("Status", { success: AccountStatus })

export const Account = Entity.make("Account", [Submit, Cancel, SetTradingState, Join, Watch, Status])

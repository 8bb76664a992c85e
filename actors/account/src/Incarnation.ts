/**
 * One life of an account on one node: recover, then work the mailbox until the journal refuses this owner or cannot say
 * whether it wrote. Then everything in memory is void and the next life starts from the journal.
 */
import type { AccountCommand, Circumstances } from "@outcry/model/AccountCommand"
import type { AccountEvent } from "@outcry/model/AccountEvent"
import { findOrder } from "@outcry/model/AccountState"
import { from } from "@outcry/model/Amount"
import { specOf } from "@outcry/model/Instrument"
import type { Order } from "@outcry/model/Order"
import * as Metrics from "@outcry/telemetry/Metrics"
import * as Names from "@outcry/telemetry/SpanNames"
import { SpanRecorder } from "@outcry/telemetry/SpanRecorder"
import { Execution, type ExecutionEvent, type ExecutionSession } from "@outcry/venue/Execution"
import { Deferred, Effect, Metric, PubSub, Schedule, Stream } from "effect"
import { failPoint } from "#failpoint"
import { AccountHost } from "./AccountHost.ts"
import { AccountSpans } from "./AccountSpans.ts"
import { factOf, Ledger } from "./Ledger.ts"
import type { Mailbox } from "./Mailbox.ts"
import type { Fact } from "./Protocol.ts"
import { reportFill, reportOrder, reportsOf } from "./Reports.ts"
import { makeWire, nowUs, type Wire } from "./Wire.ts"

/** A command on its way through the mailbox; `done` hears the events after their commit. */
export interface Message {
  readonly command: AccountCommand
  readonly receivedUs: number
  readonly done: ((events: ReadonlyArray<AccountEvent>) => void) | undefined
}

/** How often the venue's books are compared with ours, beside what it pushes. */
const auditEvery = "5 seconds"
/** How long a fill may wait for the acknowledgement of its order. */
const unmatchedUsMax = 5_000_000
const unmatchedMax = 1000
const factsBehindMax = 4096

/** What the entity's handlers see of a life. */
export interface Life {
  readonly ledger: Ledger
  readonly facts: PubSub.PubSub<ReadonlyArray<Fact>>
  ready: boolean
}

export const live = Effect.fnUntraced(function* (account: string, mailbox: Mailbox<Message>, enter: (life: Life) => void) {
  const host = yield* AccountHost
  const execution = yield* Execution
  const scope = yield* Effect.scope
  const spans = new AccountSpans(yield* SpanRecorder)
  const settings = host.settings(account)
  if (settings === undefined) return yield* Effect.die(new Error(`Account ${account} is not in the floor's configuration`))

  const ledger = yield* Ledger.recover(account)
  const { state } = ledger
  const facts = yield* PubSub.sliding<ReadonlyArray<Fact>>(factsBehindMax)
  const session = yield* execution.session(account).pipe(Effect.orDie)
  const unmatched: Array<{ readonly command: AccountCommand; readonly sinceUs: number }> = []
  const life: Life = { ledger, facts, ready: false }
  enter(life)

  const report = (commands: ReadonlyArray<AccountCommand>): Effect.Effect<void> =>
    Effect.flatMap(nowUs, (receivedUs) =>
      Effect.gen(function* () {
        for (const command of commands)
          while (!mailbox.offerFast({ command, receivedUs, done: undefined })) yield* Effect.sleep("5 millis")
      })
    )

  /** Sends a command and waits until what follows from it is committed. */
  const ask = (command: AccountCommand): Effect.Effect<void> =>
    Effect.gen(function* () {
      const done = yield* Deferred.make<void>()
      const receivedUs = yield* nowUs
      const message = { command, receivedUs, done: () => Deferred.doneUnsafe(done, Effect.void) }
      while (!mailbox.offerFast(message)) yield* Effect.sleep("5 millis")
      yield* Deferred.await(done)
    })

  const submitSpans = new Map<string, ReturnType<AccountSpans["decided"]>>()
  const wire: Wire = yield* makeWire({
    session,
    instrument: (order) => state.versions.get(`${order.instrument}@${order.instrumentVersion}`)!,
    report,
    placed: (order, startUs, endUs, outcome) => {
      spans.submitted(submitSpans.get(order.clientOrderId), order, account, startUs, endUs, outcome)
      submitSpans.delete(order.clientOrderId)
    },
    find: (clientOrderId) => findOrder(state, clientOrderId)
  })

  /** What a committed fact sets in motion. */
  const follow = Effect.fnUntraced(function* (event: AccountEvent) {
    switch (event.type) {
      case "OrderIntended":
        failPoint("intent.committed", event.clientOrderId)
        return yield* Effect.forkIn(wire.place(findOrder(state, event.clientOrderId)!), scope)
      case "CancelRequested":
      case "OrderAccepted": {
        const order = state.orders.get(event.clientOrderId)
        if (order?.status === "pendingCancel") yield* Effect.forkIn(wire.cancel(order), scope)
        return
      }
      case "OrderUnknown":
        return yield* Effect.forkIn(wire.settle(findOrder(state, event.clientOrderId)!), scope)
      case "TradingStateChanged":
        return yield* ledger.setTradingState(event.state)
      default:
        return
    }
  })

  const measure = (event: AccountEvent, message: Message, times: { decidedUs: number; appendStartUs: number; committedUs: number }): Effect.Effect<void> => {
    const order = "clientOrderId" in event ? findOrder(state, event.clientOrderId) : undefined
    if (event.type === "OrderIntended" && order !== undefined) {
      submitSpans.set(order.clientOrderId, spans.decided(order.trace, order, account, { receivedUs: message.receivedUs, ...times }))
      return Metric.update(Metrics.intentToDurable, (times.committedUs - message.receivedUs) / 1e6)
    }
    if (event.type === "OrderAccepted" && order !== undefined) {
      spans.reported(Names.VENUE_ACK, order, account, message.receivedUs, times.committedUs)
      return Metric.update(Metrics.intentToAck, (times.committedUs - order.timeIntent) / 1e6)
    }
    if (event.type === "OrderFilled" && order !== undefined) {
      spans.reported(Names.VENUE_FILL, order, account, message.receivedUs, times.committedUs)
      return Metric.update(Metric.withAttributes(Metrics.fills, { account }), 1)
    }
    if (event.type === "IntentRefused") return Metric.update(Metric.withAttributes(Metrics.intentsRefused, { account, reason: event.reason }), 1)
    const outcome = outcomes[event.type]
    return outcome === undefined ? Effect.void : Metric.update(Metric.withAttributes(Metrics.orders, { account, outcome }), 1)
  }

  /** A fill may overtake the acknowledgement that says whose it is: it waits a little for it. */
  const isUnmatched = (command: AccountCommand): boolean => {
    if (command.type !== "ReportFill" || command.clientOrderId !== "") return false
    for (const orders of [state.orders, state.closed])
      for (const order of orders.values())
        if (order.venueOrderId === command.venueOrderId && order.instrument === command.instrument) return false
    return true
  }

  const retryUnmatched = (now: number): void => {
    for (const waiting of unmatched.splice(0)) {
      const late = now - waiting.sinceUs > unmatchedUsMax || unmatched.length >= unmatchedMax
      if (!late && isUnmatched(waiting.command)) unmatched.push(waiting)
      else mailbox.offerFast({ command: waiting.command, receivedUs: late ? 0 : waiting.sinceUs, done: undefined })
    }
  }

  const work = Effect.fnUntraced(function* (batch: ReadonlyArray<Message>) {
    const startUs = yield* nowUs
    const circumstances: Circumstances = { now: startUs, expiryUs: host.orderExpiryUs, mark: host.mark }
    const rows = []
    const decided: Array<{ readonly message: Message; readonly events: ReadonlyArray<AccountEvent> }> = []
    for (const message of batch) {
      // A late one is decided though nothing matches, and so flagged.
      if (message.receivedUs !== 0 && isUnmatched(message.command)) {
        unmatched.push({ command: message.command, sinceUs: message.receivedUs })
        continue
      }
      const { events, rows: added } = ledger.decide(message.command, circumstances)
      for (const row of added) rows.push(row)
      decided.push({ message, events })
    }
    const appendStartUs = yield* nowUs
    yield* ledger.append(rows)
    const committedUs = yield* nowUs
    if (rows.length > 0) {
      yield* Metric.update(Metrics.journalAppend, (committedUs - appendStartUs) / 1e6)
      yield* PubSub.publish(facts, rows.map(factOf))
    }
    const times = { decidedUs: appendStartUs, appendStartUs, committedUs }
    for (const { events, message } of decided) {
      for (const event of events) {
        yield* measure(event, message, times)
        yield* follow(event)
      }
      message.done?.(events)
    }
    if (unmatched.length > 0) retryUnmatched(committedUs)
    yield* ledger.snapshot
  })

  yield* recoverAndGoOn(account, life, { ask, report, mailbox, session, wire }).pipe(Effect.forkScoped)
  return yield* Effect.forever(
    Effect.flatMap(mailbox.take, (batch) =>
      Effect.andThen(Metric.update(Metric.withAttributes(Metrics.mailboxSize, { actor: "Account" }), mailbox.size), work(batch))
    )
  )
})

const outcomes: Partial<Record<AccountEvent["type"], string>> = {
  OrderAccepted: "accepted",
  OrderRejected: "rejected",
  OrderUnknown: "unknown",
  OrderNotPlaced: "not_placed",
  OrderCanceled: "canceled",
  OrderExpired: "expired"
}

interface Tools {
  readonly ask: (command: AccountCommand) => Effect.Effect<void>
  readonly report: (commands: ReadonlyArray<AccountCommand>) => Effect.Effect<void>
  readonly mailbox: Mailbox<Message>
  readonly session: ExecutionSession
  readonly wire: Wire
}

const again = Schedule.min([Schedule.exponential("100 millis"), Schedule.spaced("3 seconds")])

/**
 * After the replay: what was in flight is unknown until the venue has been asked; fills are fetched from the last known
 * one; then the account accepts intents, though not on instruments where an order's fate is still open.
 */
const recoverAndGoOn = Effect.fnUntraced(function* (account: string, life: Life, tools: Tools) {
  const { ask, report, session, wire } = tools
  const { state } = life.ledger
  const scope = yield* Effect.scope
  const host = yield* AccountHost
  const settings = host.settings(account)!

  const read = <A>(what: string, effect: Effect.Effect<{ readonly _tag: "Ok"; readonly value: A } | { readonly _tag: "Unreachable"; readonly reason: string }>) =>
    Effect.flatMap(effect, (answer) => (answer._tag === "Ok" ? Effect.succeed(answer.value) : Effect.fail(answer.reason))).pipe(
      Effect.tapError((reason) => Effect.logWarning(`account ${account}: ${what} not available: ${reason}`)),
      Effect.retry(again),
      Effect.orDie
    )

  const { bindingState } = life.ledger
  yield* ask({ type: "SetTradingState", state: bindingState, by: "journal", reason: "set while the account had no owner" })

  const pending = Array.from(state.orders.values(), (order): Order => ({ ...order }))
  for (const order of pending)
    if (order.status === "intended")
      yield* ask({ type: "ReportUnknown", clientOrderId: order.clientOrderId, reason: "its owner ended before the venue's answer was in" })
    else if (order.status === "unknown") yield* Effect.forkScoped(wire.settle(state.orders.get(order.clientOrderId)!))

  const listed = yield* read("instruments", session.instruments)
  const wanted = listed.filter((instrument) => settings.instruments.includes(instrument.id))
  yield* ask({ type: "ListInstruments", specs: wanted.map(specOf) })
  yield* ask({ type: "SetLimits", limits: settings.limits })
  if (state.balances.size === 0) {
    const balances = yield* read("balances", session.balances)
    yield* ask({
      type: "AdoptBalances",
      balances: balances.map(({ asset, free, locked }) => ({ asset, amount: from(free) + from(locked) }))
    })
  }

  /** Fills we may have missed, then orders that the venue no longer has open. */
  const audit = Effect.gen(function* () {
    const open = Array.from(state.orders.values())
    for (const instrument of state.instruments.values()) {
      const mine = open.filter((order) => order.instrument === instrument.id)
      const last = state.lastTradeIds.get(instrument.id)
      if (last === undefined && mine.length === 0) continue
      const sinceUs = mine.reduce((least, order) => Math.min(least, order.timeIntent), yield* nowUs)
      const fills = yield* session.fillsSince({ instrument, afterTradeId: last ?? "", sinceUs: sinceUs - 60_000_000 })
      if (fills._tag === "Ok") yield* report(fills.value.map(reportFill))
    }
    const atVenue = yield* session.openOrders
    if (atVenue._tag === "Unreachable") return
    const ids = new Set(atVenue.value.map((order) => order.clientOrderId))
    yield* report(atVenue.value.map(reportOrder))
    for (const order of open)
      if ((order.status === "working" || order.status === "pendingCancel") && !ids.has(order.clientOrderId))
        if (state.orders.has(order.clientOrderId)) yield* wire.look(order)
    for (const order of state.orders.values())
      if (order.status === "pendingCancel" && ids.has(order.clientOrderId)) yield* Effect.forkIn(wire.cancel(order), scope)
  })

  const onVenueEvent = (event: ExecutionEvent): Effect.Effect<void> => {
    switch (event._tag) {
      case "OrderChanged": {
        const known = findOrder(state, event.order.clientOrderId)
        const closes = event.order.status !== "open" && event.order.status !== "filled"
        // A close ahead of its fills waits for them: the look-up brings both in order.
        if (closes && known !== undefined && event.order.filledLots > known.filledLots)
          return Effect.asVoid(Effect.forkIn(Effect.delay(wire.look(known), "100 millis"), scope))
        return report(reportsOf(event.order, []))
      }
      case "Filled":
        return report([reportFill(event.fill)])
      case "Connected":
        return Effect.asVoid(audit)
      case "Disconnected":
        return Effect.logWarning(`account ${account}: the venue's reports are interrupted: ${event.reason}`)
    }
  }

  yield* Effect.forkScoped(Stream.runForEach(session.events, onVenueEvent))
  yield* audit
  life.ready = true
  tools.mailbox.setNormalOpen(true)
  yield* Effect.logInfo(`account ${account} ready: epoch ${life.ledger.epoch}, ${state.seq} facts, ${state.orders.size} open orders`)
  return yield* audit.pipe(Effect.delay(auditEvery), Effect.forever)
})

/**
 * One life of an account on one node: recover, then work the mailbox until the journal refuses this owner or cannot say
 * whether it wrote. Then everything in memory is void and the next life starts from the journal.
 */
import type { AccountCommand, Circumstances } from "@outcry/model/AccountCommand"
import type { AccountEvent, Mark } from "@outcry/model/AccountEvent"
import { type AccountState, findOrder, instrumentAt } from "@outcry/model/AccountState"
import * as ClientOrderId from "@outcry/model/ClientOrderId"
import { findReported } from "@outcry/model/OrderLedger"
import { planted } from "@outcry/model/Planted"
import type { JournalRow } from "@outcry/store/JournalRow"
import { WireLog } from "@outcry/store/WireLog"
import * as Metrics from "@outcry/telemetry/Metrics"
import * as Names from "@outcry/telemetry/SpanNames"
import { SpanRecorder } from "@outcry/telemetry/SpanRecorder"
import { Execution } from "@outcry/venue/Execution"
import { Deferred, Effect, Latch, Metric, Option, PubSub } from "effect"
import { failPoint, failPointRows } from "#failpoint"
import { AccountHost } from "./AccountHost.ts"
import { makeAccountMeters } from "./AccountMeters.ts"
import { AccountSpans, type AppendTimes } from "./AccountSpans.ts"
import { makeBusts } from "./Busts.ts"
import { makeHeart, tirelessHeart } from "./Heart.ts"
import { factOf, Ledger } from "./Ledger.ts"
import type { Mailbox } from "./Mailbox.ts"
import { isRemembered } from "./PlantedMemory.ts"
import type { Fact } from "./Protocol.ts"
import { needsTicks } from "./Pump.ts"
import { recoverAndGoOn } from "./Recovery.ts"
import { makeWire, nowUs as wallUs, signedNow, type Wire } from "./Wire.ts"

/** On its way through the mailbox. */
export interface Message {
  /** Made of the state when its turn comes; absent for a question, which is answered when all before it is committed. */
  readonly command: AccountCommand | ((state: AccountState) => AccountCommand) | undefined
  readonly receivedUs: number
  /** Asked when its turn comes; false: it answers by itself and is not worked. */
  readonly admit?: (life: Life) => boolean
  /** Hears the events after their commit. */
  readonly done?: (events: ReadonlyArray<AccountEvent>, life: Life) => void
}

/** How long a fill may wait for the acknowledgement of its order. */
const unmatchedUsMax = 5_000_000
const unmatchedMax = 1000
const factsBehindMax = 1024
const gaugesEvery = "1 second"

/** What the entity's handlers see of a life. */
export interface Life {
  readonly ledger: Ledger
  readonly facts: PubSub.PubSub<ReadonlyArray<Fact>>
  /** The run of each strategy that joined this life last. */
  readonly runs: Map<string, number>
  readonly ended: Deferred.Deferred<void>
  ready: boolean
}

interface Decided {
  readonly message: Message
  readonly command: AccountCommand | undefined
  readonly events: ReadonlyArray<AccountEvent>
}

export const live = Effect.fnUntraced(function* (
  account: string,
  mailbox: Mailbox<Message>,
  enter: (life: Life) => void
) {
  const host = yield* AccountHost
  const execution = yield* Execution
  const scope = yield* Effect.scope
  const { lockStep } = host
  const nowUs = lockStep?.now ?? wallUs
  lockStep?.startsAnew(`account ${account}`)
  const spans = new AccountSpans(yield* SpanRecorder)
  const settings = host.settings(account)
  if (settings === undefined)
    return yield* Effect.die(new Error(`Account ${account} is not in the floor's configuration`))

  // Opens this node's streams of prices, so that the first intents find one.
  for (const instrument of settings.instruments) host.mark(instrument)
  const ledger = yield* Ledger.recover(account, host.snapshotEvery)
  const { state } = ledger
  const facts = yield* PubSub.sliding<ReadonlyArray<Fact>>(factsBehindMax)
  const session = yield* execution.session(account).pipe(Effect.orDie)
  // Only now: a long recovery is no pause, and whoever replaced us meanwhile has the higher epoch.
  const heart = lockStep === undefined ? yield* makeHeart : tirelessHeart
  const meters = makeAccountMeters(account, settings.venue, state)
  yield* Effect.addFinalizer(() => meters.left)
  const ticksNeeded = Latch.makeUnsafe(true)
  const unmatched: Array<{ readonly command: AccountCommand; readonly sinceUs: number }> = []
  const life: Life = { ledger, facts, runs: new Map(), ended: yield* Deferred.make<void>(), ready: false }
  yield* Effect.addFinalizer(() => Deferred.succeed(life.ended, undefined))
  enter(life)

  const offer = Effect.fnUntraced(function* (message: Message) {
    while (!mailbox.offerFast(message)) yield* Effect.sleep("5 millis")
  })

  const report = Effect.fnUntraced(function* (commands: ReadonlyArray<AccountCommand>) {
    const receivedUs = yield* nowUs
    for (const command of commands) yield* offer({ command, receivedUs })
  })

  const ask = Effect.fnUntraced(function* (command: AccountCommand) {
    const done = yield* Deferred.make<void>()
    yield* offer({ command, receivedUs: yield* nowUs, done: () => Deferred.doneUnsafe(done, Effect.void) })
    yield* Deferred.await(done)
  })

  const find = (clientOrderId: string) => findOrder(state, clientOrderId)
  const wireLog = yield* Effect.serviceOption(WireLog)
  const wire: Wire = yield* makeWire({
    session,
    instrument: (order) => instrumentAt(state, order.instrument, order.instrumentVersion),
    report,
    placed: (order, startUs, endUs, outcome) => {
      spans.submitted(order, account, startUs, endUs, outcome)
      return meters.placed(outcome)
    },
    sent: ({ clientOrderId }, record) =>
      Option.isNone(wireLog) ? Effect.void : wireLog.value.offer({ account, clientOrderId, ...record }),
    mayAct: () => heart.stopped() === undefined,
    shrunk: (order, shown) => busts.shrunk(order, shown),
    find,
    validity: lockStep && signedNow
  })
  const busts = yield* makeBusts({ state, ledger, session, look: wire.look, find, report })

  /** Requests run beside the mailbox. In lock-step each leaves in its turn, and the market waits for what is asked. */
  const aside = (work: Effect.Effect<void>) => Effect.forkIn(work, scope)
  const request =
    lockStep === undefined ? aside : (work: Effect.Effect<void>) => aside(lockStep.inTurn("request", account, work))
  const question = lockStep === undefined ? aside : (work: Effect.Effect<void>) => aside(lockStep.tracked(work))

  /** What a committed fact sets in motion. */
  const follow = Effect.fnUntraced(function* (event: AccountEvent) {
    switch (event.type) {
      case "OrderIntended":
        if (event.placement === "held") return
        failPoint("intent.committed", event.clientOrderId)
        return yield* request(wire.place(find(event.clientOrderId)!))
      case "OrderReleased":
        failPoint("intent.committed", event.clientOrderId)
        return yield* request(wire.place(find(event.clientOrderId)!))
      case "CancelRequested":
      case "OrderAccepted": {
        const order = state.orders.get(event.clientOrderId)
        if (order?.status === "pendingCancel") yield* request(wire.cancel(order))
        return
      }
      case "OrderUnknown":
        yield* Effect.logWarning(`account ${account}: order ${event.clientOrderId} is unknown: ${event.reason}`)
        lockStep?.spoil(`order ${event.clientOrderId} is unknown: ${event.reason}`)
        return yield* question(wire.settle(find(event.clientOrderId)!))
      case "ProtectionLost":
        return yield* Effect.logError(`account ${account}: ${event.instrument} is without its stop: ${event.detail}`)
      case "OrderFilled":
      case "FillBusted":
        return busts.note(event, yield* nowUs)
      default:
        return
    }
  })

  const show = (event: AccountEvent, times: AppendTimes): Effect.Effect<void> => {
    const order = "clientOrderId" in event ? find(event.clientOrderId) : undefined
    if (order !== undefined) {
      const isSent = event.type === "OrderReleased" || (event.type === "OrderIntended" && event.placement === "venue")
      if (isSent) spans.decided(order, account, times)
      else if (event.type === "OrderAccepted")
        spans.reported(Names.VENUE_ACK, order, account, times.receivedUs, times.committedUs)
      else if (event.type === "OrderFilled")
        spans.reported(Names.VENUE_FILL, order, account, times.receivedUs, times.committedUs)
    }
    return meters.committed(event, order, times)
  }

  /** A fill may overtake the acknowledgement that says whose it is: it waits a little for it. */
  const isUnmatched = (command: AccountCommand): boolean =>
    command.type === "ReportFill" && findReported(state, command) === undefined

  const retryUnmatched = (now: number): void => {
    for (const waiting of unmatched.splice(0)) {
      const late = now - waiting.sinceUs > unmatchedUsMax || unmatched.length >= unmatchedMax
      const due = late || !isUnmatched(waiting.command)
      if (!due || !mailbox.offerFast({ command: waiting.command, receivedUs: late ? 0 : waiting.sinceUs }))
        unmatched.push(waiting)
    }
  }

  const idOf = ClientOrderId.idOf(host.journalId, account)
  const native: Circumstances["native"] = (id, terms) => {
    const instrument = state.instruments.get(id)
    return instrument !== undefined && session.native(instrument, terms)
  }

  // Whatever is decided on and journalled is timed by the venue's clock; nodes' clocks differ and jump.
  let offsetUs = 0
  const mark = (id: string): Mark | undefined => {
    const quoted = host.mark(id)
    return quoted === undefined ? undefined : { ...quoted, timeReceived: quoted.timeReceived + offsetUs }
  }
  const timed = (command: AccountCommand | undefined): AccountCommand | undefined =>
    command?.type === "SubmitIntents" && command.timeDecided !== undefined
      ? { ...command, timeDecided: command.timeDecided + offsetUs }
      : command

  const decide = (batch: ReadonlyArray<Message>, circumstances: Circumstances) => {
    const rows: Array<JournalRow> = []
    const decided: Array<Decided> = []
    for (const message of batch) {
      const { admit, receivedUs } = message
      if (admit !== undefined && !admit(life)) continue
      const command = timed(typeof message.command === "function" ? message.command(state) : message.command)
      if (planted("dedupeBeforeApply") && isRemembered(mailbox, command)) continue
      // A late one is decided though nothing matches, and so flagged.
      if (command !== undefined && receivedUs !== 0 && isUnmatched(command)) {
        unmatched.push({ command, sinceUs: receivedUs })
        continue
      }
      const made = command === undefined ? { events: [], rows: [] } : ledger.decide(command, circumstances)
      for (const row of made.rows) rows.push(row)
      decided.push({ message, command, events: made.events })
    }
    return { rows, decided }
  }

  // What the database holds outranks the journal: it may have been set while nobody owned the account. It comes before all
  // that waits in the mailbox, since an operator may have set another since.
  const adopted = yield* Deferred.make<void>()
  const adoption: Message = {
    command: {
      type: "SetTradingState",
      state: ledger.bindingState,
      by: "journal",
      reason: "set while the account had no owner"
    },
    receivedUs: yield* nowUs,
    done: () => Deferred.doneUnsafe(adopted, Effect.void)
  }

  const work = Effect.fnUntraced(function* (batch: ReadonlyArray<Message>) {
    const stopped = heart.stopped()
    if (stopped !== undefined) return yield* Effect.fail(stopped)
    const startUs = yield* nowUs
    // In lock-step all of them are market time already.
    if (lockStep === undefined) offsetUs = (yield* session.clockOffset).offsetUs
    const circumstances: Circumstances = {
      now: startUs + offsetUs,
      expiryUs: host.orderExpiryUs,
      mark,
      idOf,
      native,
      recovering: !life.ready
    }
    const { decided, rows } = decide(batch, circumstances)
    // The state that binds every append is set before the fact that tells of it: a crash between leaves the binding one.
    const isSet = decided.some(({ command, message }) => command?.type === "SetTradingState" && message !== adoption)
    if (isSet || state.tradingState !== ledger.bindingState)
      yield* ledger.bindTradingState(isSet ? "operator" : "account")
    const appendStartUs = yield* nowUs
    if (planted("ackBeforeCommit")) for (const { events, message } of decided) message.done?.(events, life)
    if (planted("sendBeforeCommit")) for (const { events } of decided) yield* Effect.forEach(events, follow)
    failPointRows("before", rows)
    yield* ledger.append(rows)
    failPointRows("after", rows)
    const committedUs = yield* nowUs
    if (rows.length > 0) {
      if (needsTicks(state)) ticksNeeded.openUnsafe()
      yield* Metric.update(Metrics.journalAppend, (committedUs - appendStartUs) / 1e6)
      yield* PubSub.publish(facts, rows.map(factOf))
    }
    let intents = 0
    for (const { command, events, message } of decided) {
      const { receivedUs } = message
      if (command?.type === "SubmitIntents") intents += command.intents.length
      const times = { receivedUs, decidedUs: appendStartUs, appendStartUs, committedUs, offsetUs }
      for (const event of events) {
        yield* show(event, times)
        if (!planted("sendBeforeCommit")) yield* follow(event)
      }
      if (command?.type === "SubmitIntents") failPoint("reply.sending", command.intents[0]?.clientOrderId ?? "")
      message.done?.(events, life)
    }
    if (unmatched.length > 0) retryUnmatched(committedUs)
    yield* meters.turn(mailbox.size, intents, appendStartUs - startUs)
    yield* ledger.snapshot
  })

  const ready = Effect.andThen(
    Effect.sync(() => {
      life.ready = true
      mailbox.setNormalOpen(true)
    }),
    Effect.logInfo(
      `account ${account} ready: epoch ${ledger.epoch}, ${state.seq} facts, ${state.orders.size} open orders`
    )
  )
  const recovery = recoverAndGoOn(account, {
    state,
    settings,
    session,
    wire,
    report,
    ask,
    ready,
    busts,
    mark: host.mark,
    lockStep,
    tick: () => void mailbox.offerFast({ command: { type: "Tick" }, receivedUs: 0 }),
    ticksNeeded
  })
  const gauges = Effect.forever(
    Effect.delay(
      meters.waiting((order) => ledger.unknownSince(order) - offsetUs),
      gaugesEvery
    )
  )
  if (lockStep !== undefined) {
    yield* lockStep.backlog(`the mailbox of ${account}`, () => mailbox.size)
    yield* lockStep.stage(`facts of ${account}`, "journal", () => ledger.committed)
  }
  const turn = lockStep === undefined ? work : (batch: ReadonlyArray<Message>) => lockStep.tracked(work(batch))
  return yield* Effect.raceAllFirst([
    Effect.andThen(turn([adoption]), Effect.forever(Effect.flatMap(mailbox.take, turn), { disableYield: true })),
    Effect.andThen(Deferred.await(adopted), recovery),
    heart.beat,
    gauges
  ])
})

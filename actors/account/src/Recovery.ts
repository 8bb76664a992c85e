/**
 * How an account comes to life after its replay: what was in flight is unknown until the venue has been asked, fills are
 * fetched from the last known one, and only then it accepts intents, though not on instruments where an order's fate is
 * still open; orders that are held here go on where they stood. Afterwards it listens to the venue and keeps auditing it.
 */
import type { LockStep } from "@outcry/lockstep/LockStep"
import type { AccountCommand } from "@outcry/model/AccountCommand"
import type { Mark } from "@outcry/model/AccountEvent"
import { type AccountState, findOrder } from "@outcry/model/AccountState"
import { from } from "@outcry/model/Amount"
import { specOf } from "@outcry/model/Instrument"
import { isSleeping } from "@outcry/model/Order"
import { planted } from "@outcry/model/Planted"
import type { ExecutionEvent, ExecutionSession, Read } from "@outcry/venue/Execution"
import { Effect, Latch, Schedule, Stream } from "effect"
import type { AccountSettings } from "./AccountHost.ts"
import { lagUs, makeAudit } from "./Audit.ts"
import type { Busts } from "./Busts.ts"
import { needsTicks, pump } from "./Pump.ts"
import { reportFill, reportsOf } from "./Reports.ts"
import { venueNowUs, type Wire } from "./Wire.ts"

/** How often the venue's books are compared with ours, beside what it pushes: an account with nothing at work asks less. */
const auditEvery = "5 seconds"
const idleAuditEvery = "10 seconds"
const settledMs = (1.2 * lagUs) / 1000
const bustsEvery = "30 seconds"
/** A close ahead of its fills gives them this long before they are looked up. */
const fillsWithin = "100 millis"
const again = Schedule.min([Schedule.exponential("100 millis"), Schedule.spaced("3 seconds")])

export interface RecoveryTools {
  readonly state: AccountState
  readonly settings: AccountSettings
  readonly session: ExecutionSession
  readonly wire: Wire
  readonly busts: Busts
  readonly mark: (instrument: string) => Mark | undefined
  /** Puts reports into the mailbox, in order. */
  readonly report: (commands: ReadonlyArray<AccountCommand>) => Effect.Effect<void>
  /** The same for one, and waits until what follows from it is committed. */
  readonly ask: (command: AccountCommand) => Effect.Effect<void>
  /** Intents may come now. */
  readonly ready: Effect.Effect<void>
  /** The market waits for the account, and nobody but the account tells it more than the venue does. */
  readonly lockStep: LockStep | undefined
  /** Puts a Tick into the mailbox. */
  readonly tick: () => void
  /** Opened with every change of the state that needs ticks. */
  readonly ticksNeeded: Latch.Latch
}

/** Never ends by itself; lives as long as its scope. */
export const recoverAndGoOn = Effect.fnUntraced(function* (account: string, tools: RecoveryTools) {
  const { ask, busts, lockStep, mark, report, session, settings, state, wire } = tools
  const scope = yield* Effect.scope
  const { run: audit } = yield* makeAudit({ state, session, wire, report })

  const read = <A>(what: string, effect: Effect.Effect<Read<A>>) =>
    Effect.flatMap(effect, (answer) =>
      answer._tag === "Ok" ? Effect.succeed(answer.value) : Effect.fail(answer.reason)
    ).pipe(
      Effect.tapError((reason) => Effect.logWarning(`account ${account}: ${what} not available: ${reason}`)),
      Effect.retry(again),
      Effect.orDie
    )

  for (const { clientOrderId, status } of Array.from(state.orders.values()))
    if (status === "intended")
      yield* ask({
        type: "ReportUnknown",
        clientOrderId,
        reason: "its owner ended before the venue's answer was in"
      })
    else if (status === "unknown") yield* Effect.forkIn(wire.settle(state.orders.get(clientOrderId)!), scope)
    else if (status === "pendingCancel") yield* Effect.forkIn(wire.cancel(state.orders.get(clientOrderId)!), scope)

  const listed = yield* read("instruments", session.instruments)
  const wanted = listed.filter((instrument) => settings.instruments.includes(instrument.id))
  yield* ask({ type: "ListInstruments", specs: wanted.map(specOf) })
  yield* ask({ type: "SetLimits", limits: settings.limits })
  if (!state.balancesAdopted) {
    const balances = yield* read("balances", session.balances)
    yield* ask({
      type: "AdoptBalances",
      balances: balances.map(({ asset, free, locked }) => ({ asset, amount: from(free) + from(locked) }))
    })
  }

  /** Opened where the venue's reports go on after a gap. */
  const gap = Latch.makeUnsafe(false)
  const settled = Effect.raceFirst(gap.await, Effect.sleep(settledMs))
  /** One audit sees to all gaps before it; and one more, since what was young then may have been missed with the frames. */
  const auditGap = Effect.gen(function* () {
    yield* gap.await
    gap.closeUnsafe()
    yield* audit
    yield* settled
    if (!gap.isOpen()) yield* audit
  })

  const held = lockStep === undefined ? (work: Effect.Effect<unknown>) => work : lockStep.tracked.bind(lockStep)
  const onVenueEvent = (event: ExecutionEvent): Effect.Effect<unknown> => {
    switch (event._tag) {
      case "OrderChanged": {
        const known = findOrder(state, event.order.clientOrderId)
        const closes = event.order.status !== "open" && event.order.status !== "filled" && !planted("cancelTakenForEnd")
        if (closes && known !== undefined && event.order.filledLots > known.filledLots)
          return Effect.forkIn(held(Effect.delay(wire.look(known), fillsWithin)), scope)
        return report(reportsOf(event.order, []))
      }
      case "Filled":
        return report([reportFill(event.fill)])
      case "Connected":
        // The market has stood still, so nothing was missed; and an audit would tell what is held back.
        if (lockStep !== undefined) return Effect.sync(() => lockStep.arrive(`account ${account}`))
        return gap.open
      case "Disconnected":
        if (lockStep?.missing([`account ${account}`]).length === 0)
          lockStep.spoil(`the reports of ${account} are interrupted: ${event.reason}`)
        return Effect.logWarning(`account ${account}: the venue's reports are interrupted: ${event.reason}`)
    }
  }

  yield* Effect.forkIn(Stream.runForEach(session.events, onVenueEvent), scope)
  yield* Effect.forkIn(Effect.forever(auditGap), scope)
  // No answer is not "nothing there": intents wait until the venue has said what it did meanwhile.
  const whole = Effect.flatMap(audit, (complete) => (complete ? Effect.void : Effect.fail("part of the audit")))
  yield* read("open orders and fills", Effect.match(whole, { onSuccess: okay, onFailure: unreachable }))
  // Behind the audit's reports in the mailbox, so that they are journalled before the first intent is decided.
  yield* ask({ type: "CancelOrders", clientOrderIds: [] })
  yield* tools.ready
  // Only now: what happened at the venue meanwhile may have ended an order whose price was touched.
  if (lockStep !== undefined) {
    yield* lockStep.watcher({ key: account, isDue: () => needsTicks(state), look: tools.tick })
    return yield* Effect.never
  }
  yield* Effect.forkIn(pump({ state, needed: tools.ticksNeeded, mark, ask, time: venueNowUs(session) }), scope)
  yield* Effect.forkIn(Effect.forever(Effect.delay(busts.check, bustsEvery)), scope)
  const pause = Effect.suspend(() => Effect.sleep(isIdle(state) ? idleAuditEvery : auditEvery))
  return yield* Effect.forever(Effect.andThen(pause, audit))
})

const isIdle = (state: AccountState): boolean => {
  for (const { status } of state.orders.values()) if (!isSleeping(status)) return false
  return true
}

const okay = (): Read<void> => ({ _tag: "Ok", value: undefined })
const unreachable = (reason: string): Read<void> => ({ _tag: "Unreachable", reason })

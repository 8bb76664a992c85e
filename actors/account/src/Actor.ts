/**
 * The shell of an account: hands messages to its present life and supervises it. A life that loses its journal is followed
 * by another from the journal; one that was fenced off is followed by none until the shard is surely ours; where the
 * journal itself is damaged the account is frozen, says so, and looks again now and then.
 */
import type { AccountCommand } from "@outcry/model/AccountCommand"
import { initial } from "@outcry/model/AccountState"
import * as ClientOrderId from "@outcry/model/ClientOrderId"
import type { Intent } from "@outcry/model/Intent"
import { named } from "@outcry/model/NamedIntents"
import type { Order } from "@outcry/model/Order"
import * as Metrics from "@outcry/telemetry/Metrics"
import { Cause, Deferred, Duration, Effect, Metric } from "effect"
import { Entity, Sharding } from "effect/cluster"
import { AccountHost } from "./AccountHost.ts"
import { joined, status } from "./AccountView.ts"
import { watch } from "./FactStream.ts"
import { StoodStill } from "./Heart.ts"
import { type Life, live, type Message } from "./Incarnation.ts"
import { differing } from "./Intents.ts"
import { JournalDamaged } from "./Ledger.ts"
import { Mailbox } from "./Mailbox.ts"
import { operations } from "./Operations.ts"
import { Account, Busy, type Decision, NotJoined, NotReady, Superseded } from "./Protocol.ts"
import { nowUs } from "./Wire.ts"

const lanes = { fastMax: 8192, normalMax: 2048, batchMax: 256 }
/** Longer than a node needs to notice that it lost a shard: by then a zombie is gone. */
const afterFenced = Duration.seconds(3)
const afterLossMsMin = 200
const afterLossMsMax = 5000
/** Between two looks at a journal that is damaged, unless the host says otherwise. */
const afterDamageMs = 30_000

type Reply<A, E> = Deferred.Deferred<A, E | NotReady>

const build = Effect.gen(function* () {
  const { entityId, shardId } = yield* Entity.CurrentAddress
  const account: string = entityId
  const host = yield* AccountHost
  const sharding = yield* Sharding.Sharding
  const mailbox = new Mailbox<Message>(lanes)
  const waiting = new Map<unknown, (error: NotReady) => void>()
  let life: Life | undefined
  let losses = 0
  let moved = false
  let damage: JournalDamaged | undefined

  const refuseAll = (reason: string): void => {
    mailbox.setNormalOpen(false)
    mailbox.drain()
    for (const refuse of waiting.values()) refuse(new NotReady({ account, reason }))
    waiting.clear()
  }

  /** Whether another owner has come meanwhile; it is taken to have where nobody can say. */
  const isLost = (last: Life | undefined): Effect.Effect<boolean> =>
    last === undefined
      ? Effect.succeed(true)
      : Effect.match(Effect.timeout(last.ledger.isHeld, "1 second"), {
          onSuccess: (held) => !held,
          onFailure: () => true
        })

  /** After a life has ended: nothing that it had not answered holds any more. */
  const end = Effect.fnUntraced(function* (cause: Cause.Cause<unknown>) {
    const last = life
    losses = last?.ready === true ? 0 : losses + 1
    life = undefined
    const error = Cause.squash(cause)
    const reason = error instanceof Error ? error.message : String(error)
    damage = error instanceof JournalDamaged ? error : undefined
    refuseAll(damage === undefined ? reason : frozenBecause(damage))
    if (damage !== undefined) {
      yield* Effect.logError(`account ${account} is frozen: ${frozenBecause(damage)}`)
      return yield* Effect.sleep(host.damagedRetryMs ?? afterDamageMs)
    }
    yield* Effect.logError(`account ${account} starts anew from its journal: ${reason}`)
    const fenced = error instanceof StoodStill ? yield* isLost(last) : isFenced(error)
    yield* Effect.sleep(fenced ? afterFenced : Math.min(afterLossMsMax, afterLossMsMin * 2 ** losses))
  })

  const lives = Effect.suspend(() => {
    // Claiming an account of another node would fence its true owner off.
    if (!sharding.hasShardId(shardId)) {
      moved = true
      refuseAll("it has moved to another node")
      return Effect.never
    }
    return Effect.scoped(
      live(account, mailbox, (next) => {
        damage = undefined
        life = next
      })
    ).pipe(Effect.catchCause((cause) => (Cause.hasInterruptsOnly(cause) ? Effect.failCause(cause) : end(cause))))
  })
  yield* lives.pipe(Effect.forever, Effect.forkScoped)

  const send = Effect.fnUntraced(function* <A, E>(
    lane: "fast" | "normal",
    make: (reply: Reply<A, E>, receivedUs: number) => Message
  ) {
    if (moved) return yield* new NotReady({ account, reason: "it has moved to another node" })
    if (damage !== undefined) return yield* new NotReady({ account, reason: frozenBecause(damage) })
    const reply = yield* Deferred.make<A, E | NotReady>()
    const message = make(reply, yield* nowUs)
    if (!(lane === "fast" ? mailbox.offerFast(message) : mailbox.offerNormal(message))) {
      yield* Metric.update(Metric.withAttributes(Metrics.mailboxRefused, { actor: "Account" }), 1)
      return yield* new Busy({ account })
    }
    waiting.set(reply, (error) => Deferred.doneUnsafe(reply, Effect.fail(error)))
    return yield* Effect.ensuring(
      Deferred.await(reply),
      Effect.sync(() => waiting.delete(reply))
    )
  })

  const idOf = ClientOrderId.idOf(host.journalId, account)

  return Account.of({
    ...operations(account, send),
    Submit: ({ payload }) =>
      Effect.gen(function* () {
        const { cause, epoch, strategy, timeDecided } = payload
        if (payload.intents.length === 0) return []
        const trace = payload.trace ?? undefined
        let intents: ReadonlyArray<Intent> = []
        const { events, ledger } = yield* send<Answer, Superseded | NotJoined>("normal", (reply, receivedUs) => ({
          command: (state): AccountCommand => {
            intents = named(state, strategy, payload.intents, idOf)
            return { type: "SubmitIntents", strategy, cause, timeDecided, trace, intents }
          },
          receivedUs,
          admit: ({ runs }) => {
            const run = runs.get(strategy)
            if (run === epoch) return true
            const error =
              run !== undefined && run > epoch
                ? new Superseded({ strategy, epoch })
                : new NotJoined({ strategy, epoch })
            Deferred.doneUnsafe(reply, Effect.fail(error))
            return false
          },
          done: (events, { ledger }) => Deferred.doneUnsafe(reply, Effect.succeed({ events, ledger }))
        }))
        const refused = new Map<number, { readonly reason: string; readonly detail: string }>()
        const decided = new Set<number>()
        for (const event of events) {
          if (!("intentSeq" in event) || event.strategy !== strategy) continue
          decided.add(event.intentSeq)
          if (event.type === "IntentRefused") refused.set(event.intentSeq, event)
        }
        // Sent again after a lost reply: the journal has what was answered the first time, and what it was about.
        const repeated = intents.filter((intent) => !decided.has(intent.intentSeq))
        if (repeated.length > 0) {
          const numbers = [intents[0]!.intentSeq, ...repeated.map(({ intentSeq }) => intentSeq)]
          const recorded = yield* ledger
            .recorded(strategy, numbers)
            .pipe(Effect.mapError((error) => new NotReady({ account, reason: error.message })))
          for (const intent of repeated) {
            const stood = recorded.get(intent.intentSeq) ?? []
            for (const event of stood) if (event.type === "IntentRefused") refused.set(intent.intentSeq, event)
            const other = differing(ledger.state, intent, stood)
            if (other === undefined) continue
            const detail = `intent ${intent.intentSeq} was decided before with ${other}: number the new one anew`
            refused.set(intent.intentSeq, { reason: "DuplicateOrder", detail })
          }
        }
        return intents.map(({ clientOrderId, intentSeq }): typeof Decision.Type => {
          const refusal = refused.get(intentSeq)
          return { intentSeq, clientOrderId, refused: refusal?.reason ?? "", detail: refusal?.detail ?? "" }
        })
      }),
    // Through the mailbox like an intent: whatever an earlier run sent before is decided, whatever comes later is refused.
    Join: ({ payload: { epoch, strategy } }) =>
      send<ReturnType<typeof joined>, Superseded>("normal", (reply, receivedUs) => ({
        command: undefined,
        receivedUs,
        admit: ({ runs }) => {
          if ((runs.get(strategy) ?? 0) <= epoch) {
            runs.set(strategy, epoch)
            return true
          }
          Deferred.doneUnsafe(reply, Effect.fail(new Superseded({ strategy, epoch })))
          return false
        },
        done: (_events, { ledger }) => Deferred.doneUnsafe(reply, Effect.succeed(joined(ledger.state, strategy)))
      })),
    Watch: ({ payload }) => watch(account, () => life, payload.afterSeq),
    Status: ({ payload: { hashed = false } }) =>
      Effect.sync(() => {
        const where = {
          venue: host.settings(account)?.venue ?? "",
          node: host.node,
          epoch: life?.ledger.epoch ?? 0,
          ...(damage === undefined
            ? { condition: life?.ready === true ? ("ready" as const) : ("recovering" as const) }
            : { condition: "frozen" as const, reason: damage.reason, remedy: damage.remedy })
        }
        const unknownSince = (order: Order) => life?.ledger.unknownSince(order) ?? order.timeIntent
        return status(life?.ledger.state ?? initial(account), where, host.mark, unknownSince, hashed)
      })
  })
})

const frozenBecause = ({ reason, remedy }: JournalDamaged): string => `${reason} ${remedy}`

const isFenced = (error: unknown): boolean => error instanceof Error && "_tag" in error && error._tag === "Fenced"

interface Answer {
  readonly events: Parameters<NonNullable<Message["done"]>>[0]
  readonly ledger: Life["ledger"]
}

/** The accounts of this node. Handlers only pass messages on, so they run side by side; the mailbox keeps the order. */
export const layer = Account.toLayer(build, {
  concurrency: "unbounded",
  maxIdleTime: Duration.infinity,
  mailboxCapacity: 4096,
  disableFatalDefects: true
})

/**
 * The shell of an account: hands messages to its present life and supervises it. A life that loses its journal is followed
 * by another from the journal; one that was fenced off is followed by none until the shard is surely ours.
 */
import type { AccountEvent } from "@outcry/model/AccountEvent"
import type { AccountCommand } from "@outcry/model/AccountCommand"
import { derive } from "@outcry/model/ClientOrderId"
import type { Intent } from "@outcry/model/Intent"
import { initial } from "@outcry/model/AccountState"
import { Cause, Deferred, Duration, Effect, PubSub, Stream } from "effect"
import { Entity, Sharding } from "effect/cluster"
import { AccountHost } from "./AccountHost.ts"
import { joined, status } from "./AccountView.ts"
import { type Life, live, type Message } from "./Incarnation.ts"
import { Mailbox } from "./Mailbox.ts"
import { Account, Busy, type Decision, type Fact, NotReady, Superseded } from "./Protocol.ts"
import { nowUs } from "./Wire.ts"

const lanes = { fastMax: 8192, normalMax: 2048, batchMax: 256 }
/** Longer than a node needs to notice that it lost a shard: by then a zombie is gone. */
const afterFenced = Duration.seconds(3)
const afterLoss = Duration.millis(200)

const build = Effect.gen(function* () {
  const account: string = (yield* Entity.CurrentAddress).entityId
  const host = yield* AccountHost
  const sharding = yield* Sharding.Sharding
  const shard = yield* Account.getShardId((yield* Entity.CurrentAddress).entityId)
  const mailbox = new Mailbox<Message>(lanes)
  const epochs = new Map<string, number>()
  const waiting = new Set<Deferred.Deferred<ReadonlyArray<AccountEvent>, NotReady>>()
  let life: Life | undefined

  const end = Effect.fnUntraced(function* (cause: Cause.Cause<unknown>) {
    life = undefined
    mailbox.setNormalOpen(false)
    mailbox.drain()
    const error = Cause.squash(cause)
    const reason = error instanceof Error ? error.message : String(error)
    for (const caller of waiting) Deferred.doneUnsafe(caller, Effect.fail(new NotReady({ account, reason })))
    waiting.clear()
    yield* Effect.logError(`account ${account} starts anew from its journal: ${reason}`)
    const fenced = error instanceof Error && "_tag" in error && error._tag === "Fenced"
    yield* Effect.sleep(fenced ? afterFenced : afterLoss)
    if (fenced && !sharding.hasShardId(shard)) return yield* Effect.never
  })

  yield* live(account, mailbox, (next) => {
    life = next
  }).pipe(
    Effect.scoped,
    Effect.catchCause((cause) => (Cause.hasInterruptsOnly(cause) ? Effect.failCause(cause) : end(cause))),
    Effect.forever,
    Effect.forkScoped
  )

  const send = Effect.fnUntraced(function* (command: AccountCommand, lane: "fast" | "normal") {
    const receivedUs = yield* nowUs
    const done = yield* Deferred.make<ReadonlyArray<AccountEvent>, NotReady>()
    const message: Message = {
      command,
      receivedUs,
      done: (events) => Deferred.doneUnsafe(done, Effect.succeed(events))
    }
    const offered = lane === "fast" ? mailbox.offerFast(message) : mailbox.offerNormal(message)
    if (!offered) return yield* new Busy({ account })
    waiting.add(done)
    return yield* Effect.ensuring(
      Deferred.await(done),
      Effect.sync(() => waiting.delete(done))
    )
  })

  const ready = Effect.suspend(() =>
    life?.ready === true ? Effect.succeed(life) : Effect.fail(new NotReady({ account, reason: "it is recovering from its journal" }))
  )

  const supersede = (strategy: string, epoch: number): Effect.Effect<void, Superseded> =>
    Effect.suspend(() => {
      const seen = epochs.get(strategy) ?? 0
      if (epoch < seen) return Effect.fail(new Superseded({ strategy, epoch }))
      epochs.set(strategy, epoch)
      return Effect.void
    })

  const intentOf = (strategy: string, intent: { readonly kind: string; readonly intentSeq: number }, orderSeq: number): string =>
    derive(host.journalId, account, strategy, intent.kind === "place" ? intent.intentSeq : orderSeq)

  return Account.of({
    Submit: ({ payload }) =>
      Effect.gen(function* () {
        yield* supersede(payload.strategy, payload.epoch)
        const intents = payload.intents.map((intent): Intent => {
          const clientOrderId = intentOf(payload.strategy, intent, intent.kind === "cancel" ? intent.orderSeq : 0)
          return intent.kind === "place"
            ? { ...intent, clientOrderId }
            : { kind: "cancel", intentSeq: intent.intentSeq, clientOrderId }
        })
        if (intents.length === 0) return []
        const events = yield* send(
          { type: "SubmitIntents", strategy: payload.strategy, cause: payload.cause, trace: payload.trace ?? undefined, intents },
          "normal"
        )
        return intents.map((intent): typeof Decision.Type => {
          const refusal = events.find((event) => event.type === "IntentRefused" && event.intentSeq === intent.intentSeq)
          return refusal?.type === "IntentRefused"
            ? { intentSeq: intent.intentSeq, clientOrderId: intent.clientOrderId, refused: refusal.reason, detail: refusal.detail }
            : { intentSeq: intent.intentSeq, clientOrderId: intent.clientOrderId, refused: "", detail: "" }
        })
      }),
    Cancel: ({ payload }) =>
      Effect.map(send({ type: "CancelOrders", clientOrderIds: payload.clientOrderIds }, "fast"), (events) => events.length),
    SetTradingState: ({ payload }) => Effect.asVoid(send({ type: "SetTradingState", ...payload }, "fast")),
    Join: ({ payload }) =>
      Effect.gen(function* () {
        const { ledger } = yield* ready
        yield* supersede(payload.strategy, payload.epoch)
        return joined(ledger.state, payload.strategy)
      }),
    Watch: ({ payload }) =>
      Stream.unwrap(
        Effect.gen(function* () {
          const { facts, ledger } = yield* ready
          // First listen, then read what is stored: nothing falls between.
          const subscription = yield* PubSub.subscribe(facts)
          const stored = ledger.committed
          const past = ledger.stored(payload.afterSeq).pipe(
            Stream.takeWhile((fact) => fact.seq <= stored),
            Stream.chunks,
            Stream.mapError((error) => new NotReady({ account, reason: String(error) }))
          )
          let last = Math.max(payload.afterSeq, stored)
          const present = Stream.fromSubscription(subscription).pipe(
            Stream.mapEffect((batch) => {
              const fresh = batch.filter((fact) => fact.seq > last)
              if (fresh.length === 0) return Effect.succeed<ReadonlyArray<Fact>>([])
              if (fresh[0]!.seq !== last + 1)
                return Effect.fail(new NotReady({ account, reason: "this watcher fell behind; watch again from its last sequence" }))
              last = fresh.at(-1)!.seq
              return Effect.succeed<ReadonlyArray<Fact>>(fresh)
            }),
            Stream.filter((batch) => batch.length > 0)
          )
          return payload.afterSeq >= stored ? present : Stream.concat(past, present)
        })
      ),
    Status: () =>
      Effect.sync(() => {
        const where = {
          venue: host.settings(account)?.venue ?? "",
          node: host.node,
          epoch: life?.ledger.epoch ?? 0,
          condition: life?.ready === true ? ("ready" as const) : ("recovering" as const)
        }
        return status(life?.ledger.state ?? initial(account), where, host.mark)
      })
  })
})

/** The accounts of this node. Handlers only pass messages on, so they run side by side; the mailbox keeps the order. */
export const layer = Account.toLayer(build, {
  concurrency: "unbounded",
  maxIdleTime: Duration.infinity,
  mailboxCapacity: 4096,
  disableFatalDefects: true
})

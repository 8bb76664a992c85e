/**
 * The facts of an account as a stream: first from the journal, then live, without a hole between. A watcher that falls
 * behind, and every watcher when the life ends, is told so and watches again from its last sequence.
 */
import { Deferred, Effect, PubSub, Stream } from "effect"
import type { Life } from "./Incarnation.ts"
import { type Fact, NotReady } from "./Protocol.ts"

type Facts = ReadonlyArray<Fact>

const nothing: Facts = []

export const watch = (
  account: string,
  present: () => Life | undefined,
  afterSeq: number
): Stream.Stream<Facts, NotReady> => {
  const notReady = (reason: string) => new NotReady({ account, reason })
  return Stream.unwrap(
    Effect.gen(function* () {
      const life = present()
      if (life?.ready !== true) return yield* notReady("it is recovering from its journal")
      const { ended, facts, ledger } = life
      // First listen, then read what is stored: nothing falls between.
      const subscription = yield* PubSub.subscribe(facts)
      const stored = ledger.committed
      const past = ledger.stored(afterSeq).pipe(
        Stream.takeWhile((fact) => fact.seq <= stored),
        Stream.chunks,
        Stream.mapError((error) => notReady(String(error)))
      )
      let last = Math.max(afterSeq, stored)
      const live = Stream.fromSubscription(subscription).pipe(
        Stream.mapEffect((batch) => {
          const fresh = batch.filter((fact) => fact.seq > last)
          const first = fresh[0]
          if (first === undefined) return Effect.succeed(nothing)
          if (first.seq !== last + 1)
            return Effect.fail(notReady("this watcher fell behind; watch again from its last sequence"))
          last = fresh.at(-1)!.seq
          return Effect.succeed<Facts>(fresh)
        }),
        Stream.filter((batch) => batch.length > 0)
      )
      const all: Stream.Stream<Facts, NotReady> = afterSeq >= stored ? live : Stream.concat(past, live)
      const over = Effect.andThen(Deferred.await(ended), Effect.fail(notReady("it starts anew from its journal")))
      return Stream.interruptWhen(all, over)
    })
  )
}

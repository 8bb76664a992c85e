/** Waiting for what must happen: bounded, and where it does not, an error that says what was seen instead. */
import { Effect, Schema } from "effect"

/** Something that had to happen did not within its time. */
export class NeverHappened extends Schema.TaggedError<NeverHappened>()("NeverHappened", {
  what: Schema.String,
  withinMs: Schema.Number,
  /** What there was at the end. */
  seen: Schema.String
}) {
  override get message() {
    return `Within ${this.withinMs} ms it did not happen that ${this.what}. Seen last: ${this.seen}`
  }
}

/** An answer of a look: what was waited for, or in words what is there instead; `hopeless` where waiting is no use. */
export type Look<A> = { readonly found: A } | { readonly instead: string; readonly hopeless?: boolean }

export const found = <A>(value: A): Look<A> => ({ found: value })
export const instead = (seen: string): Look<never> => ({ instead: seen })
export const hopeless = (seen: string): Look<never> => ({ instead: seen, hopeless: true })

export interface Wait {
  /** Completes "it did not happen that …". */
  readonly what: string
  readonly withinMs: number
  readonly everyMs?: number
}

/** Looks again and again until the look finds it. `diagnose` adds what else is worth knowing when it never does. */
export const waitUntil = Effect.fnUntraced(function* <A, E, R>(
  wait: Wait,
  look: Effect.Effect<Look<A>, E, R>,
  diagnose: Effect.Effect<string> = Effect.succeed("")
) {
  const startMs = performance.now()
  for (;;) {
    const seen = yield* look
    if ("found" in seen) return seen.found
    if (seen.hopeless === true || performance.now() - startMs >= wait.withinMs)
      return yield* new NeverHappened({
        what: wait.what,
        withinMs: wait.withinMs,
        seen: [seen.instead, yield* diagnose].filter((text) => text !== "").join("\n")
      })
    yield* Effect.sleep(wait.everyMs ?? 25)
  }
})

/**
 * Schemas for the parameters of strategies, each with its default and its range, so that a strategy runs without any and
 * refuses nonsense by name. Plain schemas: anything else that Effect's Schema offers works beside them.
 */
import { Effect, Schema } from "effect"

interface Range {
  readonly min?: number
  readonly max?: number
}

const within = ({ max = Number.MAX_SAFE_INTEGER, min = Number.MIN_SAFE_INTEGER }: Range) =>
  Schema.isBetween({ minimum: min, maximum: max })

/** A whole number. */
export const integer = (byDefault: number, range: Range = {}) =>
  Schema.Int.check(within(range)).pipe(Schema.withDecodingDefaultKey(Effect.succeed(byDefault)))

/** Any finite number. */
export const number = (byDefault: number, range: Range = {}) =>
  Schema.Finite.check(within(range)).pipe(Schema.withDecodingDefaultKey(Effect.succeed(byDefault)))

/** A decimal as text, exact: quantities and prices. */
export const decimal = (byDefault: string) =>
  Schema.String.check(Schema.isPattern(/^\d+(\.\d+)?$/, { expected: "a decimal such as 0.1" })).pipe(
    Schema.withDecodingDefaultKey(Effect.succeed(byDefault))
  )

/** An instrument id, `venue:symbol`. */
export const instrument = (byDefault: string) =>
  Schema.String.check(Schema.isPattern(/^[^:\s]+:\S+$/, { expected: "an instrument such as sim:BTC/USDT" })).pipe(
    Schema.withDecodingDefaultKey(Effect.succeed(byDefault))
  )

/** One of a few words. */
export const choice = <const A extends string>(options: ReadonlyArray<A>, byDefault: NoInfer<A>) =>
  Schema.Literals(options).pipe(Schema.withDecodingDefaultKey(Effect.succeed(byDefault)))

/**
 * A strategy's parameters for a run: what was typed, and, where it was not, the instruments and the interval of the data.
 * An instrument parameter is one whose value a feed names: those are set in the order of the data.
 */
import type { Instrument } from "@outcry/model/Instrument"
import { quantityLotsOf, quantityText } from "@outcry/model/Instrument"
import type { FeedDeclaration, StrategyDefinition } from "@outcry/model/Strategy"
import { Effect, Predicate, Schema } from "effect"
import { reasonOf, userError } from "../cli/UserError.ts"
import { parseOverride, withOverrides, wordsOf } from "../floor/TypedParameters.ts"
import type { ResearchStrategy } from "./ResearchStrategy.ts"

type Encoded = Readonly<Record<string, Schema.Json>>

export interface ParametersGiven {
  /** `KEY=VALUE`, as typed. */
  readonly typed: ReadonlyArray<string>
  readonly instruments: ReadonlyArray<Instrument>
  /** Of the bars; undefined where they are made of trades, in whatever interval the strategy asks for. */
  readonly intervalSec: number | undefined
}

export interface BoundParameters {
  /** As a configuration holds them. */
  readonly encoded: Encoded
  /** Decoded by the live definition. */
  readonly decoded: unknown
  readonly feeds: ReadonlyArray<FeedDeclaration>
}

const decodedBy = (definition: StrategyDefinition<unknown, unknown>, encoded: Encoded) =>
  Schema.decodeUnknownEffect(definition.parameters, { onExcessProperty: "error" })(encoded).pipe(
    Effect.mapError((error) =>
      userError(
        "InvalidParameters",
        `The parameters of ${definition.name} are not valid: ${wordsOf(error.message)}.`,
        "Correct them with --param KEY=VALUE; the strategy's file declares what it accepts."
      )
    )
  )

const feedsOf = (definition: StrategyDefinition<unknown, unknown>, decoded: unknown) =>
  Effect.try({
    try: () => definition.feeds(decoded),
    catch: (cause) =>
      userError(
        "InvalidParameters",
        `${definition.name} cannot run with these parameters: ${reasonOf(cause).replace(/\.$/, "")}.`,
        "Correct them with --param KEY=VALUE."
      )
  })

/** Fields of the parameters that name an instrument of a feed. */
const instrumentFields = (decoded: unknown, feeds: ReadonlyArray<FeedDeclaration>): ReadonlyArray<string> => {
  const ids = new Set(feeds.map(({ instrument }) => instrument))
  return Predicate.isObject(decoded)
    ? Object.entries(decoded).flatMap(([field, value]) => (Predicate.isString(value) && ids.has(value) ? [field] : []))
    : []
}

/** Fails with a UserError that names the parameter. */
export const boundParameters = Effect.fn("StrategyParameters.bound")(function* (
  { live, name }: ResearchStrategy,
  { instruments, intervalSec, typed }: ParametersGiven
) {
  const overrides = yield* Effect.forEach(typed, parseOverride)
  const foreign = overrides.find(({ strategy }) => strategy !== "" && strategy !== name)
  if (foreign !== undefined)
    return yield* userError(
      "InvalidParameters",
      `--param names the strategy ${foreign.strategy}, and ${name} is what runs.`,
      `Write --param ${foreign.key}=VALUE.`
    )
  const given = withOverrides(live, {}, overrides)
  const first = yield* decodedBy(live, given)
  const fields = instrumentFields(first, yield* feedsOf(live, first)).filter((field) => !Object.hasOwn(given, field))
  const ids = instruments.map(({ id }) => id)
  const free = ids.filter((id) => !Object.values(given).includes(id))
  if (fields.length > free.length && fields.length > 1)
    return yield* userError(
      "InvalidParameters",
      `${name} trades ${fields.length} instruments (${fields.join(", ")}), and the data are of ${ids.join(", ")}.`,
      "Give data for each of them, in that order, with --on."
    )
  const set = Object.fromEntries(fields.flatMap((field, at) => (free[at] === undefined ? [] : [[field, free[at]]])))
  const timed =
    intervalSec !== undefined &&
    Predicate.isObject(first) &&
    Predicate.hasProperty(first, "barSeconds") &&
    !Object.hasOwn(given, "barSeconds")
      ? { barSeconds: intervalSec }
      : {}
  const encoded: Encoded = { ...given, ...set, ...timed }
  const decoded = yield* decodedBy(live, encoded)
  const bound: BoundParameters = { encoded, decoded, feeds: yield* feedsOf(live, decoded) }
  return bound
})

/** The parameter that says how much to trade, where there is one. */
const sizeFields = ["size", "quantity"]

export interface SizeGiven {
  /** As typed: a quantity of the base asset, or a share of the cash as in 50%. */
  readonly size: string | undefined
  readonly cash: number
  readonly price: number
  readonly instrument: Instrument
}

const lotsFor = (instrument: Instrument, money: number, price: number): number =>
  Math.max(1, Math.floor(money / price / Number(instrument.lotSize)))

/** A quantity stays what it is: at four times the price it still can be paid. */
const shareByDefault = 0.25

/**
 * Parameters with a size that can be traded: the one asked for, else the strategy's own where it is a whole number of
 * lots, else as much as the cash buys; then `note` says so.
 */
export const sizedParameters = Effect.fn("StrategyParameters.sized")(function* (
  { live, name }: ResearchStrategy,
  bound: BoundParameters,
  { cash, instrument, price, size }: SizeGiven
) {
  const { decoded, encoded } = bound
  const field = sizeFields.find((each) => Predicate.isObject(decoded) && Predicate.hasProperty(decoded, each))
  const own = field === undefined ? undefined : (decoded as Readonly<Record<string, unknown>>)[field]
  if (field === undefined || !Predicate.isString(own)) {
    if (size === undefined) return { bound, note: undefined }
    return yield* userError(
      "InvalidParameters",
      `${name} has no parameter size or quantity that --size could set.`,
      "Set its own parameters with --param KEY=VALUE."
    )
  }
  const with_ = Effect.fnUntraced(function* (text: string, note: string | undefined) {
    const sized = { ...encoded, [field]: text }
    const next: BoundParameters = { ...bound, encoded: sized, decoded: yield* decodedBy(live, sized) }
    return { bound: next, note }
  })
  if (size === undefined) {
    const lots = quantityLotsOf(instrument, own)
    if (Object.hasOwn(encoded, field) || (lots !== undefined && lots > 0)) return { bound, note: undefined }
    const text = quantityText(instrument, lotsFor(instrument, cash * shareByDefault, price))
    const why = `${own} is no whole number of lots of ${instrument.id}`
    return yield* with_(text, `${field} is ${text}, ${shareByDefault * 100} % of the cash at the first price: ${why}.`)
  }
  const share = /^(\d+(?:\.\d+)?)%$/.exec(size)?.[1]
  const text =
    share === undefined ? size : quantityText(instrument, lotsFor(instrument, (cash * Number(share)) / 100, price))
  const lots = quantityLotsOf(instrument, text)
  if (lots === undefined || lots === 0)
    return yield* userError(
      "InvalidParameters",
      `--size ${size} is no whole number of lots of ${instrument.id}, which are ${instrument.lotSize}.`,
      "Give a multiple of it, a share of the cash as in 50%, or finer lots with --lot."
    )
  return yield* with_(text, share === undefined ? undefined : `${field} is ${text}, ${share} % of the cash.`)
})

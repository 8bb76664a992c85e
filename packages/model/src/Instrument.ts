/**
 * A tradable instrument of one venue, versioned: a change of tick or lot size is a new version and never
 * re-values history. Prices are integer ticks and quantities integer lots in memory; decimal strings outside.
 *
 * Owns the exact conversions between the two. Does not know where instruments come from.
 */
import { Schema } from "effect"
import * as Amount from "./Amount.ts"

/** `venue:symbol`, for example `sim:BTC/USDT`. */
export type InstrumentId = string

const Decimal = Schema.String.check(Schema.isPattern(/^\d+(\.\d+)?$/))

/** What a venue publishes and the journal stores; all sizes are decimals in the named asset. */
export const InstrumentSpec = Schema.Struct({
  venue: Schema.String.check(Schema.isNonEmpty()),
  /** Unified symbol, `BASE/QUOTE`. */
  symbol: Schema.String.check(Schema.isNonEmpty()),
  base: Schema.String,
  quote: Schema.String,
  /** Starts at 1 and rises with every change of the sizes below. */
  version: Schema.Int,
  /** Price step, in quote asset per base asset. */
  tickSize: Decimal,
  /** Quantity step, in base asset. */
  lotSize: Decimal,
  minQuantity: Decimal,
  maxQuantity: Decimal,
  /** Smallest price × quantity of an order, in quote asset. */
  minNotional: Decimal,
  maxNotional: Decimal
})
export type InstrumentSpec = typeof InstrumentSpec.Type

export interface Instrument extends InstrumentSpec {
  readonly id: InstrumentId
  /** Amount of one tick, in quote asset. */
  readonly tick: Amount.Amount
  /** Amount of one lot, in base asset. */
  readonly lot: Amount.Amount
  /** Quote amount of one lot at a price of one tick; exact by construction. */
  readonly tickLot: Amount.Amount
  readonly minQuantityLots: number
  readonly maxQuantityLots: number
  readonly minNotionalAmount: Amount.Amount
  readonly maxNotionalAmount: Amount.Amount
  readonly priceDecimals: number
  readonly quantityDecimals: number
}

/** The instrument's sizes make no sense; `field` names the one to mend. */
export class InvalidInstrument extends Schema.TaggedError<InvalidInstrument>()("InvalidInstrument", {
  instrument: Schema.String,
  field: Schema.String,
  reason: Schema.String
}) {
  override get message() {
    return `Instrument ${this.instrument}: ${this.field} ${this.reason}. Correct it at the venue or in the instrument's definition.`
  }
}

const one = 10n ** BigInt(Amount.scale)

const decimalsOf = (text: string): number => (text.split(".")[1] ?? "").replace(/0+$/, "").length

/** Derives the in-memory form; throws InvalidInstrument where sizes are zero, contradictory or finer than 10^-12. */
export const make = (spec: InstrumentSpec): Instrument => {
  const id = `${spec.venue}:${spec.symbol}`
  const refuse = (field: string, reason: string): never => {
    throw new InvalidInstrument({ instrument: id, field, reason })
  }
  type Field = "tickSize" | "lotSize" | "minQuantity" | "maxQuantity" | "minNotional" | "maxNotional"
  const amountOf = (field: Field): Amount.Amount =>
    Amount.parse(spec[field]) ?? refuse(field, `"${spec[field]}" is not a decimal with at most ${Amount.scale} places`)
  const positive = (field: Field): Amount.Amount => {
    const amount = amountOf(field)
    return amount > 0n ? amount : refuse(field, `"${spec[field]}" is not positive`)
  }
  if (!Number.isSafeInteger(spec.version) || spec.version < 1)
    refuse("version", `${spec.version} is not a count from 1`)
  if (spec.base === spec.quote) refuse("quote", `"${spec.quote}" is the base asset too`)
  const tick = positive("tickSize")
  const lot = positive("lotSize")
  const product = tick * lot
  if (product % one !== 0n) refuse("tickSize", `× lotSize is finer than 10^-${Amount.scale}`)
  const minQuantity = amountOf("minQuantity")
  const maxQuantity = positive("maxQuantity")
  if (minQuantity < 0n) refuse("minQuantity", "is negative")
  if (minQuantity > maxQuantity) refuse("minQuantity", "is above maxQuantity")
  const maxQuantityLots = Number(maxQuantity / lot)
  if (!Number.isSafeInteger(maxQuantityLots)) refuse("maxQuantity", "is more lots than can be counted exactly")
  const minNotionalAmount = amountOf("minNotional")
  const maxNotionalAmount = positive("maxNotional")
  if (minNotionalAmount > maxNotionalAmount) refuse("minNotional", "is above maxNotional")
  return {
    venue: spec.venue,
    symbol: spec.symbol,
    base: spec.base,
    quote: spec.quote,
    version: spec.version,
    tickSize: spec.tickSize,
    lotSize: spec.lotSize,
    minQuantity: spec.minQuantity,
    maxQuantity: spec.maxQuantity,
    minNotional: spec.minNotional,
    maxNotional: spec.maxNotional,
    id,
    tick,
    lot,
    tickLot: product / one,
    minQuantityLots: Number((minQuantity + lot - 1n) / lot),
    maxQuantityLots,
    minNotionalAmount,
    maxNotionalAmount,
    priceDecimals: decimalsOf(spec.tickSize),
    quantityDecimals: decimalsOf(spec.lotSize)
  }
}

/** The published part of an instrument, as stored. */
export const specOf = (instrument: Instrument): InstrumentSpec => ({
  venue: instrument.venue,
  symbol: instrument.symbol,
  base: instrument.base,
  quote: instrument.quote,
  version: instrument.version,
  tickSize: instrument.tickSize,
  lotSize: instrument.lotSize,
  minQuantity: instrument.minQuantity,
  maxQuantity: instrument.maxQuantity,
  minNotional: instrument.minNotional,
  maxNotional: instrument.maxNotional
})

const fields = Object.keys(InstrumentSpec.fields) as ReadonlyArray<keyof InstrumentSpec>

/** Whether two definitions say the same. */
export const sameSpec = (a: InstrumentSpec, b: InstrumentSpec): boolean =>
  fields.every((field) => a[field] === b[field])

const stepsOf = (text: string, step: Amount.Amount): number | undefined => {
  const amount = Amount.parse(text)
  if (amount === undefined || amount % step !== 0n) return undefined
  const steps = Number(amount / step)
  return Number.isSafeInteger(steps) ? steps : undefined
}

/** Decimal price → ticks; undefined where it is no decimal or lies between two ticks. */
export const ticksOf = (instrument: Instrument, price: string): number | undefined => stepsOf(price, instrument.tick)

/** Decimal quantity → lots; undefined where it is no decimal or lies between two lots. */
export const quantityLotsOf = (instrument: Instrument, quantity: string): number | undefined =>
  stepsOf(quantity, instrument.lot)

/** Ticks → decimal price with the instrument's places. */
export const priceText = (instrument: Instrument, priceTicks: number): string =>
  Amount.format(BigInt(priceTicks) * instrument.tick, instrument.priceDecimals)

/** Lots → decimal quantity with the instrument's places. */
export const quantityText = (instrument: Instrument, lots: number): string =>
  Amount.format(BigInt(lots) * instrument.lot, instrument.quantityDecimals)

/**
 * Exact price × quantity in quote asset. Both factors become bigints first: small integers convert at once, while a
 * product beyond 31 bits takes V8's slow path and made the whole account five times slower.
 */
export const notional = (instrument: Instrument, priceTicks: number, lots: number): Amount.Amount =>
  BigInt(priceTicks) * BigInt(lots) * instrument.tickLot

/** Lots → amount of base asset. */
export const baseAmount = (instrument: Instrument, lots: number): Amount.Amount => BigInt(lots) * instrument.lot

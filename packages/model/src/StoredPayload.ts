/**
 * Reads the fields of a stored event, each by its kind. What is missing or of another kind names itself in an
 * UnreadableEvent: a damaged journal must stop an account, not bend its state.
 */
import * as Amount from "./Amount.ts"
import * as Instrument from "./Instrument.ts"

export type Json = Readonly<Record<string, unknown>>

/** A stored event this program cannot read: an unknown type, a newer version, or a damaged payload. */
export class UnreadableEvent extends Error {
  readonly _tag = "UnreadableEvent"
  readonly type: string
  readonly version: number
  constructor(type: string, version: number, reason: string) {
    super(`Journal event ${type} v${version} cannot be read: ${reason}`)
    this.type = type
    this.version = version
  }
}

export class StoredPayload {
  private readonly type: string
  private readonly version: number
  private readonly fields: Json

  constructor(type: string, version: number, stored: unknown) {
    this.type = type
    this.version = version
    if (typeof stored !== "object" || stored === null || Array.isArray(stored))
      this.fail("its payload is not an object")
    this.fields = stored as Json
  }

  fail(reason: string): never {
    throw new UnreadableEvent(this.type, this.version, reason)
  }

  private wrong(key: string, kind: string): never {
    return this.fail(`${key} is ${JSON.stringify(this.fields[key])}, not ${kind}`)
  }

  /** The field as it is stored, for what another decoder reads. */
  raw(key: string): unknown {
    return this.fields[key]
  }

  /** Whether the field is there and not null. */
  has(key: string): boolean {
    return (this.fields[key] ?? undefined) !== undefined
  }

  isObject(key: string): boolean {
    return typeof this.fields[key] === "object" && this.fields[key] !== null
  }

  text(key: string): string {
    const value = this.fields[key]
    return typeof value === "string" ? value : this.wrong(key, "a text")
  }

  whole(key: string): number {
    const value = this.fields[key]
    return Number.isSafeInteger(value) ? (value as number) : this.wrong(key, "a whole number")
  }

  /** Epoch µs; a clock may well give fractions. */
  time(key: string): number {
    const value = this.fields[key]
    return Number.isFinite(value) ? (value as number) : this.wrong(key, "a time")
  }

  flag(key: string): boolean {
    const value = this.fields[key]
    return typeof value === "boolean" ? value : this.wrong(key, "true or false")
  }

  oneOf<A extends string>(key: string, values: ReadonlyArray<A>): A {
    const value = this.fields[key] as A
    return values.includes(value) ? value : this.wrong(key, `one of ${values.join(", ")}`)
  }

  amount(key: string): Amount.Amount {
    const value = this.fields[key]
    return (typeof value === "string" ? Amount.parse(value) : undefined) ?? this.wrong(key, "a decimal")
  }

  ticks(key: string, instrument: Instrument.Instrument): number {
    return Instrument.ticksOf(instrument, this.text(key)) ?? this.wrong(key, `a multiple of ${instrument.tickSize}`)
  }

  lots(key: string, instrument: Instrument.Instrument): number {
    return (
      Instrument.quantityLotsOf(instrument, this.text(key)) ?? this.wrong(key, `a multiple of ${instrument.lotSize}`)
    )
  }

  object(key: string): StoredPayload {
    return new StoredPayload(this.type, this.version, this.fields[key])
  }

  /** Undefined where the field is null or missing. */
  optional<A>(key: string, read: (payload: StoredPayload) => A): A | undefined {
    return this.has(key) ? read(this.object(key)) : undefined
  }

  texts(key: string): ReadonlyArray<string> {
    const value = this.fields[key]
    return Array.isArray(value) && value.every((item): item is string => typeof item === "string")
      ? value
      : this.wrong(key, "a list of texts")
  }

  /** The instrument version that the payload names: it must have been listed before. */
  quoted(
    instrumentAt: (id: Instrument.InstrumentId, version: number) => Instrument.Instrument | undefined
  ): Instrument.Instrument {
    const [id, at] = [this.text("instrument"), this.whole("instrumentVersion")]
    return instrumentAt(id, at) ?? this.fail(`${id}@${at} is not listed before it`)
  }

  list<A>(key: string, read: (payload: StoredPayload) => A): ReadonlyArray<A> {
    const value = this.fields[key]
    if (!Array.isArray(value)) return this.wrong(key, "a list")
    return value.map((item: unknown) => read(new StoredPayload(this.type, this.version, item)))
  }
}

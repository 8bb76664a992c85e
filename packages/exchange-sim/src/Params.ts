/**
 * The parameters of one request, read as Binance reads them: each at most once, none empty, none left unread, and a
 * wrong one named in the refusal.
 */
import * as ApiError from "./ApiError.ts"

const integerPattern = /^-?\d{1,18}$/
const integerRange = "^[0-9]{1,20}$"

export class Params {
  readonly #values = new Map<string, string>()
  readonly #read = new Set<string>()

  /** Throws -1101 where a name comes twice and -1105 where a value is empty. */
  constructor(pairs: Iterable<readonly [string, string]>) {
    for (const [name, value] of pairs) {
      if (this.#values.has(name)) throw ApiError.duplicateParameter(name)
      if (value === "") throw ApiError.emptyParameter(name)
      this.#values.set(name, value)
    }
  }

  has(name: string): boolean {
    return this.#values.has(name)
  }

  text(name: string): string | undefined {
    this.#read.add(name)
    return this.#values.get(name)
  }

  requiredText(name: string): string {
    const value = this.text(name)
    if (value === undefined) throw ApiError.missingParameter(name)
    return value
  }

  /** Text that must match `pattern`; -1100 names it otherwise. */
  matching(name: string, pattern: RegExp): string | undefined {
    const value = this.text(name)
    if (value !== undefined && !pattern.test(value)) throw ApiError.illegalCharacters(name, pattern.source)
    return value
  }

  integer(name: string): number | undefined {
    const value = this.text(name)
    if (value === undefined) return undefined
    if (!integerPattern.test(value)) throw ApiError.illegalCharacters(name, integerRange)
    const number = Number(value)
    if (!Number.isSafeInteger(number)) throw ApiError.invalidData(name)
    return number
  }

  requiredInteger(name: string): number {
    const value = this.integer(name)
    if (value === undefined) throw ApiError.missingParameter(name)
    return value
  }

  /** A limit between 1 and `most`; larger ones are lowered to `most`, as Binance does. */
  limit(name: string, byDefault: number, most: number): number {
    const value = this.integer(name) ?? byDefault
    if (value < 1) throw ApiError.invalidData(name)
    return Math.min(value, most)
  }

  /** One of the allowed texts, or what `refuse` makes of it. */
  oneOf<const A extends string>(
    name: string,
    allowed: ReadonlyArray<A>,
    refuse: () => ApiError.ApiError
  ): A | undefined {
    const value = this.text(name)
    if (value === undefined) return undefined
    const found = allowed.find((each) => each === value)
    if (found === undefined) throw refuse()
    return found
  }

  /** Throws -1104 where something was sent that nothing read. */
  requireAllRead(): void {
    const sent = this.#values.size
    let read = 0
    for (const name of this.#values.keys()) if (this.#read.has(name)) read++
    if (read < sent) throw ApiError.unreadParameters(read, sent)
  }
}

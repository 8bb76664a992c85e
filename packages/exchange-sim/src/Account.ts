/**
 * An account of the exchange: its key and its balances. Each asset is split into what is free and what open orders
 * have locked; neither is ever negative. Knows no orders.
 */
import * as Amount from "@outcry/model/Amount"
import { Schema } from "effect"

/** How an account is given to the exchange; balances are decimals by asset. */
export const AccountSpec = Schema.Struct({
  name: Schema.String.check(Schema.isNonEmpty()),
  apiKey: Schema.String.check(Schema.isNonEmpty()),
  secret: Schema.String.check(Schema.isNonEmpty()),
  balances: Schema.Record(Schema.String, Schema.String.check(Schema.isPattern(/^\d+(\.\d{1,8})?$/)))
})
export type AccountSpec = typeof AccountSpec.Type

export interface Balance {
  readonly free: Amount.Amount
  readonly locked: Amount.Amount
}

const nothing: Balance = { free: 0n, locked: 0n }

export class Account {
  /** Above 0; the owner id of its orders in the markets. */
  readonly id: number
  readonly name: string
  readonly apiKey: string
  readonly secret: string
  readonly #balances = new Map<string, Balance>()
  /** When a balance last changed, epoch milliseconds. */
  updateTimeMs: number

  constructor(id: number, spec: AccountSpec, nowMs: number) {
    this.id = id
    this.name = spec.name
    this.apiKey = spec.apiKey
    this.secret = spec.secret
    this.updateTimeMs = nowMs
    for (const [asset, text] of Object.entries(spec.balances)) {
      this.#balances.set(asset, { free: Amount.from(text), locked: 0n })
    }
  }

  balance(asset: string): Balance {
    return this.#balances.get(asset) ?? nothing
  }

  assets(): ReadonlyArray<string> {
    return [...this.#balances.keys()].toSorted()
  }

  /** Moves free to locked; false, changing nothing, where too little is free. */
  reserve(asset: string, amount: Amount.Amount): boolean {
    const { free, locked } = this.balance(asset)
    if (free < amount) return false
    this.#set(asset, free - amount, locked + amount)
    return true
  }

  /** Moves locked back to free. */
  release(asset: string, amount: Amount.Amount): void {
    const { free, locked } = this.balance(asset)
    this.#set(asset, free + amount, locked - amount)
  }

  /** Takes a payment out of what is locked. */
  pay(asset: string, amount: Amount.Amount): void {
    const { free, locked } = this.balance(asset)
    this.#set(asset, free, locked - amount)
  }

  credit(asset: string, amount: Amount.Amount): void {
    const { free, locked } = this.balance(asset)
    this.#set(asset, free + amount, locked)
  }

  #set(asset: string, free: Amount.Amount, locked: Amount.Amount): void {
    if (free < 0n || locked < 0n) {
      throw new RangeError(`The ${asset} balance of account ${this.name} would be negative: a defect of the exchange`)
    }
    this.#balances.set(asset, { free, locked })
  }
}

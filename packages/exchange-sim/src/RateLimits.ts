/**
 * Counts request weight by address and new orders by account in fixed windows, as Binance publishes them in
 * `exchangeInfo`. An address that goes on after it was told to wait is banned, each time for longer: Binance documents
 * bans from 2 minutes to 3 days, not after how many requests. Counting is bounded: a window that is over is forgotten.
 */
import * as ApiError from "./ApiError.ts"

export interface RateLimitSettings {
  /** Request weight an address may use in a minute; Binance: 6000. */
  readonly weightPerMinute: number
  /** New orders an account may send in 10 seconds; Binance: 100. */
  readonly ordersPerTenSeconds: number
  /** New orders an account may send in a day; Binance: 200000. */
  readonly ordersPerDay: number
}

export const binanceLimits: RateLimitSettings = {
  weightPerMinute: 6_000,
  ordersPerTenSeconds: 100,
  ordersPerDay: 200_000
}

const minuteMs = 60_000
const tenSecondsMs = 10_000
const dayMs = 86_400_000
/** Requests that an address may send after its first 429 of a minute before it is banned. */
const ignoredMost = 20
const banMs = { first: 120_000, most: 3 * dayMs }
/** Addresses whose bans are remembered. */
const bansMost = 10_000

class Window {
  #start = -1
  #counts = new Map<string, number>()
  readonly #lengthMs: number

  constructor(lengthMs: number) {
    this.#lengthMs = lengthMs
  }

  add(key: string, amount: number, nowMs: number): number {
    const start = nowMs - (nowMs % this.#lengthMs)
    if (start !== this.#start) {
      this.#start = start
      this.#counts = new Map()
    }
    const count = (this.#counts.get(key) ?? 0) + amount
    this.#counts.set(key, count)
    return count
  }

  secondsLeft(nowMs: number): number {
    return Math.max(1, Math.ceil((this.#start + this.#lengthMs - nowMs) / 1_000))
  }
}

export class RateLimits {
  readonly settings: RateLimitSettings
  readonly #weight = new Window(minuteMs)
  readonly #ordersTenSeconds = new Window(tenSecondsMs)
  readonly #ordersDay = new Window(dayMs)
  readonly #ignored = new Window(minuteMs)
  readonly #bans = new Map<string, { readonly untilMs: number; readonly lengthMs: number }>()

  constructor(settings: RateLimitSettings) {
    this.settings = settings
  }

  /** Adds a request's weight and returns what its address has used this minute. */
  addWeight(address: string, weight: number, nowMs: number): number {
    return this.#weight.add(address, weight, nowMs)
  }

  /** Throws -1003 with status 418 while an address is banned. */
  requireNotBanned(address: string, nowMs: number): void {
    const ban = this.#bans.get(address)
    if (ban === undefined || ban.untilMs <= nowMs) return
    throw ApiError.banned(ban.untilMs, Math.max(1, Math.ceil((ban.untilMs - nowMs) / 1_000)))
  }

  /** Throws -1003 with status 429 where `used` is above the limit, with 418 where the address does not listen to that. */
  requireWeight(address: string, used: number, nowMs: number): void {
    if (used <= this.settings.weightPerMinute) return
    if (this.#ignored.add(address, 1, nowMs) > ignoredMost) {
      this.ban(address, nowMs)
      this.requireNotBanned(address, nowMs)
    }
    throw ApiError.tooManyRequests(this.settings.weightPerMinute, this.#weight.secondsLeft(nowMs))
  }

  /** Bans an address: twice as long as the last time. */
  private ban(address: string, nowMs: number): void {
    const lengthMs = Math.min(banMs.most, 2 * (this.#bans.get(address)?.lengthMs ?? banMs.first / 2))
    this.#bans.delete(address)
    const [oldest] = this.#bans.keys()
    if (oldest !== undefined && this.#bans.size >= bansMost) this.#bans.delete(oldest)
    this.#bans.set(address, { untilMs: nowMs + lengthMs, lengthMs })
  }

  /** What an account has sent; throws -1015 where a new order is one too many. */
  addOrders(account: string, orders: number, nowMs: number): { readonly tenSeconds: number; readonly day: number } {
    const counts = {
      tenSeconds: this.#ordersTenSeconds.add(account, orders, nowMs),
      day: this.#ordersDay.add(account, orders, nowMs)
    }
    const { ordersPerDay, ordersPerTenSeconds } = this.settings
    if (counts.tenSeconds > ordersPerTenSeconds) {
      throw ApiError.tooManyOrders(ordersPerTenSeconds, "10 SECOND", this.#ordersTenSeconds.secondsLeft(nowMs))
    }
    if (counts.day > ordersPerDay) {
      throw ApiError.tooManyOrders(ordersPerDay, "1 DAY", this.#ordersDay.secondsLeft(nowMs))
    }
    return counts
  }

  /** The counts as they stand. */
  orderCounts(account: string, nowMs: number): { readonly tenSeconds: number; readonly day: number } {
    return {
      tenSeconds: this.#ordersTenSeconds.add(account, 0, nowMs),
      day: this.#ordersDay.add(account, 0, nowMs)
    }
  }
}

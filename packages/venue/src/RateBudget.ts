/**
 * What this node may use of one rate limit: the parts of the window that it leased, what the venue says it has counted,
 * and blocks. Pure: times come in, monotonic µs.
 *
 * Of a limit a twentieth is never leased: requests on their way when a window turns are counted in the next one, and
 * each node may send a few cancels without a lease while the leases are out of reach. Of what can be leased, each
 * purpose may lease up to its ceiling, whoever has leased what lies below it.
 */
import { ceilingOf, type Purpose, purposes, type RateLimit } from "./RateLimit.ts"

/** Leased at most of a window, as a share of the limit. */
const leasableShare = 0.95
/** Cancels a node may send in a window without a lease, as a share of the limit. */
const allowanceShare = 0.01
/** A lease is sized to what so long a time took of late. */
const leaseUs = 2_000_000
const leaseShareMost = 0.25
const leaseShareLeast = 0.01
/** What a node has leased of a long window is lost to all when it ends: no lease of one begins with more. */
const longWindowUs = 3_600_000_000
const leaseLeastOfLong = 50
/** What is leased ends a little before the window does: so long after it the next one has surely begun. */
const turnUs = 5_000
/** A store that does not answer is asked again after this. */
const askAgainUs = 100_000

const share = (limit: number, of: number): number => Math.max(1, Math.floor(limit * of))

/** Granted at a time for `validForUs` from the moment it was asked for, which is never later than the store's own. */
export interface GrantedLease {
  readonly granted: number
  readonly validForUs: number
  readonly blockedForUs: number
}

export interface WantedLease {
  readonly wanted: number
  /** The most that may be leased of the window in all. */
  readonly limit: number
  readonly purpose: Purpose
}

/** What was leased for one purpose; those with a higher ceiling may use it, too. */
interface Leased {
  left: number
  /** No more is to be had until then. */
  dryUntilUs: number
  spent: number
  spentSinceUs: number
}

/** Whose leases a purpose may use: the lowest ceiling first, so that what the others could not use is spared. */
const usable: Readonly<Record<Purpose, ReadonlyArray<Purpose>>> = {
  read: ["read"],
  place: ["read", "place"],
  lookup: ["read", "place", "lookup"],
  cancel: ["read", "place", "lookup", "cancel"]
}

const nothingLeased = (): Leased => ({ left: 0, dryUntilUs: 0, spent: 0, spentSinceUs: 0 })

export class RateBudget {
  readonly name: string
  private readonly rule: RateLimit
  private readonly leases: Readonly<Record<Purpose, Leased>> = {
    cancel: nothingLeased(),
    lookup: nothingLeased(),
    place: nothingLeased(),
    read: nothingLeased()
  }
  private leaseEndsUs = 0
  private venueUsed = 0
  private venueEndsUs = 0
  private inFlight = 0
  /** Sent by a lease that is over and ended since: the venue may have counted it in the window that follows. */
  private carriedOver = 0
  private allowance = 0
  private allowanceEndsUs = 0
  private isStoreAway = false
  private askAgainUs = 0
  blockedUntilUs = 0

  constructor(name: string, rule: RateLimit) {
    this.name = name
    this.rule = rule
  }

  get limit(): RateLimit {
    return this.rule
  }

  /** Counts that the venue has told, as a share of the limit; 0 once its window is over. */
  usedRatio(nowUs: number): number {
    return nowUs < this.venueEndsUs ? this.venueUsed / this.rule.limit : 0
  }

  /** Whether so much may be used now. */
  fits(amount: number, purpose: Purpose, nowUs: number): boolean {
    if (amount === 0) return true
    if (nowUs < this.blockedUntilUs || !this.venueHasRoom(amount, purpose, nowUs)) return false
    return this.leased(purpose, nowUs) >= amount || this.allowanceLeft(purpose, nowUs) >= amount
  }

  /** Uses what `fits`; `ended` when the request has. */
  take(amount: number, purpose: Purpose, nowUs: number): void {
    if (amount === 0) return
    this.inFlight += amount
    this.leases[purpose].spent += amount
    if (this.leased(purpose, nowUs) < amount) {
      this.allowance = this.allowanceLeft(purpose, nowUs) - amount
      if (nowUs >= this.allowanceEndsUs) this.allowanceEndsUs = nowUs + this.rule.windowUs
      return
    }
    let rest = amount
    for (const each of usable[purpose]) {
      const lease = this.leases[each]
      const taken = each === purpose ? rest : Math.min(lease.left, rest)
      lease.left -= taken
      rest -= taken
    }
  }

  /** `isInCount`: the venue's count, as `observed`, holds it; else the venue may have counted it unseen. */
  ended(amount: number, isInCount: boolean, nowUs: number): void {
    this.inFlight -= amount
    if (!isInCount) this.venueUsed += amount
    if (nowUs >= this.leaseEndsUs) this.carriedOver += amount
  }

  /** What to lease so that `amount` will fit; undefined where a lease cannot help now. */
  wants(amount: number, purpose: Purpose, nowUs: number): WantedLease | undefined {
    return this.leased(purpose, nowUs) >= amount ? undefined : this.next(amount, purpose, nowUs)
  }

  /** What to lease before it is asked for: the window has turned, or half of what a lease brings is gone. */
  wantsAhead(nowUs: number): WantedLease | undefined {
    for (const purpose of ["place", "read"] as const) {
      if (this.leases[purpose].spent === 0) continue
      const isOver = nowUs >= this.leaseEndsUs + turnUs
      const isLow = nowUs < this.leaseEndsUs && this.leased(purpose, nowUs) < this.leaseSize(purpose, nowUs) / 2
      const want = isOver || isLow ? this.next(1, purpose, nowUs) : undefined
      if (want !== undefined) return want
    }
    return undefined
  }

  private leaseSize(purpose: Purpose, nowUs: number): number {
    const { limit, windowUs } = this.rule
    const { spent, spentSinceUs } = this.leases[purpose]
    const recent = (spent / Math.max(1_000_000, nowUs - spentSinceUs)) * leaseUs
    const least = Math.min(limit * leaseShareLeast, windowUs >= longWindowUs ? leaseLeastOfLong : Infinity)
    return Math.min(Math.max(recent, least), limit * leaseShareMost)
  }

  private next(amount: number, purpose: Purpose, nowUs: number): WantedLease | undefined {
    if (nowUs < this.blockedUntilUs || nowUs < this.askAgainUs) return undefined
    if (nowUs < this.leases[purpose].dryUntilUs) return undefined
    const wanted = Math.max(amount, Math.ceil(this.leaseSize(purpose, nowUs)))
    const leasable = share(this.rule.limit, leasableShare)
    return { wanted, limit: share(leasable, ceilingOf(purpose, this.rule)), purpose }
  }

  /** The answer to what `wants` said, asked for at `askedUs`. */
  granted(lease: GrantedLease, want: WantedLease, askedUs: number, nowUs: number): void {
    this.isStoreAway = false
    if (lease.blockedForUs > 0) this.block(askedUs + lease.blockedForUs)
    const endsUs = askedUs + lease.validForUs
    if (nowUs >= endsUs) return
    if (nowUs >= this.leaseEndsUs) {
      for (const each of purposes) this.leases[each].left = 0
      this.leases.read.left = -this.inFlight - this.carriedOver
      this.carriedOver = 0
      this.leaseEndsUs = endsUs
    } else this.leaseEndsUs = Math.min(this.leaseEndsUs, endsUs)
    const leased = this.leases[want.purpose]
    leased.left += lease.granted
    if (lease.granted < want.wanted) for (const each of usable[want.purpose]) this.leases[each].dryUntilUs = endsUs
    leased.spent = 0
    leased.spentSinceUs = nowUs
  }

  /** The leases cannot be reached: what is leased may be used, and cancels have their allowance. */
  storeAway(nowUs: number): void {
    this.isStoreAway = true
    this.askAgainUs = nowUs + askAgainUs
  }

  /** The venue counts so much in its own window, of which `leftUs` are left. Another's use shows here, too. */
  observed(used: number, leftUs: number, nowUs: number): void {
    this.venueUsed = nowUs < this.venueEndsUs ? Math.max(this.venueUsed, used) : used
    this.venueEndsUs = nowUs + leftUs
  }

  block(untilUs: number): void {
    this.blockedUntilUs = Math.max(this.blockedUntilUs, untilUs)
  }

  /** When the window of a budget in use has turned. */
  turnsUs(nowUs: number): number | undefined {
    const turns = this.leaseEndsUs + turnUs
    return turns > nowUs && purposes.some((each) => this.leases[each].spent > 0) ? turns : undefined
  }

  /** When something that does not fit now may fit without anything else happening; undefined: nothing is pending. */
  nextChangeUs(nowUs: number): number | undefined {
    const times = [
      this.blockedUntilUs,
      this.venueEndsUs,
      this.leaseEndsUs,
      ...purposes.map((each) => this.leases[each].dryUntilUs),
      this.allowanceEndsUs,
      this.askAgainUs
    ].filter((time) => time > nowUs)
    return times.length === 0 ? undefined : Math.min(...times)
  }

  private leased(purpose: Purpose, nowUs: number): number {
    if (nowUs >= this.leaseEndsUs) return 0
    return usable[purpose].reduce((sum, each) => sum + this.leases[each].left, 0)
  }

  private venueHasRoom(amount: number, purpose: Purpose, nowUs: number): boolean {
    if (nowUs >= this.venueEndsUs) return true
    const most = share(this.rule.limit, ceilingOf(purpose, this.rule))
    return this.venueUsed + this.inFlight + amount <= most
  }

  private allowanceLeft(purpose: Purpose, nowUs: number): number {
    if (!this.isStoreAway || purpose !== "cancel") return 0
    return nowUs >= this.allowanceEndsUs ? share(this.rule.limit, allowanceShare) : this.allowance
  }
}

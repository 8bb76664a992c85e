/**
 * What this node may use of one rate limit: the parts of the window that it leased, what the venue says it has counted,
 * and blocks. Pure: times come in, monotonic µs.
 *
 * Of a limit a twentieth is never leased: requests on their way when a window turns are counted in the next one, and
 * each node may send a few cancels without a lease while the leases are out of reach. Of what can be leased, a fifth of
 * the request weight is the reserve of cancels and look-ups.
 */
import { mayTouchReserve, type Purpose, type RateLimit } from "./RateLimit.ts"

/** Leased at most of a window, as a share of the limit. */
const leasableShare = 0.95
/** Of that, what is open to placements and reads; orders have no reserve, since a cancel is not an order. */
const openShare = 0.8
/** Cancels a node may send in a window without a lease, as a share of the limit. */
const allowanceShare = 0.01
/** A lease is sized to what so long a time took of late. */
const leaseUs = 2_000_000
const leaseShareMost = 0.25
const leaseShareLeast = 0.01
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
  readonly fromReserve: boolean
}

export class RateBudget {
  readonly name: string
  private readonly rule: RateLimit
  private open = 0
  private reserved = 0
  private leaseEndsUs = 0
  private dryOpenUntilUs = 0
  private dryReserveUntilUs = 0
  private venueUsed = 0
  private venueEndsUs = 0
  private inFlight = 0
  /** Sent by a lease that is over and ended since: the venue may have counted it in the window that follows. */
  private carriedOver = 0
  private allowance = 0
  private allowanceEndsUs = 0
  private spent = 0
  private spentSinceUs = 0
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
    this.spent += amount
    if (this.leased(purpose, nowUs) < amount) {
      this.allowance = this.allowanceLeft(purpose, nowUs) - amount
      if (nowUs >= this.allowanceEndsUs) this.allowanceEndsUs = nowUs + this.rule.windowUs
      return
    }
    const fromOpen = Math.min(this.open, amount)
    this.open -= fromOpen
    this.reserved -= amount - fromOpen
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
    if (this.spent === 0) return undefined
    const isOver = nowUs >= this.leaseEndsUs + turnUs
    const isLow = nowUs < this.leaseEndsUs && this.open < this.leaseSize(nowUs) / 2
    return isOver || isLow ? this.next(1, "place", nowUs) : undefined
  }

  private leaseSize(nowUs: number): number {
    const recent = (this.spent / Math.max(1_000_000, nowUs - this.spentSinceUs)) * leaseUs
    return Math.min(Math.max(recent, this.rule.limit * leaseShareLeast), this.rule.limit * leaseShareMost)
  }

  private next(amount: number, purpose: Purpose, nowUs: number): WantedLease | undefined {
    if (nowUs < this.blockedUntilUs || nowUs < this.askAgainUs) return undefined
    const fromReserve = mayTouchReserve(purpose) && this.rule.counts !== "orders"
    if (nowUs < (fromReserve ? this.dryReserveUntilUs : this.dryOpenUntilUs)) return undefined
    const wanted = Math.max(amount, Math.ceil(this.leaseSize(nowUs)))
    return { wanted, limit: this.leasable(fromReserve), fromReserve }
  }

  /** The answer to what `wants` said, asked for at `askedUs`. */
  granted(lease: GrantedLease, want: WantedLease, askedUs: number, nowUs: number): void {
    this.isStoreAway = false
    if (lease.blockedForUs > 0) this.block(askedUs + lease.blockedForUs)
    const endsUs = askedUs + lease.validForUs
    if (nowUs >= endsUs) return
    if (nowUs >= this.leaseEndsUs) {
      this.open = -this.inFlight - this.carriedOver
      this.reserved = 0
      this.carriedOver = 0
      this.leaseEndsUs = endsUs
    } else this.leaseEndsUs = Math.min(this.leaseEndsUs, endsUs)
    if (want.fromReserve) this.reserved += lease.granted
    else this.open += lease.granted
    if (lease.granted < want.wanted) {
      this.dryOpenUntilUs = endsUs
      if (want.fromReserve) this.dryReserveUntilUs = endsUs
    }
    this.spent = 0
    this.spentSinceUs = nowUs
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
    return this.spent > 0 && turns > nowUs ? turns : undefined
  }

  /** When something that does not fit now may fit without anything else happening; undefined: nothing is pending. */
  nextChangeUs(nowUs: number): number | undefined {
    const times = [
      this.blockedUntilUs,
      this.venueEndsUs,
      this.leaseEndsUs,
      this.dryOpenUntilUs,
      this.dryReserveUntilUs,
      this.allowanceEndsUs,
      this.askAgainUs
    ].filter((time) => time > nowUs)
    return times.length === 0 ? undefined : Math.min(...times)
  }

  private leasable(withReserve: boolean): number {
    const all = share(this.rule.limit, leasableShare)
    return withReserve || this.rule.counts === "orders" ? all : share(all, openShare)
  }

  private leased(purpose: Purpose, nowUs: number): number {
    if (nowUs >= this.leaseEndsUs) return 0
    return mayTouchReserve(purpose) ? this.open + this.reserved : this.open
  }

  private venueHasRoom(amount: number, purpose: Purpose, nowUs: number): boolean {
    if (nowUs >= this.venueEndsUs) return true
    const reserve = mayTouchReserve(purpose) || this.rule.counts === "orders"
    const most = reserve ? this.rule.limit : share(this.rule.limit, openShare)
    return this.venueUsed + this.inFlight + amount <= most
  }

  private allowanceLeft(purpose: Purpose, nowUs: number): number {
    if (!this.isStoreAway || purpose !== "cancel") return 0
    return nowUs >= this.allowanceEndsUs ? share(this.rule.limit, allowanceShare) : this.allowance
  }
}

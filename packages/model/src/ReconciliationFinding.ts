/**
 * What reconciliation finds, and what it remembers from one view to the next. A difference is judged once it has been
 * standing still; how long that takes is decided here, for all kinds alike.
 */
import type { AccountCommand, ReportDifference } from "./AccountCommand.ts"
import type { AccountState } from "./AccountState.ts"
import type { InstrumentId } from "./Instrument.ts"
import type { VenueView } from "./ReconciliationView.ts"

/** A difference that was seen before and how long it has been standing. */
export interface Standing {
  /** What exactly stands; another signature begins anew. */
  readonly signature: string
  readonly sinceUs: number
  readonly lastUs: number
  readonly views: number
}

/** What the next reconciliation must know of this one. Bounded by the differences there are; lost in a crash without harm. */
export interface ReconciliationMemory {
  readonly standing: ReadonlyMap<string, Standing>
  /** Up to which trade id executions were read without holes: where the next view asks from. */
  readonly readUpTo: ReadonlyMap<InstrumentId, string>
}

export const noMemory: ReconciliationMemory = { standing: new Map(), readUpTo: new Map() }

/**
 * - `inFlight` an order or execution that is on its way accounts for it, or may
 * - `young` younger than the venue's lag
 * - `held` the order sleeps here and is not at the venue
 * - `canceling` asked to be canceled and still listed: the cancel goes out again
 * - `missing` an order that is no longer listed: it is looked up
 * - `provisional` counted already, its executions are still to come
 * - `forgotten` older than what the account keeps in memory
 * - `dust` smaller than anything that can be traded: a fee rounded by the venue
 * - `standing` not explained, and not yet long enough there to be acted upon
 */
export type Explanation =
  | "inFlight"
  | "young"
  | "held"
  | "canceling"
  | "missing"
  | "provisional"
  | "forgotten"
  | "dust"
  | "standing"

/** What a finding is about; one finding each. */
export interface Subject {
  readonly subject: string
  /** Empty where it is about a balance. */
  readonly instrument: InstrumentId
  /** Empty where it is about no order that we know. */
  readonly clientOrderId: string
}

interface Difference extends Subject {
  /** In an operator's words. */
  readonly detail: string
}

export type Finding =
  | (Difference & { readonly kind: "explained"; readonly why: Explanation })
  | (Difference & { readonly kind: "adopted"; readonly command: AccountCommand })
  | (Difference & { readonly kind: "flagged"; readonly command: ReportDifference })

/** Views, and time from the first to the last of them, after which a difference counts as settled. */
const stillViews = 3
const stillUs = 10_000_000

export const isStill = (standing: Standing): boolean =>
  standing.views >= stillViews && standing.lastUs - standing.sinceUs >= stillUs

/** What is being compared, and the memory that is being written. */
export interface Inspection {
  readonly state: AccountState
  readonly seen: VenueView
  readonly before: ReconciliationMemory
  /** Notes that a difference stands in this view and tells for how long it has. */
  readonly stand: (subject: string, signature: string) => Standing
  /** Carries on what is known of a difference that this view cannot judge. */
  readonly keep: (subject: string) => void
}

/** `detail` holds no figure that changes from view to view: the account journals it once. */
export const flagged = (about: Subject, detail: string): Finding => ({
  kind: "flagged",
  ...about,
  detail,
  command: { type: "ReportDifference", clientOrderId: about.clientOrderId, detail }
})

export const adopted = (about: Subject, detail: string, command: AccountCommand): Finding => ({
  kind: "adopted",
  ...about,
  detail,
  command
})

export const explained = (about: Subject, why: Explanation, detail: string): Finding => ({
  kind: "explained",
  ...about,
  why,
  detail
})

/** Code-unit order: the same on every machine. */
export const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

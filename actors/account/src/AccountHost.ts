/** What an account needs from the node it runs on: who it is, the prices it may decide on, and what all nodes agree on. */
import type { LockStep } from "@outcry/lockstep/LockStep"
import type { Mark } from "@outcry/model/AccountEvent"
import type { Limits } from "@outcry/model/Limits"
import { Context } from "effect"

export interface AccountSettings {
  readonly venue: string
  readonly limits: Limits
  /** Instruments the account may trade; the venue says their sizes. */
  readonly instruments: ReadonlyArray<string>
}

export class AccountHost extends Context.Service<
  AccountHost,
  {
    readonly node: string
    /** Identity of the journal, from which client order ids are derived. */
    readonly journalId: string
    /** How long after its intent an order may still reach the venue (W), µs. */
    readonly orderExpiryUs: number
    /** Facts between two snapshots. */
    readonly snapshotEvery: number
    /** Between two looks at a damaged journal; default 30 s. */
    readonly damagedRetryMs?: number
    /** Decisions are made on market time, one thing at a time; absent in normal running. */
    readonly lockStep?: LockStep
    readonly settings: (account: string) => AccountSettings | undefined
    /** Latest quote of an instrument on this node; undefined until one came. */
    readonly mark: (instrument: string) => Mark | undefined
  }
>()("@outcry/actor-account/AccountHost") {}

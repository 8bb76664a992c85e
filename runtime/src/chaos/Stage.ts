/** What a fault has to play with: the floor, chance by seed, nodes of its own, and a timeline to say what it does. */
import type { FaultRule } from "@outcry/exchange-sim/Faults"
import type { SeededRandom } from "@outcry/model/SeededRandom"
import { type Effect, Schema } from "effect"
import type { DatabaseVerbFailed } from "./DatabaseServer.ts"
import type { ExchangeFailed } from "./ExchangeProcess.ts"
import type { Harness } from "./Harness.ts"
import type { NodeProcess } from "./NodeProcess.ts"
import type { NeverHappened } from "./WaitUntil.ts"

/** This machine cannot do the fault, whatever the suite does: the scenario is skipped and not counted as held. */
export class FaultImpossible extends Schema.TaggedError<FaultImpossible>()("FaultImpossible", {
  reason: Schema.String
}) {
  override get message() {
    return this.reason
  }
}

export type FaultFailure = NeverHappened | DatabaseVerbFailed | ExchangeFailed | FaultImpossible

export interface Stage {
  readonly harness: Harness
  readonly random: SeededRandom
  /** The node to suffer; faults that overlap have different ones. Owns accounts. */
  readonly node: NodeProcess
  /** Another node. */
  readonly peer: NodeProcess
  /** Accounts that lived on the node when the scenario began. */
  readonly owned: ReadonlyArray<string>
  /** Writes into the scenario's timeline. */
  readonly note: (what: string) => Effect.Effect<void>
  /** Adds faults of the exchange, in force until the scenario is mended. */
  readonly venue: (rules: ReadonlyArray<FaultRule>) => Effect.Effect<void, ExchangeFailed>
  /** What went wrong besides what the verdict finds by itself. */
  readonly violated: (invariant: Invariant, detail: string) => Effect.Effect<void>
}

export const invariants = ["I1", "I2", "I3", "I4", "I5", "I6", "I7", "I8"] as const
export type Invariant = (typeof invariants)[number]

export const invariantTexts: Readonly<Record<Invariant, string>> = {
  I1: "no acknowledged order is lost",
  I2: "at most one order at the venue for an intent",
  I3: "a position is the sum of its unique fills",
  I4: "the replayed journal is the live state, by hash",
  I5: "at most one owner can append",
  I6: "memory is bounded",
  I7: "work goes on within its bound",
  I8: "every ambiguity ends, or is shown as unknown"
}

export interface Violation {
  readonly invariant: Invariant
  readonly detail: string
}

/** What a fault needs for itself while it lasts: two that need the same do not overlap. */
export type Needs = "node" | "database" | "venue" | "links" | "clients"

export interface Fault {
  readonly name: string
  readonly needs: Needs
  /** The database forgets what it had acknowledged: what is asked for is that the accounts say so (see Detection.ts). */
  readonly losesFacts?: true
  /** Breaks something, keeps it broken for as long as belongs to the fault, and mends it. */
  readonly strike: (stage: Stage) => Effect.Effect<void, FaultFailure>
}

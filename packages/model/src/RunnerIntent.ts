/** What a strategy asked for, as whoever drives it takes it: orders go by the strategy's own numbers. */
import type { OrderTerms } from "./Order.ts"

/** As Contingency, with the strategy's own order numbers; a group's name is unique within the strategy only. */
interface RunnerContingency {
  readonly parent?: number
  readonly group?: string
  readonly after?: ReadonlyArray<number>
}

export type RunnerIntent =
  | {
      readonly kind: "place"
      readonly intentSeq: number
      readonly instrument: string
      readonly terms: OrderTerms
      readonly contingency?: RunnerContingency
      /** Epoch µs until which it is submitted again when the venue never had it. */
      readonly resubmitUntilUs?: number
    }
  | { readonly kind: "cancel"; readonly intentSeq: number; readonly orderSeq: number }
  | {
      readonly kind: "modify"
      /** Names the order that takes the place of `orderSeq`. */
      readonly intentSeq: number
      readonly orderSeq: number
      readonly instrument: string
      readonly priceTicks?: number
      readonly triggerTicks?: number
      readonly lots?: number
    }

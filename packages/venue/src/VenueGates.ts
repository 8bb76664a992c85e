/** The node's gates, one per venue: its share of the rate limits and its circuit breaker, passed by every request. */
import { Context, Effect, Layer } from "effect"
import { spotLimits } from "./binance/SpotLimits.ts"
import * as RateGate from "./RateGate.ts"
import { RateLeases } from "./RateLeases.ts"
import * as VenueBreaker from "./VenueBreaker.ts"
import { readClock } from "./VenueClock.ts"

export interface VenueGate {
  readonly rates: RateGate.RateGate
  readonly breaker: VenueBreaker.VenueBreaker
}

/**
 * Names the address that venues see us at, by which they count request weight: one for the whole cluster, which is right
 * behind one address and careful otherwise.
 */
const address = "cluster"

export interface VenueGatesOptions {
  readonly venues: ReadonlyArray<{ readonly id: string }>
}

export class VenueGates extends Context.Service<
  VenueGates,
  {
    /** Dies for a venue that was not named. */
    readonly gate: (venue: string) => VenueGate
  }
>()("@outcry/venue/VenueGates") {
  static readonly layer = (options: VenueGatesOptions): Layer.Layer<VenueGates, never, RateLeases> =>
    Layer.effect(
      VenueGates,
      Effect.gen(function* () {
        const leases = yield* RateLeases
        const read = yield* readClock
        const gates = new Map<string, VenueGate>()
        for (const { id } of options.venues) {
          const settings = { venue: id, address, limits: spotLimits }
          gates.set(id, { rates: yield* RateGate.make(settings, leases, read), breaker: yield* VenueBreaker.make(id) })
        }
        return VenueGates.of({
          gate: (venue) => {
            const gate = gates.get(venue)
            if (gate === undefined) throw new Error(`no gate for the venue ${venue}: name it in VenueGates.layer`)
            return gate
          }
        })
      })
    )
}

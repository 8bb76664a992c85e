/**
 * Volume-weighted: parts as large as the market's volume is expected to be at that time, from a profile of past days.
 * The profile is a list of weights over the duration, each for an equal part of it.
 */
import { Schema } from "effect"
import { strategyOf } from "./Algorithm.ts"
import { parentFields } from "./ParentOrder.ts"

/** Part of the volume that a profile expects by a part of the time, straight within each weight. */
export const volumeBy = (profile: ReadonlyArray<number>, elapsed: number): number => {
  if (elapsed >= 1) return 1
  const total = profile.reduce((sum, weight) => sum + weight, 0)
  const at = elapsed * profile.length
  const whole = Math.floor(at)
  let volume = 0
  for (let index = 0; index < whole; index++) volume += profile[index]!
  return (volume + (profile[whole] ?? 0) * (at - whole)) / total
}

const Profile = Schema.Array(Schema.Finite.check(Schema.isGreaterThanOrEqualTo(0))).check(
  Schema.makeFilter((weights) =>
    weights.some((weight) => weight > 0) ? undefined : "profile needs at least one weight above 0"
  )
)

export default strategyOf({
  name: "vwap",
  parameters: Schema.Struct({ ...parentFields, profile: Profile }),
  atLimit: false,
  countsTrades: false,
  quantities: () => ({}),
  target: ({ elapsed, quantity }, { parameters }) => Math.floor(quantity * volumeBy(parameters.profile, elapsed))
})

/**
 * Takes real time and chance out of a run: libraries that ask the machine's clock or its chance directly get the seed's
 * instead. A real timer or a promise would break the run, since nothing in it ever waits for the event loop.
 */
import { SeededRandom, seedFor } from "@outcry/model/SeededRandom"
import { startUs } from "@outcry/testkit/sim/World"

export const withoutAmbience = <A>(seed: number, run: () => A): A => {
  const chance = new SeededRandom(seedFor(seed, "ambient"))
  const before = { random: Math.random, now: Date.now }
  Math.random = () => chance.fraction()
  Date.now = () => startUs / 1000
  try {
    return run()
  } finally {
    Math.random = before.random
    Date.now = before.now
  }
}
